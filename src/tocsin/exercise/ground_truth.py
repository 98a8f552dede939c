"""What was planted and where it stands: the answer sheet of an exercise (docs/exercise.md has the schema).

Positions count as readers count: the line number for line formats (header lines included), the ordinal for XML.
Files are named relative to the exercise's folder, with `/`.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from tocsin.exercise.calendar import MICROSECONDS

SCHEMA = 1
FILE_NAME = "ground-truth.json"


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted record. `key` is False for what merely comes along with the act."""

    stage: str
    marker: str
    key: bool
    time: str
    file: str
    record: int
    host: str
    user: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the attack as it was carried out. Times are UTC; both are None when nothing of it was written."""

    id: str
    title: str
    attack: tuple[str, ...]  # ATT&CK technique ids
    first: str | None
    last: str | None
    hosts: tuple[str, ...]
    users: tuple[str, ...]
    events: int


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The whole answer sheet."""

    scenario: str
    seed: int
    events: int  # records in all files
    first: str
    last: str
    stages: tuple[Stage, ...]
    planted: tuple[Planted, ...]
    files: dict[str, int]  # records of each file

    def save(self, folder: Path) -> Path:
        """Writes `ground-truth.json` into the folder."""
        path = folder / FILE_NAME
        text = json.dumps({"schema": SCHEMA, **asdict(self)}, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
        return path


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage as the data file describes it."""

    id: str
    title: str
    attack: tuple[str, ...]


@lru_cache(maxsize=4096)
def second_text(second: int) -> str:
    """`2026-03-02T10:00:00`, UTC; events of the same second share the text."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def stamp(time_us: int) -> str:
    """An ISO time in UTC with microseconds."""
    return f"{second_text(time_us // MICROSECONDS)}.{time_us % MICROSECONDS:06d}Z"


class Ledger:
    """Collects planted records while an exercise is written."""

    def __init__(self) -> None:
        self.planted: list[Planted] = []

    def note(
        self, stage: str, marker: str, key: bool, time_us: int, file: str, record: int, host: str, user: str
    ) -> None:
        """One planted record has been written."""
        self.planted.append(Planted(stage, marker, key, stamp(time_us), file, record, host, user))

    def stages(self, plans: tuple[StagePlan, ...]) -> tuple[Stage, ...]:
        """The stages with what was really written of each."""
        return tuple(_stage(plan, [one for one in self.planted if one.stage == plan.id]) for plan in plans)


def _stage(plan: StagePlan, planted: list[Planted]) -> Stage:
    times = [one.time for one in planted]
    return Stage(
        plan.id,
        plan.title,
        plan.attack,
        min(times, default=None),
        max(times, default=None),
        tuple(sorted({one.host for one in planted if one.host})),
        tuple(sorted({one.user for one in planted if one.user})),
        len(planted),
    )
