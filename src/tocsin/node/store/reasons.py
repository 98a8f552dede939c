"""Reasons that people give for rescues: beside the ledger, because a reason may name a person.

The ledger's entry has a keyed digest of the reason; the text stands here under the entry's digest, and goes with an
erasure. Not under its number: a ledger whose end was cut off gives numbers again, and a rescue must go on then.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, insert, select

from tocsin import limits
from tocsin.errors import UsageError
from tocsin.ledger.entry import Draft, Entry, Kind
from tocsin.node.store import ledger
from tocsin.node.store.schema import METADATA, ForeignText

REASONS = Table(
    "reasons",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("why", ForeignText, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Rescue:
    """Something that was done at the shell past the API: the number of its ledger entry, when, who, what and why."""

    sequence: int
    time: datetime
    actor: str
    what: str
    why: str


def record_with_reason(connection: Connection, draft: Draft, why: str, time: datetime) -> Entry:
    """Enter something in the ledger and keep its reason. UsageError without a reason, or with a very long one."""
    check_reason(why)
    entry = ledger.record(connection, draft, time)
    connection.execute(insert(REASONS).values(digest=entry.digest, why=why))
    return entry


def check_reason(why: str) -> None:
    """UsageError where it is none."""
    if not why.strip() or len(why) > limits.WHY_CHARACTERS:
        raise UsageError("this needs a reason", f"Say why in at most {limits.WHY_CHARACTERS:,} characters.")


def rescues(connection: Connection, most: int) -> list[Rescue]:
    """The newest rescues, the newest first."""
    found = ledger.newest_of(connection, Kind.RESCUE, most)
    query = select(REASONS).where(REASONS.c.digest.in_([entry.digest for entry in found]))
    whys = {row.digest: str(row.why) for row in connection.execute(query)}
    return [
        Rescue(each.sequence, each.time, each.actor, str(each.detail.get("what", "")), whys.get(each.digest, ""))
        for each in found
    ]
