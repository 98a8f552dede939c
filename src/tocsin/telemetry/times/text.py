"""One time, as text, to microseconds since 1970 UTC.

Rules:
1. Forms: ISO 8601 and RFC 3339 (`T` or blank, `-` or `/`, comma or dot fraction, any usual zone), compact
   `20200807T143205Z`, epoch numbers (seconds to nanoseconds, told apart by size), Apache `10/Oct/2000:13:55:36 -0700`,
   BIND `07-Aug-2020 14:32:05.123`, RFC 5322 dates, C's `ctime`, RFC 3164 with or without a year,
   US `8/7/2020 2:32:05 PM`, and dates as Windows writes them elsewhere: `7.8.2020`, `2020/8/7`, `20200807 14:32:05`;
   ASP.NET's `/Date(1596810725123)/`.
2. `m/d/y` is read as US order, unless the first number cannot be a month; `d.m.y` never is.
3. A leap second (`:60`) is the first second of the next minute; digits beyond microseconds are cut.
4. A year outside limits.EARLIEST_YEAR … LATEST_YEAR is no time.
5. Windows FILETIME (100 ns since 1601) only when asked for: its numbers look like other numbers.
6. Names of zones: those of RFC 5322 §4.3, and Europe's. Others are ambiguous, and a time with one is no time.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple

from tocsin.limits import EARLIEST_YEAR, LATEST_YEAR

NO_TIME = -(2**63)
"""Stands for "no readable time" in arrays of int64."""

SECOND = 1_000_000  # microseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
QUARTER = 15 * MINUTE  # zone offsets change on quarters of an hour only
OFFSETS_KEPT = 4_096
HALF_DAY_HOURS = 12
HOURS, MINUTES, SECONDS = 24, 60, 61  # exclusive bounds; 61 because of leap seconds
LONGEST_TIME = 64  # characters
CENTURY = 2000  # two-digit years are after it
MONTHS_OF_YEAR = 12

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
EARLIEST_US = (date(EARLIEST_YEAR, 1, 1).toordinal() - EPOCH_ORDINAL) * DAY
LATEST_US = (date(LATEST_YEAR + 1, 1, 1).toordinal() - EPOCH_ORDINAL) * DAY  # exclusive
FILETIME_EPOCH_US = (date(1601, 1, 1).toordinal() - EPOCH_ORDINAL) * DAY
EPOCH = datetime(1970, 1, 1)

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
UTC_NAMES = ("Z", "z", "UTC", "GMT")
ZONE_HOURS = {
    **{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
    **{"WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3},
}
NAMED_ZONES = "|".join(("UTC", "GMT", *ZONE_HOURS))

_CLOCK = r"(?P<h>\d\d?):(?P<mi>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,12}))?)?"
_ZONE = rf"(?: ?(?P<z>Z|z|{NAMED_ZONES}|[+-]\d\d(?::?\d\d)?))?"
_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"(?P<y>\d{{4}})(?P<sep>[-/])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?:[T ]{_CLOCK}{_ZONE})?",
        rf"(?:[A-Za-z]{{3}},? )?(?P<d>\d\d?)[-/ ](?P<m>[A-Za-z]{{3}})[-/ ](?P<y>\d{{4}})[: T]{_CLOCK}{_ZONE}",
        rf"(?:[A-Za-z]{{3}} )?(?P<m>[A-Za-z]{{3}}) {{1,2}}(?P<d>\d\d?),? (?:(?P<y>\d{{4}}),? )?{_CLOCK}{_ZONE}"
        r"(?: (?P<y2>\d{4}))?",
        rf"(?P<m>\d\d?)/(?P<d>\d\d?)/(?P<y>\d{{4}}|\d\d),? {_CLOCK}(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?{_ZONE}",
        rf"(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{{4}}),? {_CLOCK}{_ZONE}",
        rf"(?P<y>\d{{4}})(?P<m>\d\d)(?P<d>\d\d) {_CLOCK}{_ZONE}",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)T?(?P<h>\d\d)(?P<mi>\d\d)(?P<s>\d\d)(?:[.,](?P<f>\d{1,12}))?" + _ZONE,
    )
)
_WORDS_FIRST = (_FORMS[2], _FORMS[1])  # only these begin with the name of a month or day
_EPOCH_NUMBER = re.compile(r"(\d{9,19})(?:\.(\d{1,12}))?", re.ASCII)
_ASP_NET = re.compile(r"/Date\((\d{9,19})(?:[+-]\d{4})?\)/", re.ASCII)  # the offset is for display only
_EPOCH_UNITS = (
    (1_000_000, 1),
    (1_000, 1),
    (1, 1),
    (1, 1_000),
)  # seconds, milli-, micro-, nanoseconds: times, divided by


class Stamp(NamedTuple):
    """A time as written: `year` None where it has none, `offset` in microseconds, None where it names no zone."""

    year: int | None
    month: int
    day: int
    clock: int  # microseconds since midnight
    offset: int | None

    def local(self, year: int) -> int | None:
        """Microseconds since 1970 on the wall clock of that year, None for a day that the year lacks."""
        try:
            return (date(year, self.month, self.day).toordinal() - EPOCH_ORDINAL) * DAY + self.clock
        except ValueError:
            return None


def parse_time(text: str, zone: tzinfo = UTC) -> int | None:
    """Microseconds since 1970 UTC, or None when this is no time or one without a year.

    >>> parse_time("1970-01-01T00:00:01Z"), parse_time("2020-08-07 14:32:05,5+02:00")
    (None, 1596803525500000)
    """
    if text.startswith("/Date("):
        text = _ASP_NET.sub(r"\1", text)
    number = _EPOCH_NUMBER.fullmatch(text)
    if number is not None:
        epoch = _epoch(number[1], number[2] or "")
        if epoch is not None:
            return epoch
    stamp = read_stamp(text)
    if stamp is None or stamp.year is None:
        return None
    local = stamp.local(stamp.year)
    if local is None:
        return None
    return within(local - (offset_at(local, zone) if stamp.offset is None else stamp.offset))


def parse_filetime(text: str) -> int | None:
    """A Windows FILETIME (decimal or 0x…; 100 ns since 1601 UTC) to microseconds since 1970 UTC."""
    try:
        ticks = int(text, 0)
    except ValueError:
        return None
    return within(ticks // 10 + FILETIME_EPOCH_US)


def read_stamp(text: str) -> Stamp | None:
    """The parts of a written time in any of the forms above (epoch numbers excepted), None when it is none."""
    text = text.strip()
    if len(text) > LONGEST_TIME:
        return None
    for form in _WORDS_FIRST if text[:1].isalpha() else _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return _stamp(match.groupdict())
    return None


def within(microseconds: int) -> int | None:
    """The time itself, or None outside the years of limits."""
    return microseconds if EARLIEST_US <= microseconds < LATEST_US else None


def offset_at(local: int, zone: tzinfo, fold: int = 0) -> int:
    """The zone's offset in microseconds at a wall clock time; 0 outside the years of limits.

    In a doubled hour `fold` chooses; in a skipped hour the offset before the change counts (PEP 495).
    """
    if zone is UTC or within(local) is None:
        return 0
    return _quarter_offset(local // QUARTER, zone, fold)


@lru_cache(maxsize=OFFSETS_KEPT)
def _quarter_offset(quarter: int, zone: tzinfo, fold: int) -> int:
    moment = (EPOCH + timedelta(microseconds=quarter * QUARTER)).replace(tzinfo=zone, fold=fold)
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)


def zone_note(zone: tzinfo) -> str:
    """The sentence for the summary when times without a zone were met."""
    return f"Times without a zone were read as {zone_name(zone)} (--tz changes this)."


def zone_name(zone: tzinfo) -> str:
    """`Europe/Athens`, `UTC`, `UTC+02:00`."""
    key = getattr(zone, "key", None)
    if isinstance(key, str):
        return key
    return str(zone) if isinstance(zone, timezone) else zone.tzname(None) or str(zone)


def _epoch(whole: str, fraction: str) -> int | None:
    number = int(whole)
    for times, divided in _EPOCH_UNITS:
        microseconds = within(number * times // divided)
        if microseconds is not None:
            return microseconds + int((fraction + "000000")[:6]) * times // SECOND
    return None


def _stamp(part: dict[str, str | None]) -> Stamp | None:
    """Numbers and names checked; None where one is impossible."""
    month, day = _month_number(part["m"] or ""), int(part["d"] or 0)
    if "half" in part and month > MONTHS_OF_YEAR >= day:  # the only form that may be d/m/y
        month, day = day, month
    clock = _clock(part)
    year = part.get("y") or part.get("y2")
    if not 1 <= month <= MONTHS_OF_YEAR or not 1 <= day <= 31 or clock is None:
        return None
    number = None if year is None else int(year) + (CENTURY if len(year) == 2 else 0)
    return Stamp(number, month, day, clock, _offset(part.get("z")))


def _month_number(month: str) -> int:
    return int(month) if month.isdigit() else MONTHS.get(month.lower(), 0)


def _clock(part: dict[str, str | None]) -> int | None:
    """Microseconds since midnight; a missing clock is midnight."""
    hour, minute, second = int(part["h"] or 0), int(part["mi"] or 0), int(part["s"] or 0)
    half = part.get("half")
    if half is not None:
        if not 1 <= hour <= HALF_DAY_HOURS:
            return None
        hour = hour % HALF_DAY_HOURS + (HALF_DAY_HOURS if half in "Pp" else 0)
    if hour >= HOURS or minute >= MINUTES or second >= SECONDS:
        return None
    fraction = int(((part["f"] or "") + "000000")[:6])
    return hour * HOUR + minute * MINUTE + second * SECOND + fraction


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    if zone in UTC_NAMES:
        return 0
    if zone in ZONE_HOURS:
        return ZONE_HOURS[zone] * HOUR
    digits = zone[1:].replace(":", "")
    size = int(digits[:2]) * HOUR + int(digits[2:] or 0) * MINUTE
    return -size if zone[0] == "-" else size
