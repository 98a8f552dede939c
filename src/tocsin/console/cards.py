"""Incidents as cards: what the page tells of each, bounded, with what is left out counted.

Rules:
1. An incident shows its first lines (triage.evidence) and its stages at once. Folded below it is told with at most
   REPORT_INCIDENT_FINDINGS findings (REPORT_ALIKE_FINDINGS if they are all of one rule): the strongest, by time.
2. A finding is told with its first events; the whole page shows at most REPORT_EVIDENCE_EVENTS of them,
   spent on the most urgent incidents first, and in each on the first lines.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from tocsin import limits
from tocsin.console.matrix import technique_url
from tocsin.console.timeline import Lane, Mark, timeline
from tocsin.model import LEVELS, Evidence, Finding, Incident, Step
from tocsin.triage.evidence import EvidenceLine, first_lines
from tocsin.triage.progress import rule_tactics
from tocsin.words.acts import matters
from tocsin.words.attack import TACTICS, tactic_name, technique_name
from tocsin.words.messages import first_few, say

NAMES = 4  # hosts or accounts in a card's head
COURSE_FINDINGS = 3  # findings from which on the course of events is drawn

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """One event behind a finding, told once for others with the same fields."""

    evidence: Evidence
    alike: int
    fields: tuple[tuple[str, str], ...]
    fields_left_out: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding in a card."""

    finding: Finding
    events: tuple[Event, ...]
    shown: int  # events that the ones above stand for
    where: str  # host and account where the card has several


@dataclass(frozen=True, slots=True)
class FirstLine:
    """One of the lines that an incident shows first."""

    line: EvidenceLine
    tactics: str
    event: Event | None  # None where the line has no event, or the page is full
    where: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of an incident: when it began, what did it, where."""

    name: str
    step: Step
    hosts: str


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique in a card."""

    id: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """One incident on the page."""

    rank: int
    incident: Incident
    hosts: str
    users: str
    missions: str
    lines: tuple[FirstLine, ...]
    stages: tuple[Stage, ...]
    seen: tuple[Seen, ...]
    findings_left_out: int
    matters: tuple[str, ...]
    joined: tuple[str, ...]
    techniques: tuple[Technique, ...]
    course: str  # SVG, empty where there is little to draw


def cards(incidents: Sequence[Incident]) -> tuple[Card, ...]:
    """Cards of the most urgent incidents."""
    budget = iter(range(limits.REPORT_EVIDENCE_EVENTS))
    return tuple(_card(rank, incident, budget) for rank, incident in enumerate(_first(incidents), start=1))


def _first(incidents: Sequence[Incident]) -> Sequence[Incident]:
    return incidents[: limits.REPORT_INCIDENTS]


def _card(rank: int, incident: Incident, budget: Iterator[int]) -> Card:
    rules = {finding.rule.id for finding in incident.findings}
    most = limits.REPORT_INCIDENT_FINDINGS if len(rules) > 1 else limits.REPORT_ALIKE_FINDINGS
    strongest = sorted(incident.findings, key=_strength)[:most]
    important = set(matters(tuple(tactic.short for tactic in TACTICS)))
    lines = tuple(_line(line, incident, budget) for line in first_lines(incident))
    return Card(
        rank=rank,
        incident=incident,
        hosts=first_few(incident.hosts, NAMES),
        users=first_few(incident.users, NAMES),
        missions=first_few(sorted({finding.serves for finding in incident.findings if finding.serves}), NAMES),
        lines=lines,
        stages=tuple(Stage(tactic_name(s.tactic), s, first_few(s.hosts, NAMES)) for s in incident.stages),
        seen=tuple(_seen(finding, incident, budget) for finding in sorted(strongest, key=partial(_order, incident))),
        findings_left_out=len(incident.findings) - len(strongest),
        matters=tuple(sentence for sentence in incident.why if sentence in important),
        joined=tuple(sentence for sentence in incident.why if sentence not in important),
        techniques=tuple(Technique(t, technique_name(t), technique_url(t)) for t in incident.attack),
        course=_course(rank, incident),
    )


