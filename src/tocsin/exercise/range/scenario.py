"""A scenario: what happens, and the plot that its plan writes.

    def plan(plot: Plot) -> None:
        ministry = plot.alliance.of_sector("ministry")
        scene = plot.stage("web-shell", "Commands through a web shell", ("T1505.003",), ministry)
        scene.note(…)                                   # or the functions of `actions/`
        plot.surprise("Election night", ministry, first_us, last_us)   # a scene for something harmless
        plot.usual("an old program", ministry)           # a scene for something harmless that surprises nobody
        plot.silence(ministry, first_us, last_us, hosts=numbers)       # nobody records these hosts

    SCENARIO = Scenario("my-scenario", "Title", "What it is about.", "Source of the facts, https://…", plan, …)

Everything is planned before the first day is written: planted records are columns (an array of times, codes of texts),
a million of them are some tens of megabytes. Scenarios are listed in `scenarios/__init__.py`.
A scenario's randomness is `scene.chance` (one generator a stage) and `plot.chance`: nothing else, or the seed is void.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from tocsin.exercise.range.alliance import Alliance, Member, Setting
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Integers
from tocsin.exercise.range.founding import ORDINARY
from tocsin.exercise.range.scene import Scene, sensor_of
from tocsin.exercise.range.times import DAY, at, day_number
from tocsin.exercise.range.truth import StagePlan, Surprise


@dataclass(frozen=True, slots=True, eq=False)
class Silence:
    """Hosts of which some streams hold nothing for a time. No streams: all; no hosts: all."""

    first_us: int
    last_us: int
    streams: tuple[str, ...]
    sensors: tuple[str, ...]
    hosts: Integers | None

    def left(self, batch: Batch) -> Batch:
        """What is left of a batch."""
        if self.streams and batch.stream not in self.streams:
            return batch
        if self.sensors and sensor_of(batch.stream, batch.kind) not in self.sensors:
            return batch
        silent = (batch.times >= self.first_us) & (batch.times < self.last_us)
        if not silent.any():
            return batch
        if self.hosts is not None:
            silent = silent & np.isin(batch.host_numbers(), self.hosts)
        return batch.take(~silent)


@dataclass(slots=True)
class Plot:
    """What a scenario adds to the background."""

    alliance: Alliance
    seed: int
    first_day: int  # days since 1970 UTC
    days: int
    attack: bool  # False: only the harmless part is wanted; stages are dropped
    stages: list[StagePlan] = field(default_factory=list)
    surprises: list[Surprise] = field(default_factory=list)
    silences: dict[str, list[Silence]] = field(default_factory=dict)
    planned: dict[tuple[str, int], list[Batch]] = field(default_factory=dict)  # by member's folder and day

    @property
    def first_us(self) -> int:
        """The exercise begins, microseconds UTC."""
        return self.first_day * DAY

    @property
    def last_us(self) -> int:
        """The exercise ends, microseconds UTC."""
        return (self.first_day + self.days) * DAY

    @property
    def chance(self) -> np.random.Generator:
        """Randomness of the whole plot: the same sequence each time it is asked for."""
        return np.random.default_rng([self.seed, 1])

    def at(self, member: Member, day: float, clock: str = "00:00") -> int:
        """The member's local time on a day of the exercise (0 is the first), in microseconds UTC.

        A fraction below 1 is a share of the exercise: `at(member, 0.5)` is in its middle, whatever its length.
        """
        number = int(day * self.days) if 0 < day < 1 else int(day)
        return at(self.first_day + number, clock, member.zone)

    def stage(self, id: str, title: str, attack: Sequence[str], member: Member) -> Scene:
        """A stage of the attack at a member; what its scene notes is planted. The same id again continues the stage."""
        plan = StagePlan(id, title, tuple(attack), member.folder)
        if not self.attack:
            return self._scene(member, f"{id}/{member.folder}", lambda _member, _batch: None)
        known = [(one.id, one.member) for one in self.stages]
        if (id, member.folder) in known:
            number = known.index((id, member.folder))
        else:
            number = len(self.stages)
            self.stages.append(plan)
        scene = self._scene(member, f"{id}/{member.folder}", self._plant)
        scene.stage = number
        return scene

    def surprise(self, title: str, member: Member, first_us: int, last_us: int, hosts: Sequence[str] = ()) -> Scene:
        """Something harmless with a name; what its scene notes is background."""
        self.surprises.append(Surprise(member.folder, title, first_us, last_us, tuple(hosts)))
        return self._scene(member, f"{title}/{member.folder}/{first_us}", self._plant)

    def usual(self, name: str, member: Member) -> Scene:
        """Something harmless that surprises nobody, such as software that has been there for years."""
        return self._scene(member, f"{name}/{member.folder}", self._plant)

    def silence(
        self,
        member: Member,
        first_us: int,
        last_us: int,
        streams: Sequence[str] = (),
        hosts: Integers | None = None,
        sensors: Sequence[str] = (),
    ) -> None:
        """Nothing is recorded in that time: of these hosts (all), in these streams (all), by these sensors (all)."""
        gap = Silence(first_us, last_us, tuple(streams), tuple(sensors), hosts)
        self.silences.setdefault(member.folder, []).append(gap)

    def _scene(self, member: Member, name: str, sink: Callable[[Member, Batch], None]) -> Scene:
        chance = np.random.default_rng([self.seed, member.number, zlib.crc32(name.encode())])
        return Scene(member, chance, sink, self.first_us, self.last_us)

    def _plant(self, member: Member, batch: Batch) -> None:
        """Keeps a batch until its days are written."""
        days = batch.times // DAY
        for day in np.unique(days).tolist():
            mine = batch if days[0] == days[-1] == day and (days == day).all() else batch.take(days == day)
            self.planned.setdefault((member.folder, day), []).append(mine)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario of the range.

    `hosts` are those of the largest member at scale 1; the others follow from their share of the data.
    """

    id: str
    title: str
    about: str
    source: str  # where the facts are published
    plan: Callable[[Plot], None]
    days: int
    hosts: int
    first: date  # UTC; the exercise begins at midnight
    setting: Setting = ORDINARY

    @property
    def first_day(self) -> int:
        """Days since 1970."""
        return day_number(self.first)
