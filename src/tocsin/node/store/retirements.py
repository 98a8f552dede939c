"""Sensors that a person has taken out of service: who, when and why, and how it ended.

Rules:
1. A retirement stands until a person returns the sensor to service, or until something of it arrives. It stays in the
   table then, with how it ended.
2. Every step is in the ledger under the retirement's id; the first one has a keyed digest of which sensor it is. Names
   and reasons stand here.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Row, String, Table, Text, insert, select, update

from tocsin.errors import Conflict, NotFound
from tocsin.ledger.entry import NODE, Draft, Kind
from tocsin.node.store import ledger, sensors
from tocsin.node.store.reasons import check_reason
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.sensors import SensorId
from tocsin.node.store.times import microseconds, microseconds_or_none, moment, moment_or_none

LISTED = "`tocsin node status` lists the sensors, those that are retired apart."
_ID_BYTES = 8

RETIREMENTS = Table(
    "retirements",
    METADATA,
    Column("id", String(20), primary_key=True),
    Column("organisation", ForeignText, nullable=False),
    Column("network", ForeignText, nullable=False),
    Column("name", ForeignText, nullable=False),
    Column("actor", Text, nullable=False),
    Column("why", ForeignText, nullable=False),
    Column("time_us", BigInteger, nullable=False),
    Column("last_received_us", BigInteger),
    Column("ended_by", Text, nullable=False),
    Column("ended_why", ForeignText, nullable=False),
    Column("ended_us", BigInteger),
)


@dataclass(frozen=True, slots=True)
class Retirement:
    """A sensor that is out of service. `last_received` is when something of it was stored last before that."""

    id: str
    sensor: SensorId
    actor: str
    why: str
    time: datetime
    last_received: datetime | None = None


def retire(connection: Connection, sensor: SensorId, digest: str, actor: str, why: str, time: datetime) -> Retirement:
    """Take a sensor out of service; `digest` is the keyed one that names it in the ledger.

    UsageError without a reason, NotFound where there is no such sensor, Conflict where it is retired already.
    """
    check_reason(why)
    known = sensors.locked(connection, sensor)
    if known is None:
        raise NotFound("there is no such sensor", LISTED)
    if any(each.sensor == sensor for each in standing(connection)):
        raise Conflict("this sensor is retired already", LISTED)
    made = Retirement(secrets.token_hex(_ID_BYTES), sensor, actor, why, time, known.last_received)
    connection.execute(insert(RETIREMENTS).values(**_values(made)))
    ledger.record(connection, _draft(made, actor, "retired", sensor=digest), time)
    return made


def return_to_service(connection: Connection, gone: Retirement, actor: str, why: str, time: datetime) -> None:
    """A person ends a retirement. UsageError without a reason, Conflict where it ended a moment before."""
    check_reason(why)
    if not _end(connection, gone, actor, why, time):
        raise Conflict("this sensor is in service again already", LISTED)
    ledger.record(connection, _draft(gone, actor, "returned"), time)


def end_where_heard(connection: Connection, heard: Iterable[Retirement], time: datetime) -> None:
    """End retirements of which something arrived, as the last act of the caller's transaction."""
    ended = [gone for gone in heard if _end(connection, gone, NODE, "", time)]
    for gone in ended:
        ledger.record(connection, _draft(gone, NODE, "heard again"), time)


def standing(connection: Connection) -> list[Retirement]:
    """The retirements that stand, the oldest first."""
    query = select(RETIREMENTS).where(RETIREMENTS.c.ended_us.is_(None))
    return [_retirement(row) for row in connection.execute(query.order_by(RETIREMENTS.c.time_us, RETIREMENTS.c.id))]


def heard_again(connection: Connection) -> dict[SensorId, datetime]:
    """Sensors in service of which something arrived while they were retired, and when that was told last."""
    query = select(RETIREMENTS).where(RETIREMENTS.c.ended_by == NODE).order_by(RETIREMENTS.c.ended_us)
    told = {_retirement(row).sensor: moment(row.ended_us) for row in connection.execute(query)}
    resting = {gone.sensor for gone in standing(connection)}
    return {id: at for id, at in told.items() if id not in resting}


def _end(connection: Connection, gone: Retirement, actor: str, why: str, time: datetime) -> bool:
    """Whether this call was the one that ended it."""
    mine = (RETIREMENTS.c.id == gone.id) & RETIREMENTS.c.ended_us.is_(None)
    values = {"ended_by": actor, "ended_why": why, "ended_us": microseconds(time)}
    return connection.execute(update(RETIREMENTS).where(mine).values(**values)).rowcount == 1


def _draft(gone: Retirement, actor: str, change: str, **detail: str) -> Draft:
    return Draft(Kind.SOURCE_CHANGE, actor, f"retirement:{gone.id}", {"change": change, **detail})


def _values(gone: Retirement) -> dict[str, object]:
    return {
        "id": gone.id,
        "organisation": gone.sensor.organisation,
        "network": gone.sensor.network,
        "name": gone.sensor.name,
        "actor": gone.actor,
        "why": gone.why,
        "time_us": microseconds(gone.time),
        "last_received_us": microseconds_or_none(gone.last_received),
        "ended_by": "",
        "ended_why": "",
        "ended_us": None,
    }


def _retirement(row: Row[*tuple[Any, ...]]) -> Retirement:
    sensor = SensorId(row.organisation, row.network, row.name)
    last = moment_or_none(row.last_received_us)
    return Retirement(row.id, sensor, row.actor, row.why, moment(row.time_us), last)
