"""`tocsin incident …` against a real node."""

import json

import pytest
from nodes import Node, command

from tocsin import limits
from tocsin.node.people.accounts import Role


@pytest.fixture
def queue(node: Node) -> Node:
    node.begin("I-1", 50)
    node.begin("I-2", 90, "critical", "Data left for http://bad.example/\x1b[2J")
    node.begin("I-3", 5, "low", "One odd name")
    node.log_in(Role.ANALYST)
    return node


def test_the_queue_is_listed_the_most_urgent_first_and_what_is_left_out_is_counted(queue: Node) -> None:
    done = command("incident", "list")
    assert done.code == 0 and done.out.index("I-2") < done.out.index("I-1")
    assert "I-3" not in done.out and "1 more: weak" in done.out
    assert "critical" in done.out and "90 points" in done.out and "version 1" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_foreign_text_in_the_list_is_harmless(queue: Node) -> None:
    out = command("incident", "list").out
    assert "\x1b" not in out and "http://bad.example" not in out


def test_all_incidents_are_listed_on_demand(queue: Node) -> None:
    out = command("incident", "list", "--all").out
    assert "I-3" in out and "more:" not in out


def test_a_list_by_status_holds_closed_ones(queue: Node) -> None:
    assert command("incident", "status", "I-1", "closed", "--ruling", "harmless").code == 0
    assert "I-1" not in command("incident", "list").out
    shown = command("incident", "list", "--status", "closed").out
    assert "I-1" in shown and "closed: harmless" in shown and "I-2" not in shown
    refused = command("incident", "list", "--status", "gone")
    assert refused.code == 2 and "investigating" in refused.err


def test_an_empty_queue_says_so(node: Node) -> None:
    node.log_in(Role.ANALYST)
    assert "No incident waits" in command("incident", "list").out


def test_the_list_as_json_holds_the_shown_incidents(queue: Node) -> None:
    told = json.loads(command("incident", "list", "--json").out)
    assert [each["id"] for each in told] == ["I-2", "I-1"] and told[0]["score"] == 90


def test_what_is_stopped_is_told_beside_the_list_and_the_json_stays(queue: Node) -> None:
    assert "stopped" not in command("incident", "list").err
    assert command("stop", "ai", "--why", "odd \x1b[2Jverdicts").code == 0
    for more in ((), ("--json",)):
        done = command("incident", "list", *more)
        assert done.code == 0 and "! AI is stopped since 20" in done.err and "verdicts" in done.err
        assert "\x1b" not in done.err and "stopped" not in done.out


def test_a_long_list_is_read_page_by_page(queue: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "API_PAGE_ROWS", 1)
    out = command("incident", "list", "--all").out
    assert all(each in out for each in ("I-1", "I-2", "I-3"))
    monkeypatch.setattr(limits, "CLIENT_PAGES", 2)
    cut = command("incident", "list", "--all")
    assert "I-3" not in cut.out and "there are more incidents" in cut.err


def test_one_incident_is_told_like_a_scan_tells_it(queue: Node) -> None:
    out = command("incident", "show", "I-1").out
    for told in ("Odd logins", "Odd login at night", "PC-1", "A late shift.", "Next: Call anna.", "T1078",
                 "They share one account.", "+50 level: it is high",
                 "high, 50 points · open · no owner · version 1"):  # fmt: skip
        assert told in out, told
    assert "\x1b" not in out and "http://bad" not in out


def test_an_incident_as_json_holds_its_findings_and_evidence(queue: Node) -> None:
    told = json.loads(command("incident", "show", "I-1", "--json", "--history").out)
    assert told["found"][0]["evidence"][0]["record"] == 7
    assert told["left_out"] == 0 and told["history"][0]["kind"] == "opened"


def test_a_decision_stands_in_the_history_with_who_and_why(queue: Node) -> None:
    me = queue.log_in(Role.ANALYST)
    assert command("incident", "assign", "I-1", "me", "--why", "my shift").code == 0
    assert command("incident", "note", "I-1", "called http://intranet.example").code == 0
    assert command("incident", "note", "I-1", "-", typed="two\nlines\n").code == 0
    assert command("incident", "status", "I-1", "investigating").code == 0
    out = " ".join(command("incident", "show", "I-1", "--history").out.split())
    assert f"investigating · {me.name} · version 5" in out
    assert f"{me.name}: gave it to {me.name}. Why: my shift" in out
    assert "called hxxp" in out and "two lines" in out
    assert me.name in command("incident", "list").out


def test_an_incident_is_given_to_somebody_by_name_and_to_nobody(queue: Node) -> None:
    lead = queue.api.account(Role.LEAD)
    assert command("incident", "assign", "I-1", lead.name).code == 0
    assert json.loads(command("incident", "show", "I-1", "--json").out)["incident"]["owner"] == lead.actor
    assert command("incident", "assign", "I-1", "nobody").code == 0
    assert "no owner" in command("incident", "show", "I-1").out
    assert command("incident", "assign", "I-1", "stranger").code == 3


def test_an_undo_takes_a_decision_back(queue: Node) -> None:
    done = command("incident", "status", "I-1", "contained")
    assert "incident undo I-1 2" in done.out
    assert command("incident", "undo", "I-1", "2", "--why", "wrong one").code == 0
    assert " open " in command("incident", "show", "I-1").out


def test_a_lead_restricts_an_incident_to_named_people_and_opens_it_again(queue: Node) -> None:
    other, admin = queue.api.account(Role.ANALYST), queue.api.account(Role.ADMIN)
    queue.log_in(Role.LEAD)
    done = command("incident", "restrict", "I-1", other.name, "--why", "a person of ours")
    assert done.code == 0 and "version 2" in done.out
    assert "I-1" in command("incident", "list", "--all").out
    assert command("incident", "restrict", "I-1", admin.name).code == 2
    assert command("incident", "restrict", "I-1").code == 2
    assert command("incident", "restrict", "I-1", other.name, "--everybody").code == 2
    mine = queue.log_in(Role.LEAD)
    assert command("incident", "show", "I-1").code == 3, mine.name
    queue.be(other)
    assert command("incident", "show", "I-1").code == 0
    assert command("incident", "restrict", "I-1", "--everybody").code == 3, "an analyst"


def test_who_decides_on_an_older_version_is_told_what_happened(queue: Node) -> None:
    assert command("incident", "note", "I-1", "first").code == 0
    late = command("incident", "status", "I-1", "closed", "--ruling", "attack", "--version", "1")
    assert late.code == 3 and "has changed meanwhile" in late.err and "wrote a note" in late.err
    assert command("incident", "status", "I-1", "closed", "--ruling", "attack", "--version", "2").code == 0


def test_a_wrong_decision_is_refused_with_advice(queue: Node) -> None:
    for arguments in (("status", "I-1", "gone"), ("status", "I-1", "closed", "--ruling", "x"), ("note", "I-1", "")):
        done = command("incident", *arguments)
        assert done.code == 2 and done.err.strip(), arguments
    assert "tocsin incident list" in command("incident", "show", "I-9").err
    queue.log_in(Role.AUDITOR)
    done = command("incident", "note", "I-1", "x")
    assert done.code == 3 and "auditor" in done.err
