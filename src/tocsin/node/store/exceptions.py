"""Exceptions of people in the state database: drawn from an incident, agreed to, ended, run out.

Rules:
1. What hides findings of level high or stronger counts only once a second person has agreed (`confirm`).
2. An exception stands until it runs out or a person ends it, and stays in the table then.
3. Every step is in the ledger under the exception's id. Rules, values and reasons stand here, and go with an erasure:
   a value that was erased holds nowhere, so what it hid comes back.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, Boolean, Column, Connection, Row, String, Table, Text, func, insert, select, update

from tocsin import limits
from tocsin.errors import Conflict, Denied, LimitExceeded, NotFound, UsageError
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.store import ledger
from tocsin.node.store.codec import decode, encode, prepare
from tocsin.node.store.reasons import check_reason
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.switches import TwoPeople
from tocsin.node.store.times import microseconds, moment, moment_or_none
from tocsin.triage.candidates import Wanted
from tocsin.triage.exceptions import LONGEST, RuleException, Same, is_grave
from tocsin.words.dates import utc

_ID_BYTES = 4
_LISTED = "`tocsin tune list` names them."

EXCEPTIONS = Table(
    "exceptions",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("incident", Text, nullable=False),
    Column("organisation", ForeignText, nullable=False),
    Column("rule", ForeignText, nullable=False),
    Column("title", ForeignText, nullable=False),
    Column("same", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("why", ForeignText, nullable=False),
    Column("time_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger, nullable=False, index=True),
    Column("needs_two", Boolean, nullable=False),
    Column("confirmed_by", Text, nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("ended_why", ForeignText, nullable=False),
    Column("ended_us", BigInteger),
)


class _Held(Struct, frozen=True):
    same: tuple[Same, ...]


prepare(_Held)


@dataclass(frozen=True, slots=True)
class Exempt:
    """An exception as it is kept. `confirmed_by` is the second person, empty where none has agreed."""

    id: str
    incident: str
    organisation: str
    rule: str
    title: str
    same: tuple[Same, ...]
    owner: str
    actor: str
    why: str
    time: datetime
    expires: datetime
    needs_two: bool
    confirmed_by: str = ""
    ended_by: str = ""
    ended_why: str = ""
    ended: datetime | None = None

    def state(self, now: datetime) -> str:
        """How it stands: `in force`, `waits for a second person`, `ended`, `has run out`."""
        if self.ended is not None:
            return "ended"
        if self.expires <= now:
            return "has run out"
        return "waits for a second person" if self.needs_two and not self.confirmed_by else "in force"

    def rule_exception(self, owner: str) -> RuleException:
        """What decides, with the owner as he is told."""
        two = bool(self.confirmed_by)
        return RuleException(self.id, self.rule, self.organisation, self.same, owner, self.time, self.expires, two)


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants exceptions from which incident, whose they are, until when and why."""

    incident: str
    owner: str
    actor: str
    why: str
    expires: datetime


def add(connection: Connection, order: Order, wanted: tuple[Wanted, ...], time: datetime) -> list[Exempt]:
    """Write the exceptions of one choice. UsageError for a missing reason or a wrong end."""
    check_reason(order.why)
    if not time < order.expires <= time + LONGEST:
        raise UsageError(
            f"an exception ends at most {LONGEST.days} days from now, and not before",
            f"Name a day up to {utc(time + LONGEST)[:10]} with --expires.",
        )
    if _number_standing(connection, time) + len(wanted) > limits.EXCEPTIONS:
        raise LimitExceeded(f"there are {limits.EXCEPTIONS:,} exceptions already", "End some: `tocsin tune end`.")
    made = [_exempt(order, each, time) for each in wanted]
    connection.execute(insert(EXCEPTIONS), [_values(each) for each in made])
    for each in made:
        step = "asked" if each.needs_two else "added"
        ledger.record(connection, _draft(each.id, order.actor, step, incident=order.incident), time)
    return made


def confirm(connection: Connection, id: str, actor: str, two: TwoPeople, time: datetime) -> Exempt:
    """The second person agrees. Denied where the two accounts are not two people, Conflict where nothing waits."""
    exempt = _standing_one(connection, id, time)
    if not exempt.needs_two or exempt.confirmed_by:
        raise Conflict(f"exception {id} does not wait for a second person", _LISTED)
    if exempt.actor == actor or not two(exempt.actor, actor):
        raise Denied("this needs a second person", "Let somebody else agree to it: `tocsin tune confirm`.")
    connection.execute(update(EXCEPTIONS).where(EXCEPTIONS.c.id == id).values(confirmed_by=actor))
    ledger.record(connection, _draft(id, actor, "confirmed"), time)
    return _one(connection, id)


