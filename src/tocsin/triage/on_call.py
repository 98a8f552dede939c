"""Who is on call at a moment: a list of duties, each with its days, hours and time zone.

Rules:
1. A duty names a person, an address for mail, and the step at which the person is told (`escalation`).
2. Hours are those of the clock on the wall in the duty's zone: at a change of the clock a duty from 22:00 to 06:00 has
   one hour more or less, and begins and ends at those hours all the same. What is asked is a moment in UTC, so an hour
   that comes twice is covered twice, and one that does not come is missed by nobody.
3. A duty whose end is not after its beginning goes over midnight. It belongs to the day on which it begins: of
   `mon 20:00-08:00` Tuesday's early morning is a part, Monday's is not. Equal ends are 24 hours.
4. `first` and `last` are the first and last day on which it begins, for a rota that changes by the week.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin import limits
from tocsin.errors import UsageError
from tocsin.sinks import mail

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # in the order of datetime.weekday()
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_HOUR_MINUTES, _DAY_MINUTES = 60, 1_440
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the list, as people write it. `days` is empty for all, else such as `mon-fri` or `sat,sun`."""

    name: str
    mail: str
    step: int = 1
    days: str = ""
    begins: str = "00:00"
    ends: str = "24:00"
    zone: str = "UTC"
    first: str = ""
    last: str = ""


def checked(duty: Duty) -> Duty:
    """The same duty, if it can be kept. Raises UsageError or SinkError that says what is wrong with it."""
    name = duty.name
    if not 0 < len(name) <= limits.LABEL_CHARACTERS or not name.isprintable() or name != name.strip():
        raise _wrong(name, "a name has 1 to 128 characters that can be seen", "Write the person's name.")
    mail.address(duty.mail)
    if not 1 <= duty.step <= limits.CALL_STEPS:
        raise _wrong(name, f"there is no step {duty.step}", f"Steps are 1 to {limits.CALL_STEPS}.")
    weekdays(duty)
    for text in (duty.begins, duty.ends):
        if _minutes(text) > _DAY_MINUTES:
            raise _wrong(name, f"there is no hour {text!r}", "Hours are 00:00 to 24:00.")
    if _minutes(duty.begins) == _DAY_MINUTES:
        raise _wrong(name, "a duty cannot begin at 24:00", "Write 00:00 and the next day.")
    _zone(duty)
    first, last = _date(duty, duty.first), _date(duty, duty.last)
    if first and last and last < first:
        raise _wrong(name, "the last day is before the first", "Change one of them.")
    return duty


def on_call(duties: Iterable[Duty], step: int, time: datetime) -> tuple[Duty, ...]:
    """Whose duty of that step it is, each person once, in the order of the list."""
    found: dict[tuple[str, str], Duty] = {}
    for duty in duties:
        if duty.step == step and is_on(duty, time):
            found.setdefault((duty.name, duty.mail), duty)
    return tuple(found.values())


def last_step(duties: Iterable[Duty]) -> int:
    """The last step that anybody has, at least 1."""
    return max((duty.step for duty in duties), default=1)


def is_on(duty: Duty, time: datetime) -> bool:
    """Whether it is this duty's time. Rules 2 to 4."""
    local = time.astimezone(_zone(duty))
    minute, day = local.hour * _HOUR_MINUTES + local.minute, local.date()
    begins, ends = _minutes(duty.begins), _minutes(duty.ends)
    if begins < ends:
        inside = begins <= minute < ends
    else:
        inside = minute >= begins or minute < ends
        day = day if minute >= begins else day - _DAY
    first, last = _date(duty, duty.first), _date(duty, duty.last)
    in_force = (first is None or first <= day) and (last is None or day <= last)
    return inside and in_force and day.weekday() in weekdays(duty)


def weekdays(duty: Duty) -> frozenset[int]:
    """The days on which it begins, Monday is 0. Raises UsageError."""
    if not duty.days:
        return frozenset(range(len(DAYS)))
    found: set[int] = set()
    for part in duty.days.lower().replace(" ", "").split(","):
        begin, dash, end = part.partition("-")
        end = end if dash else begin
        if begin not in DAYS or end not in DAYS:
            raise _wrong(duty.name, f"there is no day {part!r}", "Write days as mon-fri, or sat,sun.")
        one, other = DAYS.index(begin), DAYS.index(end)
        found |= set(range(one, other + 1)) if one <= other else {*range(one, len(DAYS)), *range(other + 1)}
    return frozenset(found)


def _minutes(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise UsageError(f"{text[:10]!r} is no hour", "Write hours as 08:00.")
    return int(found[1]) * _HOUR_MINUTES + int(found[2])


def _zone(duty: Duty) -> ZoneInfo:
    try:
        return ZoneInfo(duty.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _wrong(duty.name, f"there is no time zone {duty.zone[:60]!r}", "Write it as Europe/Tirane.") from error


def _date(duty: Duty, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _wrong(duty.name, f"{text[:20]!r} is no day", "Write days as 2026-12-24.") from error


def _wrong(name: str, why: str, advice: str) -> UsageError:
    return UsageError(f"the duty of {name[: limits.LABEL_CHARACTERS]!r}: {why}", advice)
