"""Gaps: times without events in which a sensor usually has some, by the times of the events.

Rules:
1. A pause is a gap when it lasts fifteen minutes, four times the usual pause, and twenty events are usual in its time.
2. From the last event to now is an open gap by the same rule, but for the time by which events usually come late.
3. Gaps follow from the pulse alone. One that late events have filled is no gap any more: it is kept as filled.
4. The newest are kept, those before the pulse begins are forgotten.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tocsin import limits
from tocsin.node.found import EPOCH
from tocsin.node.sensors.pulse import HOUR_MINUTES, Pause, Pulse, ends, pauses
from tocsin.node.sensors.rhythm import expected, usual_pause
from tocsin.node.store.sensors import Gap

LEAST_MINUTES = 15
PAUSES = 4  # times the usual pause
LEAST_EVENTS = 20  # that are usual in its time
MINUTE = timedelta(minutes=1)


def gaps(pulse: Pulse, now: int, late: int = 0) -> list[Gap]:
    """Rules 1 and 2 at the minute `now`, oldest first."""
    between = pauses(pulse)
    least = max(LEAST_MINUTES, PAUSES * usual_pause(pulse, between))
    over = now // HOUR_MINUTES
    found = [_closed(pause) for pause in between if pause.minutes >= least and _is_gap(pulse, pause, over)]
    known = ends(pulse)
    if known is not None:
        rest = Pause(known[1], now - late)
        if rest.minutes >= least and _is_gap(pulse, rest, over):
            found.append(Gap(moment_of(rest.start)))
    return found


def with_filled(known: Sequence[Gap], present: Sequence[Gap], pulse: Pulse, now: int) -> tuple[Gap, ...]:
    """Rules 3 and 4: what is a gap now, and what was one until something filled it."""
    gone = [old for old in known if not any(_touch(old, gap) for gap in present)]
    filled = [done for old in gone if (done := _filled(old, pulse, now)) is not None]
    newest = sorted([*filled, *present], key=lambda gap: gap.start)
    return tuple(newest[-limits.SENSOR_GAPS :])


def moment_of(minute: int) -> datetime:
    """The beginning of a minute."""
    return EPOCH + minute * MINUTE


def minute_of(moment: datetime) -> int:
    """The minute that a time is in."""
    return (moment - EPOCH) // MINUTE


def _closed(pause: Pause) -> Gap:
    return Gap(moment_of(pause.start), moment_of(pause.end))


def _is_gap(pulse: Pulse, pause: Pause, over: int) -> bool:
    usual = expected(pulse, pause.start, pause.end, over)
    return usual is not None and usual >= LEAST_EVENTS


def _touch(one: Gap, other: Gap) -> bool:
    return (other.end is None or one.start < other.end) and (one.end is None or other.start < one.end)


def _filled(old: Gap, pulse: Pulse, now: int) -> Gap | None:
    """As filled, where events are there; None where it is forgotten, or the sensor is used to such pauses now."""
    if old.filled:
        return old if pulse and minute_of(old.start) >= min(pulse) * HOUR_MINUTES else None
    start, end = minute_of(old.start), now if old.end is None else minute_of(old.end)
    return replace(old, end=moment_of(end), filled=True) if _any(pulse, start, end) else None


def _any(pulse: Pulse, start: int, end: int) -> bool:
    """Whether there are events between two minutes."""
    return any(
        pulse[minute // HOUR_MINUTES].minutes >> minute % HOUR_MINUTES & 1
        for minute in range(start, end)
        if minute // HOUR_MINUTES in pulse
    )
