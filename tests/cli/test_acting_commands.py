"""`tocsin playbook`, `tocsin action`, `tocsin clock` against a real node with a folder and a lake."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from keepers import INCIDENT, Keeper
from nodes import NOW, Node, command

from tocsin import clock
from tocsin.ledger.entry import Kind
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.node.people.accounts import Account, Role
from tocsin.node.store import actions, findings, incidents, ledger
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Grown
from tocsin.triage.actions import Action, ActionKind, Form, Seen

BLOCK = ("action", "propose", INCIDENT, "block", "--expires", "7d", "--why", "beacon")


@pytest.fixture
def opened(keeper: Keeper) -> Keeper:
    keeper.open()
    keeper.log_in(Role.ANALYST)
    return keeper


def kept(keeper: Keeper, kind: ActionKind, form: Form, value: str) -> str:
    """The id of an action that somebody has proposed."""
    now = clock.now()
    made = Action("A-1", INCIDENT, kind, form, (value,), "account:x", "wiper", now, now + timedelta(days=2), Seen(0))
    with keeper.api.desk.store.write() as connection:
        return actions.propose(connection, made, "action:0").id


def two(keeper: Keeper) -> tuple[Account, Account]:
    """Two people who count as two."""
    return keeper.log_in(Role.LEAD), keeper.log_in(Role.ANALYST)


def test_a_block_is_proposed_shown_approved_written_and_undone(opened: Keeper, tmp_path: Path) -> None:
    done = command(*BLOCK, "--value", "host42.example")
    assert done.code == 0 and "1 own host talked to it" in done.out and "WS01" in done.out
    assert "host42.example CNAME ." in done.out and "Two people" not in done.out
    id = next(word for word in done.out.split() if word.startswith("A-"))
    assert f"{id} proposed, 1 more to approve" in command("action", "list").out
    early = command("action", "write", id, "--output", tmp_path / "early")
    assert early.code == 3 and "not approved" in early.err
    assert "is approved" in command("action", "approve", id).out
    never = opened.folder.path / "never-block.txt"
    never.write_text("host42.example # a partner, as we know by now")
    refused = command("action", "write", id, "--output", tmp_path / "block.rpz")
    assert refused.code == 2 and "never-block.txt:1 a partner" in refused.err
    never.unlink()
    wrote = command("action", "write", id, "--output", tmp_path / "block.rpz")
    assert wrote.code == 0 and "does not end by itself" in wrote.out
    assert "*.host42.example CNAME ." in (tmp_path / "block.rpz").read_text()
    exact = command("action", "show", id, "--file").out
    assert exact.splitlines()[3:] == (tmp_path / "block.rpz").read_text().splitlines()[3:]  # but for the serial
    assert command("action", "undo", id, "-o", tmp_path / "undo", "--why", "clean").code == 0
    assert "host42" not in (tmp_path / "undo").read_text()
    assert id not in command("action", "list").out and "undone" in command("action", "list", "--all").out
    assert id in command("incident", "show", INCIDENT).out
    with opened.api.desk.store.read() as connection:
        told = [entry.detail["change"] for entry in ledger.newest_of(connection, Kind.DECISION, 4)]
    assert told == ["undone", "written", "approved", "proposed"]


def test_a_policy_zone_is_judged_with_the_names_of_other_actions(opened: Keeper, tmp_path: Path) -> None:
    first, second = (
        next(word for word in command(*BLOCK, "--value", name).out.split() if word.startswith("A-"))
        for name in ("host42.example", "host43.example")
    )
    for id in (first, second):
        assert command("action", "approve", id).code == 0
    assert command("action", "write", first, "--output", tmp_path / "first").code == 0
    (opened.folder.path / "never-block.txt").write_text("host42.example # a partner, as we know by now")
    refused = command("action", "write", second, "--output", tmp_path / "second")
    assert refused.code == 2 and "a partner" in refused.err and "undo" in refused.err
    assert command("action", "undo", first, "--output", tmp_path / "undo", "--why", "a partner").code == 0
    assert command("action", "write", second, "--output", tmp_path / "second").code == 0
    assert "host42" not in (tmp_path / "second").read_text()


def test_isolating_needs_two_people_who_count_as_two(opened: Keeper) -> None:
    lead, analyst = two(opened)
    id = kept(opened, ActionKind.ISOLATE, Form.TEXT, "WS01")
    first = command("action", "approve", id)
    assert first.code == 0 and "1 more has to approve" in first.out
    again = command("action", "approve", id)
    assert again.code == 3 and "you have approved" in again.err
    opened.log_in(Role.ANALYST, created_by=analyst.id)  # made by the first within a day: the same person
    assert "do not count as two people" in command("action", "approve", id).err
    opened.be(lead)
    assert "is approved" in command("action", "approve", id).out
    text = command("action", "show", id).out
    assert "ISOLATE" in text and "CONNECT" in text and text.count("Approved by") == 2


def test_without_a_value_the_incident_says_what_is_blocked(opened: Keeper) -> None:
    done = command(*BLOCK)
    assert done.code == 2 and "nothing to act on" in done.err
    named = command("action", "propose", INCIDENT, "isolate", "--expires", "2d", "--why", "wiper")
    assert named.code == 2 and "names nobody" in named.err


def test_what_is_blocked_comes_from_the_evidence_of_parts_too_and_not_of_weak_findings(opened: Keeper) -> None:
    opened.begin("I-part")
    rows = [("f-1", "high", "203.0.113.7"), ("f-2", "low", "198.51.100.9")]
    with opened.api.desk.store.write() as connection:
        for id, level, far in rows:
            event = Evidence(f"e-{id}", NOW, "f", 1, {"DestinationIp": far})
            found = Finding(RuleInfo(id, id, level), "PC", "", 1, NOW, NOW, (f"e-{id}",), (event,))
            findings.put(connection, [StoredFinding(id, found, NOW)])
        shown = incidents.present(connection, "I-part", "node").shown
        incidents.grow(connection, "I-part", Grown(shown, tuple(id for id, _, _ in rows)), NOW)
    assert command("incident", "merge", "I-part", INCIDENT).code == 0
    done = command(*BLOCK, "--as", "nftables")
    assert done.code == 0 and "203.0.113.7 timeout" in done.out and "198.51.100.9" not in done.out, done.err


def test_clocks_of_parts_of_parts_are_told_and_count_in_drafts(opened: Keeper) -> None:
    for part in ("I-a", "I-b"):
        opened.begin(part)
    assert command("clock", "start", "I-a", "nis2", "--aware", "2026-11-30T02:30").code == 0
    assert command("incident", "merge", "I-a", "I-b").code == 0
    assert command("incident", "merge", "I-b", INCIDENT).code == 0
    assert "early-warning" in command("clock", "list", "--incident", INCIDENT).out
    assert "early-warning" in command("incident", "show", INCIDENT).out
    assert command("clock", "start", INCIDENT, "gdpr", "--aware", "2026-11-30T02:30").code == 0
    draft = command("clock", "draft", INCIDENT, "gdpr", "notification")
    assert draft.code == 0 and "Odd login at night" in draft.out, draft.err


def test_the_hand_over_tells_of_actions_that_wait_and_of_undoes_that_are_due(opened: Keeper, tmp_path: Path) -> None:
    kept(opened, ActionKind.ISOLATE, Form.TEXT, "WS01")
    now = clock.now()
    began, ended = now - timedelta(days=2), now - timedelta(hours=1)
    old = Action(
        "A-2", INCIDENT, ActionKind.BLOCK, Form.RPZ, ("evil.example",), "account:x", "why", began, ended, Seen(0),
        written=began,
    )  # fmt: skip
    with opened.api.desk.store.write() as connection:
        expired = actions.propose(connection, old, "action:1").id
    out = " ".join(command("handover").out.split())
    assert "isolate WS01: proposed (end:" in out and "block evil.example: undo is due (end:" in out
    assert command("action", "undo", expired, "-o", tmp_path / "undo", "--why", "clean").code == 0
    assert "undo is due" not in command("handover").out


def test_an_export_has_what_was_done(opened: Keeper) -> None:
    assert command("playbook", "start", INCIDENT, "wiper").code == 0
    assert command("playbook", "step", INCIDENT, "1", "--done", "--note", "called <b>Ana</b>").code == 0
    assert command("clock", "start", INCIDENT, "nis2", "--aware", "2026-11-30T02:30").code == 0
    assert command(*BLOCK, "--value", "203.0.113.7").code == 0
    out = command("incident", "export", INCIDENT).out
    for words in ("## Legal clocks", "Early warning", "## Playbook wiper", "13 steps are left", "called \\<b\\>Ana",
                  "## Actions", "block 203\\[.\\]0", "beacon"):  # fmt: skip
        assert words in out, words
    assert "203.0.113.7" not in out
    done = command("incident", "export", INCIDENT, "--format", "json")
    assert [run["playbook"] for run in json.loads(done.out)["acting"]["playbooks"]] == ["wiper"]


def test_a_wrong_call_is_told(opened: Keeper) -> None:
    for more, told in (
        (("--value", "evil.example", "--as", "nftables"), "holds addresses"),
        (("--value", "203.0.113.7", "--as", "rpz"), "domains"),
        (("--value", "nonsense value"), "cannot stand in a block list"),
        (("--value", "evil.example", "--as", "text"), "nftables, rpz"),
        (("--value", "203.0.113.7", "--expires", "1y"), "no period"),
        (("--value", "203.0.113.7", "--expires", "91d"), "90 days"),
    ):
        done = command(*BLOCK, *more)
        assert done.code == 2 and told in done.err, done.err


def test_a_clock_is_started_listed_done_drafted_and_stopped(opened: Keeper, tmp_path: Path) -> None:
    started = command(
        "clock", "start", INCIDENT, "nis2", "--aware", "2026-11-30T02:30", "--tz", "Europe/Tirane", "--why", "phone"
    )
    assert started.code == 0, started.err
    assert "2026-12-01 01:30" in started.out and "nis2" in started.out and "early-warning" in started.out
    assert (
        "Early warning" in command("clock", "list").out and "Early warning" in command("incident", "show", INCIDENT).out
    )
    draft = command("clock", "draft", INCIDENT, "nis2", "early-warning", "-o", tmp_path / "warning.txt")
    assert draft.code == 0 and "Nothing was sent" in draft.err
    text = (tmp_path / "warning.txt").read_text()
    assert INCIDENT in text and "2026-11-30 01:30:00 UTC" in text and "[to be filled in:" in text
    done = command(
        "clock", "done", INCIDENT, "nis2", "early-warning", "--at", "2026-11-30T10:00", "--note", "receipt 114"
    )
    assert done.code == 0 and "done 2026-11-30 10:00" in done.out
    told = json.loads(command("clock", "list", "--incident", INCIDENT, "--json").out)
    assert told["clocks"][0]["marks"][0]["note"] == "receipt 114"
    assert command("clock", "stop", INCIDENT, "nis2", "--why", "not significant").code == 0
    assert "Nothing is due" in command("clock", "list").out


def test_wrong_times_and_steps_are_told(opened: Keeper) -> None:
    for call, told in (
        (("start", INCIDENT, "nis2", "--aware", "soon"), "not a time"),
        (("start", INCIDENT, "nis3", "--aware", "2026-11-30"), "nis2"),
        (("start", INCIDENT, "nis2", "--aware", "2100-01-01T00:00"), "future"),
        (("done", INCIDENT, "nis2", "x"), "no clock"),
        (("start", "I-0", "nis2", "--aware", "2026-11-30"), "there is no incident"),
        (("draft", INCIDENT, "nis2", "x"), "no clock"),
        (("start", INCIDENT, "nis2", "--aware", "2026-03-29T02:30", "--tz", "Europe/Tirane"), "does not exist"),
    ):
        done = command("clock", *call)
        assert done.code in (2, 3) and told in done.err, (call, done.err)


def test_a_national_variant_is_a_file_and_a_faulty_one_is_refused(opened: Keeper) -> None:
    folder = opened.folder.path / "clocks"
    folder.mkdir()
    page = (Path(__file__).parents[2] / "docs" / "clocks.md").read_text("utf-8")
    (folder / "nis2.toml").write_text(page.partition("```toml\n")[2].partition("```")[0])
    (folder / "ours.toml").write_text("id = 1")
    kinds = command("clock", "kinds")
    assert "Ruritania" in kinds.out and "ours.toml" in kinds.err and "gdpr" in kinds.out
    started = command("clock", "start", INCIDENT, "nis2", "--aware", "2026-11-30T02:30")
    assert "2026-11-30 14:30" in started.out  # twelve hours, and no more than that
    assert command("clock", "start", INCIDENT, "ours", "--aware", "2026-11-30T02:30").code == 2
    (folder / "nis2.toml").write_text("id = 'nis2'")  # the clock that runs keeps what it was started with
    assert "2026-11-30 14:30" in command("clock", "list").out
    assert "nis2.toml" in command("clock", "start", INCIDENT, "nis2", "--aware", "2026-11-30T02:30").err


def test_playbooks_are_listed_chosen_begun_and_worked_through(opened: Keeper) -> None:
    assert "wiper: Destruction of data" in command("playbook", "list").out
    assert "unplug" in command("playbook", "show", "wiper").out.lower()
    assert command("playbook", "show", "nothing").code == 3
    assert "No playbook fits" in command("playbook", "for", INCIDENT).out
    assert command("playbook", "start", INCIDENT, "wiper").code == 0
    done = command("playbook", "step", INCIDENT, "1", "--done", "--note", "called the lead")
    assert done.code == 0 and "[x] 1." in done.out and "called the lead" in done.out
    assert command("playbook", "step", INCIDENT, "2", "--skip").code == 2
    assert command("playbook", "step", INCIDENT, "2").code == 2
    shown = command("incident", "show", INCIDENT).out
    assert "Playbook wiper" in shown and "called the lead" in shown and "\n[ ] 2. " in shown
    assert "[ ] 4." not in shown and "and 11 more; tocsin playbook show wiper" in " ".join(shown.split())
    told = json.loads(command("incident", "show", INCIDENT, "--json").out)["acting"]["playbooks"][0]
    assert told["steps"][0]["state"] == "done"


def test_a_playbook_of_ones_own_is_dropped_in_and_a_faulty_one_is_told(opened: Keeper, tmp_path: Path) -> None:
    folder = opened.folder.path / "playbooks"
    folder.mkdir()
    shipped = json.loads((Path(__file__).parents[2] / "src/tocsin/triage/playbooks/beacon.json").read_text("utf-8"))
    (folder / "ours.json").write_text(json.dumps({**shipped, "name": "Ours \x1b[2J"}))
    (folder / "bad.json").write_text("{}")
    (folder / "link.json").symlink_to(folder / "ours.json")
    done = command("playbook", "list")
    assert (
        "ours: Ours <ESC>[2J" in done.out
        and "bad.json" in done.err
        and "link.json" in done.err
        and "\x1b" not in done.out
    )
    assert command("playbook", "check", folder / "ours.json").code == 0
    assert "bad.json" in command("playbook", "check", folder / "bad.json").err


def test_who_may_not_see_an_incident_sees_nothing_of_it(node: Node) -> None:
    node.begin("I-1")
    lead = node.log_in(Role.LEAD)
    assert command("clock", "start", "I-1", "gdpr", "--aware", "2026-11-30T02:00").code == 0
    assert command("playbook", "start", "I-1", "phishing").code == 0
    assert command("incident", "restrict", "I-1", lead.name).code == 0
    node.log_in(Role.ANALYST)
    assert "Nothing is due" in command("clock", "list").out
    for call in (
        ("clock", "list", "--incident", "I-1"),
        ("clock", "draft", "I-1", "gdpr", "notification"),
        ("playbook", "for", "I-1"),
        ("playbook", "step", "I-1", "1", "--done"),
        ("clock", "done", "I-1", "gdpr", "notification"),
        ("clock", "stop", "I-1", "gdpr", "--why", "x"),
    ):
        done = command(*call)
        assert done.code == 3 and "there is no incident I-1" in done.err, call
