"""What is usual, learned from the past only, in bounded memory; and how unusual the next run is, in bits.

Rules:
1. Surprise is -log2 of the probability that such a run begins within an hour (WINDOW), if runs come at the rate at
   which they came so far: a Poisson process whose rate has half a run in half a day as its prior (PRIOR_RUNS,
   PRIOR_SECONDS). A memory that has just begun expects everything; nothing has to be switched off at a cold start.
2. It is asked for each scope: this host, this user, this sensor, the whole organisation. For users a rule that keeps
   naming new ones expects the next new one.
3. The hour of the day and the day of the week raise or lower the rate once there is enough of a rhythm (rhythm.py).
4. The past fades: what lies HALF_LIFE back counts half.
5. Size is asked as well: a run larger than any before it on its host, by how much, and how many there were to compare.
6. A run is judged before it is learned. What was forgotten for want of room (limits.SURPRISE_PLACES) counts as unseen.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin import limits
from tocsin.triage.surprise.rhythm import Rhythm
from tocsin.triage.surprise.runs import Run

HOUR, DAY = 3_600.0, 86_400.0
WINDOW = HOUR
PRIOR_RUNS, PRIOR_SECONDS = 0.5, DAY / 2
HALF_LIFE = 30 * DAY
MOST_SIZE_BITS = 10.0  # a size says no more than this: it may be one machine's loop

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surprise:
    """How unusual a run was when it began. Bits; the facts are for sentences."""

    host: float
    user: float
    sensor: float
    organisation: float
    size: float
    before: int  # runs of the kind on this host that are remembered
    elsewhere: int  # runs of the kind in the organisation that are remembered
    silent: float | None  # seconds since the last one on this host ended, None where there was none
    largest: int  # sightings of the largest run before it on this host
    memory: float  # seconds since the organisation was first heard

    @property
    def bits(self) -> float:
        """The surprise of the run itself: of its place or person, or of its size."""
        return max(self.host, self.user, min(self.size, MOST_SIZE_BITS))

    @property
    def new(self) -> bool:
        """Whether the organisation had never had this kind."""
        return self.elsewhere == 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with its surprise."""

    run: Run
    surprise: Surprise

    @property
    def bits(self) -> float:
        """The surprise of the run."""
        return self.surprise.bits


class _Seen:
    """What is remembered of one place: runs (faded and plain), the last moment, the largest run, the rhythm."""

    __slots__ = ("at", "faded", "largest", "last", "rhythm", "runs")

    def __init__(self, at: float) -> None:
        self.faded, self.at, self.last, self.runs, self.largest = 0.0, at, at, 0, 0
        self.rhythm: Rhythm | None = None  # kinds have one, places do not

    def copy(self) -> "_Seen":
        """The same, to be learned further without a change of this one."""
        other = _Seen(self.at)
        other.faded, other.last, other.runs, other.largest = self.faded, self.last, self.runs, self.largest
        other.rhythm = self.rhythm.copy() if self.rhythm else None
        return other

    def weight(self, now: float) -> float:
        """Runs, those of long ago counting less."""
        return self.faded * _fade(now - self.at)

    def add(self, run: Run) -> None:
        self.faded = self.weight(run.first) + 1
        self.at = run.first
        self.runs += 1
        self.last = max(self.last, run.last)
        self.largest = max(self.largest, run.count)


