"""Alerts of other products become findings with source, rule id, severity and ATT&CK, told once and bounded."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alert_captures import ALL, AMINER, ELASTIC, SURICATA, WAZUH, WAZUH_WINDOWS, changed, written
from benchmarks.alerts import measured
from scans import RULES, run, write_rules

from tocsin import limits
from tocsin.lake.catalog import Catalog, Origin
from tocsin.model import OTHERS_STATUS, Finding
from tocsin.node import alert_sql
from tocsin.node.alerted import alert_findings
from tocsin.rules import PACK

HERE = Origin()
TOLD = {
    "suricata": ("suricata:1:2027865", "high", "10.0.0.5", "", ("T1071",)),
    "wazuh": ("wazuh:5712", "medium", "srv1", "root", ("T1110",)),
    "wazuh-windows": ("wazuh:92000", "high", "WS01.corp.example", "CORP\\ana", ("T1003.001",)),
    "aminer": ("aminer:NewMatchPathDetector:New event type", "medium", "10.0.0.9", "", ()),
    "ocsf": ("guard:g-17", "high", "web1", "www", ("T1552.001",)),
    "elastic": ("elastic-security:e-1", "critical", "WS02", "CORP\\ben", ("T1003.001",)),
}
"""By format: rule id, level, host, user, techniques."""


def others(
    tmp_path: Path, *paths: Path, since: datetime | None = None, until: datetime | None = None, origin: Origin = HERE
) -> list[Finding]:
    """The findings of the alerts in these files, read by a scan without analytics."""
    run(tmp_path, *paths, only="rules")
    catalog = Catalog(tmp_path / "lake")
    names = {source.id: source.name for source in catalog.sources() if source.name in map(str, paths)}
    told = alert_findings(catalog, names, dict.fromkeys(names, origin), since, until)
    catalog.close()
    assert sum(finding.count for finding in told.findings) == told.alerts
    return list(told.findings)


@pytest.mark.parametrize("name", ALL)
def test_an_alert_of_each_product_is_a_finding(tmp_path: Path, name: str) -> None:
    [finding] = others(tmp_path, written(tmp_path, ALL[name]))
    id, level, host, user, attack = TOLD[name]
    assert (finding.rule.id, finding.rule.level, finding.host, finding.user) == (id, level, host, user)
    assert finding.rule.attack == attack
    assert finding.first is not None and finding.first.isoformat().startswith("2026-01-02T03:04:05")
    assert finding.evidence and finding.evidence[0].fields["finding_title"] == finding.rule.title
    assert finding.rule.falsepositives and finding.rule.description


def test_all_products_together_make_a_queue_without_any_telemetry(tmp_path: Path) -> None:
    report = run(
        tmp_path, written(tmp_path, SURICATA, name="eve.json"), written(tmp_path, ELASTIC, name="e.json")
    ).report
    assert {incident.level for incident in report.incidents if incident.queued} == {"high", "critical"}
    assert all(incident.why and incident.against and incident.next_steps for incident in report.incidents)


def test_what_an_alert_names_ties_it_over_months(tmp_path: Path) -> None:
    [suricata] = others(tmp_path, written(tmp_path, SURICATA))
    assert suricata.keys == ("ip:198.51.100.7", "domain:control.evil.example")
    [elastic] = others(tmp_path / "e", written(tmp_path, ELASTIC, name="e.json"))
    assert elastic.keys == (f"hash:{'ab' * 32}",)
    assert elastic.rule.references == ("https://elastic.example/e-1",)


def test_an_attack_from_outside_is_told_for_the_inside_end(tmp_path: Path) -> None:
    inward = changed(SURICATA, src_ip="198.51.100.7", dest_ip="10.0.0.5")
    [finding] = others(tmp_path, written(tmp_path, inward))
    assert (finding.host, finding.user) == ("10.0.0.5", "198.51.100.7")


def test_alerts_of_one_rule_and_host_are_one_finding_on_each_occasion(tmp_path: Path) -> None:
    times = ["2026-01-02T03:04:05.000+0000", "2026-01-02T04:04:05.000+0000", "2026-01-04T03:04:05.000+0000"]
    found = others(tmp_path, written(tmp_path, *(changed(WAZUH, timestamp=time) for time in times)))
    assert sorted(finding.count for finding in found) == [1, 2]


def test_one_rule_with_two_severities_is_two_findings(tmp_path: Path) -> None:
    severe = changed(WAZUH, rule__level=15)
    found = others(tmp_path, written(tmp_path, WAZUH, severe))
    assert {finding.rule.level for finding in found} == {"medium", "critical"}
    assert {finding.rule.id for finding in found} == {"wazuh:5712"}


def test_a_rule_that_names_many_addresses_is_told_for_the_host(tmp_path: Path) -> None:
    crowd = [
        changed(SURICATA, src_ip=f"198.51.100.{number}", dest_ip="10.0.0.5")
        for number in range(limits.ALERT_ACTORS + 1)
    ]
    [finding] = others(tmp_path, written(tmp_path, *crowd))
    assert (finding.host, finding.user, finding.count) == ("10.0.0.5", "", limits.ALERT_ACTORS + 1)
    few = others(tmp_path / "few", written(tmp_path, *crowd[:-1], name="few.json"))
    assert len(few) == limits.ALERT_ACTORS


def test_an_alert_that_a_rule_tells_of_too_is_one_incident(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", RULES.replace("whoami.exe", "m.exe"))
    incidents = run(tmp_path, written(tmp_path, WAZUH_WINDOWS), rules=rules).report.incidents
    assert len(incidents) == 1 and len(incidents[0].findings) == 2


def test_the_baseline_pack_does_not_tell_a_suricata_alert_again(tmp_path: Path) -> None:
    found = run(tmp_path, written(tmp_path, SURICATA), rules=PACK).report.findings
    assert [finding.rule.id for finding in found] == ["suricata:1:2027865"]


def test_events_that_wazuh_only_archives_are_no_findings(tmp_path: Path) -> None:
    archived = {name: value for name, value in WAZUH.items() if name != "rule"}
    silent = changed(WAZUH, rule__level=0)
    assert others(tmp_path, written(tmp_path, archived, silent)) == []


def test_a_scan_of_one_part_leaves_alerts_out(tmp_path: Path) -> None:
    assert run(tmp_path, written(tmp_path, SURICATA), only="rules").report.findings == ()


def test_a_period_holds_for_alerts_too(tmp_path: Path) -> None:
    path = written(tmp_path, SURICATA)
    assert others(tmp_path, path, since=datetime(2026, 1, 3, tzinfo=UTC)) == []
    assert len(others(tmp_path, path, until=datetime(2026, 1, 3, tzinfo=UTC))) == 1


def test_only_the_alerts_of_the_asked_sources_are_told(tmp_path: Path) -> None:
    run(tmp_path, written(tmp_path, SURICATA, name="a.json"), only="rules")
    found = others(tmp_path, written(tmp_path, changed(SURICATA, src_ip="10.0.0.6"), name="b.json"))
    assert [finding.host for finding in found] == ["10.0.0.6"]


def test_organisation_and_network_come_from_the_source(tmp_path: Path) -> None:
    [finding] = others(tmp_path, written(tmp_path, SURICATA), origin=Origin("Ministry", "office", "ids1"))
    assert (finding.organisation, finding.network) == ("Ministry", "office")


def test_too_many_rules_and_findings_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signatures = [changed(SURICATA, src_ip=f"10.0.1.{number}") for number in range(3)]
    run(tmp_path, written(tmp_path, *signatures), only="rules")
    monkeypatch.setattr(limits, "ALERT_FINDINGS", 2)
    catalog = Catalog(tmp_path / "lake")
    told = alert_findings(catalog, {source.id: source.name for source in catalog.sources()}, {})
    catalog.close()
    assert len(told.findings) == 2
    assert told.notes == ("1 finding from alerts of other products is not told: it is among the weakest of too many.",)


def test_alerts_of_too_many_rules_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loud = changed(WAZUH, rule__level=15)
    run(tmp_path, written(tmp_path, SURICATA, name="eve.json"), written(tmp_path, WAZUH, loud), only="rules")
    monkeypatch.setattr(alert_sql, "RULES", alert_sql.RULES.replace(f"LIMIT {limits.ALERT_RULES}", "LIMIT 1"))
    catalog = Catalog(tmp_path / "lake")
    told = alert_findings(catalog, {source.id: source.name for source in catalog.sources()}, {})
    catalog.close()
    assert [finding.rule.level for finding in told.findings] == ["critical"]
    assert told.notes[0].startswith("2 alerts of other products are not told")


def test_hostile_texts_in_an_alert_are_cut_and_stay_texts(tmp_path: Path) -> None:
    long = "x" * 100_000
    hostile = changed(SURICATA, alert={"signature": long, "signature_id": "'; DROP TABLE alerts; --", "metadata": 7})
    [finding] = others(tmp_path, written(tmp_path, hostile))
    assert len(finding.rule.title) <= limits.EVIDENCE_CHARACTERS
    assert finding.rule.id == "suricata:'; DROP TABLE alerts; --"
    assert all(len(value) <= limits.EVIDENCE_CHARACTERS for value in finding.evidence[0].fields.values())


def test_an_alert_without_anything_is_still_a_finding(tmp_path: Path) -> None:
    bare = {"AnalysisComponent": {}, "LogData": {}}
    found = others(tmp_path, written(tmp_path, bare, AMINER))
    assert sorted(finding.rule.id for finding in found) == [
        "aminer:NewMatchPathDetector:New event type",
        "aminer:unnamed",
    ]


@pytest.mark.shared_data
def test_every_alert_of_a_real_sensor_is_told_once(shared: Path, tmp_path: Path) -> None:
    report = run(tmp_path, shared / "suricata" / "eve-samples.zip", rules=PACK).report
    told = [finding for finding in report.findings if finding.rule.status == OTHERS_STATUS]
    alerts = sum(table.rows for table in report.tables if table.name == "eve_alert")
    assert sum(finding.count for finding in told) == alerts > 0
    assert Counter(finding.rule.author for finding in told).keys() == {"Suricata"}


@pytest.mark.shared_data
def test_a_week_of_labelled_alerts_becomes_a_queue_with_the_attack_in_it(shared: Path) -> None:
    each = measured(shared / "alerts" / "ait-ads" / "russellmitchell_alerts.csv.gz", "russellmitchell", "later")
    findings = sum(finding.count for incident in each.report.incidents for finding in incident.findings)
    assert findings == each.labelled.alerts == 45_544
    assert len(each.queued) <= 60
    assert each.found == {
        "service_scans", "dirb", "wpscan", "webshell", "cracking", "privilege_escalation", "service_stop",
    }  # fmt: skip
    assert each.found == each.labelled.steps.keys(), "every step that caused an alert while it ran"
    assert each.causes_found == each.labelled.causes.keys() and "dnsteal" in each.causes_found
