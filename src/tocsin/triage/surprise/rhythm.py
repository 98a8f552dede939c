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
        self._hours: array[int] | None = None  # most kinds are rare and never need one
        self._weekdays: array[int] | None = None
        self._runs = 0

    def add(self, time: float) -> None:
        """Count a run that began at a time (seconds since 1970)."""
        if self._hours is None or self._weekdays is None:
            self._hours, self._weekdays = array("Q", bytes(8 * HOURS)), array("Q", bytes(8 * WEEKDAYS))
        self._hours[_hour(time)] += 1
        self._weekdays[_weekday(time)] += 1
        self._runs += 1

    def factor(self, time: float, memory: float) -> float:
        """By how much more often than on average the kind comes at such a time; `memory` in seconds."""
        found = 1.0
        if self._hours is not None and memory >= DAILY_FROM:
            found *= _share(self._hours[_hour(time)], self._runs, HOURS)
        if self._weekdays is not None and memory >= WEEKLY_FROM:
            found *= _share(self._weekdays[_weekday(time)], self._runs, WEEKDAYS)
        return min(max(found, LEAST), MOST)


def _share(runs: int, of: int, parts: int) -> float:
    return (runs + EVENLY / parts) / ((of + EVENLY) / parts)


def _hour(time: float) -> int:
    return int(time % _DAY // 3_600)


def _weekday(time: float) -> int:
    return (int(time // _DAY) + _THURSDAY) % WEEKDAYS
