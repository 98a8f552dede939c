"""What happened to an incident, and what that makes of it: a pure fold over its events.

Rules:
1. The node tells what it found (opened, grown); people decide (all else). The fields that each sets are apart, so that
   neither overwrites the other. A finding that a person split off stays out, whatever the node adds later.
2. An event that was undone counts as if it had never been; an undo can be undone as well. What the node found is no
   decision and is not undone.
3. A merge does not move findings: the one that stays names those merged into it, and what comes later goes to it.
   It keeps its owner and acknowledgement; where it has none, it takes the other's. An undo gives back what was.
4. A closed incident that grows stays closed, and says that it has grown.
5. Whoever first says so, takes the incident himself, or moves it on from `open` has acknowledged it then.
6. What a person split off is kept apart from what it was split from, and from all that this was kept apart from, until
   people merge the two. What people split, merged or restricted keeps its findings, and grows (node/analyst/wholes.py).
7. One that a person opened has no finding until people merge some into it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from tocsin.ledger.entry import NODE
from tocsin.model import Incident


class Status(StrEnum):
    """How far people are with an incident."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    CONTAINED = "contained"
    CLOSED = "closed"


class Ruling(StrEnum):
    """What people found out about a closed incident."""

    ATTACK = "attack"
    HARMLESS = "harmless"  # it happened, and was allowed
    FALSE_ALARM = "false alarm"  # it did not happen
    UNDECIDED = "undecided"


class Opened(Struct, frozen=True, tag="opened"):
    """The incident began, with the node's description of it (without its findings)."""

    shown: Incident
    findings: tuple[str, ...]
    split_from: str = ""
    apart: tuple[str, ...] = ()
    """Incidents that the node does not join it with."""
    reported: bool = False
    """Whether a person opened it, for something that nobody found in a log."""
    organisation: str = ""
    """Whose it is where no finding says so."""


class Grown(Struct, frozen=True, tag="grown"):
    """The node found more, or less, and describes it anew."""

    shown: Incident
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Merged(Struct, frozen=True, tag="merged"):
    """It is told as a part of another. `at` is the version of that one's `absorbed`."""

    other: str
    at: int


class Absorbed(Struct, frozen=True, tag="absorbed"):
    """Another is told as a part of it. `at` is the version of that one's `merged`; the rest is how it was then."""

    other: str
    at: int
    owner: str = ""
    acknowledged: datetime | None = None
    acknowledged_by: str = ""


class Reason(Struct, frozen=True):
    """Why the node had joined what a person parted: a kind of join (triage.groups) and what was shared."""

    kind: str
    shared: str = ""


class Divided(Struct, frozen=True, tag="split"):
    """Findings became an incident of their own; `reasons` had joined them with the others."""

    other: str
    findings: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()


class Acknowledged(Struct, frozen=True, tag="acknowledged"):
    """Somebody has seen it and says so."""


class Assigned(Struct, frozen=True, tag="assigned"):
    """Whose it is; an empty owner is nobody."""

    owner: str


class StatusSet(Struct, frozen=True, tag="status"):
    """How far it is; the ruling belongs to `closed` only."""

    status: Status
    ruling: Ruling | None = None


class Noted(Struct, frozen=True, tag="note"):
    """Something that somebody wrote down."""

    text: str


class Restricted(Struct, frozen=True, tag="restricted"):
    """Who alone may see it; nobody named is everybody. `since` is when they were named, where that was before."""

    readers: tuple[str, ...]
    since: datetime | None = None


class Marked(Struct, frozen=True, tag="marked"):
    """With what people marked it, beside what its node and rules say: `TLP:RED PAP:AMBER`."""

    marking: str


class TellAsked(Struct, frozen=True, tag="tell asked"):
    """Somebody asked to send mails to constituents; they wait for a releaser under their digest."""

    digest: str
    constituents: tuple[str, ...]


class Told(Struct, frozen=True, tag="told"):
    """The mails with that digest went out to constituents: `by` says how. What was sent is not undone."""

    digest: str
    constituents: tuple[str, ...]
    by: str


class Undone(Struct, frozen=True, tag="undone"):
    """An earlier event does not count. `other` and `at` name the same in the other incident of a merge."""

    version: int
    other: str = ""
    at: int = 0


