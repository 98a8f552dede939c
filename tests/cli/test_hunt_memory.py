"""`tocsin hunt --indicator` and `--rule`, `tocsin lake rollup`, `status` and `expire` as a person meets them."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from nodes import command

from tocsin import limits
from tocsin.cli.hunt_asking import indicators_in
from tocsin.errors import UsageError

RULE = """\
title: Whoami
id: 11111111-1111-4111-8111-111111111111
level: high
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\\whoami.exe'
  command:
    CommandLine|contains: ' /all'
  condition: selection or command
"""
WHOAMI = RULE.replace("selection or command", "selection").replace(
    "  command:\n    CommandLine|contains: ' /all'\n", ""
)  # fmt: skip


def event(day: str) -> dict[str, object]:
    return {
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS01", "User": "MIN\\ana",
        "Image": "C:\\Windows\\System32\\whoami.exe", "CommandLine": "whoami /all", "UtcTime": f"{day} 03:00:00.000",
    }  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with an old day and one a year later, rollups up to date."""
    folder = tmp_path_factory.mktemp("made")
    log = folder / "log.json"
    log.write_text("".join(json.dumps(event(day)) + "\n" for day in ("2025-01-02", "2026-01-02")), "utf-8")
    done = command("scan", log, "--lake", folder / "lake", "-q")
    assert done.code == 0, done.err
    assert command("lake", "rollup", "--lake", folder / "lake").code == 0
    return folder / "lake"


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    shutil.copytree(made, tmp_path / "lake")
    return tmp_path / "lake"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_an_indicator_is_answered_over_all_months_and_what_is_not_seen_is_said(lake: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.txt"
    feed.write_text("# a feed\nevil[.]example\nwhat is this\n", "utf-8")
    done = command("hunt", "--indicator", "whoami.exe", "--indicators", feed, "--lake", lake, "--format", "csv")
    assert done.code == 0
    found = {(row["place"], row["days"], row["count"]) for row in rows(done.out)}
    assert {("process_days", "2", "2"), ("process_activity", "2", "2")} <= found
    assert "1 lines of" in done.err and "what is this" in done.err
    assert "Seen: 1 of 2. Not seen: evil[.]example." in done.err
    assert "The lake has events of 2025-01-02 to 2026-01-02 and rollups of " in done.err


def test_rollups_that_are_up_to_date_are_not_said_to_be_behind(lake: Path) -> None:
    assert "are behind" not in command("hunt", "--indicator", "whoami.exe", "--lake", lake).err


def test_nothing_seen_is_an_answer_and_no_failure(lake: Path) -> None:
    done = command("hunt", "--indicator", "203.0.113.9", "--lake", lake, "--format", "json")
    assert (done.code, json.loads(done.out)) == (0, [])
    assert "203.0.113.9 was not seen." in done.err


def test_a_rule_says_what_it_was_asked_of(lake: Path, tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text(WHOAMI, "utf-8")
    assert command("lake", "expire", "--before", "2026-01-01", "--lake", lake).code == 0
    done = command("hunt", "--rule", rule, "--lake", lake, "--format", "csv")
    assert done.code == 0
    assert [(row["rule"], row["place"], row["count"]) for row in rows(done.out)] == [
        ("Whoami", "events", "1"), ("Whoami", "process_days", "1"),
    ]  # fmt: skip
    assert "The events of 2026-01-02 were asked." in done.err
    assert "there the rollups were asked" in done.err
    rule.write_text(RULE, "utf-8")
    done = command("hunt", "--rule", rule, "--lake", lake, "--format", "csv")
    assert [row["place"] for row in rows(done.out)] == ["events"]
    assert "“Whoami” could not be asked of them: it reads commandline, which none keeps." in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--indicator", "ana"), "could be anything"),
        (("--indicators", "nowhere.txt"), "cannot be read"),
        (("--indicator", "evil.example", "--rule", "x.yml"), "a hunt asks one thing"),
        (("SELECT 1", "--indicator", "evil.example"), "a hunt asks one thing"),
        (("SELECT 1", "--since", "2026-01-01"), "--since and --until are for"),
        (("--indicator", "evil.example", "--since", "later"), "is not a time"),
        ((), "a hunt needs one SELECT"),
    ],
)
def test_a_wrong_call_exits_2_with_advice(lake: Path, arguments: tuple[str, ...], said: str) -> None:
    done = command("hunt", *arguments, "--lake", lake)
    assert done.code == 2 and said in done.err
    assert len(done.err.splitlines()) == 2


def test_a_rule_that_does_not_load_exits_3(lake: Path, tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text("title: nothing\n", "utf-8")
    done = command("hunt", "--rule", rule, "--lake", lake)
    assert done.code == 3 and "no rule could be loaded" in done.err


def test_status_shows_rollups_and_both_retentions_work_apart(lake: Path) -> None:
    def shown() -> dict[str, tuple[str, str, int]]:
        found = json.loads(command("lake", "status", "--json", "--lake", lake).out)
        return {each["name"]: (each["first_day"], each["last_day"], each["kept"]) for each in found["rollups"]}

    assert shown()["process_days"] == ("2024-12-30", "2026-01-02", 0)  # the old day is the week of its Monday
    assert "Rollups: days" in command("lake", "status", "--lake", lake).out
    command("lake", "expire", "--before", "2026-01-01", "--lake", lake)
    assert shown()["process_days"] == ("2024-12-30", "2026-01-02", 1)
    done = command("lake", "expire", "--keep-rollup-days", "1", "--dry-run", "--lake", lake)
    assert "would remove" in done.out and shown()["process_days"][2] == 1
    assert command("lake", "expire", "--keep-rollup-days", "1", "--lake", lake).code == 0
    assert shown().get("process_days") is None
    assert command("lake", "expire", "--lake", lake).code == 2


def test_rollups_can_be_asked_in_sql(lake: Path) -> None:
    done = command(
        "hunt", "SELECT host, sum(days) AS days FROM process_days GROUP BY host", "--lake", lake, "--format", "csv"
    )
    assert rows(done.out) == [{"host": "ws01", "days": "2"}]
    assert "process_days" in command("hunt", "--views", "--lake", lake).out


def test_a_feed_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = tmp_path / "feed.txt"
    feed.write_text("192.0.2.1\n192.0.2.2\n", "utf-8")
    monkeypatch.setattr(limits, "INDICATORS", 1)
    with pytest.raises(UsageError, match="2 indicators are too many"):
        indicators_in([], feed)
    monkeypatch.setattr(limits, "INDICATOR_FILE_BYTES", 5)
    with pytest.raises(UsageError, match="is larger than"):
        indicators_in([], feed)