def end(connection: Connection, id: str, actor: str, why: str, time: datetime) -> Exempt:
    """End it before its time. Conflict where it has ended."""
    check_reason(why)
    _standing_one(connection, id, time)
    values = {"ended_by": actor, "ended_why": why, "ended_us": microseconds(time)}
    connection.execute(update(EXCEPTIONS).where(EXCEPTIONS.c.id == id).values(**values))
    ledger.record(connection, _draft(id, actor, "ended"), time)
    return _one(connection, id)


def standing(connection: Connection, time: datetime) -> list[Exempt]:
    """Those in force or waiting, the next to run out first."""
    query = select(EXCEPTIONS).where(EXCEPTIONS.c.ended_us.is_(None), EXCEPTIONS.c.expires_us > microseconds(time))
    return [_read(row) for row in connection.execute(query.order_by(EXCEPTIONS.c.expires_us, EXCEPTIONS.c.id))]


def listed(connection: Connection, most: int) -> list[Exempt]:
    """All of them, those that end or ended last first."""
    ended = func.coalesce(EXCEPTIONS.c.ended_us, EXCEPTIONS.c.expires_us)
    query = select(EXCEPTIONS).order_by(ended.desc(), EXCEPTIONS.c.id).limit(most)
    return [_read(row) for row in connection.execute(query)]


def present(connection: Connection, id: str) -> Exempt:
    """One exception; NotFound where there is none."""
    return _one(connection, id)


def same_text(same: tuple[Same, ...]) -> str:
    """How the column holds what has to be the same."""
    return encode(_Held(same))


def _one(connection: Connection, id: str, *, lock: bool = False) -> Exempt:
    query = select(EXCEPTIONS).where(EXCEPTIONS.c.id == id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"there is no exception {id[:80]}", _LISTED)
    return _read(row)


def _standing_one(connection: Connection, id: str, time: datetime) -> Exempt:
    exempt = _one(connection, id, lock=True)
    if exempt.ended is not None or exempt.expires <= time:
        raise Conflict(f"exception {id} has ended", _LISTED)
    return exempt


def _number_standing(connection: Connection, time: datetime) -> int:
    own = EXCEPTIONS.c.ended_us.is_(None) & (EXCEPTIONS.c.expires_us > microseconds(time))
    return int(connection.execute(select(func.count()).where(own)).scalar_one())


def _exempt(order: Order, wanted: Wanted, time: datetime) -> Exempt:
    return Exempt(
        f"X-{secrets.token_hex(_ID_BYTES)}", order.incident, wanted.organisation, wanted.rule, wanted.title,
        wanted.same, order.owner, order.actor, order.why, time, order.expires, is_grave(wanted.level),
    )  # fmt: skip


def _draft(id: str, actor: str, change: str, **detail: str) -> Draft:
    return Draft(Kind.RULE_CHANGE, actor, f"exception:{id}", {"change": change, **detail})


def _values(exempt: Exempt) -> dict[str, object]:
    return {
        "id": exempt.id, "incident": exempt.incident, "organisation": exempt.organisation, "rule": exempt.rule,
        "title": exempt.title, "same": same_text(exempt.same), "owner": exempt.owner, "actor": exempt.actor,
        "why": exempt.why, "time_us": microseconds(exempt.time), "expires_us": microseconds(exempt.expires),
        "needs_two": exempt.needs_two, "confirmed_by": "", "ended_by": "", "ended_why": "", "ended_us": None,
    }  # fmt: skip


def _read(row: Row[*tuple[Any, ...]]) -> Exempt:
    same = decode(row.same, _Held, f"exception {row.id}").same
    return Exempt(
        row.id, row.incident, row.organisation, row.rule, row.title, same, row.owner, row.actor, row.why,
        moment(row.time_us), moment(row.expires_us), row.needs_two, row.confirmed_by, row.ended_by, row.ended_why,
        moment_or_none(row.ended_us),
    )  # fmt: skip
