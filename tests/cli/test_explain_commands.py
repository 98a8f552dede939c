"""`tocsin explain …` through a node: an incident, a finding, a rule on an event; and what it says where it cannot."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from keepers import INCIDENT, MORNING, Keeper
from nodes import NOW, command

from tocsin.model import Evidence, Finding, Incident, RuleInfo, ScorePart
from tocsin.node.people.accounts import Role
from tocsin.node.store import findings, incidents
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import Opened

RULE = """
title: A name is asked
id: 11111111-2222-4333-8444-555555555555
status: test
description: Somebody asked for host3.
logsource: {product: windows, category: dns_query}
detection:
    one: {QueryName|contains: 'host3.'}
    not_him: {User: nobody}
    condition: one and not not_him
level: high
"""
RULE_ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def owner(keeper: Keeper) -> Keeper:
    """A node with one rule of its own, an incident with three findings, and an analyst."""
    rules = keeper.folder.path / "own-rules"
    rules.mkdir()
    (rules / "asked.yml").write_text(RULE)
    config = keeper.folder.config
    config.write_text(config.read_text() + f'\n[detect]\nrules = ["{rules}"]\n')
    node = keeper.api.context.node
    assert node is not None
    events = (f"{keeper.source}-4", f"{keeper.source}-99999")
    shown = (Evidence(events[0], MORNING, "f", 4, {"QueryName": "host3.example\x1b[2J", "User": "nobody"}),)
    base = Finding(
        RuleInfo(RULE_ID, "A name is asked", "high", "test"), "WS01", "nobody", 2, MORNING, MORNING, events, shown,
        organisation="examplia",
    )  # fmt: skip
    found = [
        base,
        replace(base, rule=RuleInfo("kerberoast-burst", "Tickets", "medium", "test"), message="Many tickets."),
        replace(base, rule=RuleInfo("et:1", "ET TROJAN", "medium", "of another product", author="Suricata")),
    ]
    told = Incident(
        INCIDENT, "Odd names asked", "high", ("WS01",), ("nobody",), MORNING, MORNING, (),
        (ScorePart("level", 35, "The strongest rule is of level high."), ScorePart("reliability", -3, "It was wrong.")),
        ("T1071.004", "AML.T0096"), ("command-and-control",), ("Something rare ties it: the domain x.",),
        ("A backup.",), rsit="malicious-code:infected-system",
        reliability=("“A name”: tested: not tested; here: none.",),
        excepted=("Excepted by X-1 of anna until tomorrow: host is WS01.",),
    )  # fmt: skip
    with keeper.api.desk.store.write() as connection:
        findings.put(connection, [StoredFinding(f"F-{number}", each, NOW) for number, each in enumerate(found)])
        incidents.open_incident(connection, INCIDENT, Opened(told, ("F-0", "F-1", "F-2")), NOW)
    keeper.log_in(Role.ANALYST)
    return keeper


def flat(text: str) -> str:
    return " ".join(text.split())


def test_an_incident_is_explained_part_by_part(owner: Keeper) -> None:
    done = command("explain", INCIDENT)
    out = flat(done.out)
    assert done.code == 0 and "\x1b" not in done.out
    for told in (
        "3 findings", "F-0 A name is asked", "F-1 Many tickets.", "Something rare ties it: the domain x.",
        "Its rank: 32 points", "+35 level: The strongest rule is of level high.", "-3 reliability: It was wrong.",
        "A backup.", "“A name”: tested: not tested; here: none.", "Malicious code: infected system", "T1071.004 DNS",
        "AML.T0096 AI Service API", "Excepted by X-1", "tocsin explain F-0",
    ):  # fmt: skip
        assert told in out, told
    told = json.loads(command("explain", INCIDENT, "--json").out)
    assert told["found_ids"] == ["F-0", "F-1", "F-2"] and told["incident"]["shown"]["rsit"]


def test_an_incident_shows_its_class_its_rules_and_its_exceptions(owner: Keeper) -> None:
    out = flat(command("incident", "show", INCIDENT).out)
    assert "Class (RSIT 1003): Malicious code: infected system." in out
    assert "Excepted by X-1 of anna" in out and "tested: not tested; here: none." in out


def test_a_sigma_finding_is_explained_test_by_test_on_its_events(owner: Keeper) -> None:
    done = command("explain", "F-0")
    out = flat(done.out)
    assert done.code == 0 and "\x1b" not in done.out, done.err
    assert f"in incident {INCIDENT}" in out and "Somebody asked for host3." in out
    assert "does not fire on" in out, "the rule excludes this user"
    assert "yes QueryName contains host3. · seen: host3.example" in out
    assert "yes User" in out and "no none of this" in out
    assert f"{owner.source}-99999" in out and "has no event" in out, "one that is gone says so"


@pytest.mark.slow  # each explanation is a process of its own: three seconds
def test_a_finding_of_no_sigma_rule_is_explained_by_what_made_it(owner: Keeper) -> None:
    out = flat(command("explain", "F-1").out)
    assert "Many tickets." in out and "Misses: " in out and " = " in out
    out = flat(command("explain", "F-2").out)
    assert "Suricata raised it" in out and "QueryName host3.example" in out


@pytest.mark.slow
def test_a_rule_on_an_event_is_asked_of_the_nodes_lake(owner: Keeper) -> None:
    done = command("explain", "A name is asked", f"{owner.source}-4")
    assert done.code == 1 and "does not fire on" in done.out, done.err
    for rule, event, advice in (("no such rule", "x-1", "tocsin rules check"), (RULE_ID, "x-1", "event_id")):
        refused = command("explain", rule, event)
        assert refused.code == 2 and advice in flat(refused.err)
    told = json.loads(command("explain", RULE_ID, f"{owner.source}-4", "--json").out)
    assert told["matched"] is False and told["table"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("explain", "I-9"), "tocsin incident list"), (("explain", "F-9"), "tocsin explain RULE EVENT"),
        (("explain", "F-0", "--lake", "x"), "tocsin explain RULE EVENT"),
        (("explain", "F-0", "--lake", "x", "--node", "http://127.0.0.1"), "Name one of them"),
    ],
)  # fmt: skip
def test_what_does_not_exist_gives_advice(owner: Keeper, asked: tuple[str, ...], told: str) -> None:
    done = command(*asked)
    assert done.code in (2, 3) and told in flat(done.err), done.err


def test_a_finding_that_is_not_seen_does_not_exist(owner: Keeper) -> None:
    owner.log_in(Role.ANALYST, organisation="other")
    assert "there is no finding F-0" in command("explain", "F-0").err
    owner.log_in(Role.AUDITOR)
    assert command("explain", "F-0").code == 3, "an auditor looks into no event"
    owner.log_in(Role.ANALYST, organisation="examplia")
    assert "whole node" in command("explain", RULE_ID, f"{owner.source}-4").err


def test_an_analytic_on_an_event_of_a_lake_tells_its_thresholds(owner: Keeper, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    lake.mkdir()
    done = command("explain", "kerberoast-burst", "x-1", "--lake", lake)
    assert done.code == 3 and done.err
