"""Findings to incidents: the pure function that the rest of triage extends."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from tocsin import limits
from tocsin.model import LEVELS, Finding, Incident, NameRole, Outcome
from tocsin.triage.accounts import is_person
from tocsin.triage.budget import within_budget
from tocsin.triage.causes import likely_cause
from tocsin.triage.context import WEAK_REACH
from tocsin.triage.corrections import NOTHING_SAID, Corrections, as_made
from tocsin.triage.explain import against, joined, steps, title
from tocsin.triage.gravity import gravest
from tocsin.triage.joins import kept_apart
from tocsin.triage.judged import NOTHING, Known, judged
from tocsin.triage.links import link
from tocsin.triage.names import fold_names
from tocsin.triage.progress import tactics, techniques
from tocsin.triage.routine import volumes
from tocsin.triage.score import Group, group_of, level_rank, score
from tocsin.triage.stages import course, stages_of
from tocsin.triage.threads import Callers, nobody_asked
from tocsin.triage.traces import moments_of, trace
from tocsin.triage.twins import count_once
from tocsin.triage.unusual import asked, is_routine
from tocsin.triage.who.telling import namings
from tocsin.words.acts import matters

ID_CHARACTERS = 12  # hexadecimal digits: 48 bits
MATTERS = 4  # tactics whose weight is told: the gravest

_LATEST = datetime.max.replace(tzinfo=UTC)


def group_findings(
    findings: Sequence[Finding], now: datetime, callers: Callers = nobody_asked,
    corrections: Corrections = NOTHING_SAID, analysts: int = 1, known: Known = NOTHING,
) -> tuple[Incident, ...]:  # fmt: skip
    """Incidents: the queue (model.Incident.queued), most urgent first, then the others.

    `callers` tells how many hosts call an address or a domain; findings alone do not tell what all others do.
    `corrections` are what people said of groups: it holds whatever else is found. `analysts` share the budget of
    learned detectors. `known` tells how reliable rules were, and what people confirmed or excepted.
    Every finding is in exactly one incident, perhaps as part of another finding that it belongs to.
    The result does not depend on the order of the findings, and the same findings give the same ids (numbered steps):
    1. put the findings in an order of their own; 2. make one what is one (names, twice recorded acts);
    3. find out which rules are routine; 4. link, over hours and over months; 5. describe; 6. rank.
    """
    ordered = _ordered(count_once(fold_names(_ordered(findings))))
    rules = volumes(ordered)
    routine = {rule for rule, volume in rules.items() if volume.routine}
    traces = [trace(finding, is_routine(finding, routine)) for finding in ordered]
    groups = link(ordered, traces, callers, corrections)
    joins = groups.joins()
    incidents = []
    taken: set[str] = set()
    for root, members in groups.members().items():
        for part in _parts(members):
            core = tuple(ordered[index] for index in part if traces[index].anchor or index in groups.tied)
            group = group_of(tuple(ordered[index] for index in part), tuple(joins.get(root, ())), rules, core)
            told = kept_apart(groups, root, corrections)
            incidents.append(judged(_incident(group, now, taken, told), group.telling, known, now))
    return tuple(sorted(within_budget(incidents, analysts), key=_rank))


def describe(findings: Sequence[Finding], now: datetime) -> Incident:
    """The incident that some findings make because people say so."""
    return group_findings(findings, now, corrections=as_made([("", findings)]))[0]


def identity(finding: Finding) -> tuple[datetime, str, str, str, str, str, str, str]:
    """What makes a finding this finding, earliest first."""
    first_event = finding.event_ids[0] if finding.event_ids else ""
    place = (finding.organisation, finding.network, finding.host, finding.user)
    return (finding.first or _LATEST, finding.rule.id, *place, first_event, finding.rule.level)


def _ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By identity; those alike in it by everything else that they say, so that no order is left to chance."""
    alike = (list(group) for _, group in groupby(sorted(findings, key=identity), key=identity))
    return [finding for group in alike for finding in (sorted(group, key=repr) if len(group) > 1 else group)]


def _parts(members: list[int]) -> Iterator[list[int]]:
    """Bounded incidents: a larger one is told in parts, in order of time."""
    for start in range(0, len(members), limits.INCIDENT_FINDINGS):
        yield members[start : start + limits.INCIDENT_FINDINGS]


def _incident(group: Group, now: datetime, taken: set[str], apart: tuple[str, ...] = ()) -> Incident:
    findings = group.findings
    told = tactics(group.telling)
    first, last = extent(group)
    stages = stages_of(group, first, last)
    cause = likely_cause(group)
    return Incident(
        id=_identifier(findings[0], taken),
        title=title(group),
        level=LEVELS[max(map(level_rank, findings))],
        hosts=_names(finding.host for finding in findings),
        users=_names(finding.user for finding in findings if is_person(finding.user)),
        first=first,
        last=last,
        findings=findings,
        parts=score(group, now, stages),
        attack=techniques(findings),
        tactics=tactics(findings),
        why=(
            *matters(tuple(gravest(told)[:MATTERS])),
            *course(stages),
            *joined(group),
            *apart,
            *namings(findings),
        ),
        against=against(group, cause, now, first, last),
        next_steps=steps(told, group),
        stages=stages,
        routine=group.routine,
        told_once=group.told_once,
        cause=cause,
        asked=asked(findings),
        machines=_machines(findings),
    )


def _machines(findings: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    every = (naming for finding in findings for naming in finding.namings if naming.role is NameRole.HOST)
    return tuple(sorted({(each.said, each.name) for each in every if each.outcome is Outcome.RESOLVED}))


def extent(group: Group) -> tuple[datetime | None, datetime | None]:
    """First and last moment: those of the core, and of the others only what lies within WEAK_REACH of it.

    A weak or steady finding belongs to an incident for what it says about those hours, not for all the days on which
    it fired. Without a core it is all that there is, and counts whole.
    """
    moments = [moment for finding in group.core or group.findings for moment in moments_of(finding)]
    if not moments or not group.core:
        return min(moments, default=None), max(moments, default=None)
    reach = timedelta(seconds=WEAK_REACH)
    low, high = min(moments) - reach, max(moments) + reach
    moments += [moment for finding in group.findings for moment in moments_of(finding) if low <= moment <= high]
    return min(moments), max(moments)


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


def _rank(incident: Incident) -> tuple[bool, int, int, datetime, str]:
    """Sorts the most urgent first, and what is folded last."""
    return (not incident.queued, -incident.score, -LEVELS.index(incident.level), incident.first or _LATEST, incident.id)
