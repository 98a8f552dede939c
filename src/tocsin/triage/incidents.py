"""Findings to incidents: the pure function that the rest of triage extends."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tocsin import limits
from tocsin.model import LEVELS, Finding, Incident
from tocsin.triage.accounts import is_person
from tocsin.triage.explain import against, joined, steps, title
from tocsin.triage.links import link
from tocsin.triage.progress import tactics, techniques
from tocsin.triage.routine import volumes
from tocsin.triage.score import Group, group_of, level_rank, score
from tocsin.triage.traces import trace
from tocsin.words.acts import matters

ID_CHARACTERS = 12  # hexadecimal digits: 48 bits

_LATEST = datetime.max.replace(tzinfo=UTC)


def group_findings(findings: Sequence[Finding], now: datetime) -> tuple[Incident, ...]:
    """Incidents, most urgent first; every finding is in exactly one.

    The result does not depend on the order of the findings, and the same findings give the same ids (numbered steps):
    1. put the findings in an order of their own; 2. find out which rules are routine; 3. link; 4. describe; 5. rank.
    """
    ordered = sorted(findings, key=identity)
    rules = volumes(ordered)
    routine = {rule for rule, volume in rules.items() if volume.routine}
    traces = [trace(finding, finding.rule.id in routine) for finding in ordered]
    groups = link(ordered, traces)
    joins = groups.joins()
    incidents = []
    taken: set[str] = set()
    for root, members in groups.members().items():
        for part in _parts([ordered[index] for index in members]):
            group = group_of(part, tuple(joins.get(root, ())), rules)
            incidents.append(_incident(group, now, taken))
    return tuple(sorted(incidents, key=_rank))


def identity(finding: Finding) -> tuple[datetime, str, str, str, str, str, str, str]:
    """What makes a finding this finding, earliest first."""
    first_event = finding.event_ids[0] if finding.event_ids else ""
    place = (finding.organisation, finding.network, finding.host, finding.user)
    return (finding.first or _LATEST, finding.rule.id, *place, first_event, finding.rule.level)


def _parts(members: list[Finding]) -> Iterator[tuple[Finding, ...]]:
    """Bounded incidents: a larger one is told in parts, in order of time."""
    for start in range(0, len(members), limits.INCIDENT_FINDINGS):
        yield tuple(members[start : start + limits.INCIDENT_FINDINGS])


def _incident(group: Group, now: datetime, taken: set[str]) -> Incident:
    findings = group.findings
    stages = tactics(group.telling)
    return Incident(
        id=_identifier(findings[0], taken),
        title=title(group),
        level=LEVELS[max(map(level_rank, findings))],
        hosts=_names(finding.host for finding in findings),
        users=_names(finding.user for finding in findings if is_person(finding.user)),
        first=min((finding.first for finding in findings if finding.first), default=None),
        last=max((finding.last for finding in findings if finding.last), default=None),
        findings=findings,
        parts=score(group, now),
        attack=techniques(findings),
        tactics=tactics(findings),
        why=(*matters(stages), *joined(group)),
        against=against(group, now),
        next_steps=steps(stages, group),
    )


def _identifier(earliest: Finding, taken: set[str]) -> str:
    """`I-` and a hash of the earliest finding; equal findings that stay apart are counted on."""
    text = "\x1f".join(map(str, identity(earliest)))
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{text}\x1f{attempt}".encode("utf-8", "surrogatepass")).hexdigest()
        identifier = f"I-{digest[:ID_CHARACTERS]}"
        if identifier not in taken:
            taken.add(identifier)
            return identifier
        attempt += 1


def _names(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name.strip()}))


def _rank(incident: Incident) -> tuple[int, int, datetime, str]:
    """Sorts the most urgent first."""
    return (-incident.score, -LEVELS.index(incident.level), incident.first or _LATEST, incident.id)