Body = (
    Opened | Grown | Merged | Absorbed | Divided | Acknowledged | Assigned | StatusSet | Noted | Restricted | Marked
    | TellAsked | Told | Undone
)  # fmt: skip
NODE_BODIES = (Opened, Grown)
PAIRED_BODIES = (Merged, Absorbed)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one incident; versions count from 1 without a gap."""

    incident: str
    version: int
    time: datetime
    actor: str
    body: Body
    why: str = ""

    @property
    def kind(self) -> str:
        """The name of what happened, such as `assigned`."""
        return str(type(self.body).__struct_config__.tag)

    @property
    def by_person(self) -> bool:
        """Whether somebody decided it, and not the node."""
        return self.actor != NODE


@dataclass(frozen=True, slots=True)
class Note:
    """A note, and the version of the event that wrote it."""

    version: int
    time: datetime
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class IncidentState:
    """What an incident is after all of its events."""

    id: str
    version: int
    opened: datetime
    changed: datetime
    shown: Incident
    findings: tuple[str, ...]  # ids, sorted
    held_out: tuple[str, ...] = ()  # ids that people split off
    status: Status = Status.OPEN
    ruling: Ruling | None = None
    grown_since_closed: bool = False
    owner: str = ""
    readers: tuple[str, ...] = ()
    restricted: datetime | None = None  # since when only they may see it
    notes: tuple[Note, ...] = ()
    merged_into: str = ""
    merged_from: tuple[str, ...] = ()
    split_from: str = ""
    apart: tuple[str, ...] = ()  # incidents that the node does not join it with
    said: Incident | None = None  # what a person said of it who opened it by hand
    organisation: str = ""  # whose it is, where a person opened it
    acknowledged: datetime | None = None
    acknowledged_by: str = ""
    closed: datetime | None = None  # None while it is not
    closed_by: str = ""

    @property
    def reported(self) -> bool:
        """Whether a person opened it, and no log."""
        return self.said is not None

    @property
    def queued(self) -> bool:
        """Whether people are asked to look at it."""
        return self.reported or self.shown.queued

    @property
    def shaped(self) -> bool:
        """Whether people said what belongs to it and what does not, or who alone may see it."""
        return bool(self.apart or self.merged_from or self.readers)

    marking: str = ""  # what people marked it with
    told: tuple[str, ...] = ()  # ids of constituents that were told of it, sorted

    @property
    def title(self) -> str:
        """What the node calls it."""
        return self.shown.title

    @property
    def level(self) -> str:
        """How grave the node says it is."""
        return self.shown.level

    @property
    def score(self) -> int:
        """How urgent the node says it is."""
        return self.shown.score

    def may_read(self, account: str) -> bool:
        """Whether an account, or the node, may see it."""
        return not self.readers or account == NODE or account in self.readers


def derive(events: Sequence[Event]) -> IncidentState:
    """The state after events, which are all of one incident, in order, the first of them `opened`."""
    counting = active(events)
    state = _begun(events[0])
    for event in events[1:]:
        if event.version in counting:
            state = _after(state, event)
    return replace(state, version=events[-1].version, changed=events[-1].time)


def follow(state: IncidentState, event: Event) -> IncidentState:
    """The state after the next event, which is no undo: those ask for all events."""
    return replace(_after(state, event), version=event.version, changed=event.time)


def active(events: Iterable[Event]) -> frozenset[int]:
    """Versions of the events that count: those that no counting undo names. Undos themselves are among them."""
    undone: set[int] = set()
    versions = []
    for event in sorted(events, key=lambda event: -event.version):
        if event.version in undone:
            continue
        versions.append(event.version)
        if isinstance(event.body, Undone):
            undone.add(event.body.version)
    return frozenset(versions)


def _begun(event: Event) -> IncidentState:
    assert isinstance(event.body, Opened), "the first event of an incident opens it"
    body = event.body
    findings = tuple(sorted(set(body.findings)))
    return IncidentState(
        event.incident, event.version, event.time, event.time, body.shown, findings, split_from=body.split_from,
        apart=body.apart or tuple(filter(None, [body.split_from])), said=body.shown if body.reported else None,
        organisation=body.organisation,
    )  # fmt: skip


def _after(state: IncidentState, event: Event) -> IncidentState:
    """The state with one more event that counts."""
    match event.body:
        case Grown() as grown:
            return _grown(state, grown)
        case Divided(other=other, findings=findings):
            return replace(_without(state, findings), apart=(*state.apart, other))
        case Acknowledged():
            return _seen(state, event)
        case Assigned(owner=owner):
            return replace(_seen(state, event) if owner == event.actor else state, owner=owner)
        case StatusSet() as set_:
            return _moved_on(state, event, set_)
        case Noted(text=text):
            return replace(state, notes=(*state.notes, Note(event.version, event.time, event.actor, text)))
        case Restricted(readers=readers, since=since):
            named = (since or event.time) if readers else None
            return replace(state, readers=tuple(sorted(set(readers))), restricted=named)
        case Marked(marking=marking):
            return replace(state, marking=marking)
        case Told(constituents=constituents):
            return replace(state, told=tuple(sorted({*state.told, *constituents})))
        case Merged(other=other):
            return replace(state, merged_into=other)
        case Absorbed() as absorbed:
            return _absorbed(state, absorbed)
    return state  # an undo has done its work in `active`; a request to tell changes nothing yet


def _seen(state: IncidentState, event: Event) -> IncidentState:
    """The first acknowledgement is the one that counts."""
    return state if state.acknowledged else replace(state, acknowledged=event.time, acknowledged_by=event.actor)


def _moved_on(state: IncidentState, event: Event, body: StatusSet) -> IncidentState:
    moved = state if body.status is Status.OPEN else _seen(state, event)
    moved = replace(moved, status=body.status, ruling=body.ruling, grown_since_closed=False)
    if body.status is not Status.CLOSED:
        return replace(moved, closed=None, closed_by="")
    return moved if moved.closed else replace(moved, closed=event.time, closed_by=event.actor)


def _absorbed(state: IncidentState, body: Absorbed) -> IncidentState:
    whole = replace(state, merged_from=(*state.merged_from, body.other), owner=state.owner or body.owner)
    if state.acknowledged or body.acknowledged is None:
        return whole
    return replace(whole, acknowledged=body.acknowledged, acknowledged_by=body.acknowledged_by)


def _grown(state: IncidentState, grown: Grown) -> IncidentState:
    findings = (set(state.findings) | set(grown.added)) - set(grown.removed) - set(state.held_out)
    more = bool(findings - set(state.findings)) and state.status is Status.CLOSED
    news = state.grown_since_closed or more
    return replace(state, shown=grown.shown, findings=tuple(sorted(findings)), grown_since_closed=news)


def _without(state: IncidentState, findings: Iterable[str]) -> IncidentState:
    gone = set(findings)
    return replace(
        state,
        findings=tuple(sorted(set(state.findings) - gone)),
        held_out=tuple(sorted(set(state.held_out) | gone)),
    )
