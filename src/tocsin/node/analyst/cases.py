"""Groups of findings as they are now, and the incidents that the node has told: which is which. Pure.

Rules:
1. A group continues the incident with which it shares most findings; of two groups of one incident the one that shares
   more continues it, the other becomes a new incident.
2. A finding belongs to one incident: what a group takes from another incident leaves that one.
3. An incident whose findings all went elsewhere, or are gone, is told as empty: nobody is asked to look at it any more.
   The node never merges, closes or deletes: people do. One whose findings are all gone keeps them, and goes on if they
   prove true after all.
4. What people merged, split or restricted stays as they made it, and grows: no group takes its findings (`wholes`). A
   group with findings of one continues it, however many it shares with others; no group has findings of two.
"""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tocsin.model import Incident
from tocsin.words.messages import say

EMPTY_LEVEL = "informational"


@dataclass(frozen=True, slots=True)
class Case:
    """A group as it is now, with the ids of its findings; `incident` is the one that it continues, '' for a new one."""

    incident: str
    shown: Incident
    findings: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cases:
    """All groups, and incidents that have nothing any more."""

    cases: tuple[Case, ...]
    emptied: tuple[str, ...] = field(default=())


def match(
    groups: Sequence[tuple[Incident, frozenset[str]]], known: Mapping[str, frozenset[str]], shaped: Container[str] = ()
) -> Cases:
    """Groups with the ids of their findings, and known incidents with theirs; `shaped` are those of rule 4."""
    owner = {finding: incident for incident, findings in known.items() for finding in findings}
    shares: list[tuple[bool, int, str, int]] = []
    for place, (_, findings) in enumerate(groups):
        counted = Counter(owner[finding] for finding in findings if finding in owner)
        shares += [(incident not in shaped, -shared, incident, place) for incident, shared in counted.items()]
    chosen: dict[int, str] = {}
    taken: set[str] = set()
    for *_, incident, place in sorted(shares):
        if place not in chosen and incident not in taken:
            chosen[place] = incident
            taken.add(incident)
    cases = tuple(Case(chosen.get(place, ""), shown, findings) for place, (shown, findings) in enumerate(groups))
    return Cases(cases, tuple(sorted(set(known) - taken)))


def emptied(shown: Incident) -> Incident:
    """How an incident is told whose findings went elsewhere or proved untrue."""
    why = say("Its findings belong to other incidents now, or are no longer true.")
    return replace(shown, level=EMPTY_LEVEL, findings=(), told_once=True, why=(why, *shown.why[:1]))
