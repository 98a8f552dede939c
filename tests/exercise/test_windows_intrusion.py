"""The Windows exercise: record numbers, process trees, shapes, unique command lines."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from record_times import records
from written_exercise import Written

from tocsin.errors import UsageError
from tocsin.exercise import windows_intrusion
from tocsin.exercise.windows.intrusion import attack_rows, background_scenes
from tocsin.exercise.windows.kinds import kinds
from tocsin.exercise.windows.scenes import scene

Row = dict[str, object]


def flat_events(exercise: Written) -> list[Row]:
    files = sorted(file for file in exercise.truth.files if "collector" in file)
    return [json.loads(text) for file in files for _, _, text in records(exercise.folder / file)]


def test_record_numbers_of_a_channel_grow_by_one(windows: Written) -> None:
    last: dict[tuple[object, object], int] = {}
    for event in flat_events(windows):
        channel = (event["Hostname"], event["Channel"])
        number = event["RecordNumber"]
        assert isinstance(number, int)
        assert number == last.get(channel, number - 1) + 1
        last[channel] = number


def test_a_started_process_is_told_the_same_way_by_sysmon_and_by_the_security_log(windows: Written) -> None:
    audited = defaultdict(set)
    for event in flat_events(windows):
        if event["EventID"] == 4688:
            audited[event["Hostname"]].add((int(str(event["NewProcessId"]), 16), event["CommandLine"]))
    created = [event for event in flat_events(windows) if event["EventID"] == 1]
    matched = [one for one in created if (int(str(one["ProcessId"])), one["CommandLine"]) in audited[one["Hostname"]]]
    assert len(created) > 200
    assert len(created) - len(matched) <= 1  # the budget may end between the two


def test_a_parent_is_named_as_it_named_itself(windows: Written) -> None:
    started: dict[object, tuple[object, object, object]] = {}
    linked = 0
    for event in flat_events(windows):
        if event["EventID"] == 1:
            parent = started.get(event["ParentProcessGuid"])
            if parent:
                linked += 1
                assert parent == (event["ParentProcessId"], event["ParentImage"], event["ParentCommandLine"])
            started[event["ProcessGuid"]] = (event["ProcessId"], event["Image"], event["CommandLine"])
    assert linked > 100


def test_process_guids_are_unique(windows: Written) -> None:
    guids = [event["ProcessGuid"] for event in flat_events(windows) if event["EventID"] == 1]
    assert len(guids) == len(set(guids))


def test_events_of_a_process_come_after_its_start(windows: Written) -> None:
    started: set[object] = set()
    for event in flat_events(windows):
        if event["EventID"] == 1:
            started.add(event["ProcessGuid"])
    seen: set[object] = set()
    for event in flat_events(windows):
        guid = event.get("ProcessGuid")
        if guid in started and event["EventID"] != 1:
            assert guid in seen, event
        elif event["EventID"] == 1:
            seen.add(guid)


def test_people_have_names_in_several_scripts(windows: Written) -> None:
    everything = "".join(str(event) for event in flat_events(windows))
    for word in ("Προϋπολογισμός", "Çmimet", "Звіт"):
        assert word in everything


def test_all_four_shapes_iis_and_exchange_are_written(windows: Written) -> None:
    folders = {file.split("/")[1] for file in windows.truth.files}
    assert folders == {"collector", "winlogbeat", "evtx_dump", "wevtutil", "iis", "exchange"}


def test_unique_command_lines_are_as_many_as_asked(tmp_path: Path) -> None:
    windows_intrusion(tmp_path / "usual", 1, 6_000)
    windows_intrusion(tmp_path / "unique", 1, 6_000, unique=0.6)
    shares = []
    for name in ("usual", "unique"):
        text = "".join(path.read_text() for path in (tmp_path / name / "windows" / "collector").iterdir())
        created = [json.loads(line)["CommandLine"] for line in text.splitlines() if '"EventID":1,' in line]
        shares.append(sum("--trace=" in line for line in created) / len(created))
    assert shares[0] == 0
    assert 0.5 < shares[1] < 0.7


def test_a_share_above_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="share"):
        windows_intrusion(tmp_path, 1, 6_000, unique=2)


def test_scenes_only_fill_fields_that_their_event_has() -> None:
    scenes = [*background_scenes(), *(scene({"name": row["id"], "steps": row["steps"]}) for row in attack_rows())]
    for one in scenes:
        for step in one.steps:
            if step.do == "note":
                names = {name for name, _ in step.fields} - {"Target"}
                assert names <= set(kinds()[step.options["kind"]].fields), (one.name, step)


def test_a_scene_with_an_unknown_word_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown keys"):
        scene({"name": "x", "steps": [{"do": "start", "imgae": "x"}]})
