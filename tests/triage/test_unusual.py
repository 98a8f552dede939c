"""What surprise means for an incident: whether it asks for a look, its points, its title."""

from dataclasses import replace
from datetime import timedelta

import pytest
from triage_cases import NOW, START, finding

from tocsin.model import Evidence, Finding, Incident, RuleInfo, Unusual
from tocsin.triage import first_lines, group_findings
from tocsin.triage.unusual import SURPRISE_MOST

USUAL = Unusual(1.0)


def alert(name: str, unusual: Unusual | None, host: str = "web", level: str = "low", second: int = 0) -> Finding:
    event = Evidence(f"{name}-{host}", START + timedelta(seconds=second), "siem.csv", second, {})
    return replace(finding(event, of=RuleInfo(name, name, level), host=host, user=""), unusual=unusual)


def member(worth: float = 7.0, *, asked: bool = True, line: bool = False, episode: str = "e1") -> Unusual:
    return Unusual(worth, worth, episode, asked, line, "It was never seen here.")


def one(*findings: Finding) -> Incident:
    (incident,) = group_findings(findings, NOW)
    return incident


def test_findings_of_one_episode_are_one_incident_that_asks_for_a_look_whatever_their_level() -> None:
    incident = one(alert("a", member()), alert("b", member(), second=5_000), alert("c", member(), host="mail"))
    assert (incident.asked, incident.queued, incident.level) == (True, True, "low")


def test_an_episode_that_is_not_among_those_of_its_day_asks_for_none() -> None:
    incident = one(alert("a", member(asked=False), level="medium"), alert("b", member(asked=False)))
    assert (incident.asked, incident.queued) == (False, False)


@pytest.mark.parametrize(("level", "queued"), [("low", False), ("medium", False), ("high", True), ("critical", True)])
def test_what_is_usual_asks_for_a_look_from_high_on(level: str, queued: bool) -> None:
    assert one(alert("a", USUAL, level=level)).queued is queued


def test_findings_without_a_surprise_leave_the_question_open() -> None:
    assert one(alert("a", None, level="medium")).asked is None
    mixed = one(alert("a", USUAL, level="high"), alert("b", None, level="high", second=10))
    assert mixed.asked is None and mixed.queued


def test_what_is_usual_brings_nothing_together_and_is_not_drawn_into_an_episode() -> None:
    incidents = group_findings(
        [alert("a", member()), alert("b", member(), second=9), alert("noise", USUAL, level="medium", second=5)], NOW
    )
    assert [len(incident.findings) for incident in incidents] == [2, 1]
    assert not incidents[1].queued


def test_points_are_the_worth_of_each_kind_once_up_to_a_bound() -> None:
    two = one(alert("a", member(7.0)), alert("a", member(9.0), host="mail"), alert("b", member(6.0)))
    (part,) = (part for part in two.parts if part.name == "surprise")
    assert part.points == 15
    assert part.why == "2 kinds of finding are unusual here, the most of all: It was never seen here."
    many = one(*(alert(f"k{number}", member(10.0)) for number in range(20)))
    assert next(part for part in many.parts if part.name == "surprise").points == SURPRISE_MOST


def test_the_title_names_the_strong_then_the_most_unusual_on_the_host_where_most_of_it_is() -> None:
    shy = alert("zebra", member(8.0), host="monitor")
    crowd = [alert(f"kind {number}", member(7.0 + number / 10), second=number) for number in range(3)]
    assert one(shy, *crowd).title == "“kind 2”, “kind 1” and 2 more on web and monitor"
    strong = replace(alert("alarm", member(5.0), host="monitor", level="high"), rule=RuleInfo("alarm", "Alarm", "high"))
    assert one(strong, *crowd).title.startswith("“Alarm”")


def test_the_lines_that_tell_an_episode_are_shown_first() -> None:
    told = [alert(f"told {number}", member(line=True), second=number) for number in range(10)]
    rest = [alert(f"rest {number}", member(20.0), second=100 + number) for number in range(10)]
    assert {line.told for line in first_lines(one(*told, *rest))} == {each.rule.title for each in told}
