"""Sensors as plain values, as the status, the API and the command line show them."""

from collections.abc import Iterable, Mapping

from tocsin import limits
from tocsin.node.sensors.marks import last_day
from tocsin.node.sensors.rhythm import Rate, steadily_late, told
from tocsin.node.store.retirements import Retirement
from tocsin.node.store.sensors import Gap, Quiet, Sensor, Way
from tocsin.words.dates import machine


def sensors_told(sensors: Iterable[Sensor], retired: Iterable[Retirement] = ()) -> list[dict[str, object]]:
    """At most limits.SENSORS_TOLD in service, those that need somebody first. What is empty or nought is left out."""
    out = {gone.sensor for gone in retired}
    present = sorted((each for each in sensors if each.id not in out), key=_urgency)
    return [sensor_told(each) for each in present[: limits.SENSORS_TOLD]]


def retired_told(
    retired: Iterable[Retirement], sensors: Iterable[Sensor], names: Mapping[str, str]
) -> list[dict[str, object]]:
    """Sensors out of service with who took them out, when and why, the newest first; at most limits.SENSORS_TOLD.

    `names` are of accounts (`account:…`), for readers who may know them.
    """
    last = {each.id: each.last_received for each in sensors}
    newest = sorted(retired, key=lambda gone: gone.time, reverse=True)[: limits.SENSORS_TOLD]
    return [_retired(gone, machine(last.get(gone.sensor)), names.get(gone.actor, "")) for gone in newest]


def _retired(gone: Retirement, last_received: str | None, name: str) -> dict[str, object]:
    plain = {
        "organisation": gone.sensor.organisation,
        "network": gone.sensor.network,
        "sensor": gone.sensor.name,
        "retirement": gone.id,
        "since": machine(gone.time),
        "actor": gone.actor,
        "by": name,
        "why": gone.why,
        "last_received": last_received,
    }
    return {name: value for name, value in plain.items() if value or name == "sensor"}


def sensor_told(sensor: Sensor) -> dict[str, object]:
    """One sensor."""
    rhythm = sensor.rhythm
    found = rate_of(sensor)
    plain: dict[str, object] = {
        "organisation": sensor.id.organisation,
        "network": sensor.id.network,
        "sensor": sensor.id.name,
        "quiet": str(rhythm.quiet),
        "rate": told(found) if found else "",
        "events_last_hour": rhythm.measured,
        "events_usual": rhythm.expected,
        "last_event": machine(sensor.last_event),
        "last_received": machine(sensor.last_received),
        "first_seen": machine(sensor.first_seen),
        "events": sensor.events,
        "rejected": sensor.rejected,
        "dropped": sensor.dropped,
        "rejected_last_day": last_day(sensor).rejected,
        "dropped_last_day": last_day(sensor).dropped,
        "clock_ahead_seconds": sensor.skew_seconds,
        "events_late_minutes": steadily_late(rhythm.late),
        "gaps": [_gap(each) for each in rhythm.gaps],
        "ways": [_way(each) for each in rhythm.ways],
    }
    kept = {"sensor", "events_last_hour", "events"}
    return {name: value for name, value in plain.items() if value or (name in kept and value is not None)}


def rate_of(sensor: Sensor) -> Rate | None:
    """What it sent in an hour, beside its rhythm; None where too little is known."""
    rhythm = sensor.rhythm
    if rhythm.measured is None or rhythm.expected is None:
        return None
    return Rate(rhythm.measured, rhythm.expected)


def _urgency(sensor: Sensor) -> tuple[object, ...]:
    rhythm, id = sensor.rhythm, sensor.id
    open_gap = any(gap.end is None for gap in rhythm.gaps)
    return rhythm.quiet is Quiet.NOT, not open_gap, not rhythm.gaps, id.organisation, id.network, id.name


def _gap(gap: Gap) -> dict[str, object]:
    return {"start": machine(gap.start), "end": machine(gap.end), **({"filled": True} if gap.filled else {})}


def _way(way: Way) -> dict[str, object]:
    plain: dict[str, object] = {
        "way": way.name,
        "last_event": machine(way.last_event),
        "last_received": machine(way.last_received),
        "events": way.events,
    }
    return {name: value for name, value in plain.items() if value is not None}
