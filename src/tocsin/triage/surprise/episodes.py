"""Which unusual runs are one episode: joined where meeting by chance is unlikely.

Rules, in order, inside one organisation and network:
1. A run of ANCHOR_BITS or more is an anchor: only anchors bring anything together.
2. Anchors on one host join if they lie so near in time that, at the rate at which anchors came on that host so far, a
   stranger would lie there with a probability of at most CHANCE. That is at least LEAST_GAP and at most MOST_GAP.
3. One kind that strikes several hosts within WAVE joins them.
4. An episode of STRONG_BITS or more takes what was found anywhere else meanwhile: weaker episodes, and runs of
   CONTEXT_BITS or more. Meanwhile is its time and a gap around it, measured as in rule 2 by the organisation's rate, so
   that the busier an organisation is, the less a coincidence joins.
A rate is learned from the past of the run that asks. Busy places join by kind and rarity only, quiet ones by time too.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.triage.surprise.history import DAY, HOUR, Judged
from tocsin.triage.surprise.runs import PAUSE

ANCHOR_BITS, CONTEXT_BITS, STRONG_BITS = 5.0, 3.0, 40.0
CHANCE = 0.05  # that a stranger lies in a gap
LEAST_GAP, MOST_GAP = PAUSE, HOUR  # seconds, on one host
LEAST_MEANWHILE = 300.0  # seconds around a strong episode, both sides together
WAVE = 300.0  # seconds between the hosts that one kind strikes
LONGEST = 2 * HOUR  # of a run, as far as it brings others together
NEW_SHARE = 0.5  # of a kind's surprise in the organisation that counts where the organisation never had it
_PRIOR_EPISODES, _PRIOR_SECONDS = 0.5, DAY / 2


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


def episodes(judged: Sequence[Judged]) -> tuple[Episode, ...]:
    """All episodes, the most surprising first. `judged` are in the order in which they began."""
    apart: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for each in judged:
        apart[each.run.organisation, each.run.network].append(each)
    found = [episode for members in apart.values() for episode in _Joining(members).result()]
    return tuple(sorted(found, key=lambda episode: (-episode.bits, episode.first, episode.hosts)))


class _Joining:
    """The joining of one organisation's runs."""

    def __init__(self, judged: Sequence[Judged]) -> None:
        self._all = judged
        self._anchors = [each for each in judged if each.bits >= ANCHOR_BITS]
        self._parent = list(range(len(self._anchors)))
        self._reasons: list[tuple[int, Reason]] = []

    def result(self) -> Iterator[Episode]:
        """Rules 2 and 3, then 4."""
        self._by_host()
        self._by_wave()
        groups: dict[int, list[Judged]] = defaultdict(list)
        for index, each in enumerate(self._anchors):
            groups[self._root(index)].append(each)
        reasons: dict[int, list[Reason]] = defaultdict(list)
        for index, reason in self._reasons:
            reasons[self._root(index)].append(reason)
        yield from _meanwhile(self._all, self._anchors, [(groups[root], reasons[root]) for root in groups])

    def _root(self, index: int) -> int:
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def _join(self, earlier: int, later: int, because: Because, gap: float) -> None:
        one, other = self._root(earlier), self._root(later)
        if one == other:
            return
        self._parent[max(one, other)] = min(one, other)
        run, to = self._anchors[later], self._anchors[earlier]
        away = max(run.run.first - to.run.last, 0.0)
        self._reasons.append((later, Reason(because, run, to, away, gap)))

    def _by_host(self) -> None:
        here: dict[str, list[int]] = defaultdict(list)
        for index, each in enumerate(self._anchors):
            here[each.run.host].append(index)
        for indexes in here.values():
            self._along(indexes)

    def _along(self, indexes: Sequence[int]) -> None:
        """Along one host's anchors: how many episodes there were so far decides how near is near."""
        before, end = 0, 0.0
        for earlier, later in zip([-1, *indexes], indexes, strict=False):
            judged = self._anchors[later]
            away = judged.run.first - end
            if earlier >= 0 and away <= (gap := _gap(before, judged.surprise.memory, LEAST_GAP)):
                self._join(earlier, later, Because.HOST, gap)
            if earlier < 0 or away > PAUSE:
                before += 1
            end = max(end, _end(judged))

    def _by_wave(self) -> None:
        last: dict[str, int] = {}
        for index, each in enumerate(self._anchors):
            before = last.get(each.run.kind)
            if before is not None and each.run.first - self._anchors[before].run.first <= WAVE:
                self._join(before, index, Because.WAVE, WAVE)
            last[each.run.kind] = index


def _meanwhile(
    judged: Sequence[Judged], anchors: Sequence[Judged], groups: list[tuple[list[Judged], list[Reason]]]
) -> Iterator[Episode]:
    """Rule 4, the strongest episode first."""
    order = sorted(groups, key=lambda group: -strength(group[0]))
    begins = [each.run.first for each in judged]
    slots = [each.run.first // PAUSE for each in anchors]
    member = {id(each): place for place, (runs, _) in enumerate(order) for each in runs}
    strong = {place for place, (runs, _) in enumerate(order) if strength(runs) >= STRONG_BITS}
    taken: set[int] = set()
    for place in sorted(strong):
        runs, reasons = order[place]
        low, high = min(each.run.first for each in runs), max(_end(each) for each in runs)
        earlier = len(set(slots[: bisect_left(slots, low // PAUSE)]))
        memory = min(runs, key=lambda each: each.run.first).surprise.memory
        gap = _gap(earlier, memory, LEAST_MEANWHILE)
        centre = runs[0]
        for each in judged[bisect_left(begins, low - gap / 2) : bisect_right(begins, high + gap / 2)]:
            where = member.get(id(each))
            if each.bits < CONTEXT_BITS or where == place or (where is not None and where in strong | taken):
                continue
            joined = order[where][0] if where is not None else [each]
            if where is not None:
                reasons.extend(order[where][1])
                taken.add(where)
            runs.extend(joined)
            member.update((id(one), place) for one in joined)
            reasons.append(Reason(Because.MEANWHILE, each, centre, 0.0, gap))
    for place, (runs, reasons) in enumerate(order):
        if place not in taken:
            yield Episode(tuple(sorted(runs, key=lambda each: (each.run.first, each.run.kind))), tuple(reasons))


def _gap(before: int, memory: float, least: float) -> float:
    """Seconds within which a stranger lies with a probability of CHANCE, after so many episodes in the memory."""
    rate = (before + _PRIOR_EPISODES) / (memory + _PRIOR_SECONDS)
    return max(least, min(MOST_GAP, CHANCE / rate))


def _end(judged: Judged) -> float:
    return min(judged.run.last, judged.run.first + LONGEST)