def _line(line: EvidenceLine, incident: Incident, budget: Iterator[int]) -> FirstLine:
    names = ", ".join(map(tactic_name, line.tactics))
    shown = line.event is not None and next(budget, None) is not None
    event = _event([line.event]) if shown and line.event else None
    return FirstLine(line, names, event, _where(line.finding, incident))


def _where(finding: Finding, incident: Incident) -> str:
    """Host and account where the incident has several."""
    names = [finding.host] if len(incident.hosts) > 1 else []
    names += [finding.user] if len(incident.users) > 1 or finding.user not in incident.users else []
    return " · ".join(name for name in names if name)


def _seen(finding: Finding, incident: Incident, budget: Iterator[int]) -> Seen:
    alike: dict[tuple[tuple[str, str], ...], list[Evidence]] = {}
    for evidence in _inside(finding, incident):
        alike.setdefault(tuple(evidence.fields.items()), []).append(evidence)
    shown = list(alike.values())[: limits.REPORT_FINDING_EVIDENCE]
    events = tuple(_event(same) for same, _ in zip(shown, budget, strict=False))
    shown_events = sum(1 + event.alike for event in events)
    return Seen(finding, events, shown_events, _where(finding, incident))


def _inside(finding: Finding, incident: Incident) -> Sequence[Evidence]:
    """The events within the incident's time; all where none is."""
    if incident.first is None or incident.last is None:
        return finding.evidence
    return [each for each in finding.evidence if each.time and _within(each.time, incident)] or finding.evidence


def _within(moment: datetime, incident: Incident) -> bool:
    """A weak finding may fire on other days too; they are no part of the incident (triage.incidents.extent)."""
    return incident.first is not None and incident.last is not None and incident.first <= moment <= incident.last


def begun(incident: Incident) -> list[tuple[datetime, str]]:
    """When each finding was first seen within the incident, with its level."""
    moments = ((finding, [m for m in _moments(finding) if _within(m, incident)]) for finding in incident.findings)
    return [(within[0], finding.rule.level) for finding, within in moments if within]


def _event(same: list[Evidence]) -> Event:
    fields = tuple(same[0].fields.items())
    return Event(same[0], len(same) - 1, fields[: limits.REPORT_FIELDS], max(len(fields) - limits.REPORT_FIELDS, 0))


def _course(rank: int, incident: Incident) -> str:
    """One lane a tactic, in the order of the matrix: how far the attack came, and when."""
    if len(incident.findings) < COURSE_FINDINGS or incident.first == incident.last:
        return ""
    lanes = []
    for tactic in incident.tactics:
        shown = [finding for finding in incident.findings if tactic in rule_tactics(finding.rule)]
        marks = tuple(Mark(m, f.rule.level) for f in shown for m in _moments(f) if _within(m, incident))
        lanes.append(Lane(tactic_name(tactic), marks))
    return timeline(lanes, say("Course of incident {rank} by tactic, times in UTC", rank=rank)) if lanes else ""


def _moments(finding: Finding) -> tuple[datetime, ...]:
    """When the finding's rule is known to have fired."""
    known = {finding.first, finding.last, *(evidence.time for evidence in finding.evidence)}
    return tuple(sorted(moment for moment in known if moment is not None))


def _strength(finding: Finding) -> tuple[int, datetime, str]:
    level = LEVELS.index(finding.rule.level) if finding.rule.level in LEVELS else 0
    return (-level, finding.first or _LATEST, finding.rule.id)


def _order(incident: Incident, finding: Finding) -> tuple[datetime, str]:
    within = (moment for moment in _moments(finding) if _within(moment, incident))
    return (next(within, finding.first or _LATEST), finding.rule.id)