class History:
    """What came so far. Not safe for several threads."""

    def __init__(self, most: int = limits.SURPRISE_PLACES, parent: "History | None" = None) -> None:
        self._most, self._parent = most, parent
        self._seen: OrderedDict[Place, _Seen] = OrderedDict()
        self._begun: dict[tuple[str, str], float] = dict(parent._begun) if parent else {}
        self.forgotten = 0

    def fork(self) -> "History":
        """What this one knows, to be learned further while this one stays as it is."""
        return History(self._most, self)

    def __len__(self) -> int:
        """Places that are remembered."""
        return len(self._seen)

    def begun(self, organisation: str, network: str = "") -> float | None:
        """When an organisation was first heard, in seconds since 1970."""
        return self._begun.get((organisation, network))

    def judge_all(self, runs: Iterable[Run]) -> Iterator[Judged]:
        """Judge and learn runs in the order in which they began."""
        for run in runs:
            judged = Judged(run, self.judge(run))
            self.learn(run)
            yield judged

    def judge(self, run: Run) -> Surprise:
        """How unusual a run is, by what was learned so far."""
        age = run.first - self._begun.get((run.organisation, run.network), run.first)
        everywhere, here, by, sensed = (self._known(place) for place in _places(run))
        size = 0.0
        if here is not None and run.count > here.largest:
            size = math.log2((here.runs + 1) * run.count / max(here.largest, 1))
        return Surprise(
            host=self._bits(here, everywhere, age, run),
            user=self._user_bits(by, everywhere, age, run) if run.user else 0.0,
            sensor=self._bits(sensed, everywhere, age, run) if run.sensor else 0.0,
            organisation=self._bits(everywhere, everywhere, age, run),
            size=size,
            before=here.runs if here else 0,
            elsewhere=everywhere.runs if everywhere else 0,
            silent=run.first - here.last if here else None,
            largest=here.largest if here else 0,
            memory=age,
        )

    def learn(self, run: Run) -> None:
        """Remember a run."""
        self._begun.setdefault((run.organisation, run.network), run.first)
        everywhere, here, by, sensed = _places(run)
        if run.user and self._known(by) is None:
            self._place(_newcomers(run), run).add(run)
        for place in (here, *((by,) if run.user else ()), *((sensed,) if run.sensor else ())):
            self._place(place, run).add(run)
        known = self._place(everywhere, run)
        known.add(run)
        known.rhythm = known.rhythm or Rhythm()
        known.rhythm.add(run.first)

    def _known(self, place: Place) -> _Seen | None:
        seen = self._seen.get(place)
        return self._parent._known(place) if seen is None and self._parent else seen

    def _place(self, place: Place, run: Run) -> _Seen:
        seen = self._seen.get(place)
        if seen is None:
            before = self._parent._known(place) if self._parent else None
            seen = self._seen[place] = before.copy() if before else _Seen(run.first)
            if len(self._seen) > self._most:
                self._seen.popitem(last=False)
                self.forgotten += 1
        else:
            self._seen.move_to_end(place)
        return seen

    def _bits(self, seen: _Seen | None, everywhere: _Seen | None, age: float, run: Run) -> float:
        rhythm = everywhere.rhythm.factor(run.first, age) if everywhere and everywhere.rhythm else 1.0
        return _surprise(seen.weight(run.first) if seen else 0.0, age, rhythm)

    def _user_bits(self, by: _Seen | None, everywhere: _Seen | None, age: float, run: Run) -> float:
        """Rule 2: a newcomer is as surprising as newcomers are with this kind."""
        return self._bits(by or self._known(_newcomers(run)), everywhere, age, run)


def _surprise(runs: float, age: float, rhythm: float) -> float:
    remembered = HALF_LIFE / math.log(2) * (1 - _fade(age))
    rate = rhythm * (runs + PRIOR_RUNS) / (remembered + PRIOR_SECONDS)
    return -math.log2(-math.expm1(-rate * WINDOW))


def _fade(seconds: float) -> float:
    return float(2 ** (-max(seconds, 0.0) / HALF_LIFE))


def _places(run: Run) -> tuple[Place, Place, Place, Place]:
    whose = (run.organisation, run.network, run.kind)
    return whose, (*whose, "host", run.host), (*whose, "user", run.user), (*whose, "sensor", run.sensor)


def _newcomers(run: Run) -> Place:
    return run.organisation, run.network, run.kind, "newcomers"
