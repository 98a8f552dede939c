"""Times as the state database keeps them: microseconds since 1970 UTC, exact and equal on both databases."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(time: datetime) -> int:
    """An aware datetime as a number."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def moment(number: int) -> datetime:
    """A number as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=number)


def microseconds_or_none(time: datetime | None) -> int | None:
    """The same for a time that may be missing."""
    return None if time is None else microseconds(time)


def moment_or_none(number: int | None) -> datetime | None:
    """The same for a number that may be missing."""
    return None if number is None else moment(number)
