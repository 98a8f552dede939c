"""What can go wrong on the command line ends in one clear sentence, with the documented exit code."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from command import COMMAND, tocsin, tocsin_unread

EVENT = json.dumps(
    {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Computer": "WS01",
        "Image": "C:\\Windows\\System32\\whoami.exe",
        "UtcTime": "2026-01-02 03:04:05.000",
    }
)
RULE = """\
title: Whoami
id: 11111111-1111-4111-8111-111111111111
level: medium
logsource: {category: process_creation, product: windows}
detection:
  selection: {Image|endswith: whoami.exe}
  condition: selection
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log, a rule, a lake, the hits, and an exercise's empty neighbour."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "logs").mkdir()
    (folder / "logs" / "a.json").write_text(f"{EVENT}\n" * 50)
    (folder / "rules").mkdir()
    (folder / "rules" / "r.yml").write_text(RULE)
    done = tocsin(*scan(folder), "--hits", folder / "hits.ndjson")
    assert done.returncode == 0, done.stderr
    return folder


def scan(place: Path, logs: str = "logs", lake: str = "lake") -> tuple[str | Path, ...]:
    return ("scan", place / logs, "--lake", place / lake, "--rules", place / "rules")


def commands(place: Path) -> dict[str, tuple[str | Path, ...]]:
    hit = json.loads((place / "hits.ndjson").read_text("utf-8").splitlines()[0])
    lake = ("--lake", place / "lake")
    rows = "SELECT * FROM windows"
    return {
        "scan": scan(place),
        "scan csv": (*scan(place), "--format", "csv"),
        "source test": ("source", "test", place / "logs", "--rules", place / "rules"),
        "rules check": ("rules", "check", place / "rules"),
        "rules check json": ("rules", "check", place / "rules", "--json"),
        "explain": ("explain", hit["rule_id"], hit["event_id"], *lake, "--rules", place / "rules"),
        "hunt": ("hunt", rows, *lake),
        "hunt csv": ("hunt", rows, *lake, "--format", "csv"),
        "hunt views": ("hunt", "--views", *lake),
        "lake status": ("lake", "status", *lake),
        "lake publish": ("lake", "publish", *lake),
        "lake compact": ("lake", "compact", *lake),
        "help": ("--help",),
    }


