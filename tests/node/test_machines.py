"""Logs that name no machine get one from what is known, and the summary says what was taken or stays unknown."""

from pathlib import Path

import pytest
from scans import run, write_rules

from tocsin.lake.catalog import Origin
from tocsin.model import Finding, RuleInfo
from tocsin.node.machines import machine_notes, machines

TABLES = {"1": ("linux_auditd",), "2": ("linux_auditd",), "3": ("windows",)}


def taken(*paths: str, sensor: str = "") -> list[str]:
    names = {str(number): path for number, path in enumerate(paths, 1)}
    found = machines(names, TABLES, sensor)
    return [found.get(id, "") for id in names]


def test_the_folder_above_var_log_is_the_machine() -> None:
    assert taken("collected.zip!web01/var/log/audit/audit.log") == ["web01"]


def test_sibling_folders_with_the_same_file_are_machines() -> None:
    assert taken("logs/git1/audit.log", "logs/jump1/audit.log") == ["git1", "jump1"]


@pytest.mark.parametrize(
    "paths",
    [
        ("audit.log",),
        ("downloads/audit.log",),
        ("a/2026-01-02/a.log", "a/2026-01-03/a.log"),
        ("/var/log/x.log",),
    ],
)
def test_nothing_is_guessed_from_a_lone_folder_or_a_date(paths: tuple[str, ...]) -> None:
    assert taken(*paths) == [""] * len(paths)


def test_what_the_person_says_counts_before_the_path() -> None:
    assert taken("logs/git1/audit.log", "logs/jump1/audit.log", sensor="mx1") == ["mx1", "mx1"]


def test_logs_that_name_their_machines_are_left_alone() -> None:
    assert taken("a/x.log", "b/y.log", "dc/Security.evtx")[2] == ""


def found(host: str, table: str = "linux_auditd") -> Finding:
    return Finding(RuleInfo("r", "r", "low"), host, "", 1, None, None, (), table=table)


def test_the_summary_says_which_folders_were_taken_and_what_stays_unknown() -> None:
    notes = " ".join(machine_notes([found("git1"), found("")], {"1": "git1"}, ""))
    assert "folder: git1." in notes and "1 finding names no machine" in notes and "name_format" in notes
    assert machine_notes([found("mx1")], {"1": "mx1"}, "mx1") == []
    assert machine_notes([found("", "windows")], {}, "") == []


RULE = """\
title: Whoami
id: 11111111-1111-4111-8111-111111111111
level: medium
logsource: {category: process_creation, product: linux}
detection:
  selection: {Image: /usr/bin/whoami}
  condition: selection
"""
RECORDS = (
    'type=SYSCALL msg=audit(1772415401.944:{n}): arch=c000003e syscall=59 success=yes pid=7 auid=1020 comm="whoami" '
    'exe="/usr/bin/whoami" key="execve"\ntype=EXECVE msg=audit(1772415401.944:{n}): argc=1 a0="whoami"\n'
)


def write_audit(path: Path, number: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(RECORDS.format(n=number * 100 + each) for each in range(5)))
    return path


def test_audit_logs_of_two_machines_are_findings_on_two_hosts(tmp_path: Path) -> None:
    for number, name in enumerate(("git1", "jump1"), 1):
        write_audit(tmp_path / "logs" / name / "audit.log", number)
    report = run(tmp_path, tmp_path / "logs", rules=write_rules(tmp_path / "rules", RULE)).report
    assert {finding.host for finding in report.findings} == {"git1", "jump1"}
    assert any("git1 and jump1" in note for note in report.notes)


def test_a_named_sensor_is_the_host_also_of_content_that_the_lake_holds(tmp_path: Path) -> None:
    log = write_audit(tmp_path / "audit.log", 1)
    rules = write_rules(tmp_path / "rules", RULE)
    assert {f.host for f in run(tmp_path, log, rules=rules).report.findings} == {""}
    named = run(tmp_path, log, rules=rules, origin=Origin(sensor="mx1")).report
    assert {finding.host for finding in named.findings} == {"mx1"}
