"""What holds for every exercise: same seed, asked count, right positions, order in time, stages, a quiet week."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from record_times import records
from written_exercise import EVENTS, Written

from tocsin.errors import UsageError
from tocsin.exercise import GroundTruth, network_intrusion, windows_intrusion

Write = Callable[..., GroundTruth]
BOTH = pytest.mark.parametrize("write", [windows_intrusion, network_intrusion])
EITHER = pytest.mark.parametrize("name", ["windows", "network"])
SMALL = 4_000
STATED = timedelta(seconds=1)  # some logs state whole seconds
LATEST_START = timedelta(hours=1)  # Zeek states when a connection began and writes when it is over


def written(request: pytest.FixtureRequest, name: str) -> Written:
    value = request.getfixturevalue(name)
    assert isinstance(value, Written)
    return value


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@BOTH
def test_the_same_seed_writes_the_same_bytes(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "one", 3, SMALL)
    write(tmp_path / "other", 3, SMALL)
    assert content(tmp_path / "one") == content(tmp_path / "other")


@BOTH
def test_another_seed_writes_another_week(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "one", 3, SMALL)
    write(tmp_path / "other", 4, SMALL)
    assert content(tmp_path / "one") != content(tmp_path / "other")


@EITHER
def test_the_files_hold_as_many_records_as_were_asked_for(request: pytest.FixtureRequest, name: str) -> None:
    exercise = written(request, name)
    counted = {file: sum(1 for _ in records(exercise.folder / file)) for file in exercise.truth.files}
    assert counted == exercise.truth.files
    assert sum(counted.values()) == exercise.truth.events == EVENTS


@EITHER
def test_every_planted_record_stands_where_the_ground_truth_says(request: pytest.FixtureRequest, name: str) -> None:
    exercise = written(request, name)
    for file in {planted.file for planted in exercise.truth.planted}:
        stated = {position: time for position, time, _ in records(exercise.folder / file)}
        late = LATEST_START if "zeek" in file else STATED
        for planted in exercise.truth.planted:
            if planted.file == file:
                behind = datetime.fromisoformat(planted.time) - stated[planted.record]
                assert timedelta(0) <= behind + timedelta(milliseconds=1), planted
                assert behind < late + 31 * STATED * ("suricata" in file), planted


@EITHER
def test_files_are_in_the_order_in_which_sensors_write(request: pytest.FixtureRequest, name: str) -> None:
    exercise = written(request, name)
    for file in exercise.truth.files:
        if "zeek" in file and not file.endswith("conn.log"):
            continue  # these state starts and are written at ends
        times = [time for _, time, _ in records(exercise.folder / file)]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert min(gaps, default=timedelta(0)) > -timedelta(milliseconds=1), file


@EITHER
def test_every_stage_is_planted_with_techniques_and_a_key_event(request: pytest.FixtureRequest, name: str) -> None:
    truth = written(request, name).truth
    for stage in truth.stages:
        mine = [planted for planted in truth.planted if planted.stage == stage.id]
        assert stage.attack
        assert stage.hosts
        assert len(mine) == stage.events
        assert any(planted.key for planted in mine), stage.id
        assert truth.first < str(stage.first) <= str(stage.last) < truth.last


@EITHER
def test_the_saved_answer_sheet_is_the_returned_one(request: pytest.FixtureRequest, name: str) -> None:
    exercise = written(request, name)
    saved = json.loads((exercise.folder / "ground-truth.json").read_text(encoding="utf-8"))
    assert saved["schema"] == 1
    assert saved["events"] == EVENTS
    assert len(saved["planted"]) == len(exercise.truth.planted)


@BOTH
def test_a_quiet_week_has_no_attack_in_it(write: Write, tmp_path: Path) -> None:
    truth = write(tmp_path, 7, SMALL, attack=False)
    assert truth.planted == ()
    assert truth.stages == ()
    assert truth.events == SMALL
    everything = b"".join(content(tmp_path).values())
    for trace in (b"203.0.113.", b"update-service.example", b"sekurlsa", b"kworkerds", b"delete shadows"):
        assert trace not in everything


@BOTH
def test_too_few_events_are_refused_with_advice(write: Write, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        write(tmp_path, 1, 10)
    assert "at least" in refused.value.advice()


@BOTH
def test_progress_ends_at_the_asked_count(write: Write, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write(tmp_path, 1, SMALL, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (SMALL, SMALL)
    assert seen == sorted(seen)


@EITHER
def test_people_work_by_day_and_on_weekdays(request: pytest.FixtureRequest, name: str) -> None:
    exercise = written(request, name)
    planted = {(one.file, one.record) for one in exercise.truth.planted}
    hours, days = [0] * 24, [0] * 7
    for file in exercise.truth.files:
        for position, time, _ in records(exercise.folder / file):
            if (file, position) not in planted:
                hours[time.hour] += 1
                days[time.weekday()] += 1
    assert sum(hours[8:11]) > 3 * sum(hours[20:23])
    assert days[1] > 2 * days[6]
