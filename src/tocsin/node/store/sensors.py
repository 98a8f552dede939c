"""Sensors: what each one sent, and when it was last heard of. A sensor is what organisation, network and name say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Float, Row, Table, Text, delete, select

from tocsin.node.store.codec import decode, encode
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


@dataclass(frozen=True, slots=True)
class Sensor:
    """What is known of a sensor. Counts are totals since it was first seen."""

    id: SensorId
    input: str  # which of the node's inputs it comes in by
    first_seen: datetime
    last_event: datetime | None = None  # by the sensor's clock
    last_received: datetime | None = None  # by the node's
    events: int = 0
    rejected: int = 0
    dropped: int = 0
    skew_seconds: float | None = None  # the sensor's clock ahead of the node's
    rhythm: Mapping[str, float] = field(default_factory=dict)  # what is normal for it, by the module that judges it


def put(connection: Connection, sensors: Sequence[Sensor]) -> None:
    """Keep what is known of sensors; when one was first seen stays."""
    upsert(connection, SENSORS, [_values(sensor) for sensor in sensors], ("first_seen_us",))


def sensors(connection: Connection) -> list[Sensor]:
    """All sensors, by organisation, network and name."""
    columns = SENSORS.c
    query = select(SENSORS).order_by(columns.organisation, columns.network, columns.name)
    return [_sensor(row) for row in connection.execute(query)]


def forget(connection: Connection, sensor: SensorId) -> bool:
    """Remove a sensor that is no longer there; False where there is none."""
    columns = SENSORS.c
    mine = (columns.organisation == sensor.organisation) & (columns.network == sensor.network)
    return connection.execute(delete(SENSORS).where(mine & (columns.name == sensor.name))).rowcount > 0


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
        "rhythm": encode(dict(sensor.rhythm)),
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
        rhythm=decode(row.rhythm, dict[str, float], f"the rhythm of sensor {row.name}"),
    )
