"""How long a change of an incident may wait until it is written. Pure.

Each writing is an event that is kept for ever, and raises the version on which people decide. A finding that goes on
changes its incident with every event, so not every change is worth one.

Rules:
1. Nothing waits that changes whether somebody looks (the level, queued or not), nor findings that leave the incident or
   come from another one: a finding belongs to one incident.
2. New findings, and what else people act on (title, hosts, accounts, techniques, a band of the score), wait a minute.
3. What only moved on (times, counts, sentences, the score within its band) waits a quarter of an hour.
4. No change waits longer than the incident was old when it was last written: what has just begun is told as it is, and
   an attack of an hour makes some ten events and not two thousand.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from tocsin import limits
from tocsin.model import Incident
from tocsin.node.store.incident_state import IncidentState

SCORE_BAND = 10  # points
_NOTHING = timedelta()


def rest(known: IncidentState, shown: Incident, added: Collection[str], *, at_once: bool, now: datetime) -> timedelta:
    """How long a change waits from now on; nothing where it is due. A clock that was set back makes nothing wait."""
    if at_once or _graver(known.shown) != _graver(shown):
        return _NOTHING
    acted_on = bool(added) or _acted_on(known.shown) != _acted_on(shown)
    seconds = limits.INCIDENT_FINDINGS_PAUSE_SECONDS if acted_on else limits.INCIDENT_PROGRESS_PAUSE_SECONDS
    pause = min(timedelta(seconds=seconds), known.changed - known.opened)
    rested = now - known.changed
    return max(pause - rested, _NOTHING) if rested >= _NOTHING else _NOTHING


def _graver(shown: Incident) -> tuple[object, ...]:
    return shown.level, shown.told_once, shown.queued


def _acted_on(shown: Incident) -> tuple[object, ...]:
    several = shown.hosts, shown.users, shown.attack, shown.tactics, shown.routine
    return shown.title, shown.cause, shown.score // SCORE_BAND, *map(frozenset, several)
