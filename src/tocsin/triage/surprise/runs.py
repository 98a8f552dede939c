"""Runs: one kind of finding on one host, again and again without a long pause, told as one.

A scanner that knocks 380,000 times in twenty minutes happened once. What counts is that it came, and how large it was.

Rules:
1. A run is everything of one kind (a rule, an alert's name) about one host and user of one organisation and network
   that comes without a pause longer than PAUSE.
2. Runs come in the order in which they begin; the order of the sightings does not matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

PAUSE = 600.0  # seconds without a sighting that end a run


@dataclass(frozen=True, slots=True)
class Sighting:
    """That something was found: once, or `count` times at that moment. `time` is in seconds since 1970."""

    time: float
    kind: str
    host: str
    user: str = ""
    sensor: str = ""
    organisation: str = ""
    network: str = ""
    count: int = 1

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        """What must be equal for two sightings to be of one run."""
        return self.organisation, self.network, self.kind, self.host, self.user


@dataclass(frozen=True, slots=True)
class Run:
    """Sightings without a long pause. `first` and `last` are in seconds since 1970."""

    kind: str
    host: str
    user: str
    sensor: str
    organisation: str
    network: str
    first: float
    last: float
    count: int


class _Open:
    """A run that goes on."""

    __slots__ = ("begun", "count", "last")

    def __init__(self, begun: Sighting) -> None:
        self.begun, self.last, self.count = begun, begun.time, begun.count


def runs_of(sightings: Iterable[Sighting]) -> list[Run]:
    """All runs, by their beginning, then by kind, host and user."""
    going: dict[tuple[str, str, str, str, str], _Open] = {}
    done: list[_Open] = []
    for seen in sorted(sightings, key=attrgetter("time")):
        place = seen.place
        run = going.get(place)
        if run is None or seen.time - run.last > PAUSE:
            going[place] = run = _Open(seen)
            done.append(run)
        else:
            run.last = seen.time
            run.count += seen.count
    found = [_told(run) for run in done]
    return sorted(found, key=lambda run: (run.first, run.organisation, run.network, run.kind, run.host, run.user))


def _told(run: _Open) -> Run:
    first = run.begun
    return Run(
        first.kind, first.host, first.user, first.sensor, first.organisation, first.network, first.time, run.last,
        run.count,
    )  # fmt: skip
