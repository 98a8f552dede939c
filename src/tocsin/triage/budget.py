"""Learned detectors share a budget: so many incidents a day that are theirs alone ask for a look.

Rules:
1. An incident is theirs alone where every finding of it comes from a learned detector (RuleInfo.status
   LEARNED_STATUS). One that a rule or an analytic found as well is never touched: a guest suppresses nobody.
2. Of each day (UTC, by when it began) the highest scores ask for a look, `most` for each analyst; what is beyond is
   kept and ranked below.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tocsin.model import LEARNED_STATUS, Incident

DAILY = 10  # incidents a day for each analyst


def within_budget(incidents: Sequence[Incident], analysts: int = 1, most: int = DAILY) -> list[Incident]:
    """The incidents in their order; those that are beyond the budget ask for no look any more."""
    days: dict[date | None, list[Incident]] = defaultdict(list)
    for incident in incidents:
        if is_learned(incident) and incident.queued:
            days[incident.first.date() if incident.first else None].append(incident)
    beyond: set[str] = set()
    for of_day in days.values():
        ranked = sorted(of_day, key=lambda incident: (-incident.score, incident.id))
        beyond |= {incident.id for incident in ranked[most * max(analysts, 1) :]}
    return [replace(incident, over_budget=True) if incident.id in beyond else incident for incident in incidents]


def is_learned(incident: Incident) -> bool:
    """Rule 1."""
    return bool(incident.findings) and all(finding.rule.status == LEARNED_STATUS for finding in incident.findings)
