"""The two switches of a node in lines: what is stopped, since when, why."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tocsin.cli.node_answers import Switch
from tocsin.sinks.terminal import safe
from tocsin.words.dates import utc
from tocsin.words.messages import capitalised

_NAMES = {"ai": "AI"}


def switches_of(state: Mapping[str, object]) -> list[Switch]:
    """The switches of a server's state; none where it tells none that can be read."""
    try:
        return msgspec.convert(state.get("switches", []), list[Switch])
    except msgspec.ValidationError:
        return []


def stopped(switches: Sequence[Switch]) -> Iterator[str]:
    """A line a switch that is off."""
    for each in switches:
        if each.stopped:
            by = f", by {each.by}" if each.by else ""
            asked = f" (a start was asked for at {utc(each.request.time)})" if each.request else ""
            yield safe(f"! {capitalised(_name(each))} is stopped since {utc(each.time)}{by}: {each.why}{asked}")


def at_work(switches: Sequence[Switch]) -> Iterator[str]:
    """One line for those that are on, where any is."""
    names = [_name(each) for each in switches if not each.stopped]
    if names:
        yield safe(f"Not stopped: {', '.join(names)}.")


def _name(each: Switch) -> str:
    return _NAMES.get(each.switch, each.switch)
