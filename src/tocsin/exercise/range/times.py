"""Time as columns: texts of many moments at once, and when people and machines are busy.

All times are microseconds since 1970 UTC in 64-bit arrays.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from tocsin.exercise.range.columns import Column, Integers, Made, Pool

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CLOCK = Pool([f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in range(86_400)])


def day_text(pattern: str, days: Integers, offset_us: int = 0) -> Column:
    """The dates of the times' days by a strftime pattern; one plain text where all are of one day."""
    first, last = int(days.min()), int(days.max())
    texts = [_date_text(day, pattern) for day in range(first, last + 1)]
    return texts[0] if first == last else Pool(texts).pick(days - first)


@lru_cache(maxsize=4096)
def _date_text(day: int, pattern: str) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime(pattern)


def stamp(times: Integers, pattern: str = "%Y-%m-%d", between: str = "T", digits: int = 3, end: str = "Z") -> Made:
    """`2026-03-02T10:00:00.123Z` and its relatives: date pattern, separator, digits of the fraction (0, 3, 6), end."""
    days = times // DAY
    clock = CLOCK.pick(times // SECOND % 86_400)
    if not digits:
        return Made(f"%s{between}%s{end}", (day_text(pattern, days), clock))
    fraction = times % SECOND // 10 ** (6 - digits)
    return Made(f"%s{between}%s.%0{digits}d{end}", (day_text(pattern, days), clock, fraction))


def epoch(times: Integers, digits: int = 6) -> Made:
    """`1772445600.123456`: seconds with a fraction of 3 or 6 digits."""
    return Made(f"%d.%0{digits}d", (times // SECOND, times % SECOND // 10 ** (6 - digits)))


@lru_cache(maxsize=4096)
def offset_us(zone: ZoneInfo, day: int) -> int:
    """How far local time is ahead of UTC at noon of that UTC day (days since 1970), in microseconds."""
    noon = datetime(1970, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
    shift = noon.astimezone(zone).utcoffset()
    assert shift is not None
    return int(shift.total_seconds()) * SECOND


@lru_cache(maxsize=4096)
def offset_text(zone: ZoneInfo, day: int) -> str:
    """`+0100` at noon of that UTC day."""
    minutes = offset_us(zone, day) // MINUTE
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def epoch_us(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exact."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - date(1970, 1, 1)).days


def date_of(day: int) -> date:
    """The date of a number of days since 1970."""
    return date(1970, 1, 1) + timedelta(days=day)


def at(day: int, clock: str, zone: ZoneInfo) -> int:
    """The local time `HH:MM` or `HH:MM:SS` of a day (days since 1970), in microseconds UTC."""
    hour, minute, *rest = (int(part) for part in clock.split(":"))
    local = datetime(1970, 1, 1) + timedelta(days=day, hours=hour, minutes=minute, seconds=rest[0] if rest else 0)
    return epoch_us(local.replace(tzinfo=zone))


@cache
def _cumulated(weights: tuple[float, ...]) -> NDArray[np.float64]:
    """The shares of the hours, summed up to 1."""
    shares = np.asarray(weights, dtype=float)
    summed = (shares / shares.sum()).cumsum()
    return np.asarray(summed / summed[-1])


def drawn(chance: np.random.Generator, weights: Sequence[float], count: int) -> Integers:
    """Microseconds into a day, by the weights of its 24 hours, evenly within each hour. Not sorted."""
    hours = _cumulated(tuple(weights)).searchsorted(chance.random(count), side="right")
    return np.asarray(hours * HOUR + chance.integers(0, HOUR, count), dtype=np.int64)
