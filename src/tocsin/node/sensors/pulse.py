"""The pulse of a sensor: how many events it has in every quarter of an hour, and in which minutes it has any.

Rules:
1. Times are those of the events, in UTC; hours, quarters and minutes are counted from 1970 on.
2. Pulses are joined by adding counts and uniting minutes, so neither the order nor the portions of the events matter.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

QUARTERS = 4  # of an hour
QUARTER_MINUTES = 15
HOUR_MINUTES = 60
FULL = (1 << HOUR_MINUTES) - 1  # something in every minute


@dataclass(frozen=True, slots=True)
class Hour:
    """What one hour has: events of each quarter, and bit n for minute n where anything was."""

    quarters: tuple[int, int, int, int] = (0, 0, 0, 0)
    minutes: int = 0

    @property
    def events(self) -> int:
        """Events of the whole hour."""
        return sum(self.quarters)


Pulse = Mapping[int, Hour]
"""Number of the hour → what it has; hours without events are left out."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Minutes without an event, from `start` to before `end`, with events right before and after."""

    start: int
    end: int

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.end - self.start


def joined(hours: Iterable[tuple[int, Hour]]) -> dict[int, Hour]:
    """One pulse of many parts (rule 2)."""
    found: dict[int, Hour] = {}
    for number, hour in hours:
        old = found.get(number)
        found[number] = hour if old is None else _both(old, hour)
    return found


def of_minutes(counts: Iterable[tuple[int, int]]) -> dict[int, Hour]:
    """The pulse of (minute, events)."""
    return joined((minute // HOUR_MINUTES, _of_minute(minute % HOUR_MINUTES, events)) for minute, events in counts)


def in_quarter(pulse: Pulse, quarter: int) -> int:
    """Events of one quarter, by its number."""
    hour = pulse.get(quarter // QUARTERS)
    return hour.quarters[quarter % QUARTERS] if hour else 0


def pauses(pulse: Pulse) -> list[Pause]:
    """All pauses between two events, in order."""
    found: list[Pause] = []
    last: int | None = None
    for first, end in _runs(pulse):
        if last is not None and first > last:
            found.append(Pause(last, first))
        last = end
    return found


def ends(pulse: Pulse) -> tuple[int, int] | None:
    """The first minute with an event, and the one after the last; None for a pulse without any."""
    if not pulse:
        return None
    first, last = min(pulse), max(pulse)
    low, high = pulse[first].minutes, pulse[last].minutes
    return first * HOUR_MINUTES + (low & -low).bit_length() - 1, last * HOUR_MINUTES + high.bit_length()


def _runs(pulse: Pulse) -> Iterator[tuple[int, int]]:
    """Minutes with events as (first, after the last), in order; a run may end where the next one begins."""
    for number in sorted(pulse):
        begin, bits = number * HOUR_MINUTES, pulse[number].minutes
        if bits == FULL:
            yield begin, begin + HOUR_MINUTES
            continue
        while bits:
            skipped = (bits & -bits).bit_length() - 1
            bits >>= skipped
            length = (~bits & (bits + 1)).bit_length() - 1
            yield begin + skipped, begin + skipped + length
            bits >>= length
            begin += skipped + length


def _both(one: Hour, other: Hour) -> Hour:
    a, b, c, d = (left + right for left, right in zip(one.quarters, other.quarters, strict=True))
    return Hour((a, b, c, d), one.minutes | other.minutes)


def _of_minute(minute: int, events: int) -> Hour:
    a, b, c, d = (events if minute // QUARTER_MINUTES == quarter else 0 for quarter in range(QUARTERS))
    return Hour((a, b, c, d), 1 << minute)
