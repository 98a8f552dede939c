"""Mails to constituents that somebody asked to send, until a releaser lets them go.

Rules:
1. They are kept as they were shown, under the digest of everything in them. What is released is what was asked for.
2. A request waits for limits.TELL_REQUEST_SECONDS. It is released once, by another person than who asked
   (`two_people`).
3. After that the texts stay, as the record of what was said; the ledger has the digest only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, Row, String, Table, Text, select, update

from tocsin import limits
from tocsin.errors import Conflict, Denied, LimitExceeded, NotFound
from tocsin.node.store.codec import decode, encode, prepare
from tocsin.node.store.rows import upsert
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds, microseconds_or_none, moment, moment_or_none
from tocsin.triage.telling import Mail, digest_of

prepare(tuple[Mail, ...])

TELLINGS = Table(
    "tellings",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("incident", Text, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("mails", ForeignText, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_us", BigInteger, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("released_us", BigInteger),
)


class Step(StrEnum):
    """How far a request is."""

    ASKED = "asked"
    RELEASED = "released"
    VOID = "void"  # a part of it was erased before it was released


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `version` is that of the event in the incident's history that tells of it."""

    digest: str
    incident: str
    version: int
    step: Step
    mails: tuple[Mail, ...]
    asked_by: str
    asked: datetime
    released_by: str = ""
    released: datetime | None = None

    def waits(self, time: datetime) -> bool:
        """Whether it can still be released. Rule 2."""
        return self.step is Step.ASKED and abs(time - self.asked) <= timedelta(seconds=limits.TELL_REQUEST_SECONDS)


def ask(
    connection: Connection, incident: str, version: int, mails: Sequence[Mail], actor: str, time: datetime
) -> Asked:
    """Keep what is to be sent. Conflict where just this was released before."""
    digest = digest_of(incident, mails)
    before = _read(connection, digest)
    if before is not None and before.step is Step.RELEASED:
        raise Conflict("just these mails were released before", "`tocsin incident show ID --history` says when.")
    made = Asked(digest, incident, version, Step.ASKED, tuple(mails), actor, time)
    if len(encode(made.mails)) > limits.TELL_BYTES:
        raise LimitExceeded(f"the mails are longer than {limits.TELL_BYTES // limits.MIB} MiB", "Split the incident.")
    upsert(connection, TELLINGS, [_values(made)])
    return made


def release(
    connection: Connection,
    incident: str,
    digest: str,
    actor: str,
    two_people: Callable[[str, str], bool],
    time: datetime,
) -> Asked:
    """Let the mails go. NotFound where nobody asked, Conflict where it is too late, Denied by rule 2."""
    found = _read(connection, digest, locked=True)
    if found is None or found.incident != incident:
        raise NotFound("nobody asked to send this", "Copy the digest from `tocsin incident tell ID`.")
    if not found.waits(time):
        raise Conflict("this request does not wait any more", "Look at it again, and ask anew.")
    if found.asked_by == actor or not two_people(found.asked_by, actor):
        raise Denied("who asked and who releases do not count as two people", "Let another releaser look at it.")
    values = {"state": str(Step.RELEASED), "released_by": actor, "released_us": microseconds(time)}
    connection.execute(update(TELLINGS).where(TELLINGS.c.digest == digest).values(**values))
    return found


def of_incident(connection: Connection, incident: str) -> list[Asked]:
    """All requests about an incident, the oldest first."""
    query = select(TELLINGS).where(TELLINGS.c.incident == incident)
    return [_asked(row) for row in connection.execute(query.order_by(TELLINGS.c.asked_us, TELLINGS.c.digest))]


def _read(connection: Connection, digest: str, *, locked: bool = False) -> Asked | None:
    query = select(TELLINGS).where(TELLINGS.c.digest == digest)
    row = connection.execute(query.with_for_update() if locked else query).first()
    return None if row is None else _asked(row)


def _values(asked: Asked) -> dict[str, object]:
    return {
        "digest": asked.digest, "incident": asked.incident, "version": asked.version, "state": str(asked.step),
        "mails": encode(asked.mails), "asked_by": asked.asked_by, "asked_us": microseconds(asked.asked),
        "released_by": asked.released_by, "released_us": microseconds_or_none(asked.released),
    }  # fmt: skip


def _asked(row: Row[*tuple[Any, ...]]) -> Asked:
    mails: tuple[Mail, ...] = decode(row.mails, tuple[Mail, ...], f"telling {row.digest}")
    return Asked(
        row.digest, row.incident, row.version, Step(row.state), mails, row.asked_by, moment(row.asked_us),
        row.released_by, moment_or_none(row.released_us),
    )  # fmt: skip
