"""Sensors as plain values, as the status, the API and the command line show them."""

from collections.abc import Iterable

from tocsin import limits
from tocsin.node.sensors.rhythm import Rate, told
from tocsin.node.store.sensors import Gap, Quiet, Sensor, Way
from tocsin.words.dates import machine


def sensors_told(sensors: Iterable[Sensor]) -> list[dict[str, object]]:
    """At most limits.SENSORS_TOLD, those that need somebody first. What is empty or nought is left out."""
    return [sensor_told(each) for each in sorted(sensors, key=_urgency)[: limits.SENSORS_TOLD]]


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
        "clock_ahead_seconds": sensor.skew_seconds,
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
