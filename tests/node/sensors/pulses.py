"""Pulses in a test, made of sentences: so many events a minute in these hours."""

from collections.abc import Iterable

from tocsin.node.sensors.pulse import Hour, of_minutes

DAY = 1_440  # minutes
START = 20_000 * DAY  # a Wednesday in 2024, as minutes since 1970


def steady(first: int, last: int, every: int = 1, events: int = 1) -> dict[int, Hour]:
    """Events in every so-many-th minute from `first` to before `last`."""
    return of_minutes((minute, events) for minute in range(first, last, every))


def office(days: int, events: int = 2) -> dict[int, Hour]:
    """Every minute from 8 to 18, and nothing at night."""
    return of_minutes((START + day * DAY + minute, events) for day in range(days) for minute in range(480, 1_080))


def without(pulse: dict[int, Hour], minutes: Iterable[range]) -> dict[int, Hour]:
    """The same pulse without the events of some minutes; each of its minutes has equally many."""
    gone = {minute for each in minutes for minute in each}
    kept = []
    for number, hour in pulse.items():
        there = [number * 60 + minute for minute in range(60) if hour.minutes >> minute & 1]
        each = hour.events // len(there)
        kept += [(minute, each) for minute in there if minute not in gone]
    return of_minutes(kept)
