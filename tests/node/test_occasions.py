"""What a rule finds on Monday and on Thursday is two findings; what comes back all the time is one."""

from pathlib import Path

from scans import event, run, write_events


def at(day: int, hour: int) -> dict[str, object]:
    return {**event(day), "UtcTime": f"2026-01-{day:02d} {hour:02d}:00:00.000"}


def findings(tmp_path: Path, *moments: tuple[int, int]) -> list[int]:
    write_events(tmp_path / "a.json", [at(*moment) for moment in moments])
    found = run(tmp_path, tmp_path / "a.json").report.findings
    return [finding.count for finding in found if finding.rule.title == "Whoami"]


def test_a_long_pause_makes_two_findings(tmp_path: Path) -> None:
    assert sorted(findings(tmp_path, (5, 8), (5, 13), (8, 8))) == [1, 2]


def test_what_comes_back_every_day_is_one_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, *((day, 8) for day in range(1, 26))) == [25]


def test_a_night_without_pause_is_one_finding(tmp_path: Path) -> None:
    assert findings(tmp_path, (5, 22), (6, 3), (6, 8)) == [3]
