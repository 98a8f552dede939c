"""What people made of incidents, as the node needs it: which is told as a part of which, and the stories. Pure.

Rules:
1. An incident with its parts is one: what the node finds more of any of them goes to the one that stays. A part whose
   readers are fewer than those of the whole goes on by itself (`incidents.covers`).
2. What people merged, split or restricted keeps its findings: it is a story (triage.corrections). The node adds to it,
   takes nothing from it, and joins no two of them. So nothing of a restricted one is told in another.
3. An incident that a person opened keeps its title, hosts, accounts and at least its level, and is never told as empty:
   without findings, its own or those of parts, it is told as the person told it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin.model import LEVELS, Incident
from tocsin.node.store.findings import StoredFinding
from tocsin.node.store.incident_state import IncidentState
from tocsin.node.store.incidents import covers
from tocsin.triage.corrections import Corrections, as_made


@dataclass(frozen=True, slots=True)
class Wholes:
    """The findings of each incident that stays, with those of its parts; which of them are shaped; what people said."""

    findings: Mapping[str, frozenset[str]]
    shaped: frozenset[str]
    corrections: Corrections


def wholes(known: Mapping[str, IncidentState], standing: Sequence[StoredFinding]) -> Wholes:
    """All incidents as people made them, with the findings that stand."""
    found: dict[str, set[str]] = {}
    shaped: set[str] = set()
    for state in known.values():
        top = top_of(known, state.id)
        found.setdefault(top, set()).update(state.findings)
        if state.shaped or top != state.id:
            shaped.add(top)
    by_id = {each.id: each.finding for each in standing}
    stories = [(_name(known[top]), [by_id[id] for id in sorted(found[top]) if id in by_id]) for top in sorted(shaped)]
    corrections = as_made(story for story in stories if story[1])
    return Wholes({top: frozenset(ids) for top, ids in found.items()}, frozenset(shaped), corrections)


def _name(state: IncidentState) -> str:
    """What other stories call it: nothing where not everybody may know of it."""
    return "" if state.readers else state.id


def top_of(known: Mapping[str, IncidentState], incident: str) -> str:
    """The incident as a part of which one is told; itself where it is none's. Rule 1."""
    state = known[incident]
    while state.merged_into in known and covers(known[state.merged_into], state):
        state = known[state.merged_into]
    return state.id


def beside(before: IncidentState, shown: Incident) -> Incident:
    """How the node tells of an incident that a person opened. Rule 3."""
    said = before.said
    if said is None:
        return shown
    hosts, users = tuple(sorted({*said.hosts, *shown.hosts})), tuple(sorted({*said.users, *shown.users}))
    level = max(said.level, shown.level, key=LEVELS.index)
    return replace(shown, title=said.title, level=level, hosts=hosts, users=users, told_once=False)


def left_alone(state: IncidentState) -> bool:
    """Whether one that a person opened lost all that was merged into it, and is still told otherwise."""
    return state.said not in (None, state.shown) and not state.findings and not state.merged_from


def reshaped(before: IncidentState | None, after: IncidentState) -> bool:
    """Whether people changed what belongs together."""
    made = (after.merged_into, after.merged_from, after.apart, after.readers)
    if before is None:
        return bool(after.apart)
    return made != (before.merged_into, before.merged_from, before.apart, before.readers)
