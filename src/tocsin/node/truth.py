"""The answer sheet of an exercise, as an evaluation reads it: `ground-truth.json`, schema 1 (one node) or 2 (members).

Rules:
1. The sheet is foreign text: what does not fit its schema is a UsageError that says where, never a KeyError.
2. Of schema 1 the whole exercise is one member; of schema 2 each member has a folder.
3. Record numbers count as readers count, ranges include both ends; files are named relative to the exercise, with `/`.
The schemas are documented in docs/exercise.md and docs/evaluate.md.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tocsin import limits
from tocsin.errors import UsageError

FILE_NAME = "ground-truth.json"
SCHEMAS = (1, 2)
_DAY = 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Member:
    """One node of the exercise. `hosts` is None where the sheet does not tell how many there are."""

    name: str
    folder: str = ""
    share: float = 1.0
    sector: str = ""
    language: str = ""
    logging: str = ""
    hosts: int | None = None
    zone: str = ""  # IANA name of the zone of log times that carry none, empty for UTC


@dataclass(frozen=True, slots=True)
class PlantedStage:
    """One step of the attack at one member. A silence is a stage that plants no record."""

    id: str
    title: str
    attack: tuple[str, ...]
    member: str
    first: datetime
    last: datetime
    hosts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    events: int = 0


@dataclass(frozen=True, slots=True)
class Surprise:
    """Something harmless that looks like an attack, by name: a flash crowd, a patch day."""

    member: str
    title: str
    first: datetime
    last: datetime
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """The whole sheet. `ranges` are the planted records of each stage: member and stage → file → ascending ranges."""

    scenario: str
    seed: int
    days: float
    first: datetime
    last: datetime
    events: int
    members: tuple[Member, ...]
    stages: tuple[PlantedStage, ...]
    ranges: Mapping[tuple[str, str], Mapping[str, tuple[tuple[int, int], ...]]]
    benign: tuple[Surprise, ...] = ()


class _Member(msgspec.Struct):
    name: str
    folder: str = ""
    share: float = 1.0
    sector: str = ""
    language: str = ""
    logging: str = ""
    hosts: int | list[object] | None = None
    zone: str = ""


class _Stage(msgspec.Struct):
    id: str
    title: str = ""
    attack: tuple[str, ...] = ()
    member: str = ""
    first: datetime | None = None
    last: datetime | None = None
    hosts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    events: int = 0


class _Planted(msgspec.Struct):
    stage: str
    file: str
    member: str = ""
    record: int | None = None
    ranges: tuple[tuple[int, int], ...] = ()


class _Surprise(msgspec.Struct):
    title: str
    first: datetime
    last: datetime
    member: str = ""
    hosts: tuple[str, ...] = ()


class _Sheet(msgspec.Struct):
    schema: int
    scenario: str
    first: datetime
    last: datetime
    seed: int = 0
    days: float | None = None
    events: int = 0
    members: tuple[_Member, ...] = ()
    stages: tuple[_Stage, ...] = ()
    planted: tuple[_Planted, ...] = ()
    benign: tuple[_Surprise, ...] = ()


def read_truth(folder: Path) -> Truth:
    """The answer sheet of an exercise. Raises UsageError where there is none or it cannot be read."""
    path = folder / FILE_NAME
    try:
        if path.stat().st_size > limits.DOCUMENT_BYTES:
            raise UsageError(f"{path} is larger than {limits.DOCUMENT_BYTES:,} bytes", "It is no answer sheet of ours.")
        sheet = msgspec.json.decode(path.read_bytes(), type=_Sheet)
    except OSError as error:
        advice = "Name a folder that `tocsin exercise` wrote."
        raise UsageError(f"{folder} holds no ground truth: {path.name}: {error.strerror}", advice) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", "docs/evaluate.md has the schema.") from error
    if sheet.schema not in SCHEMAS:
        raise UsageError(f"{path}: schema {sheet.schema} is not known", "This version reads schemas 1 and 2.")
    return _truth(sheet)


def _truth(sheet: _Sheet) -> Truth:
    members = tuple(map(_member, sheet.members)) or (Member(sheet.scenario),)
    only = members[0].name if len(members) == 1 else ""
    first, last = _utc(sheet.first), _utc(sheet.last)
    stages = tuple(_stage(stage, only, first) for stage in sheet.stages if stage.first or stage.events)
    lasted = (last - first).total_seconds() / _DAY
    return Truth(
        sheet.scenario, sheet.seed, sheet.days or max(lasted, 1.0), first, last, sheet.events, members, stages,
        _ranges(sheet, only),
        tuple(Surprise(b.member or only, b.title, _utc(b.first), _utc(b.last), b.hosts) for b in sheet.benign),
    )  # fmt: skip


def _member(member: _Member) -> Member:
    hosts = len(member.hosts) if isinstance(member.hosts, list) else member.hosts
    return Member(
        member.name, member.folder, member.share, member.sector, member.language, member.logging, hosts, member.zone
    )  # fmt: skip


def _stage(stage: _Stage, only: str, start: datetime) -> PlantedStage:
    first = _utc(stage.first or start)
    return PlantedStage(
        stage.id, stage.title or stage.id, stage.attack, stage.member or only, first, _utc(stage.last or first),
        stage.hosts, stage.users, stage.events,
    )  # fmt: skip


def _ranges(sheet: _Sheet, only: str) -> Mapping[tuple[str, str], Mapping[str, tuple[tuple[int, int], ...]]]:
    """Ascending ranges that neither overlap nor touch."""
    told: dict[tuple[str, str], dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for planted in sheet.planted:
        single = () if planted.record is None else ((planted.record, planted.record),)
        told[planted.member or only, planted.stage][planted.file] += (*planted.ranges, *single)
    return {stage: {file: _merged(ranges) for file, ranges in files.items()} for stage, files in told.items()}


def _merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _utc(moment: datetime) -> datetime:
    """A time without a zone is UTC."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
