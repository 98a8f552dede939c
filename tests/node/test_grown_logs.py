"""A log that grows between scans with different rules: each set of rules sees all of it, and counts it once."""

from pathlib import Path

import pytest
from scans import RULES, event, run, write_events, write_rules

ONE = RULES.partition("---")[0]
OTHER = ONE.replace("Whoami", "Other").replace("11111111-1111", "33333333-3333")


@pytest.fixture
def sets(tmp_path: Path) -> tuple[Path, Path]:
    return write_rules(tmp_path / "one", ONE), write_rules(tmp_path / "other", OTHER)


def counts(tmp: Path, rules: Path, *logs: Path, only: str = "rules") -> dict[str, int]:
    report = run(tmp, *(logs or (tmp / "log.json",)), rules=rules, only=only).report
    return {finding.rule.title: finding.count for finding in report.findings}


def test_other_rules_see_what_was_there_before_the_log_grew(tmp_path: Path, sets: tuple[Path, Path]) -> None:
    one, other = sets
    write_events(tmp_path / "log.json", [event(number) for number in range(3)])
    assert counts(tmp_path, one) == {"Whoami": 3}
    write_events(tmp_path / "log.json", [event(number) for number in range(5)])
    for _ in range(2):
        assert counts(tmp_path, other) == {"Other": 5}
        assert counts(tmp_path, one) == {"Whoami": 5}
    write_events(tmp_path / "log.json", [event(number) for number in range(6)])
    assert counts(tmp_path, one) == {"Whoami": 6}


def test_what_grew_without_rules_is_evaluated_by_the_next_scan_with_them(
    tmp_path: Path, sets: tuple[Path, Path]
) -> None:
    one, _ = sets
    write_events(tmp_path / "log.json", [event(number) for number in range(3)])
    assert counts(tmp_path, one) == {"Whoami": 3}
    write_events(tmp_path / "log.json", [event(number) for number in range(5)])
    counts(tmp_path, one, only="analytics")
    assert counts(tmp_path, one) == {"Whoami": 5}


def test_hits_in_other_logs_stay_as_they_are(tmp_path: Path, sets: tuple[Path, Path]) -> None:
    one, other = sets
    still = write_events(tmp_path / "still.json", [{**event(9), "Computer": "WS02"}])
    log = write_events(tmp_path / "log.json", [event(number) for number in range(3)])
    run(tmp_path, still, log, rules=one, only="rules")
    write_events(log, [event(number) for number in range(5)])
    counts(tmp_path, other)
    found = run(tmp_path, still, log, rules=one, only="rules").report.findings
    assert {finding.host: finding.count for finding in found} == {"WS01": 5, "WS02": 1}
