"""Which unusual runs are one episode: joined where meeting by chance is unlikely.

Rules, in order, inside one organisation and network:
1. A run of ANCHOR_BITS or more is an anchor: only anchors bring anything together.
2. Anchors on one host join if they lie so near in time that, at the rate at which anchors came on that host so far, a
   stranger would lie there with a probability of at most CHANCE. That is at least LEAST_GAP and at most MOST_GAP.
3. One kind that strikes several hosts within WAVE joins them.
4. An episode of STRONG_BITS or more takes what was found anywhere else meanwhile: weaker episodes, and runs of
   CONTEXT_BITS or more. Meanwhile is its time and a gap around it, measured as in rule 2 by the organisation's rate, so
   that the busier an organisation is, the less a coincidence joins. What it takes has never more sightings in all
   than it had itself: a story is not drowned by what else there was.
A rate is learned from the past of the run that asks. Busy places join by kind and rarity only, quiet ones by time too.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tocsin.triage.surprise.chance import LEAST_GAP, end, gap
from tocsin.triage.surprise.episode import Because, Episode, Reason
from tocsin.triage.surprise.history import Judged
from tocsin.triage.surprise.meanwhile import Meanwhile, Part
from tocsin.triage.surprise.runs import PAUSE

ANCHOR_BITS = 5.0
WAVE = 300.0  # seconds between the hosts that one kind strikes


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
        parts = [Part(groups[root], reasons[root]) for root in groups]
        yield from Meanwhile(self._all, self._anchors, parts).joined()

    def _root(self, index: int) -> int:
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def _join(self, earlier: int, later: int, because: Because, within: float) -> None:
        one, other = self._root(earlier), self._root(later)
        if one == other:
            return
        self._parent[max(one, other)] = min(one, other)
        run, to = self._anchors[later], self._anchors[earlier]
        away = max(run.run.first - to.run.last, 0.0)
        self._reasons.append((later, Reason(because, run, to, away, within)))

    def _by_host(self) -> None:
        here: dict[str, list[int]] = defaultdict(list)
        for index, each in enumerate(self._anchors):
            here[each.run.host].append(index)
        for indexes in here.values():
            self._along(indexes)

    def _along(self, indexes: Sequence[int]) -> None:
        """Along one host's anchors: how many episodes there were so far decides how near is near."""
        before, until = 0, 0.0
        for earlier, later in zip([-1, *indexes], indexes, strict=False):
            judged = self._anchors[later]
            away = judged.run.first - until
            if earlier >= 0 and away <= (near := gap(before, judged.surprise.memory, LEAST_GAP)):
                self._join(earlier, later, Because.HOST, near)
            if earlier < 0 or away > PAUSE:
                before += 1
            until = max(until, end(judged))

    def _by_wave(self) -> None:
        last: dict[str, int] = {}
        for index, each in enumerate(self._anchors):
            before = last.get(each.run.kind)
            if before is not None and each.run.first - self._anchors[before].run.first <= WAVE:
                self._join(before, index, Because.WAVE, WAVE)
            last[each.run.kind] = index
