"""The on-call list, and what was told of which incident.

Rules:
1. The list is changed as a whole, or duty by duty under a person's name; every change is in the ledger with how many
   lines there are then. Names and addresses stand here only, and go with an erasure.
2. (incident, step) is the key of what was told, so no step of an incident is told twice, whoever asks. Step 0 is that
   nobody was on call.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, Row, String, Table, Text, delete, insert, select

from tocsin import limits
from tocsin.errors import LimitExceeded
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.store import ledger
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds, moment
from tocsin.triage.escalation import Told
from tocsin.triage.on_call import Duty, checked

ONCALL = Table(
    "oncall",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", ForeignText, nullable=False),
    Column("mail", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("days", Text, nullable=False),
    Column("begins", String(5), nullable=False),
    Column("ends", String(5), nullable=False),
    Column("zone", Text, nullable=False),
    Column("first", String(10), nullable=False),
    Column("last", String(10), nullable=False),
)
CALLS = Table(
    "calls",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("time_us", BigInteger, nullable=False),
    Column("people", Integer, nullable=False),
)


def duties(connection: Connection) -> list[Duty]:
    """The list, in its order."""
    return [_duty(row) for row in connection.execute(select(ONCALL).order_by(ONCALL.c.position))]


def replace_all(connection: Connection, new: Sequence[Duty], actor: str, time: datetime) -> list[Duty]:
    """Put another list in its place. UsageError or SinkError for a duty that cannot be, LimitExceeded for too many."""
    return _write(connection, new, actor, time, "replaced")


def set_person(connection: Connection, name: str, new: Sequence[Duty], actor: str, time: datetime) -> list[Duty]:
    """Put these duties in the place of a person's; none takes the person off the list."""
    others = [each for each in duties(connection) if each.name != name]
    return _write(connection, [*others, *new], actor, time, "set")


def told(connection: Connection, incidents: Collection[str]) -> dict[str, Told]:
    """The last step that was told of each."""
    query = select(CALLS).where(CALLS.c.incident.in_(sorted(incidents))).order_by(CALLS.c.incident, CALLS.c.step)
    rows = connection.execute(query)
    return {row.incident: Told(row.step, moment(row.time_us)) for row in rows}


def tell(connection: Connection, incident: str, step: int, people: int, time: datetime) -> bool:
    """Note that a step is told, in the transaction that puts the messages; False where it was told before."""
    mine = (CALLS.c.incident == incident) & (CALLS.c.step == step)
    if connection.execute(select(CALLS.c.step).where(mine)).first() is not None:
        return False
    row = {"incident": incident, "step": step, "time_us": microseconds(time), "people": people}
    connection.execute(insert(CALLS).values(**row))
    return True


def _write(connection: Connection, new: Iterable[Duty], actor: str, time: datetime, change: str) -> list[Duty]:
    after = [checked(each) for each in new]
    if len(after) > limits.CALL_DUTIES:
        raise LimitExceeded(f"an on-call list has at most {limits.CALL_DUTIES:,} lines", "Leave out what is over.")
    connection.execute(delete(ONCALL))
    rows = [{"position": number, **asdict(each)} for number, each in enumerate(after, 1)]
    if rows:
        connection.execute(insert(ONCALL), rows)
    detail: dict[str, Value] = {"change": f"on-call list {change}", "lines": len(after)}
    ledger.record(connection, Draft(Kind.CONFIGURATION_CHANGE, actor, "notify:oncall", detail), time)
    return after


def _duty(row: Row[*tuple[Any, ...]]) -> Duty:
    return Duty(row.name, row.mail, row.step, row.days, row.begins, row.ends, row.zone, row.first, row.last)
