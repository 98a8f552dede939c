"""Moments and durations for people. ISO 8601 order with blanks, seconds, and always the zone."""

from datetime import UTC, datetime, tzinfo

from tocsin.words.messages import say, say_many

_MINUTE = 60  # seconds
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_LARGE = 2  # from two of a unit on, people count in that unit


def utc(moment: datetime | None) -> str:
    """`2022-07-15 09:31:04 UTC`; says so when there is none."""
    return say("time unknown") if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def local(moment: datetime | None, zone: tzinfo) -> str:
    """The same moment in another zone, with the zone's short name: `2022-07-15 11:31:04 CEST`."""
    if moment is None:
        return say("time unknown")
    there = moment.astimezone(zone)
    return there.strftime("%Y-%m-%d %H:%M:%S ") + (there.tzname() or "")


def machine(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`, microseconds only where there are some; for files and programs."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def span(first: datetime | None, last: datetime | None) -> str:
    """When it was, and for how long where that is a second or more."""
    if first is None or last is None:
        return say("time unknown")
    seconds = (last - first).total_seconds()
    if seconds < 1:
        return utc(first)
    return say("{first}, for {duration}", first=utc(first), duration=duration(seconds))


def duration(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `3 hours`, `5 days`: one unit, rounded down."""
    whole = max(int(seconds), 0)
    if whole < _LARGE * _MINUTE:
        return say_many("{n} second", "{n} seconds", whole)
    if whole < _LARGE * _HOUR:
        return say_many("{n} minute", "{n} minutes", whole // _MINUTE)
    if whole < _LARGE * _DAY:
        return say_many("{n} hour", "{n} hours", whole // _HOUR)
    return say_many("{n} day", "{n} days", whole // _DAY)
