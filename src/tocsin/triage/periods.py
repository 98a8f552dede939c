"""Periods of law: when one that began at a moment ends.

Rules:
1. Hours are elapsed hours: 24 hours after 01:30 on the night when clocks change are 24 hours, whatever the wall says.
2. Days and months go by the calendar of the law's time zone, to the same time of day. Where the month has no such day,
   its last one counts (31 January + 1 month = 28 or 29 February). A time that the wall shows twice or never is read as
   its earlier moment.
3. That is `due`: never later than what Regulation (EEC, Euratom) No 1182/71 Art. 3 allows, which is `latest`:
   - the hour, or the day, of the event does not count (Art. 3(1)); a period ends with the expiry of its last hour, or
     of the last hour of its last day (Art. 3(2)(a)–(c)); a missing day of the month is the last one (Art. 3(2)(c));
   - holidays, Sundays and Saturdays count (Art. 3(3)), but a period that is not of hours and would end on one ends with
     the next working day (Art. 3(4)). Public holidays are those that the law's file lists.
   Art. 3(5), two working days in every period of two days or more, is not applied: whether it lengthens 72 hours is
   disputed, and who counts on it may be late.
"""

import calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from tocsin.errors import UsageError

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MONTHS_OF_A_YEAR = 12
_SATURDAY = 5  # of date.weekday


@dataclass(frozen=True, slots=True)
class Period:
    """So many hours, or days, or months: one of the three."""

    hours: int = 0
    days: int = 0
    months: int = 0


def due(period: Period, start: datetime, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which the period has passed. Rules 1 and 2."""
    if period.hours:
        return start.astimezone(UTC) + period.hours * _HOUR
    there = start.astimezone(zone)
    return _earliest(datetime.combine(_last_day(period, there.date()), there.time()), zone)


def latest(period: Period, start: datetime, zone: tzinfo, holidays: Collection[date] = ()) -> datetime:
    """The end of the period, in UTC, by Art. 3 of Regulation 1182/71. Rule 3."""
    if period.hours:
        hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return hour + _HOUR + period.hours * _HOUR
    day = _last_day(period, start.astimezone(zone).date())
    while day.weekday() >= _SATURDAY or day in holidays:
        day += _DAY
    return _earliest(datetime.combine(day + _DAY, time()), zone)


def from_wall(wall: datetime, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which the wall of a zone shows a time; of two the earlier. UsageError where it never does.

    >>> from zoneinfo import ZoneInfo
    >>> from_wall(datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Brussels")).isoformat()
    '2026-10-25T00:30:00+00:00'
    """
    moment = _earliest(wall, zone)
    if moment.astimezone(zone).replace(tzinfo=None) != wall.replace(fold=0):
        raise UsageError(f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}: clocks were put forward", "Write it in UTC.")
    return moment


def _last_day(period: Period, day: date) -> date:
    if not period.months:
        return day + period.days * _DAY
    months = day.year * _MONTHS_OF_A_YEAR + day.month - 1 + period.months
    year, month = months // _MONTHS_OF_A_YEAR, months % _MONTHS_OF_A_YEAR + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _earliest(wall: datetime, zone: tzinfo) -> datetime:
    """Of the moments that a time of the wall could mean, the earlier; in a gap, the one by the new offset."""
    return min(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
