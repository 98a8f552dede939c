"""The running node knows who was who, as a scan does, and loses no finding that was made one with another."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from identity_logs import MAC, OTHER_MAC, alert, leases, process, written
from scans import run, write_rules

from tocsin.detect.analytics import AnalyticSet
from tocsin.detect.sigma import load_rules
from tocsin.lake.facts import import_facts
from tocsin.model import Finding, RuleInfo
from tocsin.node.analyst.analyst import Analyst
from tocsin.node.analyst.board import Board
from tocsin.node.store import incidents
from tocsin.node.store.database import Store, open_store

NOW = datetime.now(UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Store]:
    made = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    yield made
    made.close()


def test_the_node_tells_the_same_names_as_a_scan(tmp_path: Path, state: Store) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    leases(
        logs / "DhcpSrvLog.log",
        ("08:00", 10, "10.0.0.5", "WS-014", MAC), ("09:14", 10, "10.0.0.5", "WS-020", OTHER_MAC),
    )  # fmt: skip
    written(logs / "eve.json", [alert("09:12", "10.0.0.5", 1), alert("09:20", "10.0.0.5", 2)])
    written(logs / "sysmon.json", [process("09:13", "WS-014")])
    result = run(tmp_path, logs, analytic_ids=frozenset({"archive-then-upload"}))
    rules = load_rules((write_rules(tmp_path / "rules"),), cache_dir=None)
    analyst = Analyst(tmp_path / "lake", state, rules, AnalyticSet({}))
    analyst.catch_up()
    told = sorted((each.hosts, each.why) for each in analyst.groups())
    with state.read() as connection:
        kept = {each.shown.hosts: each.shown.machines for each in incidents.listed(connection, "node", 10)}
    analyst.close()
    assert kept == {(name,): (("10.0.0.5", name),) for name in ("WS-014", "WS-020")}
    assert told == sorted((each.hosts, each.why) for each in result.report.incidents)
    assert [hosts for hosts, _ in told] == [("WS-014",), ("WS-020",)]


def test_a_list_of_assets_counts_for_incidents_that_are_there(tmp_path: Path, state: Store) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    written(logs / "sysmon.json", [process("09:13", "WS-014")])
    run(tmp_path, logs, analytic_ids=frozenset({"archive-then-upload"}))
    rules = load_rules((write_rules(tmp_path / "rules"),), cache_dir=None)
    analyst = Analyst(tmp_path / "lake", state, rules, AnalyticSet({}))
    analyst.catch_up()
    assert not analyst.due
    (tmp_path / "assets.csv").write_text("key,criticality,mission\nWS-014,vital,border control\n")
    import_facts(tmp_path / "lake", [tmp_path / "assets.csv"])
    assert analyst.due
    analyst.group(whole=True)
    assert not analyst.due
    analyst.close()
    with state.read() as connection:
        (incident,) = incidents.listed(connection, "node", 10)
    assert [part.points for part in incident.shown.parts if part.name == "asset"] == [18]


def test_findings_that_become_one_by_name_keep_their_places_in_the_incident(state: Store) -> None:
    seen = [
        Finding(RuleInfo("r", "A rule", "high"), host, "MIN\\ana", 1, moment, moment, (f"e-{host}",))
        for host, moment in (("10.0.0.5", NOW), ("WS-014", NOW + timedelta(minutes=5)))
    ]

    def tell(findings: Iterable[Finding]) -> list[Finding]:
        return [replace(each, machine="WS-014") for each in findings]

    board = Board(state)
    board.say(seen, (), None)
    board.group(tell, lambda _keys: {}, whole=True)
    with state.read() as connection:
        (incident,) = incidents.listed(connection, "node", 10)
    assert set(incident.findings) == set(board.findings)
    assert incident.shown.hosts == ("WS-014",)
