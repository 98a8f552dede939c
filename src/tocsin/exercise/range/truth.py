"""The answer sheet of a range exercise (`ground-truth.json`, schema 2; docs/exercise.md).

A planted entry stands for all records of one stage about one host and user in one file: ranges of record numbers, so
that a flood of a million records stays a short list. Record numbers count as readers count: the line, header lines
included.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from tocsin.exercise.ground_truth import FILE_NAME, stamp
from tocsin.exercise.range.alliance import Alliance, Member
from tocsin.exercise.range.batches import BACKGROUND, Batch
from tocsin.exercise.range.columns import Integers, Pick

SCHEMA = 2


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage as a scenario announces it, at one member."""

    id: str
    title: str
    attack: tuple[str, ...]  # ATT&CK technique ids
    member: str  # folder


@dataclass(frozen=True, slots=True)
class Surprise:
    """Something harmless that may look like an attack. Times are microseconds UTC."""

    member: str
    title: str
    first_us: int
    last_us: int
    hosts: tuple[str, ...]


@dataclass(slots=True)
class _Planted:
    """What was written of one stage about one host and user in one file."""

    ranges: list[list[int]] = field(default_factory=list)
    first_us: int = 1 << 62
    last_us: int = 0

    def add(self, positions: Integers, times: Integers) -> None:
        breaks = np.flatnonzero(np.diff(positions) != 1) + 1
        for run in np.split(positions, breaks):
            first, last = int(run[0]), int(run[-1])
            if self.ranges and self.ranges[-1][1] + 1 == first:
                self.ranges[-1][1] = last
            else:
                self.ranges.append([first, last])
        self.first_us = min(self.first_us, int(times.min()))
        self.last_us = max(self.last_us, int(times.max()))

    @property
    def events(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)


class Ledger:
    """Collects what was planted while files are written. A mark is the number of a stage, host and user together."""

    def __init__(self, stages: Sequence[StagePlan]) -> None:
        self._stages = stages
        self._marks: dict[tuple[int, str, str], int] = {}
        self._keys: list[tuple[int, str, str]] = []
        self._written: dict[tuple[int, str], _Planted] = {}
        self.files: dict[str, int] = {}

    def _mark(self, stage: int, host: str, user: str) -> int:
        key = (stage, host, user)
        if key not in self._marks:
            self._marks[key] = len(self._keys)
            self._keys.append(key)
        return self._marks[key]

    def marks(self, member: Member, batch: Batch) -> Integers:
        """One mark a record, `BACKGROUND` for what nobody planted."""
        if batch.stage == BACKGROUND:
            return np.full(len(batch), BACKGROUND, dtype=np.int64)
        users = batch.users
        codes = users.codes if isinstance(users, Pick) else np.zeros(len(batch), dtype=np.int64)
        pairs = batch.host_numbers() * (1 << 32) + codes
        kinds, inverse = np.unique(pairs, return_inverse=True)
        marks = []
        for pair in kinds.tolist():
            host, user = divmod(pair, 1 << 32)
            name = users.pool.texts[user] if isinstance(users, Pick) else users
            marks.append(self._mark(batch.stage, member.hosts[host].name, name))
        return np.asarray(np.array(marks, dtype=np.int64)[inverse], dtype=np.int64)

    def note(self, file: str, first_record: int, marks: Integers, times: Integers) -> None:
        """Records with these marks were written from that position on."""
        places = np.flatnonzero(marks != BACKGROUND)
        if not len(places):
            return
        for mark in np.unique(marks[places]).tolist():
            own = places[marks[places] == mark]
            self._written.setdefault((mark, file), _Planted()).add(first_record + own, times[own])

    def document(
        self,
        scenario: str,
        seed: int,
        days: int,
        span: tuple[int, int],
        alliance: Alliance,
        surprises: Sequence[Surprise],
    ) -> "Truth":
        """The whole answer sheet."""
        return Truth(
            scenario=scenario,
            seed=seed,
            days=days,
            first=stamp(span[0]),
            last=stamp(span[1]),
            events=sum(self.files.values()),
            members=tuple(_member(member) for member in alliance.members),
            stages=tuple(self._stage(number, plan) for number, plan in enumerate(self._stages)),
            planted=tuple(self._entry(mark, file, one) for (mark, file), one in self._written.items()),
            benign=tuple(_surprise(one) for one in surprises),
            files=dict(sorted(self.files.items())),
        )

    def _stage(self, number: int, plan: StagePlan) -> dict[str, object]:
        own = [(self._keys[mark], one) for (mark, _), one in self._written.items() if self._keys[mark][0] == number]
        return {
            **asdict(plan),
            "first": stamp(min(one.first_us for _, one in own)) if own else None,
            "last": stamp(max(one.last_us for _, one in own)) if own else None,
            "hosts": sorted({host for (_, host, _), _ in own if host}),
            "users": sorted({user for (_, _, user), _ in own if user}),
            "events": sum(one.events for _, one in own),
        }

    def _entry(self, mark: int, file: str, one: _Planted) -> dict[str, object]:
        stage, host, user = self._keys[mark]
        plan = self._stages[stage]
        times = {"first": stamp(one.first_us), "last": stamp(one.last_us)}
        return {
            "member": plan.member, "stage": plan.id, "file": file, "ranges": one.ranges, **times, "host": host,
            "user": user,
        }  # fmt: skip


def _member(member: Member) -> dict[str, object]:
    return {
        "name": member.name,
        "folder": member.folder,
        "share": round(member.share, 4),
        "sector": member.sector,
        "language": member.language,
        "logging": member.logging.quality,
        "hosts": len(member.hosts),
    }


def _surprise(one: Surprise) -> dict[str, object]:
    return {
        "member": one.member, "title": one.title, "first": stamp(one.first_us), "last": stamp(one.last_us),
        "hosts": list(one.hosts),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Truth:
    """The answer sheet. `files` counts records without header lines; ranges count lines with them."""

    scenario: str
    seed: int
    days: int
    first: str
    last: str
    events: int
    members: tuple[dict[str, object], ...]
    stages: tuple[dict[str, object], ...]
    planted: tuple[dict[str, object], ...]
    benign: tuple[dict[str, object], ...]
    files: dict[str, int]

    @property
    def planted_events(self) -> int:
        """Records that the attack planted."""
        return sum(int(str(stage["events"])) for stage in self.stages)

    def save(self, folder: Path) -> Path:
        """Writes `ground-truth.json` into the folder."""
        path = folder / FILE_NAME
        text = json.dumps({"schema": SCHEMA, **asdict(self)}, ensure_ascii=False, separators=(",", ":"))
        path.write_text(text.replace('{"member"', '\n{"member"') + "\n", encoding="utf-8")
        return path
