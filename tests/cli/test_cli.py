"""The command line as a person meets it: results, exit codes, errors with advice."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import tocsin

ONLY_RULES = ("--only", "rules")  # where it does not matter what is found


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small Windows exercise, written once."""
    out = tmp_path_factory.mktemp("exercise") / "out"
    done = tocsin("exercise", "windows-intrusion", "--out", out, "--seed", "5", "--events", "3000")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def lake(exercise: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that has scanned the exercise."""
    folder = tmp_path_factory.mktemp("lake")
    done = tocsin("scan", exercise / "windows", "--lake", folder / "lake", "--report", folder / "r.html", "-q")
    assert done.returncode == 0, done.stderr
    return folder / "lake"


def test_a_scan_prints_incidents_and_writes_the_page(lake: Path, exercise: Path) -> None:
    done = tocsin("scan", exercise / "windows", "--lake", lake)
    assert "incidents" in done.stdout
    page = (lake.parent / "r.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") or page.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in page.replace("&#39;", "'")


def test_ndjson_and_csv_have_the_documented_fields(lake: Path, exercise: Path) -> None:
    fields = [
        "rule_id", "title", "level", "attack", "host", "user", "count", "first", "last", "event_ids", "incident",
        "message", "opened", "keys", "mission", "queued", "first_lines", "domain",
        "cause", "rsit", "logged_host", "names",
    ]  # fmt: skip
    lines = tocsin("scan", exercise / "windows", "--lake", lake, *ONLY_RULES, "--format", "ndjson").stdout.splitlines()
    assert lines and all(list(json.loads(line)) == fields for line in lines)
    text = tocsin("scan", exercise / "windows", "--lake", lake, *ONLY_RULES, "--format", "csv").stdout
    assert next(csv.reader(io.StringIO(text))) == fields
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(lines)
    array = json.loads(tocsin("scan", exercise / "windows", "--lake", lake, *ONLY_RULES, "--format", "json").stdout)
    assert len(array) == len(lines)


def test_hits_name_file_and_record(lake: Path, exercise: Path, tmp_path: Path) -> None:
    out = tmp_path / "hits.ndjson"
    tocsin("scan", exercise / "windows", "--lake", lake, *ONLY_RULES, "--hits", out)
    hits = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert hits and list(hits[0]) == ["rule_id", "event_id", "file", "record", "time"]
    assert all(Path(hit["file"]).is_file() and hit["record"] >= 1 for hit in hits)
    planted = json.loads((exercise / "ground-truth.json").read_text("utf-8"))
    assert planted


def test_explain_says_yes_for_a_hit_and_no_for_another_event(lake: Path, exercise: Path, tmp_path: Path) -> None:
    out = tmp_path / "hits.ndjson"
    tocsin("scan", exercise / "windows", "--lake", lake, *ONLY_RULES, "--hits", out)
    hits = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    rule, event = hits[0]["rule_id"], hits[0]["event_id"]
    fired = tocsin("explain", rule, event, "--lake", lake)
    assert fired.returncode == 0 and "fires on" in fired.stdout
    matched = {hit["event_id"] for hit in hits if hit["rule_id"] == rule}
    other = next(hit["event_id"] for hit in hits if hit["event_id"] not in matched)
    silent = tocsin("explain", rule, other, "--lake", lake, "--json")
    assert silent.returncode == 1 and json.loads(silent.stdout)["matched"] is False


def test_fail_on_turns_findings_into_exit_1(lake: Path, exercise: Path) -> None:
    scan = ("scan", exercise / "windows", "--lake", lake, *ONLY_RULES, "--format", "csv")
    assert tocsin(*scan, "--fail-on", "high").returncode == 1
    assert tocsin(*scan, "--fail-on", "critical", "--until", "2001-01-01").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("scan", "/nowhere/at/all"), "no such file"),
        (("scan",), "nothing to scan"),
        (("scan", ".", "--tz", "Mars/Olympus"), "no zone"),
        (("scan", ".", "--since", "yesterday-ish"), "not a time"),
        (("scan", ".", "--report", "/nowhere/at/all/r.html"), "does not exist"),
        (("scan", ".", "--reader", "nonsense"), "no reader is called"),
        (("scan", ".", "--mapping", "/nowhere.toml"), "nowhere.toml"),
        (("lake", "status", "--lake", "/nowhere/at/all"), "no lake"),
        (("lake", "expire"), "say what to expire"),
        (("explain", "no-such-rule", "x-1"), "no loaded rule"),
        (("rules", "check", "/nowhere/at/all"), "nowhere"),
        (("rules", "check", "."), "no rule file"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"EventID": 1, "Channel": "x"}\n')
    given = [str(tmp_path) if each == "." else each for each in arguments]
    done = tocsin(*given)
    assert done.returncode in (2, 3), done.stdout
    assert message in done.stderr and "Traceback" not in done.stderr


def test_standard_input_is_a_source(tmp_path: Path) -> None:
    line = json.dumps({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "x"}) + "\n"
    assert tocsin("scan", "-", "--lake", tmp_path / "lake", text=line * 3).returncode == 0
    status = json.loads(tocsin("lake", "status", "--lake", tmp_path / "lake", "--json").stdout)
    assert status["records"] == 3


def test_source_test_reads_without_storing(exercise: Path, tmp_path: Path) -> None:
    file = next((exercise / "windows" / "winlogbeat").iterdir())
    done = tocsin("source", "test", file, "--json")
    seen = json.loads(done.stdout)
    assert seen["reader"] == "winlogbeat" and seen["records"] and not seen["rejects"]
    assert tocsin("source", "test", file).returncode == 0
    assert tocsin("lake", "status").returncode == 3


def test_rules_check_lists_refusals_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("title: x\nlogsource: {category: test}\n")
    done = tocsin("rules", "check", tmp_path, "--json")
    found = json.loads(done.stdout)
    assert found["loaded"] == 0 and "bad.yml" in found["refused"][0]["place"]
    assert tocsin("rules", "check", tmp_path, "--strict").returncode == 1


def test_compaction_and_expiry_keep_and_remove_rows(exercise: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for folder in sorted((exercise / "windows").iterdir())[:3]:
        assert tocsin("scan", folder, "--lake", lake, *ONLY_RULES).returncode == 0
    before = json.loads(tocsin("lake", "status", "--lake", lake, "--json").stdout)
    assert tocsin("lake", "compact", "--lake", lake).returncode == 0
    after = json.loads(tocsin("lake", "status", "--lake", lake, "--json").stdout)
    assert [table["rows"] for table in after["tables"]] == [table["rows"] for table in before["tables"]]
    assert sum(table["files"] for table in after["tables"]) < sum(table["files"] for table in before["tables"])
    hunted = tocsin("hunt", "SELECT count(*) AS n FROM windows", "--lake", lake, "--format", "csv")
    windows = next(table["rows"] for table in after["tables"] if table["name"] == "windows")
    assert hunted.stdout.split() == ["n", str(windows)]
    assert "added" in tocsin("lake", "publish", "--lake", lake).stdout
    assert "would remove" in tocsin("lake", "expire", "--before", "2027-01-01", "--dry-run", "--lake", lake).stdout
    assert tocsin("lake", "expire", "--before", "2027-01-01", "--lake", lake).returncode == 0
    gone = json.loads(tocsin("lake", "status", "--lake", lake, "--json").stdout)
    assert gone["tables"] == [] and gone["hits"] == 0


def test_an_interrupted_scan_exits_130_and_continues(exercise: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.json"
    line = json.dumps({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "C:\\a.exe"}) + "\n"
    big.write_text(line * 400_000)
    command = [sys.executable, "-m", "tocsin", "scan", str(big), "--lake", str(tmp_path / "lake")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "lake" / "catalog.sqlite").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130)
    if process.returncode == 130:
        assert "continues from there" in said and "Traceback" not in said
    assert tocsin("scan", big, "--lake", tmp_path / "lake").returncode == 0
    status = json.loads(tocsin("lake", "status", "--lake", tmp_path / "lake", "--json").stdout)
    assert status["records"] == 400_000 and status["unfinished"] == 0


def test_no_colour_when_asked(lake: Path, exercise: Path) -> None:
    assert "\x1b[" not in tocsin("scan", exercise / "windows", "--lake", lake, *ONLY_RULES).stdout


def test_the_version_is_the_package_version() -> None:
    from tocsin import __version__

    assert tocsin("--version").stdout.strip() == f"tocsin {__version__}"
