"""Detections against ground truth: what counts as found, missed and false."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from exercises import at, planted, stage, trial, write_exercise

from tocsin.errors import UsageError
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.model.trial import Miss
from tocsin.node.truth import Member, PlantedStage, Truth, read_truth
from tocsin.node.verdict import Planted, judge, opened
from tocsin.triage import group_findings
from tocsin.triage.evidence import first_lines

WEAK_RULES = """\
title: Whoami
id: 11111111-1111-4111-8111-111111111111
status: test
level: low
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\\whoami.exe'
  condition: selection
"""
START = datetime(2026, 1, 2, 3, tzinfo=UTC)


def test_a_stage_in_the_lines_of_a_queued_incident_is_found_with_delay_and_rank(tmp_path: Path) -> None:
    done = trial(tmp_path, write_exercise(tmp_path / "range"))
    (found,) = done.found
    assert (found.member, found.stage, found.rank, found.line, found.delay) == ("north", "look", 1, 1, 7.0)
    assert found.told == "Whoami"


def test_each_member_is_a_node_of_its_own(tmp_path: Path) -> None:
    done = trial(tmp_path, write_exercise(tmp_path / "range"))
    assert [(member.name, member.events, len(member.found), len(member.missed)) for member in done.members] == [
        ("north", 20, 1, 0), ("south", 20, 0, 1)
    ]  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "lake").iterdir()) == ["north", "south"]


def test_what_no_finding_holds_is_missed_and_what_holds_nothing_is_false(tmp_path: Path) -> None:
    done = trial(tmp_path, write_exercise(tmp_path / "range"))
    (missed,), (false,) = done.missed, done.false
    assert (missed.member, missed.stage, missed.miss, missed.incident) == ("south", "hide", Miss.UNSEEN, None)
    assert (false.member, false.level, false.rank, false.benign) == ("south", "medium", 1, "patch day")
    assert false.cause == "a logon script, an inventory program or the help desk"
    assert done.false_a_day == 0.5
    assert done.recall_by_technique() == {"T1033": (1, 1), "T1036": (0, 1)}


def test_what_only_a_folded_incident_holds_is_missed(tmp_path: Path) -> None:
    done = trial(tmp_path, write_exercise(tmp_path / "range"), WEAK_RULES)
    assert [(missed.stage, missed.miss) for missed in done.missed] == [("look", Miss.FOLDED), ("hide", Miss.UNSEEN)]
    assert (done.found, done.false) == ((), ())


def test_the_scan_never_sees_the_answer_sheet(tmp_path: Path) -> None:
    folder = write_exercise(tmp_path / "range")
    sheet = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    sheet["members"] = [{"name": "all", "folder": ""}]
    sheet["stages"], sheet["planted"] = [], []
    (folder / "ground-truth.json").write_text(json.dumps(sheet), "utf-8")
    (member,) = trial(tmp_path, folder).members
    assert member.events == 40


def test_a_second_trial_into_the_same_lake_says_the_same(tmp_path: Path) -> None:
    folder = write_exercise(tmp_path / "range")
    first, second = trial(tmp_path, folder), trial(tmp_path, folder)
    assert (first.found, first.missed, first.false) == (second.found, second.missed, second.false)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "holds no ground truth"), ("{", "ground-truth.json"), ("[]", "ground-truth.json"),
        ('{"schema": 9, "scenario": "x", "first": "2026-01-01T00:00:00Z", "last": "2026-01-02T00:00:00Z"}', "schema 9"),
        ('{"schema": 2, "scenario": "x", "first": "yesterday", "last": "2026-01-02T00:00:00Z"}', "first"),
        ('{"schema": 2, "scenario": "x", "planted": [{}]}', "missing"),
    ],
)  # fmt: skip
def test_a_folder_without_a_readable_sheet_is_a_wrong_call(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "ground-truth.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=said):
        read_truth(tmp_path)


def test_a_member_outside_the_exercise_is_refused(tmp_path: Path) -> None:
    folder = write_exercise(tmp_path / "range", members=[{"name": "north", "folder": "../elsewhere"}])
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(UsageError, match="not below"):
        trial(tmp_path, folder)


def test_log_times_without_a_zone_are_in_the_members_zone(tmp_path: Path) -> None:
    member = {"name": "north", "folder": "north", "zone": "Europe/Tirane"}
    folder = write_exercise(tmp_path / "range", members=[member])
    assert read_truth(folder).members[0].zone == "Europe/Tirane"
    folder = write_exercise(tmp_path / "other", members=[member | {"zone": "Europe/Nowhere"}])
    with pytest.raises(UsageError, match="Europe/Nowhere"):
        trial(tmp_path, folder)


def test_a_member_may_be_called_by_its_folder(tmp_path: Path) -> None:
    sheet = {
        "schema": 2, "scenario": "range", "seed": 1, "days": 7, "events": 9, "first": at(0), "last": at(23),
        "members": [{"name": "North Power", "folder": "north"}, {"name": "South Power", "folder": "south"}],
        "stages": [{"id": "look", "member": "south", "attack": [], "first": at(3), "last": at(4), "events": 1}],
        "planted": [{"member": "south", "stage": "look", "file": "south/a.json", "ranges": [[4, 4]]}],
        "benign": [{"member": "north", "title": "Patch day", "first": at(1), "last": at(2)}],
    }  # fmt: skip
    (tmp_path / "ground-truth.json").write_text(json.dumps(sheet), "utf-8")
    truth = read_truth(tmp_path)
    assert [stage.member for stage in truth.stages] == ["South Power"]
    assert truth.ranges == {("South Power", "look"): {"south/a.json": ((4, 4),)}}
    assert [one.member for one in truth.benign] == ["North Power"]


def test_the_first_schema_is_one_member_whose_records_stand_alone(tmp_path: Path) -> None:
    records = [{"stage": "look", "file": "a.json", "record": n} for n in (4, 5, 6, 9)]
    sheet = {
        "schema": 1, "scenario": "old", "seed": 1, "events": 9, "first": at(0), "last": at(23), "planted": records,
        "stages": [{"id": "look", "title": "", "attack": [], "first": at(3), "last": at(4), "events": 4},
                   {"id": "never written", "attack": [], "first": None, "last": None, "events": 0}],
    }  # fmt: skip
    (tmp_path / "ground-truth.json").write_text(json.dumps(sheet), "utf-8")
    truth = read_truth(tmp_path)
    assert [member.name for member in truth.members] == ["old"]
    assert [each.id for each in truth.stages] == ["look"]
    assert truth.ranges == {("old", "look"): {"a.json": ((4, 6), (9, 9))}}


def test_a_record_belongs_to_the_stage_whose_range_holds_it() -> None:
    known = Planted({"a": {"x.json": ((4, 6), (9, 9))}, "b": {"x.json": ((7, 7),)}}, {"s": "x.json", "t": "y.json"})
    assert [known.stages(f"s-{n}") for n in (3, 4, 6, 7, 8, 9)] == [[], ["a"], ["a"], ["b"], [], ["a"]]
    assert known.stages("t-4") == known.stages("s-x") == known.stages("") == []


def finding(records: range, level: str = "high", minute: int = 0, **more: object) -> Finding:
    """A finding of one rule with an event a second."""
    rule = RuleInfo("r", "Rule", level, attack=("T1033",), tactics=("discovery",))
    start = START + timedelta(minutes=minute)
    events = tuple(Evidence(f"s-{n}", start + timedelta(seconds=i), "x", n, {}) for i, n in enumerate(records))
    facts: dict[str, object] = {"first": events[0].time, "last": events[-1].time} | more
    ids = tuple(event.event_id for event in events)
    return Finding(rule, "WS01", "MIN\\ana", len(ids), event_ids=ids, evidence=events[:10], **facts)  # type: ignore[arg-type]


def truth_of(*stages: PlantedStage, ranges: dict[str, tuple[tuple[int, int], ...]] | None = None) -> Truth:
    told = {("m", name): {"x": spans} for name, spans in (ranges or {}).items()}
    last = START + timedelta(days=1)
    return Truth("t", 1, 1.0, START, last, 100, (Member("m", hosts=50),), stages, told)


def look(first: datetime = START, hosts: tuple[str, ...] = ("ws01.corp.example",)) -> PlantedStage:
    return PlantedStage("look", "Look", ("T1033",), "m", first, first + timedelta(minutes=5), hosts)


def test_a_stage_beyond_the_first_lines_is_missed_however_many_findings_hold_it() -> None:
    loud = finding(range(1, 31))
    truth = truth_of(look(), ranges={"look": ((25, 25),)})
    verdict = judge(truth, truth.members[0], {"s": "x"}, group_findings([loud], START), 100)
    (missed,) = verdict.missed
    assert (missed.miss, missed.rank) == (Miss.BEYOND_LINES, 1)
    (counted,) = verdict.counted
    assert (counted.shown, counted.held, counted.events, counted.unrelated) == ((), ("look",), 30, 29)


def test_an_analytic_finds_at_the_time_at_which_its_evidence_was_enough() -> None:
    one = finding(range(1, 6), message="Something.", opened=START + timedelta(seconds=40))
    truth = truth_of(look(), ranges={"look": ((1, 5),)})
    (found,) = judge(truth, truth.members[0], {"s": "x"}, group_findings([one], START), 100).found
    assert (found.delay, found.told) == (40.0, "Something.")


def test_nothing_is_found_before_its_incident_is_queued() -> None:
    weak, strong = finding(range(1, 3), "low"), finding(range(7, 9), "high", minute=9)
    strong = replace(strong, rule=replace(strong.rule, id="strong", tactics=("impact",)))
    truth = truth_of(look(), ranges={"look": ((1, 2),)})
    (found,) = judge(truth, truth.members[0], {"s": "x"}, group_findings([weak, strong], START), 100).found
    assert found.delay == 540.0


def test_a_stage_is_found_when_the_growing_incident_first_showed_it() -> None:
    """In the end eleven later acts have taken the line of the first one; a person had read it by then."""
    tactics = ("discovery", "impact", "exfiltration", "persistence", "execution", "collection")
    first = finding(range(1, 2), "high", opened=START + timedelta(seconds=3))
    later = [
        replace(
            finding(range(20 * n, 20 * n + 2), "critical", minute=n, opened=START + timedelta(minutes=n)),
            rule=RuleInfo(f"later {n}", "Later", "critical", attack=(f"T10{n:02}",), tactics=(tactics[n % 6],)),
        )
        for n in range(1, 12)
    ]
    truth = truth_of(look(), ranges={"look": ((1, 1), (220, 221))})
    (incident,) = group_findings([first, *later], START)
    assert all("s-1" not in line.event_ids for line in first_lines(incident))
    (found,) = judge(truth, truth.members[0], {"s": "x"}, [incident], 100).found
    assert (found.delay, found.told) == (3.0, "Rule")


def test_a_correlation_finds_at_the_end_of_its_episode() -> None:
    one = finding(range(1, 6))
    one = replace(one, rule=replace(one.rule, logsource="correlation"))
    assert opened(one) == one.last
    assert opened(finding(range(1, 6))) == START


def test_a_silence_is_found_by_a_finding_about_its_hosts_in_its_time() -> None:
    silent = replace(finding(range(1, 2)), evidence=(), event_ids=(), message="It fell silent.")
    truth = truth_of(look())

    def found(one: Finding) -> int:
        return len(judge(truth, truth.members[0], {"s": "x"}, group_findings([one], START), 100).found)

    assert found(silent) == 1
    assert found(replace(silent, host="WS02")) == 0
    assert found(replace(silent, host="")) == 1
    assert found(replace(silent, host="", rule=replace(silent.rule, attack=("T1499",)))) == 0
    assert found(replace(silent, first=START - timedelta(days=2), last=START - timedelta(days=2))) == 0


def test_a_stopped_sensor_is_found_by_what_is_missing_though_the_order_to_stop_it_was_planted() -> None:
    stopped = replace(look(), attack=("T1562.001",))
    truth = truth_of(stopped, ranges={stopped.id: ((5, 6),)})
    silent = replace(finding(range(1, 2)), host="", message="It fell silent.")
    silent = replace(silent, rule=replace(silent.rule, attack=("T1685",)))

    def found(one: Finding) -> int:
        return len(judge(truth, truth.members[0], {"s": "x"}, group_findings([one], START), 100).found)

    assert found(silent) == 1
    assert found(replace(silent, host="WS01")) == 0
    assert found(replace(silent, rule=replace(silent.rule, attack=("T1499",)))) == 0


def test_false_critical_incidents_are_counted_by_host_days(tmp_path: Path) -> None:
    truth = truth_of()
    verdict = judge(truth, truth.members[0], {"s": "x"}, group_findings([finding(range(1, 2), "critical")], START), 100)
    assert verdict.false_critical == 1
    done = replace(trial(tmp_path, write_exercise(tmp_path / "range")), members=(verdict,))
    assert done.false_critical_rate == 200.0


def test_ranges_that_touch_or_overlap_are_one(tmp_path: Path) -> None:
    more = [planted("look", "north", "north/sysmon.json", (1, 3), (4, 5), (5, 9), (20, 20))]
    folder = write_exercise(tmp_path, planted=more, stages=[stage("look", "north", at(3), at(4))])
    assert read_truth(folder).ranges == {("north", "look"): {"north/sysmon.json": ((1, 9), (20, 20))}}
