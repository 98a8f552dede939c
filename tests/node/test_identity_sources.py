"""The questions to the lake: their SQL, what is asked, and their bounds."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from identity_logs import MAC, OTHER_MAC, alert, leases, written
from scans import run

from tocsin import clock, limits
from tocsin.lake.catalog import Catalog, Origin
from tocsin.lake.profile import offences
from tocsin.model import Evidence, Finding, NameRole, RuleInfo
from tocsin.node.identities import Identities, identified, lookup
from tocsin.node.identities.asked import around, asked_of
from tocsin.node.identities.sources import QUESTIONS, behind, possible, sql
from tocsin.triage import group_findings
from tocsin.triage.who import Shared, SharedAddresses, SharedKind

WHEN = datetime(2026, 1, 2, 9, 12, tzinfo=UTC)
NOBODY = SharedAddresses()


def finding(host: str, user: str = "", hours: int = 0, **fields: str) -> Finding:
    moment = WHEN + timedelta(hours=hours)
    evidence = (Evidence(f"{host}-{hours}", moment, "a", 1, fields),)
    return Finding(RuleInfo("r", "A rule", "high"), host, user, 1, moment, moment, (f"{host}-{hours}",), evidence)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.name)
def test_the_sql_of_a_source_stays_in_the_profile(question: object) -> None:
    assert offences(sql(question.name), question.name) == []  # type: ignore[attr-defined]
    assert behind(question)  # type: ignore[arg-type]


def test_only_what_findings_hold_is_asked_for() -> None:
    asked = asked_of([finding("10.0.0.5", "MIN\\Ana"), finding("WS-1", "S-1-5-21-1", IpAddress="10.0.0.6")], NOBODY)
    assert asked.addresses == {"10.0.0.5", "10.0.0.6"}
    assert (asked.accounts, asked.identifiers) == ({"ana"}, {"S-1-5-21-1"})
    assert asked.address_days == {date(2026, 1, 2)}
    assert {moment.outside for moment in asked.moments} == {"10.0.0.5"}
    days = around(frozenset({date(2026, 1, 2)}), timedelta(days=2))
    assert sorted(day.day for day in days) == [1, 2, 3, 31]


def test_nothing_is_asked_of_a_lake_without_such_sources() -> None:
    asked = asked_of([finding("10.0.0.5", "MIN\\ana")], NOBODY)
    assert possible(asked, ["linux_nothing", "zeek_dns"]) == []
    assert [each.name for each in possible(asked, ["dhcp"])] == ["leases"]
    nameless = asked_of([finding("WS-1")], NOBODY)
    assert possible(nameless, ["dhcp", "windows"]) == []


def test_destinations_are_asked_for_only_behind_a_listed_proxy() -> None:
    seen = [finding("10.0.0.3", dest_ip="198.51.100.7"), finding("10.0.0.4", dest_ip="198.51.100.8")]
    proxies = SharedAddresses([Shared("", "", "10.0.0.3", SharedKind.PROXY)])
    asked = asked_of(seen, proxies)
    assert {(each.outside, each.towards, each.listed) for each in asked.moments} == {
        ("10.0.0.3", "", True), ("", "198.51.100.7", True), ("10.0.0.4", "", False),
    }  # fmt: skip


def test_what_is_asked_is_bounded_and_the_newest_findings_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDENTITY_VALUES", 2)
    monkeypatch.setattr(limits, "IDENTITY_MOMENTS", 1)
    asked = asked_of([finding(f"10.0.0.{hours}", hours=hours) for hours in range(5)], NOBODY)
    assert asked.addresses == {"10.0.0.3", "10.0.0.4"}
    assert [each.outside for each in asked.moments] == ["10.0.0.4"]
    assert asked.dropped == 3 + 4


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake with leases of two machines and two alerts."""
    logs = tmp_path / "logs"
    logs.mkdir()
    leases(
        logs / "DhcpSrvLog.log",
        ("08:00", 10, "10.0.0.5", "WS-014", MAC), ("09:30", 10, "10.0.0.5", "WS-020", OTHER_MAC),
    )  # fmt: skip
    written(logs / "eve.json", [alert("09:12", "10.0.0.5", 1)])
    run(tmp_path, logs, analytic_ids=frozenset({"archive-then-upload"}))
    return tmp_path / "lake"


