"""`tocsin tune …` against a real node: choices, what they hide, two people, the end."""

import json
from dataclasses import replace

import pytest
from nodes import NOW, Node, command

from tocsin.model import Evidence, Finding, Incident, RuleInfo, ScorePart
from tocsin.node.people.accounts import Role
from tocsin.node.store import findings, incidents
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Opened

BACKUP = {"Image": "C:\\Tools\\backup.exe", "CommandLine": "C:\\Tools\\backup.exe /all"}


def begin(node: Node, incident: str, host: str = "SRV1", level: str = "medium", **more: str) -> None:
    """An incident with one finding of the same rule."""
    event = Evidence(f"e-{incident}", NOW, "logs/a.evtx", 7, {**BACKUP, **more})
    rule = RuleInfo("rule-backup", "Shadow copies read \x1b[2J", level)
    found = Finding(rule, host, "svc-backup", 1, NOW, NOW, (event.event_id,), (event,), organisation="examplia")
    told = Incident(
        incident, "Shadow copies", level, (host,), (), NOW, NOW, (), (ScorePart("level", 15, "it is medium"),),
        (), (), (), (),
    )  # fmt: skip
    with node.api.desk.store.write() as connection:
        findings.put(connection, [StoredFinding(f"F-{incident}", found, NOW)])
        incidents.open_incident(connection, incident, Opened(told, (f"F-{incident}",)), NOW)


@pytest.fixture
def queue(node: Node) -> Node:
    for number, host in enumerate(("SRV1", "SRV1", "SRV2"), start=1):
        begin(node, f"I-{number}", host)
    node.log_in(Role.ANALYST)
    return node


def draw(choose: int = 1, incident: str = "I-1", **more: str) -> tuple[str, ...]:
    given = {"owner": "me", "expires": "2027-01-31", "why": "the nightly backup"} | more
    return ("tune", incident, "--choose", str(choose), *(part for n, v in given.items() for part in (f"--{n}", v)))


def test_choices_are_shown_the_narrowest_first_with_what_each_would_have_hidden(queue: Node) -> None:
    done = command("tune", "I-1")
    out = " ".join(done.out.split())
    assert done.code == 0 and "\x1b" not in done.out
    first = out[out.index("1. medium") : out.index("2. medium")]
    assert "host is SRV1" in first and "CommandLine is C:\\Tools\\backup.exe /all" in first
    assert "hides 2 findings in 2 incidents; 0 of level high or stronger; 2 not closed yet" in first
    last = out[out.rindex("account is svc-backup") :]
    assert "hides 3 findings in 3 incidents" in last and "I-3 medium open (1): Shadow copies" in last


def test_an_incident_that_the_caller_may_not_see_is_counted_and_not_named(queue: Node) -> None:
    lead = queue.log_in(Role.LEAD)
    assert command("incident", "restrict", "I-2", lead.name).code == 0
    queue.log_in(Role.ANALYST)
    out = " ".join(command("tune", "I-1").out.split())
    assert "I-2" not in out and "hides 2 findings in 2 incidents" in out
    assert "1 incident that is not named here" in out


def test_an_exception_is_written_listed_and_ended(queue: Node) -> None:
    done = command(*draw())
    assert done.code == 0 and "is in force until 2027-02-01" in done.out
    (told,) = json.loads(command("tune", "list", "--json").out)
    assert (told["state"], told["why"], told["incident"]) == ("in force", "the nightly backup", "I-1")
    assert "host is SRV1" in " ".join(command("tune", "list").out.split())
    assert command("tune", "end", told["id"], "--why", "moved").code == 0
    assert "There are no exceptions" in command("tune", "list").out
    assert "1 more has ended" in command("tune", "list").out
    assert "moved" in command("tune", "list", "--all").out
    assert command("tune", "end", told["id"], "--why", "again").code == 3


def test_the_end_of_an_exception_is_announced(queue: Node) -> None:
    assert command(*draw(expires="2026-12-05")).code == 0
    assert "ends in 5 days!" in command("tune", "list").out


