"""When a kind of finding usually comes: its share of each hour of the day and each day of the week, in UTC.

A factor on the rate, 1 where nothing is known. Each hour and day is drawn to the mean by EVENLY runs, so that a few
runs make no rhythm, and a day of the week says nothing before two weeks are remembered.
"""

from array import array

HOURS, WEEKDAYS = 24, 7
EVENLY = 24.0  # runs, spread evenly, that every rhythm begins with
DAILY_FROM, WEEKLY_FROM = 2 * 86_400.0, 14 * 86_400.0  # seconds of memory
LEAST, MOST = 0.25, 4.0  # a rhythm changes a rate by no more
_DAY = 86_400.0
_THURSDAY = 3  # 1970-01-01


class Rhythm:
    """Counts of runs by hour and weekday."""

    __slots__ = ("_hours", "_runs", "_weekdays")

    def __init__(self) -> None:
        self._hours, self._weekdays = array("L", [0] * HOURS), array("L", [0] * WEEKDAYS)
        self._runs = 0

    def copy(self) -> "Rhythm":
        """The same, to be counted further."""
        other = Rhythm()
        other._hours, other._weekdays, other._runs = self._hours[:], self._weekdays[:], self._runs
        return other

    def add(self, time: float) -> None:
        """Count a run that began at a time (seconds since 1970)."""
        self._hours[_hour(time)] += 1
        self._weekdays[_weekday(time)] += 1
        self._runs += 1

    def factor(self, time: float, memory: float) -> float:
        """By how much more often than on average the kind comes at such a time; `memory` in seconds."""
        found = 1.0
        if memory >= DAILY_FROM:
            found *= _share(self._hours[_hour(time)], self._runs, HOURS)
        if memory >= WEEKLY_FROM:
            found *= _share(self._weekdays[_weekday(time)], self._runs, WEEKDAYS)
        return min(max(found, LEAST), MOST)


def _share(runs: int, of: int, parts: int) -> float:
    return (runs + EVENLY / parts) / ((of + EVENLY) / parts)


def _hour(time: float) -> int:
    return int(time % _DAY // 3_600)


def _weekday(time: float) -> int:
    return (int(time // _DAY) + _THURSDAY) % WEEKDAYS
