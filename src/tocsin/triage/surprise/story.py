"""The ten lines that tell an episode: what to read first, so that every stage of it is there.

A line is one kind on one host, however often. Rules:
1. The line with the most sightings comes first: it is what people see anyway, and they must find it explained.
2. Then comes, again and again, what adds most: words that no line has said yet, a phase that no line tells of (phases
   are parted by PHASE_PAUSE without anything new), a host that is not there yet. What was told once adds ALREADY of
   its worth, twice the square of it, and so on.
3. Words that few kinds share say more (log of 1 + kinds / kinds with the word); a line's words count 1 in all, its
   phases PHASE, its host HOST.
4. The sum is weighed by the surprise of the line and by that of its host in the episode: the square root of the one,
   the fourth root of the other, so that rarity decides between equals and does not silence a quiet witness.
Lines are given in order of time.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin import limits
from tocsin.triage.surprise.episode import Episode
from tocsin.triage.surprise.history import Judged

PHASE_PAUSE = 30.0  # seconds in which nothing new begins
ALREADY = 0.1
PHASE, HOST = 2.0, 0.1
RARITY, CENTRE = 0.5, 0.25
_WORD = re.compile(r"[^\W_]{3,}", re.UNICODE)
_Facet = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One kind on one host: its most surprising run tells of all."""

    told: Judged
    runs: tuple[Judged, ...]

    @property
    def kind(self) -> str:
        """What was found."""
        return self.told.run.kind

    @property
    def host(self) -> str:
        """Where."""
        return self.told.run.host

    @property
    def first(self) -> float:
        """When it began, in seconds since 1970."""
        return min(each.run.first for each in self.runs)

    @property
    def count(self) -> int:
        """How often."""
        return sum(each.run.count for each in self.runs)


def story(episode: Episode, most: int = limits.FIRST_LINES) -> tuple[Line, ...]:
    """At most `most` lines, in order of time."""
    lines = _lines(episode)
    if len(lines) > most:
        lines = _Choice(episode, lines).best(most)
    return tuple(sorted(lines, key=lambda line: (line.first, line.kind, line.host)))


def _lines(episode: Episode) -> list[Line]:
    """All lines, by name, so that no order is left to chance."""
    together: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for each in episode.runs:
        together[each.run.kind, each.run.host].append(each)
    return [
        Line(max(runs, key=lambda each: (each.bits, -each.run.first)), tuple(runs))
        for _, runs in sorted(together.items())
    ]


class _Choice:
    """Lines to choose from, and what is told already."""

    def __init__(self, episode: Episode, lines: Sequence[Line]) -> None:
        self._left = list(lines)
        self._told: Counter[_Facet] = Counter()
        self._facets = _facets(episode, lines)
        weight: dict[str, float] = defaultdict(float)
        for line in lines:
            weight[line.host] += line.told.bits
        most = max(weight.values())
        self._weight = {
            (line.kind, line.host): math.pow(line.told.bits, RARITY) * math.pow(weight[line.host] / most, CENTRE)
            for line in lines
        }

    def best(self, most: int) -> list[Line]:
        """Rules 1 and 2."""
        chosen = [self._take(max(self._left, key=lambda line: line.count))]
        while len(chosen) < most:
            chosen.append(self._take(max(self._left, key=self._adds)))
        return chosen

    def _take(self, line: Line) -> Line:
        self._left.remove(line)
        self._told.update(self._facets[line.kind, line.host].keys())
        return line

    def _adds(self, line: Line) -> float:
        place = (line.kind, line.host)
        left = (value * math.pow(ALREADY, self._told[facet]) for facet, value in self._facets[place].items())
        return self._weight[place] * sum(left)


def _facets(episode: Episode, lines: Sequence[Line]) -> dict[tuple[str, str], dict[_Facet, float]]:
    """What each line tells, with its worth. Rule 3."""
    kinds = {line.kind: frozenset(_WORD.findall(line.kind.casefold())) for line in lines}
    shared = Counter(word for words in kinds.values() for word in words)
    phases = _phases(episode)
    found: dict[tuple[str, str], dict[_Facet, float]] = {}
    for line in lines:
        rarity = {word: math.log(1 + len(kinds) / shared[word]) for word in kinds[line.kind]}
        whole = sum(rarity.values()) or 1.0
        facets: dict[_Facet, float] = {("word", word): value / whole for word, value in rarity.items()}
        mine = {phases[each.run.first] for each in line.runs}
        facets |= {("phase", str(phase)): PHASE / len(mine) for phase in mine}
        facets["host", line.host] = HOST
        found[line.kind, line.host] = facets
    return found


def _phases(episode: Episode) -> dict[float, int]:
    """The number of the phase of each beginning."""
    phases: dict[float, int] = {}
    number, before = 0, math.inf
    for begun in sorted({each.run.first for each in episode.runs}):
        number += begun - before > PHASE_PAUSE
        phases[begun], before = number, begun
    return phases
