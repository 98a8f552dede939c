"""The first lines of an incident show the whole story."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from long_stories import START, TECHNIQUES, act, albania, incidents

from tocsin import limits
from tocsin.model import LEVELS, Evidence, Finding, Incident
from tocsin.triage.evidence import first_lines
from tocsin.triage.progress import tactics

STAGES = ("initial-access", "persistence", "discovery", "credential-access", "lateral-movement", "collection",
          "exfiltration", "impact")  # fmt: skip


def incident(*findings: Finding) -> Incident:
    """These findings as one incident."""
    (one,) = incidents(list(findings))
    return one


def hour(number: float, tactic: str, level: str = "high", **more: str) -> Finding:
    return act(number / 100, tactic, level, user="MIN\\anna", **more)


def many(finding: Finding, events: int) -> Finding:
    """The finding with further events, a minute apart."""
    seen = finding.evidence[0]
    assert seen.time is not None
    evidence = tuple(
        replace(seen, event_id=f"{seen.event_id}.{n}", time=seen.time + timedelta(minutes=n)) for n in range(events)
    )
    return replace(finding, evidence=evidence, event_ids=tuple(e.event_id for e in evidence), count=events)


def test_an_incident_with_eight_stages_shows_all_eight() -> None:
    noise = [many(hour(n / 10, "execution", "critical", name=f"loud {n}"), 10) for n in range(5)]
    story = [hour(n, tactic, "medium") for n, tactic in enumerate(STAGES)]
    lines = first_lines(incident(*noise, *story))
    assert len(lines) == limits.FIRST_LINES
    assert {line.tactics[0] for line in lines} == {*STAGES, "execution"}


def test_the_lines_come_in_order_of_time() -> None:
    times = [line.time for line in first_lines(incident(*(hour(n, tactic) for n, tactic in enumerate(STAGES))))]
    assert times == sorted(times)


def test_the_strongest_finding_tells_its_stage() -> None:
    weak, strong = hour(0, "impact", "medium", name="weak"), hour(1, "impact", "critical", name="strong")
    others = [hour(n, tactic) for n, tactic in enumerate(STAGES[:7])]
    assert "strong" in {line.told for line in first_lines(incident(weak, strong, *others), 8)}
    assert "weak" not in {line.told for line in first_lines(incident(weak, strong, *others), 8)}


def test_one_act_is_one_line_though_several_rules_fired_on_it() -> None:
    one = hour(0, "execution", "medium", name="one")
    other = replace(hour(0, "stealth", "critical", name="other"), evidence=one.evidence, event_ids=one.event_ids)
    (line,) = first_lines(incident(one, other))
    assert (line.told, line.tactics) == ("other", ("execution", "stealth"))


def test_two_records_of_one_act_are_one_line_that_knows_both() -> None:
    sysmon = {"EventID": "1", "ProcessId": "77", "Image": "C:\\x\\a.exe"}
    security = {"EventID": "4688", "NewProcessId": "0x4d", "NewProcessName": "C:\\x\\a.exe"}
    (line,) = first_lines(incident(hour(0, "execution", **sysmon), hour(0, "execution", name="b", **security)))
    assert len(line.event_ids) == 2


def test_weak_findings_wait_until_nothing_stronger_adds_anything() -> None:
    weak = [many(hour(n, tactic, "low"), 9) for n, tactic in enumerate(("discovery", "collection"))]
    loud = [many(hour(0, "impact"), 10), *weak]
    assert sorted(line.told for line in first_lines(incident(*loud), 3)) == [
        "collection rule",
        "discovery rule",
        "impact rule",
    ]
    varied = [hour(n, "impact", name=f"r{n}") for n in range(10)]
    assert {line.finding.rule.level for line in first_lines(incident(*varied, *weak))} == {"high"}


def test_the_lines_are_spread_over_months() -> None:
    (one,) = incidents(albania())
    lines = first_lines(one)
    assert {line.tactics[0] for line in lines} == set(one.tactics)
    weekly = [
        act(7 * n, "collection", "medium", name=f"rule {n}", technique="T1005", **{"c-ip": "203.0.113.1"})
        for n in range(52)
    ]
    days = [line.time - START for line in first_lines(incident(*weekly)) if line.time]
    assert min(days).days < 60 and max(days).days > 300


def test_two_techniques_of_one_tactic_both_get_a_line() -> None:
    ransom, wiper = hour(7, "impact", technique="T1486"), hour(7.1, "impact", technique="T1561.002", name="wiper")
    louder = [many(hour(n, tactic), 10) for n, tactic in enumerate(STAGES[:7])]
    told = {line.told for line in first_lines(incident(*louder, many(ransom, 10), wiper))}
    assert {"impact rule", "wiper"} <= told


def test_an_analytic_without_events_gets_a_line_with_its_sentence() -> None:
    silent = replace(hour(0, "impact"), evidence=(), event_ids=(), message="40 % of the fleet fell silent.")
    (line,) = first_lines(incident(silent))
    assert (line.told, line.event, line.event_ids) == ("40 % of the fleet fell silent.", None, ())


def test_acts_outside_the_incidents_time_are_not_shown() -> None:
    strong, weak = hour(0, "impact"), hour(0.1, "discovery", "low")
    early = Evidence("early", START - timedelta(days=30), "a.evtx", 1, {})
    weak = replace(weak, evidence=(early, *weak.evidence), first=early.time, event_ids=("early", *weak.event_ids))
    assert "early" not in {event for line in first_lines(incident(strong, weak)) for event in line.event_ids}


FINDINGS = st.lists(
    st.builds(
        lambda day, tactic, level, events: many(hour(day, tactic, level), events),
        st.floats(0, 50), st.sampled_from(sorted(TECHNIQUES)), st.sampled_from(LEVELS), st.integers(1, 10),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=50)
@given(FINDINGS)
def test_no_act_is_shown_twice_and_strong_tactics_come_first(findings: list[Finding]) -> None:
    for one in incidents(findings):
        lines = first_lines(one)
        events = [event for line in lines for event in line.event_ids]
        assert len(events) == len(set(events)) and 1 <= len(lines) <= limits.FIRST_LINES
        strong = tactics(f for f in one.findings if LEVELS.index(f.rule.level) >= 2)
        shown = {tactic for line in lines for tactic in line.tactics}
        assert len(shown & set(strong)) == min(len(strong), limits.FIRST_LINES)