def test_rows_beyond_the_bound_are_left_out_the_oldest_first_and_told(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "IDENTITY_ROWS", 1)
    catalog = Catalog(lake)
    told = identified(catalog, [finding("10.0.0.5"), finding("10.0.0.5", hours=1)])
    catalog.close()
    assert [each.machine for each in told.findings] == ["", "WS-020"]
    assert told.notes == ("Who is who: only the newest rows of leases were taken; what is older may stay unresolved.",)


def test_rows_that_say_nothing_of_whose_they_are_belong_to_the_scans_organisation(lake: Path) -> None:
    catalog = Catalog(lake)
    asked = replace(finding("10.0.0.5"), organisation="Ministry")
    assert identified(catalog, [asked], Origin(organisation="Ministry")).findings[0].machine == "WS-014"
    assert identified(catalog, [asked], Origin(organisation="Other")).findings[0].machine == ""
    catalog.close()


def test_the_machine_that_acted_is_told_and_joins_nothing(lake: Path) -> None:
    catalog = Catalog(lake)
    (named,) = identified(catalog, [finding("SRV-1", IpAddress="10.0.0.5")]).findings
    catalog.close()
    assert (named.host, named.machine) == ("SRV-1", "")
    assert [(each.role, each.name) for each in named.namings] == [(NameRole.ACTOR, "WS-014")]


def test_a_node_looks_again_only_when_names_or_files_changed(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    look_up = lookup.look_up
    monkeypatch.setattr(lookup, "look_up", lambda *each: looks.append(1) or look_up(*each))
    monkeypatch.setattr(lookup, "SHARE", 10**9)
    catalog, identities = Catalog(lake), Identities(lookup.for_queries)
    for hours in (0, 0, 1):
        named = identities.named(catalog, [finding("10.0.0.5", hours=hours)], whole=False)
    assert len(looks) == 1 and named[0].machine == "WS-020"
    for hours in (2, 2, 3):
        identities.named(catalog, [finding("10.0.0.5", hours=hours)], whole=True)
    assert len(looks) == 3
    catalog.close()


def test_a_node_looks_again_for_what_was_put_off_and_for_what_comes_late(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    catalog, identities = Catalog(lake), Identities(lookup.for_queries)
    assert not identities.due
    identities.named(catalog, [finding("WS-014")], whole=True)
    now[0] += 2 * lookup.AGAIN_SECONDS
    assert not identities.due  # nobody's name is asked for
    identities.named(catalog, [finding("10.0.0.5")], whole=True)
    assert not identities.due
    now[0] += lookup.AGAIN_SECONDS
    assert identities.due
    identities.named(catalog, [finding("10.0.0.5")], whole=False)
    assert not identities.due
    catalog.close()


def test_a_look_that_was_put_off_is_due_as_soon_as_it_may_be(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]

    def tick() -> float:
        now[0] += 1.0
        return now[0]

    monkeypatch.setattr(clock, "monotonic", tick)
    catalog, identities = Catalog(lake), Identities(lookup.for_queries)
    identities.named(catalog, [finding("10.0.0.5")], whole=True)
    (named,) = identities.named(catalog, [finding("10.0.0.5", hours=1)], whole=False)
    assert named.machine == "WS-020"  # what it knew tells that too
    assert not identities.due
    now[0] += lookup.SHARE
    assert identities.due
    catalog.close()


def test_names_of_a_finding_and_sentences_of_an_incident_are_bounded(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FINDING_NAMINGS", 1)
    monkeypatch.setattr(limits, "INCIDENT_NAMINGS", 1)
    catalog = Catalog(lake)
    seen = identified(catalog, [finding("10.0.0.5", IpAddress="10.0.0.9"), finding("10.0.0.9")]).findings
    catalog.close()
    assert [len(each.namings) for each in seen] == [1, 1]
    together = [replace(each, evidence=(), event_ids=("one",)) for each in seen]
    (incident,) = group_findings(together, WHEN)
    assert [each for each in incident.why if "10.0.0." in each or "looked up" in each] == [
        "10.0.0.5 was WS-014 (DHCP, 2026-01-02 08:00 to 09:30 UTC).", "1 more name was looked up.",
    ]  # fmt: skip
