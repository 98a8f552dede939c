"""What is known beside the findings, put to an incident: its class, how reliable its rules were, exceptions.

An incident is not made by this: which findings belong together and what they are was decided before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tocsin.model import Finding, Incident
from tocsin.triage.exceptions import RuleException, folded, told
from tocsin.triage.reliability import Reliability, part, sentences
from tocsin.triage.rsit import rsit_of


@dataclass(frozen=True, slots=True)
class Known:
    """Votes and tests of rules, exceptions, and the findings (`mark_of`) that people confirmed as an attack."""

    reliability: Reliability = field(default_factory=Reliability)
    exceptions: tuple[RuleException, ...] = ()
    confirmed: frozenset[tuple[str, str]] = frozenset()


NOTHING = Known()


def mark_of(finding: Finding) -> tuple[str, str]:
    """What a finding is found again by: its rule and first event."""
    return finding.rule.id, finding.event_ids[0] if finding.event_ids else f"{finding.first} {finding.message}"


def marks_of(finding: Finding) -> Iterator[tuple[str, str]]:
    """The marks of a finding and of all that became part of it when several told of the same acts."""
    yield mark_of(finding)
    yield from ((finding.rule.id, event) for event in finding.named_events)


def judged(incident: Incident, telling: Sequence[Finding], known: Known, now: datetime) -> Incident:
    """The incident with its class, its rules' reliability (a part of its rank) and what exceptions make of it.

    `telling` are the findings that say what it is: those of rules that are not routine, or all.
    """
    sure = known.confirmed
    confirmed = bool(sure) and any(mark in sure for finding in incident.findings for mark in marks_of(finding))
    proved = part(telling, known.reliability, now, confirmed=confirmed, beneath=incident.score)
    excepted = folded(incident, known.exceptions, now, confirmed=confirmed)
    by = tuple(told(each) for each in excepted.by)
    return replace(
        incident,
        parts=(*incident.parts, *([proved] if proved else [])),
        rsit=rsit_of(telling),
        reliability=sentences(incident, telling, known.reliability, now),
        excepted=by if excepted.folds else (),
        against=incident.against if excepted.folds else (*by, *incident.against),
    )
