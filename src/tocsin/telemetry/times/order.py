"""Times that need their neighbours: those without a year, and wall clock times without a zone.

Rules:
1. A file without years is looked through once before it is read: the newest time must not lie after the file's own time
   plus a day, and every New Year on the way down counts one year back from there.
2. New Year is a jump back of more than half a year. Small jumps back stay in their year. A line of late December that
   arrives in the first week of January belongs to the old year.
3. If 29 February occurs, the years are moved back until it exists.
4. In the doubled hour at the end of summer time the first pass is summer time; once the clock jumps back by more than a
   minute, the second pass is winter time. A time in the skipped hour counts by the offset before the change.
5. Every assumption leaves a sentence in `ReadContext.notes`.
"""

from calendar import isleap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from tocsin import clock
from tocsin.telemetry.reader import ReadContext
from tocsin.telemetry.times.text import DAY, MINUTE, Stamp, offset_at, parse_time, read_stamp, within, zone_note

HALF_YEAR_DAYS = 183
LATE_DAYS = 7  # how long after New Year a line of the old year may arrive
YEAR_DAYS = 366
LEAP_SEARCH_YEARS = 8
JITTER = MINUTE  # jumps back up to this are disorder, not the end of summer time
SAME_NIGHT = DAY  # a doubled hour further away than this from the line before is read afresh
LEAP_DAY = (2, 29)
_CUMULATED = (0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335)  # days before each month of a leap year


class LocalClock:
    """Wall clock times of one source, in file order, to UTC."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._last: int | None = None
        self._winter = False  # the line before was in the second pass of a doubled hour

    def utc(self, local: int) -> int:
        """UTC microseconds of a wall clock time."""
        first = local - offset_at(local, self.zone)
        second = local - offset_at(local, self.zone, fold=1)
        self._winter = second > first and self._clock_went_back(first, second)
        self._last = second if self._winter else first
        return self._last

    def _clock_went_back(self, first: int, second: int) -> bool:
        last = self._last
        if last is None or abs(last - second) > SAME_NIGHT:
            return False
        return self._winter or first < last - JITTER


class _Years:
    """Counts New Years in file order."""

    def __init__(self) -> None:
        self._turns = 0
        self._day: int | None = None  # day of the year of the line before

    def turn(self, stamp: Stamp) -> int:
        """How many New Years lie between the first stamp and this one (-1 for a late line of the year before)."""
        day = _CUMULATED[stamp.month - 1] + stamp.day
        if self._day is None:
            self._day = day
        jump = day - self._day
        if jump > HALF_YEAR_DAYS and jump >= YEAR_DAYS - LATE_DAYS:
            return self._turns - 1
        if jump < -HALF_YEAR_DAYS:
            self._turns += 1
        self._day = day
        return self._turns


@dataclass
class Yearless:
    """Gives times without a year their year: `survey` all of a source, then ask `year` for each in the same order."""

    zone: tzinfo
    modified: datetime | None = None
    _years: _Years = field(default_factory=_Years)
    _first_year: int = 0

    def survey(self, stamps: Iterable[Stamp]) -> None:
        """Look through all stamps of the source and fix the first one's year."""
        years = _Years()
        leap_days: set[int] = set()
        newest: tuple[int, Stamp] | None = None
        for stamp in stamps:
            turn = years.turn(stamp)
            if newest is None or (turn, stamp.month, stamp.day, stamp.clock) >= (newest[0], *newest[1][1:4]):
                newest = (turn, stamp)
            if (stamp.month, stamp.day) == LEAP_DAY:
                leap_days.add(turn)
        self._years = _Years()
        if newest is not None:
            self._first_year = self._newest_year(newest[1]) - newest[0]
            self._move_to_leap_years(leap_days)

    def year(self, stamp: Stamp) -> int:
        """The year of the next stamp in file order."""
        return self._first_year + self._years.turn(stamp)

    def _newest_year(self, stamp: Stamp) -> int:
        limit = (self.modified or clock.now()).astimezone(self.zone) + timedelta(days=1)
        after = (stamp.month, stamp.day, stamp.clock) > (limit.month, limit.day, _of_day(limit))
        return limit.year - 1 if after else limit.year

    def _move_to_leap_years(self, turns: set[int]) -> None:
        for back in range(LEAP_SEARCH_YEARS):
            if all(isleap(self._first_year - back + turn) for turn in turns):
                self._first_year -= back
                return


class EventClock:
    """Reads the times of one source in file order, whatever they lack, and notes what it had to assume.

    `all_times` gives all time texts of the source in file order; it is called once, and only when a time without a
    year is met. Without it such times are not read.
    """

    def __init__(self, context: ReadContext, all_times: Callable[[], Iterable[str]] | None = None) -> None:
        self._context = context
        self._all_times = all_times
        self._local = LocalClock(context.zone)
        self._yearless: Yearless | None = None
        self._text = ""
        self._time: int | None = None

    def read(self, text: str) -> int | None:
        """Microseconds since 1970 UTC of the next time in file order, None when it is no time."""
        if text != self._text:
            self._text, self._time = text, self._read(text)
        return self._time

    def _read(self, text: str) -> int | None:
        stamp = read_stamp(text)
        if stamp is None:
            return parse_time(text, self._context.zone)
        year = stamp.year
        if year is None:
            year = self._year(stamp)
        if year is None:
            return None
        local = stamp.local(year)
        if local is None:
            return None
        if stamp.offset is not None:
            return within(local - stamp.offset)
        self._context.notes.add(zone_note(self._context.zone))
        return within(self._local.utc(local))

    def _year(self, stamp: Stamp) -> int | None:
        if self._yearless is None:
            if self._all_times is None:
                return None
            self._yearless = self._survey(self._all_times())
            self._note_year()
        return self._yearless.year(stamp)

    def _survey(self, texts: Iterable[str]) -> Yearless:
        yearless = Yearless(self._context.zone, self._context.modified)
        stamps = (read_stamp(text) for text in texts)
        yearless.survey(stamp for stamp in stamps if stamp is not None and stamp.year is None)
        return yearless

    def _note_year(self) -> None:
        modified = self._context.modified
        until = f"the file's date, {modified:%Y-%m-%d}" if modified else "today, because the source has no date"
        self._context.notes.add(f"Years were added to times without one: the newest is at most a day after {until}.")


def _of_day(moment: datetime) -> int:
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment - midnight) // timedelta(microseconds=1)
