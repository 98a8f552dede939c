"""What was found elsewhere while a strong episode went on: rule 4 of `episodes`."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.triage.surprise.chance import LEAST_MEANWHILE, end, gap
from tocsin.triage.surprise.episode import Because, Episode, Reason, strength
from tocsin.triage.surprise.history import Judged
from tocsin.triage.surprise.runs import PAUSE

CONTEXT_BITS, STRONG_BITS = 3.0, 40.0


@dataclass(slots=True)
class Part:
    """An episode in the making."""

    runs: list[Judged]
    reasons: list[Reason]

    @property
    def count(self) -> int:
        """Sightings in all."""
        return sum(each.run.count for each in self.runs)

    def told(self) -> Episode:
        """As it is now."""
        order = sorted(self.runs, key=lambda each: (each.run.first, each.run.kind, each.run.host, each.run.user))
        return Episode(tuple(order), tuple(self.reasons))


class Meanwhile:
    """The parts of one organisation, of which strong ones take what else there was; the strongest first."""

    def __init__(self, judged: Sequence[Judged], anchors: Sequence[Judged], parts: Sequence[Part]) -> None:
        """`judged` and `anchors` are in the order in which they began."""
        self._all = judged
        self._begins = [each.run.first for each in judged]
        self._slots = [each.run.first // PAUSE for each in anchors]
        self._parts = sorted(parts, key=lambda part: -strength(part.runs))
        self._strong = [part for part in self._parts if strength(part.runs) >= STRONG_BITS]
        self._place = {id(each): place for place, part in enumerate(self._parts) for each in part.runs}
        self._taken: set[int] = set()

    def joined(self) -> Iterator[Episode]:
        """All episodes."""
        for place, part in enumerate(self._strong):
            self._take(place, part)
        yield from (part.told() for place, part in enumerate(self._parts) if place not in self._taken)

    def _take(self, place: int, part: Part) -> None:
        """What a strong part takes: never more sightings than it had itself."""
        near, within = self._near(part)
        centre, room = part.runs[0], part.count
        for each in near:
            other = self._weaker(each)
            if other is None or (count := other.count) > room:
                continue
            room -= count
            if (where := self._place.get(id(each))) is not None:
                self._taken.add(where)
            self._place.update((id(one), place) for one in other.runs)
            part.runs += other.runs
            part.reasons += [*other.reasons, Reason(Because.MEANWHILE, each, centre, 0.0, within)]

    def _near(self, part: Part) -> tuple[Sequence[Judged], float]:
        """What began in a part's time or the gap around it, and the gap in seconds."""
        low, high = min(each.run.first for each in part.runs), max(end(each) for each in part.runs)
        before = len(set(self._slots[: bisect_left(self._slots, low // PAUSE)]))
        memory = min(part.runs, key=lambda each: each.run.first).surprise.memory
        within = gap(before, memory, LEAST_MEANWHILE)
        first, last = bisect_left(self._begins, low - within / 2), bisect_right(self._begins, high + within / 2)
        return self._all[first:last], within

    def _weaker(self, judged: Judged) -> Part | None:
        """What a strong part may take with a run: the run, or the weaker part that it is of."""
        if judged.bits < CONTEXT_BITS:
            return None
        where = self._place.get(id(judged))
        if where is None:
            return Part([judged], [])
        return None if where < len(self._strong) or where in self._taken else self._parts[where]