NAMES = [
    *("scan", "scan csv", "source test", "rules check", "rules check json", "explain", "hunt", "hunt csv"),
    *("hunt views", "lake status", "lake publish", "lake compact", "help"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_that_nobody_reads_ends_the_command_quietly(place: Path, name: str) -> None:
    assert tocsin_unread(*commands(place)[name]) == (0, "")


def test_fail_on_counts_also_when_nobody_reads_the_findings(place: Path) -> None:
    assert tocsin_unread(*scan(place), "--format", "csv", "--fail-on", "medium") == (1, "")


def test_a_closed_standard_output_is_no_fault(place: Path) -> None:
    script = 'exec "$@" >&-'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *COMMAND, "lake", "status", "--lake", str(place / "lake")],
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_said_so(place: Path) -> None:
    done = tocsin(*scan(place), "--report", "/dev/full")
    assert done.returncode == 3 and "No space left" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_nothing_but_the_findings_is_on_stdout(place: Path, form: str) -> None:
    done = tocsin(*scan(place), "--format", form, "-v", "--report", place / f"{form}.html")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and "known already" in done.stderr
    if form == "csv":
        assert lines[0].startswith("rule_id,") and len(lines) == 2
    else:
        assert json.loads(done.stdout)


def test_quiet_says_nothing_on_stderr(place: Path) -> None:
    assert tocsin(*scan(place), "-q").stderr == ""


def test_a_password_is_not_in_the_report(place: Path) -> None:
    page = place / "told.html"
    assert tocsin(*scan(place), "--password", "s3cr3t-a", "--password=s3cr3t-b", "--report", page).returncode == 0
    text = page.read_text("utf-8")
    assert "--password" in text and "s3cr3t" not in text


def test_a_folder_without_files_is_a_wrong_call(place: Path) -> None:
    (place / "empty").mkdir(exist_ok=True)
    done = tocsin(*scan(place, "empty"))
    assert done.returncode == 2 and "there is no file in" in done.stderr


def test_a_folder_that_no_reader_knows_fails_with_advice(place: Path) -> None:
    (place / "notes").mkdir(exist_ok=True)
    (place / "notes" / "README.md").write_text("# Notes\n")
    done = tocsin(*scan(place, "notes"), "--format", "json")
    assert done.returncode == 3 and json.loads(done.stdout) == []
    assert "no log was read" in done.stderr and "source test" in done.stderr
    looked = tocsin("source", "test", place / "notes")
    assert looked.returncode == 1 and "nothing could be read" in looked.stderr


def test_a_period_that_ends_before_it_begins_is_refused(place: Path) -> None:
    done = tocsin(*scan(place), "--since", "2026-01-03", "--until", "2026-01-02")
    assert done.returncode == 2 and "--since is later than --until" in done.stderr


def test_a_day_as_the_end_means_all_of_that_day(place: Path) -> None:
    done = tocsin(*scan(place), "--since", "2026-01-02", "--until", "2026-01-02", "--format", "ndjson")
    assert json.loads(done.stdout)["count"] == 50


@pytest.mark.parametrize("wrong", ["2026-13-01", "2026-02-30", "", "2026-01-01T25:00"])
def test_a_wrong_date_is_refused_with_an_example(place: Path, wrong: str) -> None:
    done = tocsin(*scan(place), "--until", wrong)
    assert done.returncode == 2 and "is not a time" in done.stderr and "2026-11-23" in done.stderr


@pytest.mark.parametrize("option", ["--report", "--hits"])
def test_an_output_that_cannot_be_written_is_refused_before_the_scan(place: Path, option: str) -> None:
    done = tocsin(*scan(place, lake="untouched"), option, "/proc/x.html")
    assert done.returncode == 2 and "cannot be written" in done.stderr
    assert not (place / "untouched").exists()


def test_the_check_of_an_output_leaves_nothing_behind(place: Path) -> None:
    assert tocsin(*scan(place, "nowhere"), "--hits", place / "new.ndjson").returncode == 2
    assert not (place / "new.ndjson").exists()


@pytest.mark.parametrize("where", ["logs/a.json", "/proc/lake"])
def test_a_lake_that_cannot_be_made_is_said_so(place: Path, where: str) -> None:
    done = tocsin("scan", place / "logs", "--lake", place / where)
    assert done.returncode == 3 and "cannot be made" in done.stderr


def spoilt(place: Path, name: str) -> Path:
    copy = place / name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(place / "lake", copy)
    return copy


SPOILT = ("scan", "hunt", "lake status", "lake publish", "lake compact")


@pytest.mark.parametrize("name", SPOILT)
def test_a_lake_of_a_newer_tocsin_is_refused_with_advice(place: Path, name: str) -> None:
    lake = spoilt(place, "newer")
    with sqlite3.connect(lake / "catalog.sqlite") as database:
        database.execute("UPDATE meta SET value = '99' WHERE key = 'version'")
    done = tocsin(*(lake if part == place / "lake" else part for part in commands(place)[name]))
    assert done.returncode == 3 and "has version 99" in done.stderr and "new --lake" in done.stderr


@pytest.mark.parametrize("name", SPOILT)
def test_a_catalog_that_is_no_database_is_said_so(place: Path, name: str) -> None:
    lake = spoilt(place, "corrupt")
    (lake / "catalog.sqlite").write_bytes(b"\x93no database" * 400)
    done = tocsin(*(lake if part == place / "lake" else part for part in commands(place)[name]))
    assert done.returncode == 3 and "cannot be used" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["scan", "hunt"])
def test_a_damaged_file_of_the_lake_is_said_so(place: Path, name: str) -> None:
    lake = spoilt(place, "damaged")
    for file in lake.rglob("*.parquet"):
        file.write_bytes(b"junk")
    done = tocsin(*(lake if part == place / "lake" else part for part in commands(place)[name]))
    assert done.returncode == 3 and "the lake cannot be read" in done.stderr and "Traceback" not in done.stderr


def test_every_command_teaches_with_an_example() -> None:
    for command in (
        ("scan",), ("source", "test"), ("rules", "check"), ("explain",), ("hunt",), ("exercise",),
        ("lake", "status"), ("lake", "publish"), ("lake", "compact"), ("lake", "expire"),
    ):  # fmt: skip
        text = " ".join(tocsin(*command, "--help").stdout.split())
        assert any(f"{word} tocsin" in text or word in text for word in ("Example", "Try:")), command


def test_the_shell_completes_commands_and_options() -> None:
    def completed(words: str, place: int) -> str:
        asked = {"COMP_WORDS": words, "COMP_CWORD": str(place), "_TOCSIN_COMPLETE": "complete_bash"}
        script = "import sys; sys.argv = ['tocsin']; from tocsin.cli import main; main()"
        done = subprocess.run(
            [COMMAND[0], "-c", script], env={**os.environ, **asked}, capture_output=True, text=True, check=False
        )
        return done.stdout

    assert "scan" in completed("tocsin sc", 1)
    assert "--format" in completed("tocsin scan --fo", 2)


def test_an_interrupted_command_ends_with_130_and_a_word(place: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "scan", "-", "--lake", str(place / "interrupted"), "--rules", str(place / "rules")],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (place / "interrupted").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "the same command continues from there" in said and "Traceback" not in said
