"""The line of a check about incidents: whether they are what their histories and the ledger say."""

from dataclasses import replace
from pathlib import Path

import pytest
from node_folders import NOW, Maker
from sqlalchemy import text

from tocsin import limits
from tocsin.model import Incident
from tocsin.node.store import incidents
from tocsin.node.store.incident_check import Checked
from tocsin.node.store.incident_state import Noted, Opened
from tocsin.node.upkeep.check import Line, Result, judged
from tocsin.node.upkeep.check_facts import Facts
from tocsin.node.upkeep.check_gather import gather
from tocsin.node.upkeep.shell import OpenNode

SHOWN = Incident("I-1", "Something", "high", ("PC-1",), (), NOW, NOW, (), (), (), (), ("why",), ())


def line(facts: Facts) -> Line:
    (found,) = (each for each in judged(facts) if each.name == "incident history")
    return found


@pytest.fixture
def noted(make_node: Maker, tmp_path: Path) -> OpenNode:
    """A node with an incident about which somebody noted something."""
    node = make_node()
    with node.store.write() as connection:
        incidents.open_incident(connection, "I-1", Opened(SHOWN, ()), NOW)
        incidents.change(connection, incidents.Decision("I-1", 1, "account:anna", NOW), Noted("harmless"))
    return node


def test_incidents_that_nobody_touched_pass(noted: OpenNode) -> None:
    found = line(gather(noted.folder, NOW))
    assert (found.result, found.seen) == (Result.PASS, "1 incident is what its history and the ledger say.")


def test_a_change_that_root_altered_fails_and_is_named(noted: OpenNode) -> None:
    with noted.store.write() as connection:
        connection.execute(text("UPDATE incident_events SET body = replace(body, 'harmless', 'attack')"))
    found = line(gather(noted.folder, NOW))
    assert found.result is Result.FAIL
    assert "change 2 of incident I-1 was altered" in found.seen and found.advice


def test_a_look_that_had_no_time_warns(noted: OpenNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CHECK_HISTORY_SECONDS", 0)
    found = line(gather(noted.folder, NOW))
    assert (found.result, found.seen) == (Result.WARN, "There was time for 0 incidents of 1.")


def test_many_faults_are_counted_and_some_are_named() -> None:
    facts = replace(Facts(NOW), history=Checked(tuple(f"fault {n}" for n in range(40)), 9, 3))
    assert line(facts).result is Result.FAIL
    assert "fault 0" in line(facts).seen and "fault 39" not in line(facts).seen
