"""The sensors of a node's state in lines: who is silent, how much each sends beside its rhythm, where gaps are."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from tocsin.sinks.terminal import safe
from tocsin.words.dates import utc
from tocsin.words.messages import grouped

SHOWN, GAPS_SHOWN = 50, 3
LATE_MINUTES = 5  # less is how long it takes until events are here


def place(organisation: str, network: str, sensor: str) -> str:
    """Organisation, network and sensor, as people write them."""
    return "/".join(part for part in (organisation, network, sensor) if part) or "without a name"


class Gap(Struct, frozen=True):
    """A time without the events that are usual then."""

    start: datetime
    end: datetime | None = None
    filled: bool = False


class Way(Struct, frozen=True):
    """A way by which a sensor comes in."""

    way: str
    last_event: datetime | None = None


class Sensor(Struct, frozen=True):
    """What the node tells of a sensor. Further fields are the future's: ignored."""

    sensor: str = ""
    organisation: str = ""
    network: str = ""
    quiet: str = ""
    rate: str = ""
    last_event: datetime | None = None
    last_received: datetime | None = None
    rejected_last_day: int = 0
    clock_ahead_seconds: float = 0.0
    events_late_minutes: int = 0
    gaps: Sequence[Gap] = ()
    ways: Sequence[Way] = ()

    @property
    def name(self) -> str:
        """Organisation, network and sensor."""
        return place(self.organisation, self.network, self.sensor)


class Retired(Struct, frozen=True):
    """A sensor that somebody has taken out of service."""

    sensor: str = ""
    organisation: str = ""
    network: str = ""
    since: datetime | None = None
    actor: str = ""
    by: str = ""
    why: str = ""
    last_received: datetime | None = None


def retired_of(state: Mapping[str, object]) -> list[Retired]:
    """The sensors out of service in a server's state; none where it tells none that can be read."""
    try:
        return msgspec.convert(state.get("retired", []), list[Retired])
    except msgspec.ValidationError:
        return []


def sensors_of(state: Mapping[str, object]) -> list[Sensor]:
    """The sensors of a server's state; none where it tells none that can be read."""
    try:
        return msgspec.convert(state.get("sensors", []), list[Sensor])
    except msgspec.ValidationError:
        return []


def troubles(sensors: Sequence[Sensor]) -> Iterator[str]:
    """A line a sensor that is silent or far under its rhythm."""
    for each in sensors:
        if each.quiet:
            last = f"; last heard {utc(each.last_received)}" if each.last_received else "; it was never heard"
            yield safe(f"! sensor {each.name}: {each.quiet}{last}")


def unread(sensors: Sequence[Sensor]) -> Iterator[str]:
    """A line a sensor of which records of the last day could not be read, those with most first."""
    found = sorted((each for each in sensors if each.rejected_last_day), key=lambda each: -each.rejected_last_day)
    for each in found[:SHOWN]:
        yield safe(f"! sensor {each.name}: not readable of the last day: {grouped(each.rejected_last_day)}")
    if len(found) > SHOWN:
        yield f"! {len(found) - SHOWN} more sensors with records that are not readable: --json"


def lines(sensors: Sequence[Sensor]) -> Iterator[str]:
    """A line a sensor, with its gaps."""
    if sensors:
        yield f"Sensors: {len(sensors)}."
    for each in sensors[:SHOWN]:
        yield safe("  " + "; ".join(_facts(each)))
        newest = list(each.gaps)[-GAPS_SHOWN:]
        yield from (safe(f"    {_gap(gap)}") for gap in newest)
        if len(each.gaps) > len(newest):
            yield f"    {len(each.gaps) - len(newest)} earlier gaps: --json"
    if len(sensors) > SHOWN:
        yield f"  {len(sensors) - SHOWN} more: --json"


def retired_lines(retired: Sequence[Retired]) -> Iterator[str]:
    """A line a sensor that is out of service: since when, by whom, why."""
    if retired:
        yield f"Out of service: {len(retired)}."
    for each in retired[:SHOWN]:
        name = place(each.organisation, each.network, each.sensor)
        last = f"; last heard {utc(each.last_received)}" if each.last_received else ""
        yield safe(f"  {name}: since {utc(each.since)}, by {each.by or each.actor}: {each.why}{last}")
    if len(retired) > SHOWN:
        yield f"  {len(retired) - SHOWN} more: --json"


def _facts(each: Sensor) -> Iterator[str]:
    yield f"{each.name}: last event {utc(each.last_event)}" if each.last_event else f"{each.name}: no event yet"
    if each.rate:
        yield each.rate
    if each.clock_ahead_seconds:
        yield f"its clock is {each.clock_ahead_seconds:.0f} s ahead"
    if each.events_late_minutes >= LATE_MINUTES:
        yield f"its events come {each.events_late_minutes} min late, or its clock is behind"
    if len(each.ways) > 1:
        yield ", ".join(f"{way.way} {utc(way.last_event) if way.last_event else 'nothing yet'}" for way in each.ways)
    elif each.ways:
        yield f"by {each.ways[0].way}"


def _gap(gap: Gap) -> str:
    if gap.end is None:
        return f"gap since {utc(gap.start)}"
    return f"gap from {utc(gap.start)} to {utc(gap.end)}{', filled since' if gap.filled else ''}"
