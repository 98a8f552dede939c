"""An evaluation in its two forms: the JSON is what its page says, the table says it in words."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from sample_report import HOSTILE

from tocsin.console.trial import print_trial, trial_json, trial_record
from tocsin.model.trial import CountedIncident, FalseIncident, Found, MemberTrial, Miss, Missed, Trial

PAGE = (Path(__file__).parents[2] / "docs" / "evaluate.md").read_text("utf-8")
START = datetime(2026, 1, 2, 3, tzinfo=UTC)


def sample(text: str = "look", members: int = 2) -> Trial:
    """One stage found, one missed, one false incident, at the first member."""
    found = Found("north", text, text, ("T1033",), "I-1", START, START + timedelta(seconds=90), 1, 2, text)
    missed = Missed("north", "hide", text, ("T1033", "T1036"), START, Miss.BEYOND_LINES, "I-1", 1, text)
    false = FalseIncident("north", "I-2", text, "critical", START, START, 2, text, f"{text} by a backup")
    counted = CountedIncident("north", "I-1", text, "high", 1, START, (text,), (text, "hide"), 40, 10, 86_400.0 * 3)
    seconds = {"reading": 1.5}
    north = MemberTrial("north", 1000, 50, 2.0, (found,), (missed,), (false,), (counted,), 3, seconds)
    others = [MemberTrial(f"m{n}", 10, None, 2.0, (), (), (), (), 0, seconds) for n in range(members - 1)]
    return Trial("two-members", 7, 2.0, (north, *others), 300 << 20, "0.2.0")


def printed(trial: Trial, width: int = 80) -> str:
    out = io.StringIO()
    print_trial(trial, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def test_the_json_has_the_three_lists_with_the_common_fields() -> None:
    record = json.loads(trial_json(sample()))
    for name in ("found", "missed", "false"):
        (entry,) = record[name]
        assert list(entry)[:7] == ["scenario", "member", "stage", "incident", "time", "delay", "rank"]
    assert (record["found"][0]["delay"], record["found"][0]["time"]) == (90.0, "2026-01-02T03:01:30Z")
    assert (record["missed"][0]["miss"], record["missed"][0]["rank"]) == ("beyond-lines", 1)
    assert record["false"][0]["stage"] is None
    assert record["false"][0]["cause"] == "look by a backup"


def test_every_field_of_the_json_is_on_its_page() -> None:
    record = trial_record(sample())
    documented = set(re.findall(r"`(\w+)`", PAGE))
    names = set(record)
    for part in (*record.values(), *[record["summary"]]):
        names |= {
            key for entry in (part if isinstance(part, list) else [part]) if isinstance(entry, dict) for key in entry
        }
    assert names <= documented


def test_the_summary_counts_by_hand() -> None:
    summary = json.loads(trial_json(sample()))["summary"]
    assert (summary["stages"], summary["found"], summary["recall"], summary["false"]) == (2, 1, 0.5, 1)
    assert (summary["false_a_day"], summary["unrelated_share"], summary["longest_dwell"]) == (0.5, 0.25, 259_200.0)
    assert summary["false_critical_per_10000_host_days"] == 10_000 / (50 * 2)
    assert (summary["incidents_with_stages"], summary["most_stages_in_one_incident"]) == (1, 1)
    assert summary["seconds"] == {"reading": 3.0}


def test_techniques_are_counted_over_all_stages() -> None:
    assert trial_record(sample())["techniques"] == [
        {"id": "T1033", "found": 1, "planted": 2}, {"id": "T1036", "found": 0, "planted": 1}
    ]  # fmt: skip


def test_the_table_says_the_figures_in_sentences() -> None:
    text = " ".join(printed(sample()).split())
    for said in (
        "two-members: 1 of 2 stages found, 1 false incident.",
        "The planted stages lie in 1 incident, at most 1 in one.",
        "25.0% have nothing to do with the attack.",
        "The longest of them lasted 3 days.",
        "There were 0.50 false incidents a day.",
        "per 10,000 host-days: 100.00.",
        "Memory: at most 300 MiB.",
        "Less often, found of planted: T1033 1/2 and T1036 0/1.",
    ):
        assert said in text


def test_each_incident_tells_its_stages_and_how_long_it_lasted() -> None:
    text = " ".join(printed(sample(), width=200).split())
    assert "north, rank 1, high: opened 2026-01-02 03:00:00 UTC, lasted 3 days." in text
    assert "Its first lines show: look." in text
    assert "Only further down it has: look." in text  # the stage that was missed; both have the same title here


def test_an_incident_that_shows_nothing_of_the_attack_first_says_where_it_is() -> None:
    north = sample().members[0]
    hidden = replace(north.counted[0], shown=(), held=("hide",), dwell=None)
    text = " ".join(printed(Trial("one", 7, 2.0, (replace(north, counted=(hidden,)),), 1, "0.2.0"), 200).split())
    assert "lasted an unknown time." in text and "Only further down it has: look." in text
    assert "Its first lines show" not in text


def test_a_benign_exercise_has_no_recall_and_says_so() -> None:
    quiet = Trial("quiet", 1, 2.0, (MemberTrial("m", 10, None, 2.0, (), (), (), (), 0),), 1, "0.2.0")
    assert printed(quiet).startswith("quiet: nothing was planted; 0 false incidents.")
    summary = json.loads(trial_json(quiet))["summary"]
    assert (summary["recall"], summary["unrelated_share"], summary["longest_dwell"]) == (None, None, None)


def test_foreign_text_stays_harmless_and_inside_the_terminal() -> None:
    for text in HOSTILE:
        shown = printed(sample(text))
        assert all(line.isprintable() and cell_len(line) <= 80 for line in shown.splitlines())
        assert "\x1b" not in trial_json(sample(text))
