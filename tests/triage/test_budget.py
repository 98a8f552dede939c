"""Learned detectors share a budget and suppress nobody."""

from datetime import timedelta

from triage_cases import NOW, START, finding, rule

from tocsin.model import LEARNED_STATUS, Evidence, Finding, RuleInfo
from tocsin.triage import group_findings
from tocsin.triage.budget import DAILY

LEARNED = RuleInfo("model-1", "Unusual flows", "medium", LEARNED_STATUS)


def learned(number: int, of: RuleInfo = LEARNED, days: int = 0) -> Finding:
    time = START + timedelta(days=days, seconds=number)
    event = Evidence(f"e-{of.id}-{days}-{number}", time, "flows", number, {})
    return finding(event, of=RuleInfo(f"{of.id}-{number}", of.title, of.level, of.status), host=f"H{days}-{number}")


def test_what_is_beyond_the_budget_of_a_day_is_ranked_below_and_kept() -> None:
    found = [learned(number) for number in range(DAILY + 5)]
    incidents = group_findings(found, NOW)
    assert sum(incident.queued for incident in incidents) == DAILY
    assert sum(len(incident.findings) for incident in incidents) == len(found)
    assert [incident.queued for incident in incidents] == sorted((i.queued for i in incidents), reverse=True)


def test_each_day_and_each_analyst_has_a_budget() -> None:
    found = [learned(number, days=day) for number in range(2 * DAILY) for day in range(2)]
    assert sum(incident.queued for incident in group_findings(found, NOW)) == 2 * DAILY
    assert sum(incident.queued for incident in group_findings(found, NOW, analysts=2)) == 4 * DAILY


def test_a_finding_of_a_rule_is_never_suppressed() -> None:
    crowd = [learned(number) for number in range(3 * DAILY)]
    mixed = [learned(99), finding(Evidence("r", START + timedelta(seconds=99), "x", 1, {}), of=rule(), host="H0-99")]
    incidents = group_findings([*crowd, *mixed, finding(of=rule("other"), host="elsewhere")], NOW)
    ruled = [i for i in incidents if any(f.rule.status != LEARNED_STATUS for f in i.findings)]
    assert ruled and all(incident.queued and not incident.over_budget for incident in ruled)
