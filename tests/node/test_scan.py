"""A scan from files to findings."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scans import RULES, event, rows, run, write_events, write_rules

from tocsin.errors import LakeError, TocsinError, UsageError
from tocsin.lake.catalog import Catalog
from tocsin.node.pipeline import ScanResult

WHOAMI = "11111111-1111-4111-8111-111111111111"
MANY = "22222222-2222-4222-8222-222222222222"


def counts(result: ScanResult) -> dict[str, int]:
    found: dict[str, int] = {}
    for finding in result.report.findings:
        found[finding.rule.id] = found.get(finding.rule.id, 0) + finding.count
    return found


def test_an_attack_in_a_file_becomes_an_incident_with_evidence(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(1), event(2, "C:\\Windows\\notepad.exe")])
    result = run(tmp_path, log)
    (finding,) = result.report.findings
    assert (finding.rule.id, finding.host, finding.user, finding.count) == (WHOAMI, "WS01", "MIN\\ana", 1)
    assert finding.first == datetime(2026, 1, 2, 3, 0, 1, tzinfo=UTC)
    (evidence,) = finding.evidence
    assert (evidence.file, evidence.record) == (str(log), 1)
    assert evidence.fields["Image"].endswith("whoami.exe")
    assert result.report.incidents[0].findings == (finding,)
    assert result.report.events == 2 and result.report.rejected == 0


def test_a_correlation_over_hits_becomes_a_finding(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(number) for number in range(4)])
    result = run(tmp_path, log)
    assert counts(result) == {WHOAMI: 4, MANY: 4}


def test_the_same_content_under_another_name_adds_nothing(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(number) for number in range(50)])
    first = run(tmp_path, log)
    packed = tmp_path / "copy.json.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    again = run(tmp_path, packed, log)
    assert rows(tmp_path) == {"windows": 50}
    assert counts(again) == counts(first)
    assert all(source.known for source in again.report.sources)


def test_identical_records_stay_separate_events(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(1)] * 5)
    result = run(tmp_path, log)
    assert rows(tmp_path) == {"windows": 5}
    whoami = next(finding for finding in result.report.findings if finding.rule.id == WHOAMI)
    assert whoami.count == 5 and len(set(whoami.event_ids)) == 5


def test_a_grown_file_adds_only_its_new_lines(tmp_path: Path) -> None:
    events = [event(number) for number in range(40)]
    log = write_events(tmp_path / "log.json", events[:25])
    run(tmp_path, log)
    write_events(log, events)
    result = run(tmp_path, log)
    assert rows(tmp_path) == {"windows": 40}
    assert counts(result)[WHOAMI] == 40
    early = write_events(tmp_path / "early.json", events[:25])
    run(tmp_path, early)
    assert rows(tmp_path) == {"windows": 40}


def test_a_line_cut_in_the_middle_is_read_when_the_file_has_grown(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(1), event(2)])
    whole = log.read_bytes()
    log.write_bytes(whole[:-20])
    assert run(tmp_path, log).report.rejected == 1
    log.write_bytes(whole)
    result = run(tmp_path, log)
    assert rows(tmp_path) == {"windows": 2}
    assert result.report.rejected == 0


def test_changed_rules_are_evaluated_over_what_the_lake_has(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(1), event(2, "C:\\x\\notepad.exe")])
    run(tmp_path, log)
    other = write_rules(tmp_path / "other", RULES.replace("\\whoami.exe", "\\notepad.exe"))
    assert counts(run(tmp_path, log, rules=other)) == {WHOAMI: 1}
    assert rows(tmp_path) == {"windows": 2}


def test_known_content_with_unchanged_rules_is_not_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = write_events(tmp_path / "log.json", [event(1)])
    first = run(tmp_path, log)

    def tripwire(*_: object) -> None:
        raise AssertionError("stored hits must answer")

    monkeypatch.setattr("tocsin.node.pipeline.evaluate_lake", tripwire)
    assert counts(run(tmp_path, log)) == counts(first)


def test_rescan_gives_the_same_hits_as_the_scan(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(number) for number in range(10)])
    first = run(tmp_path, log)
    again = run(tmp_path, rescan=True)
    assert counts(again) == counts(first)
    assert [finding.event_ids for finding in again.report.findings] == [f.event_ids for f in first.report.findings]


@pytest.mark.parametrize("damage", [b"junk", None])
def test_a_rescan_of_a_damaged_lake_says_so(tmp_path: Path, damage: bytes | None) -> None:
    run(tmp_path, write_events(tmp_path / "log.json", [event(1)]))
    for file in (tmp_path / "lake" / "tables").rglob("*.parquet"):
        file.unlink() if damage is None else file.write_bytes(damage)
    with pytest.raises(TocsinError, match="the lake cannot be read") as caught:
        run(tmp_path, rescan=True)
    assert "copy" in caught.value.advice()


def test_a_rescan_sees_what_lists_of_objects_hold(tmp_path: Path) -> None:
    inside = "Image|endswith: '\\whoami.exe'"
    assert inside in RULES
    rules = write_rules(tmp_path / "rules", RULES.replace(inside, "spec.items.name: evil"))
    chosen = {**event(1), "spec": {"items": [{"name": "good"}, {"name": "EVIL"}]}}
    log = write_events(tmp_path / "log.json", [chosen, {**event(2), "spec": {"items": [{"label": "evil"}]}}])
    assert counts(run(tmp_path, log, rules=rules)) == {WHOAMI: 1}
    assert counts(run(tmp_path, rules=rules, rescan=True)) == {WHOAMI: 1}


def test_since_until_and_min_level_choose_findings(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(number, minute=number) for number in range(10)])
    late = run(tmp_path, log, since=datetime(2026, 1, 2, 3, 5, tzinfo=UTC))
    assert counts(late)[WHOAMI] == 5
    assert WHOAMI not in counts(run(tmp_path, log, min_level="high"))


def test_rejects_and_unreadable_sources_are_in_the_report(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    write_events(folder / "a.json", [event(1)])
    with (folder / "a.json").open("a") as file:
        file.write('{"EventID": \n')
    (folder / "empty.log").write_bytes(b"")
    (folder / "cut.gz").write_bytes(gzip.compress(b'{"EventID":1,"Channel":"Security"}\n' * 999)[:-20])
    report = run(tmp_path, folder).report
    assert report.rejected >= 1
    assert 2 in [reject.position for reject in report.rejects if reject.source.endswith("a.json")]
    problems = {Path(source.name).name: source.problem for source in report.sources if source.problem}
    assert problems["empty.log"] == "empty"
    assert "cut.gz" in problems


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        run(tmp_path, tmp_path / "nowhere")


def test_two_writers_never_share_a_lake(tmp_path: Path) -> None:
    log = write_events(tmp_path / "log.json", [event(1)])
    catalog = Catalog(tmp_path / "lake", create=True)
    with catalog.writing(), pytest.raises(LakeError, match="another Tocsin"):
        run(tmp_path, log)
    catalog.close()