@pytest.mark.parametrize(
    ("more", "advice"),
    [
        ({"expires": "2028-01-31"}, "at most 366 days"), ({"expires": "2026-11-01"}, "366 days"),
        ({"expires": "soon"}, "--expires 2027-01-31"), ({"owner": ""}, "--owner"), ({"why": ""}, ""),
    ],
)  # fmt: skip
def test_an_exception_needs_an_owner_an_end_and_a_reason(queue: Node, more: dict[str, str], advice: str) -> None:
    done = command(*draw(**more))
    assert done.code == 2 and advice in done.err
    assert "There are no exceptions" in command("tune", "list").out


def test_only_an_active_analyst_or_lead_owns_an_exception(queue: Node) -> None:
    for role in (Role.ADMIN, Role.AUDITOR, Role.RELEASER):
        done = command(*draw(owner=queue.api.account(role).name))
        assert done.code == 2 and "active analysts and leads" in done.err
    assert command(*draw(owner="nobody-here")).code == 3


def test_a_confirmed_attack_offers_nothing_and_is_hidden_by_nothing(queue: Node) -> None:
    assert command("incident", "status", "I-3", "closed", "--ruling", "attack").code == 0
    assert "no exception hides it" in command("tune", "I-3").out
    choices = json.loads(command("tune", "I-1", "--json").out)["choices"]
    refused = [each["number"] for each in choices if each["refused"]]
    assert refused and 1 not in refused
    done = command(*draw(refused[0]))
    assert done.code == 3 and "confirmed" in done.err
    assert command(*draw(1)).code == 0


def test_what_hides_high_findings_counts_once_a_second_person_agreed(queue: Node) -> None:
    begin(queue, "I-9", "SRV9", "high")
    assert "It needs a second person." in command("tune", "I-9").out
    done = command(*draw(incident="I-9"))
    assert "waits for a second person" in done.out
    id = json.loads(command("tune", "list", "--json").out)[0]["id"]
    assert command("tune", "confirm", id).code == 3, "the same person"
    queue.log_in(Role.AUDITOR)
    assert command("tune", "confirm", id).code == 3, "a reader"
    other = queue.log_in(Role.LEAD)
    assert command("tune", "confirm", id).code == 0
    told = json.loads(command("tune", "list", "--json").out)[0]
    assert (told["state"], told["confirmed_by"]) == ("in force", other.name)
    assert command("tune", "confirm", id).code == 3, "nothing waits"


def test_an_attack_that_was_confirmed_meanwhile_is_not_hidden_by_the_second_person(queue: Node) -> None:
    begin(queue, "I-9", "SRV9", "high")
    assert command(*draw(incident="I-9")).code == 0
    id = json.loads(command("tune", "list", "--json").out)[0]["id"]
    assert command("incident", "status", "I-9", "closed", "--ruling", "attack").code == 0
    queue.log_in(Role.LEAD)
    done = command("tune", "confirm", id)
    assert done.code == 3 and "confirmed" in done.err


def test_who_may_not_see_the_incident_is_told_that_there_is_no_exception(queue: Node) -> None:
    assert command(*draw()).code == 0
    (told,) = json.loads(command("tune", "list", "--json").out)
    queue.log_in(Role.ANALYST, organisation="other")
    assert command("tune", "I-1").code == 3
    assert "There are no exceptions" in command("tune", "list").out
    assert command("tune", "end", told["id"], "--why", "x").code == 3


def test_an_unknown_choice_or_incident_gives_advice(queue: Node) -> None:
    assert "Leave --choose out" in command(*draw(99)).err
    assert "tocsin incident list" in command("tune", "I-77").err
    assert "tocsin tune list" in command("tune", "end", "X-1", "--why", "x").err


def test_a_story_of_many_rules_offers_no_exception(queue: Node) -> None:
    base = Finding(RuleInfo("r", "R", "high"), "PC", "anna", 1, NOW, NOW, ("e",), organisation="examplia")
    with queue.api.desk.store.write() as connection:
        for number in range(6):
            found = replace(base, rule=replace(base.rule, id=f"r{number}"))
            findings.put(connection, [StoredFinding(f"F-{number}", found, NOW, "I-2")])
    assert "a story, and no habit" in " ".join(command("tune", "I-2").out.split())
