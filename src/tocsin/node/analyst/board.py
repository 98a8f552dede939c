"""What the node has told: findings in memory beside the store, and the incidents made of them."""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from tocsin import clock
from tocsin.ledger.entry import NODE
from tocsin.model import Finding, Incident
from tocsin.node.analyst.cases import EMPTY_LEVEL, Case, Cases, emptied, match
from tocsin.node.analyst.growth import rest
from tocsin.node.analyst.knowledge import Knowledge
from tocsin.node.analyst.standing import settle
from tocsin.node.analyst.wholes import beside, left_alone, reshaped, wholes
from tocsin.node.store import findings as stored_findings
from tocsin.node.store import incident_lists, incidents
from tocsin.node.store.database import Store
from tocsin.node.store.findings import Place, StoredFinding, place_of
from tocsin.node.store.incident_state import Grown, IncidentState, Opened
from tocsin.triage import group_findings
from tocsin.triage.judged import mark_of, marks_of
from tocsin.triage.names import MERGE_PAUSE
from tocsin.triage.reliability import is_told_alike

HORIZON = timedelta(days=35)  # findings that ended longer ago are no part of new incidents
_PAGE = 5_000
Prevalence = Callable[[Collection[str]], Mapping[str, int]]
"""How many hosts call each of some keys."""
Tell = Callable[[Iterable[Finding]], list[Finding]]
"""Adds what is known of assets and accounts."""


@dataclass(frozen=True, slots=True)
class _Round:
    """One making of incidents: when, the findings that belonged to each, and whether nothing may wait."""

    now: datetime
    had: Mapping[str, frozenset[str]]
    whole: bool

    @property
    def owned(self) -> frozenset[str]:
        """The findings that belonged to any."""
        return frozenset().union(*self.had.values())


