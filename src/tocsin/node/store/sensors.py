"""Sensors: what each one sent, and when it was last heard of. A sensor is what organisation, network and name say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Float, Row, Table, Text, delete, select

from tocsin.node.store.codec import decode, encode, prepare
from tocsin.node.store.rows import upsert
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds, microseconds_or_none, moment, moment_or_none

SENSORS = Table(
    "sensors",
    METADATA,
    Column("organisation", ForeignText, primary_key=True),
    Column("network", ForeignText, primary_key=True),
    Column("name", ForeignText, primary_key=True),
    Column("input", ForeignText, nullable=False),
    Column("first_seen_us", BigInteger, nullable=False),
    Column("last_event_us", BigInteger),
    Column("last_received_us", BigInteger),
    Column("events", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("skew_seconds", Float),
    Column("rhythm", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SensorId:
    """Which sensor it is."""

    organisation: str
    network: str
    name: str

    def __str__(self) -> str:
        """Organisation, network and name, as people write them."""
        return "/".join(part for part in (self.organisation, self.network, self.name) if part)


class Quiet(StrEnum):
    """In what way somebody was told that too little comes."""

    NOT = ""
    SILENT = "silent"  # nothing
    LOW = "far under its rhythm"


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without the events that are usual then; open where `end` is None, `filled` once late events came."""

    start: datetime
    end: datetime | None = None
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which a sensor comes in: push, otlp, syslog, or a watched path."""

    name: str
    last_event: datetime | None = None
    last_received: datetime | None = None
    events: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """What the totals of a sensor were at some time."""

    time: datetime
    events: int = 0
    rejected: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What a sensor sends beside what is usual for it, by the module that judges it.

    `measured` and `expected` are events of an hour, None where too little is known. `low_since` is when it began to be
    far under its rhythm. `late` are minutes by which its events came late, the newest hours last; `late_hour` is the
    number of the newest one. `marks` are its totals of the last day, the oldest first.
    """

    quiet: Quiet = Quiet.NOT
    judged: datetime | None = None
    measured: int | None = None
    expected: float | None = None
    low_since: datetime | None = None
    late: tuple[int, ...] = ()
    late_hour: int = 0
    gaps: tuple[Gap, ...] = ()
    ways: tuple[Way, ...] = ()
    marks: tuple[Mark, ...] = ()


prepare(Rhythm)


@dataclass(frozen=True, slots=True)
class Sensor:
    """What is known of a sensor. Counts are totals since it was first seen."""

    id: SensorId
    input: str  # by which of the node's inputs it comes in
    first_seen: datetime
    last_event: datetime | None = None  # by the sensor's clock
    last_received: datetime | None = None  # by the node's
    events: int = 0
    rejected: int = 0
    dropped: int = 0
    skew_seconds: float | None = None  # the sensor's clock ahead of the node's
    rhythm: Rhythm = Rhythm()


def put(connection: Connection, sensors: Sequence[Sensor]) -> None:
    """Keep what is known of sensors; when one was first seen stays."""
    upsert(connection, SENSORS, [_values(sensor) for sensor in sensors], ("first_seen_us",))


def sensors(connection: Connection) -> list[Sensor]:
    """All sensors, by organisation, network and name."""
    columns = SENSORS.c
    query = select(SENSORS).order_by(columns.organisation, columns.network, columns.name)
    return [_sensor(row) for row in connection.execute(query)]


def locked(connection: Connection, sensor: SensorId) -> Sensor | None:
    """A sensor that nobody else changes until this transaction ends; None where there is none."""
    row = connection.execute(select(SENSORS).where(_is(sensor)).with_for_update()).first()
    return None if row is None else _sensor(row)


def forget(connection: Connection, sensor: SensorId) -> bool:
    """Remove a sensor that is no longer there; False where there is none."""
    return connection.execute(delete(SENSORS).where(_is(sensor))).rowcount > 0


def _is(sensor: SensorId) -> ColumnElement[bool]:
    columns = SENSORS.c
    mine = (columns.organisation == sensor.organisation) & (columns.network == sensor.network)
    return mine & (columns.name == sensor.name)


def _values(sensor: Sensor) -> dict[str, object]:
    return {
        "organisation": sensor.id.organisation,
        "network": sensor.id.network,
        "name": sensor.id.name,
        "input": sensor.input,
        "first_seen_us": microseconds(sensor.first_seen),
        "last_event_us": microseconds_or_none(sensor.last_event),
        "last_received_us": microseconds_or_none(sensor.last_received),
        "events": sensor.events,
        "rejected": sensor.rejected,
        "dropped": sensor.dropped,
        "skew_seconds": sensor.skew_seconds,
        "rhythm": encode(sensor.rhythm),
    }


def _sensor(row: Row[*tuple[Any, ...]]) -> Sensor:
    return Sensor(
        id=SensorId(row.organisation, row.network, row.name),
        input=row.input,
        first_seen=moment(row.first_seen_us),
        last_event=moment_or_none(row.last_event_us),
        last_received=moment_or_none(row.last_received_us),
        events=row.events,
        rejected=row.rejected,
        dropped=row.dropped,
        skew_seconds=row.skew_seconds,
        rhythm=decode(row.rhythm, Rhythm, f"the rhythm of sensor {row.name}"),
    )
