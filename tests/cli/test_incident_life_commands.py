"""The life of an incident on the command line: by hand, closed, merged, split, exported, handed over, counted."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from nodes import NOW, Node, command
from people_desk import Wall

from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.node.people.accounts import Role
from tocsin.node.store import findings, incidents
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Grown


@pytest.fixture
def queue(node: Node) -> Node:
    node.begin("I-1", 50)
    node.begin("I-2", 90, "critical", "Data left for http://bad.example/\x1b[2J")
    node.log_in(Role.ANALYST)
    return node


def told(incident: str) -> dict[str, object]:
    shown = json.loads(command("incident", "show", incident, "--json").out)
    return dict(shown["incident"])


def opened(*more: str) -> str:
    done = command("incident", "new", "--title", "Anna's screen shows a note", *more)
    assert done.code == 0, done.err
    return done.out.split()[0]


def more_findings(node: Node, incident: str = "I-1") -> None:
    """Two further findings, of another host and rule."""
    with node.api.desk.store.write() as connection:
        ids = ("f-a", "f-b")
        for id, rule in zip(ids, ("A second rule", "A third rule"), strict=True):
            event = Evidence(f"e-{id}", NOW, "a.evtx", 8, {"Image": "=cmd|' /C calc'!A0"})
            info = RuleInfo(rule, rule, "high")
            found = Finding(info, "PC-2.corp.example", "anna", 1, NOW, NOW, (f"e-{id}",), (event,),
                            organisation="examplia")  # fmt: skip
            findings.put(connection, [StoredFinding(id, found, NOW)])
        shown = incidents.present(connection, incident, "node").shown
        incidents.grow(connection, incident, Grown(shown, ids), NOW)


def test_one_by_hand_is_in_the_queue_with_its_note(queue: Node) -> None:
    made = opened("--host", "PC-7", "--level", "critical", "--note", "called at eight")
    assert command("incident", "assign", made, "me").code == 0
    out = command("incident", "list").out
    assert made in out and "opened by hand" in out and "Anna's screen" in out
    out = command("incident", "show", made).out
    assert "Opened by hand 2026-11-30" in out and "called at eight" in out and "PC-7" in out
    assert "reported it as critical" in out
    refused = command("incident", "new", "--title", "x", "--level", "odd")
    assert refused.code == 2
    assert command("incident", "new", "--title", "x" * 201).code == 2


def test_a_note_is_read_from_the_input(queue: Node) -> None:
    done = command("incident", "new", "--title", "By mail", "--note", "-", "--json", typed="two\nlines\n")
    assert [each["text"] for each in json.loads(done.out)["incident"]["notes"]] == ["two\nlines"]


def test_who_belongs_to_one_organisation_opens_for_it_only(queue: Node) -> None:
    queue.log_in(Role.ANALYST, organisation="examplia")
    made = opened()
    assert told(made)["organisation"] == "examplia"
    assert command("incident", "new", "--title", "x", "--organisation", "other").code == 2
    queue.log_in(Role.ANALYST, organisation="other")
    assert command("incident", "show", made).code == 3


def test_the_first_who_acknowledges_counts_and_the_list_is_narrowed(queue: Node) -> None:
    me = queue.log_in(Role.ANALYST)
    assert command("incident", "acknowledge", "I-1").code == 0
    again = command("incident", "acknowledge", "I-1")
    assert again.code == 3 and "acknowledged already" in again.err
    assert f"by {me.name}" in " ".join(command("incident", "show", "I-1").out.split())
    assert f"seen by {me.name}" in command("incident", "list").out
    out = command("incident", "list", "--unacknowledged").out
    assert "I-2" in out and "I-1" not in out and "not seen" in out
    assert command("incident", "assign", "I-2", "me").code == 0
    assert "No incident waits" in command("incident", "list", "--unacknowledged").out
    assert "I-2" in command("incident", "list", "--mine").out
    queue.log_in(Role.ANALYST)
    assert "No incident waits" in command("incident", "list", "--mine").out


@pytest.mark.parametrize(("reason", "ruling"), [("true", "attack"), ("benign", "harmless"), ("false", "false alarm")])
def test_a_close_says_what_people_found_out_and_is_opened_again(queue: Node, reason: str, ruling: str) -> None:
    assert command("incident", "close", "I-1", "--reason", reason, "--why", "as agreed").code == 0
    assert (told("I-1")["status"], told("I-1")["ruling"]) == ("closed", ruling)
    assert command("incident", "reopen", "I-1").code == 0
    assert (told("I-1")["status"], told("I-1")["closed"]) == ("open", None)
    refused = command("incident", "reopen", "I-1")
    assert refused.code == 3 and "not closed" in refused.err


def test_a_duplicate_becomes_a_part_and_stands_alone_again(queue: Node) -> None:
    done = command("incident", "close", "I-1", "--reason", "duplicate", "--of", "I-2")
    assert done.code == 0 and "incident undo I-2 2" in done.out
    assert told("I-1")["merged_into"] == "I-2"
    assert command("incident", "reopen", "I-1", "--why", "no").code == 0
    assert told("I-1")["merged_into"] == "" and told("I-2")["merged_from"] == []
    for wrong in (("--reason", "duplicate"), ("--reason", "true", "--of", "I-2"), ("--reason", "odd")):
        assert command("incident", "close", "I-1", *wrong).code == 2


def test_a_merge_shows_notes_holds_and_findings_of_both(queue: Node) -> None:
    queue.log_in(Role.LEAD)
    assert command("incident", "assign", "I-1", "me").code == 0
    assert command("incident", "note", "I-1", "ask Boris").code == 0
    assert command("evidence", "hold", "I-1", "--why", "a court asks").code == 0
    done = command("incident", "merge", "I-1", "I-2", "--why", "one intruder")
    assert done.code == 0 and "I-2 is at version 2" in done.out
    out = " ".join(command("incident", "show", "I-2", "--history").out.split())
    for words in ("It includes I-1, Odd logins (1 finding)", "ask Boris", "change 3 of I-1", "a court asks",
                  "made I-1 a part of it. Why: one intruder"):  # fmt: skip
        assert words in out, words
    assert len(json.loads(command("incident", "show", "I-2", "--json").out)["found"]) == 2
    assert told("I-2")["owner"] == told("I-1")["owner"] != ""
    assert "I-1" not in command("incident", "list").out and "with 1 part" in command("incident", "list").out
    assert command("incident", "undo", "I-2", "2").code == 0
    assert told("I-2")["owner"] == "" and "I-1" in command("incident", "list").out
    assert command("incident", "merge", "I-1", "I-9").code == 3


def test_a_split_is_shown_first_and_then_done(queue: Node) -> None:
    more_findings(queue)
    shown = command("incident", "split", "I-1", "--host", "pc-2", "--dry-run")
    assert shown.code == 0 and "2 findings would go" in shown.out and "Nothing was changed" in shown.out
    assert "1 would stay" in shown.out and "f-a" in shown.out and "A second rule" in shown.out
    assert told("I-1")["version"] == 2
    done = command("incident", "split", "I-1", "--host", "pc-2", "--why", "another story")
    assert done.code == 0 and "undo I-1 3" in done.out
    new = done.out.split()[0]
    assert told(new)["findings"] == ["f-a", "f-b"] and told("I-1")["findings"] == ["f-I-1"]
    assert "no more with I-1" in " ".join(command("incident", "show", new).out.split())
    assert command("incident", "undo", "I-1", "3").code == 0
    assert told(new)["merged_into"] == "I-1"


def test_a_split_takes_what_a_host_did_under_its_address(queue: Node) -> None:
    more_findings(queue)
    with queue.api.desk.store.write() as connection:
        before = incidents.present(connection, "I-1", "node").shown
        shown = replace(before, machines=(("PC-2.corp.example", "SP01.b.example"),))
        incidents.grow(connection, "I-1", Grown(shown), NOW)
    done = command("incident", "split", "I-1", "--host", "sp01", "--dry-run")
    assert done.code == 0 and "2 findings would go" in done.out, done.err


def test_a_split_by_rule_or_finding_takes_some_and_not_all(queue: Node) -> None:
    more_findings(queue)
    for arguments, number in ((("--rule", "a second rule"), 1), (("--finding", "f-a", "--finding", "f-b"), 2)):
        out = command("incident", "split", "I-1", *arguments, "--dry-run").out
        assert out.startswith(f"{number} finding"), out
    for wrong in ((), ("--finding", "f-x"), ("--host", "PC-77"), ("--host", "PC-1", "--host", "PC-2")):
        done = command("incident", "split", "I-1", *wrong)
        assert done.code == 2 and done.err.strip(), wrong
    assert told("I-1")["version"] == 2


def test_joins_name_both_sides_and_the_reason(queue: Node) -> None:
    more_findings(queue)
    out = " ".join(command("incident", "show", "I-1", "--joins").out.split())
    assert "“A second rule” on PC-2.corp.example" in out and "– “" in out
    assert "no pause is longer than an hour" in out or "on several hosts within an hour" in out


def test_an_auditor_reads_and_changes_nothing(queue: Node) -> None:
    queue.log_in(Role.AUDITOR)
    for arguments in (("acknowledge", "I-1"), ("close", "I-1", "--reason", "true"), ("reopen", "I-1"),
                      ("merge", "I-1", "I-2"), ("split", "I-1", "--host", "x"), ("new", "--title", "x")):  # fmt: skip
        assert command("incident", *arguments).code == 3, arguments
    assert command("handover").code == 0 and command("report").code == 0


def test_an_export_for_people_is_harmless_markdown(queue: Node) -> None:
    command("incident", "note", "I-2", "see https://bad.example/ and [x](y) <b>")
    out = command("incident", "export", "I-2", "--format", "markdown").out
    assert out.startswith("# Data left for hxxp://bad")
    assert "\x1b" not in out and "http://bad" not in out and "https://bad" not in out
    assert "\\[x\\]\\(y\\) \\<b\\>" in out
    for words in ("## What was seen", "Odd login at night", "A late shift.", "Call anna.", "## History"):
        assert words in out, words


def test_an_export_for_spreadsheets_calculates_nothing(queue: Node) -> None:
    more_findings(queue)
    rows = list(csv.DictReader(io.StringIO(command("incident", "export", "I-1", "--format", "csv").out)))
    assert [row["event_id"] for row in rows] == ["e-1", "e-f-a", "e-f-b"]
    assert {row["first_line"] for row in rows} == {"true"}
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())


def test_an_export_for_programs_is_whole_with_its_history(queue: Node, tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    assert command("incident", "export", "I-1", "--format", "json", "--output", file).code == 0
    case = json.loads(file.read_text("utf-8"))
    assert case["incident"]["id"] == "I-1" and case["history"][0]["kind"] == "opened" and case["found"]
    again = command("incident", "export", "I-1", "--format", "json", "--output", file)
    assert again.code == 2 and "--force" in again.err
    assert command("incident", "export", "I-2", "--format", "json", "--output", file, "--force").code == 0
    assert json.loads(file.read_text("utf-8"))["incident"]["id"] == "I-2"
    assert command("incident", "export", "I-2", "--output", tmp_path / "no" / "x").code == 2


def test_a_shift_is_handed_over(queue: Node, wall: Wall, tmp_path: Path) -> None:
    me = queue.log_in(Role.ANALYST)
    command("incident", "assign", "I-1", "me", "--why", "my shift")
    made = opened("--note", "called at eight")
    command("incident", "close", made, "--reason", "benign", "--why", "a film")
    command("stop", "ai", "--why", "odd verdicts")
    out = command("handover").out
    for words in ("3 incidents came", f"{me.name}: gave it to {me.name} – my shift", "wrote a note – called at eight",
                  "set it to closed: harmless – a film", f"{me.name}: I-1 high", "Next: Call anna.",
                  "no owner: I-2 critical", "I-2 waits for somebody to acknowledge it", "odd verdicts",
                  "Clocks that run out\n  none"):  # fmt: skip
        assert words in out, words
    assert "\x1b" not in out and "http://bad" not in out
    file = tmp_path / "handover.md"
    assert command("handover", "--output", file).code == 0
    assert file.read_text("utf-8").startswith("# Hand-over of")
    assert command("handover", "--output", file).code == 2
    wall.turn(hours=13)
    queue.be(me)
    later = command("handover").out
    assert "0 incidents came" in later and "2 are open" in later and "my shift" not in later
    told_ = json.loads(command("handover", "--since", "2026-11-30", "--json").out)
    assert len(told_["handover"]["came"]) == 3 and told_["switches"][0]["switch"] == "ai"


def test_nobody_is_handed_over_what_he_may_not_see(queue: Node) -> None:
    queue.log_in(Role.LEAD)
    assert command("incident", "restrict", "I-2", queue.api.account(Role.LEAD).name).code == 0
    queue.log_in(Role.ANALYST)
    assert "I-2" not in command("handover").out
    assert json.loads(command("report", "--json").out)["report"]["total"]["came"] == 1
    queue.log_in(Role.ANALYST, organisation="other")
    assert json.loads(command("report", "--json").out)["report"]["total"]["came"] == 0


def test_the_work_is_counted(queue: Node, wall: Wall) -> None:
    me = queue.log_in(Role.ANALYST)
    wall.turn(hours=1)
    queue.be(me)
    command("incident", "acknowledge", "I-1")
    wall.turn(hours=2)
    queue.be(me)
    command("incident", "close", "I-1", "--reason", "false")
    out = command("report", "--since", "2026-11-29").out
    assert "2 came (1 not acknowledged), 0 became parts of others, 1 closed (1 false alarm), 1 open" in out
    assert re.search(r"Time to acknowledge \(1 incident\): median 2 hours", out), out
    assert "\n  Other: undetermined: 2 came" in out
    assert "By class" in out and "week of 2026-11-30: 2 came, 1 closed" in out and "less than 24 hours: 1" in out
    assert "Odd login at night: 2 came" in command("report", "--by", "rule").out
    assert "examplia: 2 came" in command("report", "--by", "constituent").out
    assert f"{me.name}: 1 came" in command("report", "--by", "analyst").out
    rows = list(csv.DictReader(io.StringIO(command("report", "--csv", "--by", "analyst").out)))
    assert [(row["row"], row["closed"], row["false alarm"]) for row in rows] == [
        ("all", "1", "1"), (me.name, "1", "1"), ("nobody", "0", "0"),
    ]  # fmt: skip
    assert command("report", "--csv", "--json").code == 2
    assert command("report", "--since", "2026-12-02", "--until", "2026-12-01").code == 2
    assert command("report", "--by", "odd").code == 2


def test_several_are_closed_at_once_and_a_refused_one_holds_up_no_other(queue: Node) -> None:
    done = command("incident", "close", "I-1", "I-404", "I-2", "--reason", "benign", "--why", "the yearly test")
    assert done.code == 3
    assert [line.split()[1] for line in done.err.splitlines() if line.startswith("tocsin: ")] == ["I-404:"]
    assert [line.split()[0] for line in done.out.splitlines()] == ["I-1", "I-2"]
    assert [told(each)["ruling"] for each in ("I-1", "I-2")] == ["harmless", "harmless"]


def test_the_same_decision_about_several_is_one_line_of_the_hand_over(queue: Node) -> None:
    assert command("incident", "close", "I-1", "I-2", "--reason", "benign", "--why", "the yearly test").code == 0
    out = command("handover").out
    assert "I-1 and I-2, " in out and out.count("the yearly test") == 1


def test_several_are_acknowledged_at_once_and_a_version_belongs_to_one(queue: Node) -> None:
    assert command("incident", "acknowledge", "I-1", "I-2", "I-1").code == 0
    assert "No incident waits" in command("incident", "list", "--unacknowledged").out
    refused = command("incident", "close", "I-1", "I-2", "--reason", "true", "--version", "1")
    assert refused.code == 2 and "--version" in refused.err and told("I-1")["status"] == "open"