class Board:
    """The findings that stand. Threads take turns."""

    def __init__(self, store: Store, tested: Callable[[], Mapping[str, str]] = dict) -> None:
        self._store = store
        self._knowledge = Knowledge(store, tested)
        self._lock = threading.RLock()
        self._told: dict[str, StoredFinding] = {}
        self._places: dict[Place, set[str]] = {}
        self._known: dict[str, IncidentState] = {}
        self._newest = 0
        self._asked: set[str] = set()  # incidents that people just made otherwise: nothing of these waits
        self._due_at: float | None = None  # by the monotonic clock
        self._load()

    def _load(self) -> None:
        """Everything within the horizon, as the store has it."""
        since, after = clock.now() - HORIZON, ""
        with self._store.read() as connection:
            while page := stored_findings.seen_since(connection, since, _PAGE, after):
                for stored in page:
                    self._keep(stored)
                since, after = page[-1].seen, page[-1].id
            for state in incidents.listed(connection, NODE, 10**9, merged=True):
                self._known[state.id] = state

    def _keep(self, stored: StoredFinding) -> None:
        self._told[stored.id] = stored
        self._places.setdefault(place_of(stored.finding), set()).add(stored.id)

    def rules(self, ids: Collection[str]) -> list[Place]:
        """The places at which these rules have told something."""
        with self._lock:
            return [place for place in self._places if place.rule in ids]

    def began(self, ids: Collection[str], since: datetime) -> datetime:
        """When the first of these rules' findings began that goes on at a time or ended a pause before it."""
        with self._lock:
            going = (
                each.finding.first
                for place in self.rules(ids)
                for each in (self._told[id] for id in self._places[place])
                if not each.gone
                and each.finding.first
                and each.finding.last
                and each.finding.last >= since - MERGE_PAUSE
            )
            return min(going, default=since)

    def say(self, found: Sequence[Finding], places: Iterable[Place], since: datetime | None) -> int:
        """Put what is found at some places in place of what was told of them; returns how many changed."""
        with self._lock:
            return self._say(found, places, since)

    def _say(self, found: Sequence[Finding], places: Iterable[Place], since: datetime | None) -> int:
        looked_at = {*places, *(place_of(each) for each in found)}
        told = [self._told[id] for place in looked_at for id in self._places.get(place, ())]
        settled = settle(told, found, since, clock.now())
        if not settled.put and not settled.gone:
            return 0
        with self._store.write() as connection:
            stored_findings.put(connection, settled.put)
            stored_findings.mark_gone(connection, settled.gone)
        for each in settled.put:
            self._keep(each)
        for id in settled.gone:
            self._keep(replace(self._told[id], gone=True))
        return len(settled.put) + len(settled.gone)

    def group(self, tell: Tell, prevalence: Prevalence, *, whole: bool = False) -> int:
        """Make incidents of all findings that stand, and write what changed; returns how many were written.

        What may wait (`growth`) is left for a later call, which `due` asks for; with `whole` nothing waits.
        """
        now = clock.now()
        self.reshaped()
        cases, had = self._cases(tell, prevalence, now)
        this = _Round(now, had, whole)
        self._due_at, changed = None, 0
        for case in cases.cases:
            changed += self._open(case, now) if not case.incident else self._grow(case, this)
        for id in cases.emptied:
            changed += self._empty(id, now)
        for id in [id for id, state in self._known.items() if self._is_untrue(state)]:
            changed += self._tell(id, emptied(self._known[id].shown), now)
        for state in [state for state in self._known.values() if left_alone(state)]:
            changed += self._tell(state.id, state.said or state.shown, now)
        self._asked.clear()
        return changed

    def _cases(self, tell: Tell, prevalence: Prevalence, now: datetime) -> tuple[Cases, Mapping[str, frozenset[str]]]:
        """The groups as they are now beside the incidents that go on, and the findings of these with their parts."""
        standing = self._standing(now)
        said = wholes(self._known, standing)
        knowledge = self._knowledge.now(self._told, self._known)
        groups = group_findings(
            tell(each.finding for each in standing), now, prevalence, corrections=said.corrections, known=knowledge
        )
        alive, by_mark = {each.id for each in standing}, defaultdict[tuple[str, ...], list[StoredFinding]](list)
        for each in standing:
            by_mark[_mark(each.finding)].append(each)
        mine = [(group, frozenset(_held(group.findings, by_mark))) for group in groups]
        known = {id: findings for id, findings in said.findings.items() if not alive.isdisjoint(findings)}
        return match([each for each in mine if each[1]], known, said.shaped), known

    def decided(self) -> bool:
        """Whether people changed what belongs together since the last time. Cheap: to be asked often."""
        with self._store.read() as connection:
            newest = incident_lists.last_change(connection)
        if newest == self._newest:
            return False
        self._newest = newest
        return self.reshaped()

    def reshaped(self) -> bool:
        """Take over what people decided since the last time; returns whether they changed what belongs together."""
        with self._lock, self._store.read() as connection:
            versions = incident_lists.versions(connection)
            ids = [id for id, version in versions.items() if id not in self._known or self._known[id].version < version]
            asked = set()
            for state in incident_lists.readable(connection, sorted(ids), NODE):
                if reshaped(self._known.get(state.id), state):
                    asked.add(state.id)
                self._known[state.id] = state
        self._asked |= asked
        return bool(asked)

    @property
    def due(self) -> bool:
        """Whether incidents have to be made though nothing is new.

        What waited has waited long enough, or people closed an incident or moved an exception.
        """
        return (self._due_at is not None and clock.monotonic() >= self._due_at) or self._knowledge.is_stale()

    def groups(self, tell: Tell, prevalence: Prevalence) -> tuple[Incident, ...]:
        """All findings that stand as incidents, as a scan would tell them."""
        now = clock.now()
        known = self._knowledge.now(self._told, self._known)
        return group_findings(tell(each.finding for each in self._standing(now)), now, prevalence, known=known)

    def _standing(self, now: datetime) -> list[StoredFinding]:
        with self._lock:
            return [each for each in self._told.values() if not each.gone and _is_recent(each, now)]

    def _open(self, case: Case, now: datetime) -> int:
        id = f"I-{uuid4().hex[:12]}"
        opened = Opened(_shown(case.shown, id), tuple(sorted(case.findings)))
        with self._store.write() as connection:
            self._known[id] = incidents.open_incident(connection, id, opened, now)
        return 1

    def _grow(self, case: Case, this: _Round) -> int:
        before = self._known[case.incident]
        shown = beside(before, _shown(case.shown, case.incident))
        added = case.findings - this.had[case.incident] - set(before.held_out)
        removed = set(before.findings) - case.findings
        if not added and not removed and is_told_alike(shown, before.shown):
            return 0
        at_once = this.whole or case.incident in self._asked or bool(removed) or not this.owned.isdisjoint(added)
        if wait := rest(before, shown, added, at_once=at_once, now=this.now):
            self._wait(wait)
            return 0
        with self._store.write() as connection:
            grown = Grown(shown, tuple(sorted(added)), tuple(sorted(removed)))
            self._known[case.incident] = incidents.grow(connection, case.incident, grown, this.now)
        return 1

    def _wait(self, longest: timedelta) -> None:
        at = clock.monotonic() + longest.total_seconds()
        self._due_at = at if self._due_at is None else min(self._due_at, at)

    def _empty(self, id: str, now: datetime) -> int:
        before = self._known[id]
        gone = tuple(each for each in before.findings if each in self._told)
        with self._store.write() as connection:
            shown = before.said or emptied(before.shown)
            self._known[id] = incidents.grow(connection, id, Grown(shown, (), gone), now)
        return 1

    def _is_untrue(self, state: IncidentState) -> bool:
        """Whether nothing of an incident is true any more, and that is not told yet."""
        told = state.reported or (state.shown.told_once and state.level == EMPTY_LEVEL)
        return (
            bool(state.findings) and not told and all(id in self._told and self._told[id].gone for id in state.findings)
        )

    def _tell(self, id: str, shown: Incident, now: datetime) -> int:
        """Tell of it otherwise. It keeps its findings: if they prove true after all, it goes on."""
        with self._store.write() as connection:
            self._known[id] = incidents.grow(connection, id, Grown(shown), now)
        return 1

    @property
    def findings(self) -> Mapping[str, StoredFinding]:
        """All that was told within the horizon, by id."""
        return self._told

    @property
    def incidents(self) -> Mapping[str, IncidentState]:
        """All incidents, by id."""
        return self._known


def _shown(incident: Incident, id: str) -> Incident:
    return replace(incident, id=id, findings=())


def _mark(finding: Finding) -> tuple[str, ...]:
    """What tells a finding from every other one: its rule, where it was made, and its first event."""
    return (finding.organisation, finding.network, *mark_of(finding))


def _held(findings: Iterable[Finding], by_mark: Mapping[tuple[str, ...], list[StoredFinding]]) -> Iterator[str]:
    """The ids of stored findings in an incident, also of those that grouping made a part of another one."""
    for each in findings:
        same = [own for own in by_mark.get(_mark(each), ()) if own.finding.event_ids == each.event_ids]
        if same:
            here = [own for own in same if (own.finding.host, own.finding.user) == (each.host, each.user)]
            yield from (own.id for own in here or same)
            continue
        for mark in marks_of(each):
            yield from (own.id for own in by_mark.get((each.organisation, each.network, *mark), ()))


def _is_recent(stored: StoredFinding, now: datetime) -> bool:
    return stored.seen >= now - HORIZON
