"""A weak finding tells what happened around a strong one; it does not make the incident longer."""

from datetime import timedelta

from triage_cases import NOW, START, rule

from tocsin.model import Evidence, Finding, Incident, RuleInfo
from tocsin.triage import group_findings

HOUR = 60.0


def seen(of: RuleInfo, *minutes: float, process: str = "", parent: str = "", user: str = "CORP\\anna") -> Finding:
    """A finding whose events lie at these minutes."""
    events = tuple(
        Evidence(f"{of.id}-{minute}", START + timedelta(minutes=minute), "a.evtx", 1, {}, process, parent)
        for minute in minutes
    )
    first, last = events[0].time, events[-1].time
    return Finding(of, "WS01", user, len(events), first, last, tuple(e.event_id for e in events), events)


def extent(incident: Incident) -> tuple[float, float]:
    assert incident.first is not None and incident.last is not None
    return tuple((moment - START) / timedelta(minutes=1) for moment in (incident.first, incident.last))  # type: ignore[return-value]


def test_a_weak_finding_over_days_leaves_the_incident_as_long_as_it_was() -> None:
    strong, weak = seen(rule("strong"), 0, 10), seen(rule("weak", "low"), -5000, -20, 30, 9000)
    (incident,) = group_findings([strong, weak], NOW)
    assert extent(incident) == (-20, 30)


def test_the_incident_says_which_finding_fires_on_other_days_too() -> None:
    (incident,) = group_findings([seen(rule("strong"), 0), seen(rule("weak", "low"), -5000, 5)], NOW)
    assert any(sentence.startswith("“weak” fires there on other days too") for sentence in incident.against)


def test_a_weak_finding_joins_its_process_within_an_hour_only() -> None:
    strong = seen(rule("strong"), 0, process="{g1}")
    near, far = (seen(rule(name, "low"), at, process="{g1}", user=name) for name, at in (("near", 59), ("far", 61)))
    assert len(group_findings([strong, near], NOW)) == 1
    assert len(group_findings([strong, far], NOW)) == 2


def test_a_single_medium_finding_reaches_four_hours_in_a_process_and_a_strong_one_a_day() -> None:
    strong = seen(rule("strong"), 0, process="{g1}")
    assert len(group_findings([strong, seen(rule("m", "medium"), 3.9 * HOUR, process="{g1}", user="b")], NOW)) == 1
    assert len(group_findings([strong, seen(rule("m", "medium"), 4.1 * HOUR, process="{g1}", user="b")], NOW)) == 2
    assert len(group_findings([strong, seen(rule("h"), 23 * HOUR, process="{g1}", user="b")], NOW)) == 1


def test_a_medium_finding_of_morning_and_evening_brings_the_two_together_no_more() -> None:
    morning, evening = seen(rule("a"), 0), seen(rule("b"), 10 * HOUR)
    medium = seen(rule("m", "medium"), 5, 10 * HOUR + 5)
    assert len(group_findings([morning, evening, medium], NOW)) == 2


def test_weak_findings_alone_keep_their_whole_time() -> None:
    (incident,) = group_findings([seen(rule("weak", "low"), 0, 5000)], NOW)
    assert extent(incident) == (0, 5000)


def test_a_finding_on_the_same_event_stays_even_when_it_is_long() -> None:
    strong, long = seen(rule("strong"), 0), seen(rule("long"), 0, 9000)
    long = Finding(long.rule, "WS01", "x", 2, long.first, long.last, strong.event_ids, long.evidence)
    (incident,) = group_findings([strong, long], NOW)
    assert extent(incident) == (0, 0) and len(incident.findings) == 2
