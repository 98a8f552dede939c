"""The totals of a sensor as of some time ago, so that its last day is judged and not all of its time.

Rules:
1. A mark is set every six hours. The oldest one is at least a day old where there is such a one, and no mark is kept
   behind it: what is judged are the last 24 to 30 hours.
2. A new sensor begins at nothing. One that was known before it had marks begins with its totals of the look before.
3. Marks ahead of the clock, which was set back since, are let go.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tocsin.node.store.sensors import Mark, Sensor

EVERY = timedelta(hours=6)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LastDay:
    """What came, was rejected and was dropped since the oldest mark; of all time where there is none."""

    events: int = 0
    rejected: int = 0
    dropped: int = 0


def marked(marks: tuple[Mark, ...], before: Sensor | None, sensor: Sensor, now: datetime) -> tuple[Mark, ...]:
    """The marks of a sensor from now on; `before` is the sensor as it was at the last look."""
    past = [mark for mark in marks if mark.time <= now]
    if not past:
        return (Mark(now) if before is None else _mark(before, now),)
    if now - past[-1].time >= EVERY:
        past.append(_mark(sensor, now))
    needed = [old for old, newer in pairwise(past) if now - newer.time < DAY]
    return (*needed, past[-1])


def last_day(sensor: Sensor) -> LastDay:
    """Since the oldest mark. A total that shrank, because somebody removed lines, counts as nothing."""
    begun = next(iter(sensor.rhythm.marks), None)
    if begun is None:
        return LastDay(sensor.events, sensor.rejected, sensor.dropped)
    return LastDay(
        max(0, sensor.events - begun.events),
        max(0, sensor.rejected - begun.rejected),
        max(0, sensor.dropped - begun.dropped),
    )


def _mark(sensor: Sensor, now: datetime) -> Mark:
    return Mark(now, sensor.events, sensor.rejected, sensor.dropped)
