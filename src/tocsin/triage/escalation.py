"""When somebody is told of an incident, and when the next one is, because nobody acknowledged it.

Rules:
1. An incident of the level that calls, or above, is told at once to the first step at which somebody is on call. Each
   further one follows when nobody has acknowledged it so many minutes after the one before. A step at which nobody is
   on call is left out; where nobody is at all, that is noted as step 0, and whoever comes on call next is told.
2. Whoever acknowledges ends it, at every step. So does a restriction to named people: somebody has seen it then, and
   its id would tell others that it exists.
3. Nothing is told twice for one step. What did not change for limits.CALL_FRESH_SECONDS before its first step is old:
   a node that gets its first on-call list does not wake anybody for last month.
4. In one round at most limits.CALLS_AT_ONCE incidents are told, the most urgent first; the next round goes on.
5. A ticket system hears when such an incident opens, is acknowledged, is closed, and opens again; each once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin import limits
from tocsin.model import LEVELS

OPENED, ACKNOWLEDGED, CLOSED, REOPENED = "opened", "acknowledged", "closed", "reopened"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An incident as far as telling goes: an id and how urgent it is. Nothing else of it is known here."""

    id: str
    level: str
    points: int
    changed: datetime
    acknowledged: bool = False
    restricted: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The last step that was told of an incident, and when."""

    step: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """What calls people: the level, the minutes between two steps, and the steps at which somebody is on call."""

    level: str
    minutes: int
    manned: frozenset[int]


def due(
    incidents: Iterable[Waiting], told: Mapping[str, Told], policy: Policy, now: datetime
) -> tuple[tuple[Waiting, int], ...]:
    """Which incidents are told now, each with its step, the most urgent first. Rule 4."""
    found = ((each, next_step(each, told.get(each.id), policy, now)) for each in incidents if calls(each, policy.level))
    steps = [(each, step) for each, step in found if step is not None]
    steps.sort(key=lambda pair: (-LEVELS.index(pair[0].level), -pair[0].points, pair[0].id))
    return tuple(steps[: limits.CALLS_AT_ONCE])


def calls(incident: Waiting, level: str) -> bool:
    """Whether an incident is grave enough to call anybody, and may be told."""
    grave = incident.level in LEVELS and LEVELS.index(incident.level) >= LEVELS.index(level)
    return grave and not incident.restricted


def next_step(incident: Waiting, told: Told | None, policy: Policy, now: datetime) -> int | None:
    """The step that is due, None where none is. Rules 1 to 3."""
    if incident.acknowledged or incident.closed:
        return None
    if told is None:
        return min(policy.manned, default=0) if _fresh(incident, now) else None
    waited = abs(now - told.time)  # a clock that went back does not keep anybody waiting for years
    if told.step and waited < timedelta(minutes=policy.minutes):
        return None
    return min((step for step in policy.manned if step > told.step), default=None)


def ticket_event(incident: Waiting, heard: str, level: str, now: datetime) -> str:
    """What a ticket system hears next, empty where nothing; `heard` is what it heard last. Rule 5."""
    if not heard:
        opens = calls(incident, level) and not incident.closed and _fresh(incident, now)
        return OPENED if opens else ""
    if incident.restricted:
        return ""
    if incident.closed:
        return CLOSED if heard != CLOSED else ""
    if heard == CLOSED:
        return REOPENED
    return ACKNOWLEDGED if incident.acknowledged and heard == OPENED else ""


def _fresh(incident: Waiting, now: datetime) -> bool:
    return now - incident.changed <= timedelta(seconds=limits.CALL_FRESH_SECONDS)
