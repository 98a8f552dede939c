"""An episode: unusual runs that belong together, why, and how surprising they are together."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tocsin.triage.surprise.history import Judged

NEW_SHARE = 0.5  # of a kind's surprise in the organisation that counts where the organisation never had it


class Because(StrEnum):
    """Why a run is part of an episode."""

    HOST = "host"  # on the same host, too near to be chance
    WAVE = "wave"  # the same kind struck another host at the same time
    MEANWHILE = "meanwhile"  # elsewhere at the same time, too near to be chance


@dataclass(frozen=True, slots=True)
class Reason:
    """Two runs that were joined. `away` is the time between them in seconds, `gap` how much would have been joined."""

    because: Because
    run: Judged
    to: Judged
    away: float
    gap: float


@dataclass(frozen=True, slots=True)
class Episode:
    """Unusual runs that belong together, in order of time, with the reason of each join."""

    runs: tuple[Judged, ...]
    reasons: tuple[Reason, ...]

    @property
    def first(self) -> float:
        """When it began, in seconds since 1970."""
        return min(each.run.first for each in self.runs)

    @property
    def last(self) -> float:
        """When its last run ended."""
        return max(each.run.last for each in self.runs)

    @property
    def bits(self) -> float:
        """Its surprise: each kind counts once, by its most surprising run."""
        return strength(self.runs)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Those on which it was most surprising first."""
        weight: dict[str, float] = defaultdict(float)
        for each in self.runs:
            weight[each.run.host] += each.bits
        return tuple(sorted(weight, key=lambda host: (-weight[host], host)))

    @property
    def count(self) -> int:
        """Sightings in all."""
        return sum(each.run.count for each in self.runs)


def strength(runs: Iterable[Judged]) -> float:
    """The sum over kinds of the most surprising run of each; more where the organisation never had the kind."""
    best: dict[str, float] = {}
    for each in runs:
        best[each.run.kind] = max(best.get(each.run.kind, 0.0), worth(each))
    return sum(best.values())


def worth(judged: Judged) -> float:
    """What a run adds to the rank of its episode."""
    surprise = judged.surprise
    return surprise.bits + (NEW_SHARE * surprise.organisation if surprise.new else 0.0)
