"""Incidents: what the node opens and grows, and what people decide about them.

Rules:
1. A person decides on the version that he saw. Where somebody else has changed the incident since, he is told who, when
   and what (IncidentChanged), and nothing is written.
2. The node grows incidents without a version. That is no reason to refuse an owner, a note or a restriction, but it is
   for a status, a merge and a split, which judge what was known.
3. Every decision of a person is in the ledger, in the same transaction, with the salted digest of its event.
4. Who may not read an incident cannot change it, and is told that there is none.
5. What is told of an incident tells of its parts. So one that is restricted becomes a part only of one that no more
   people may see. What is split off one is restricted and marked as that was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from tocsin import limits
from tocsin.errors import Conflict, LimitExceeded, NotFound, StateError
from tocsin.ledger.entry import NODE, Draft, Kind, Value
from tocsin.node.store import ledger
from tocsin.node.store.incident_lists import for_reader
from tocsin.node.store.incident_rows import INCIDENTS, history, locked, state_of, write_event, write_state
from tocsin.node.store.incident_state import (
    NODE_BODIES,
    Absorbed,
    Acknowledged,
    Assigned,
    Body,
    Divided,
    Event,
    Grown,
    IncidentState,
    Marked,
    Merged,
    Noted,
    Opened,
    Reason,
    Restricted,
    Status,
    StatusSet,
    TellAsked,
    Told,
    Undone,
    active,
    derive,
    follow,
)
from tocsin.node.store.incident_words import IncidentChanged
from tocsin.words.messages import say

_LOOK = "Look at the incident's history, then decide anew."
_JUDGING = (StatusSet, Merged, Absorbed, Divided)


class Impossible(StateError):
    """A decision that the incident's state does not allow, whoever makes it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides, on which version of which incident, when and why."""

    incident: str
    version: int
    actor: str
    time: datetime
    why: str = ""


def open_incident(connection: Connection, incident: str, opened: Opened, time: datetime) -> IncidentState:
    """Begin an incident of the node; Conflict where there is one of that id."""
    state, _ = _begin(connection, Event(incident, 1, time, NODE, opened))
    return state


def report(connection: Connection, decision: Decision, opened: Opened, note: str = "") -> IncidentState:
    """Open an incident by hand under the decision's id, perhaps with a note; Conflict where there is one of that id."""
    check_opened(opened)
    begun = Opened(opened.shown, (), reported=True, organisation=opened.organisation)
    state, first = _begin(connection, Event(decision.incident, 1, decision.time, decision.actor, begun, decision.why))
    drafts = [first]
    for body in (Noted(note),) if note else ():
        check_body(decision, body)
        state, draft = _apply(connection, state, decision, body)
        drafts.append(draft)
    _enter(connection, decision, *drafts)
    return state


def grow(connection: Connection, incident: str, grown: Grown, time: datetime) -> IncidentState:
    """Add to an incident what the node found; what people set stays. StateError where there is none."""
    state = locked(connection, [incident]).get(incident)
    if state is None:
        raise _unknown(incident)
    after, _ = _append(connection, state, Event(incident, state.version + 1, time, NODE, grown))
    return after


def change(
    connection: Connection,
    decision: Decision,
    body: Acknowledged | Assigned | StatusSet | Noted | Restricted | Marked | TellAsked | Told,
) -> IncidentState:
    """One person's decision about one incident. IncidentChanged where somebody else was first."""
    check_body(decision, body)
    (state,) = _seen(connection, decision, body, [decision.incident])
    return _decide(connection, state, decision, body)


def merge(connection: Connection, decision: Decision, into: str) -> IncidentState:
    """Tell the decision's incident as a part of another; returns the state of that other."""
    going, staying = _seen(connection, decision, Merged(into, 0), [decision.incident, into])
    if going.id == staying.id:
        raise _impossible(say("an incident cannot be a part of itself"))
    for state in (going, staying):
        if state.merged_into:
            raise _impossible(say("{id} is a part of {other}", id=state.id, other=state.merged_into))
    return _merge(connection, decision, going, staying)


def covers(whole: IncidentState, part: IncidentState) -> bool:
    """Whether whoever may see the whole may see the part. Rule 5."""
    return not part.readers or (bool(whole.readers) and set(whole.readers) <= set(part.readers))


def split(
    connection: Connection, decision: Decision, new: str, opened: Opened, reasons: tuple[Reason, ...] = ()
) -> IncidentState:
    """Make findings of the decision's incident an incident of their own; returns its state.

    `reasons` had joined them with the others; the node joins the two no more (rule 6 of incident_state).
    """
    (state,) = _seen(connection, decision, Divided(new, opened.findings), [decision.incident])
    if not opened.findings or not set(opened.findings) < set(state.findings):
        raise _impossible(say("the findings to split off must be some of the incident's, and not all"))
    begun = Opened(opened.shown, opened.findings, split_from=state.id, apart=(state.id, *state.apart))
    _, first = _apply(connection, state, decision, Divided(new, opened.findings, reasons))
    part, second = _begin(connection, Event(new, 1, decision.time, decision.actor, begun, decision.why))
    drafts = [first, second]
    for body in _handed_on(state):
        part, draft = _apply(connection, part, decision, body)
        drafts.append(draft)
    _enter(connection, decision, *drafts)
    return part


def _handed_on(whole: IncidentState) -> Iterator[Restricted | Marked]:
    """What a part that is split off keeps of the whole. Rule 5."""
    if whole.readers:
        yield Restricted(whole.readers, whole.restricted)
    if whole.marking:
        yield Marked(whole.marking)


def undo(connection: Connection, decision: Decision, version: int) -> IncidentState:
    """Make an earlier decision not count, or count again where it is an undo; returns the incident's state.

    A merge is undone in both incidents. A split is undone by merging the part back.
    """
    events = history(connection, decision.incident)
    event = next((event for event in events if event.version == version), None)
    if event is None or isinstance(event.body, NODE_BODIES):
        raise _impossible(say("change {version} is no decision of a person", version=version))
    if isinstance(event.body, Told):
        raise _impossible(say("what was sent cannot be taken back"))
    if isinstance(event.body, Divided):
        return _merge_back(connection, decision, event.body)
    other, at = _pair(event.body)
    states = _seen(connection, decision, Undone(version), [decision.incident, *([other] if other else [])])
    if version not in active(history(connection, decision.incident)):
        raise _impossible(say("change {version} was undone already", version=version))
    if not other:
        return _decide(connection, states[0], decision, Undone(version))
    return _undo_both(connection, decision, (states[0], version), (states[1], at))


def present(connection: Connection, incident: str, reader: str) -> IncidentState:
    """The state of an incident. StateError where there is none, or none for this reader."""
    row = connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.state).where(INCIDENTS.c.id == incident)).first()
    state = None if row is None else state_of(row)
    if state is None or not state.may_read(reader):
        raise _unknown(incident)
    return state


def listed(
    connection: Connection,
    reader: str,
    most: int,
    *,
    statuses: Sequence[Status] = (),
    owner: str | None = None,
    queued: bool | None = None,
    merged: bool = False,
    skip: int = 0,
) -> list[IncidentState]:
    """What a reader may see, the most urgent first; parts of others only with `merged`."""
    query = select(INCIDENTS.c.id, INCIDENTS.c.state).order_by(INCIDENTS.c.score.desc(), INCIDENTS.c.id)
    query = for_reader(query, reader)
    if statuses:
        query = query.where(INCIDENTS.c.status.in_([str(status) for status in statuses]))
    if owner is not None:
        query = query.where(INCIDENTS.c.owner == owner)
    if queued is not None:
        query = query.where(INCIDENTS.c.queued.is_(queued))
    if not merged:
        query = query.where(INCIDENTS.c.merged_into == "")
    return [state_of(row) for row in connection.execute(query.limit(most).offset(skip))]


def told_history(connection: Connection, incident: str, reader: str) -> list[Event]:
    """All events of an incident for whoever may read it."""
    present(connection, incident, reader)
    return history(connection, incident)


def check_body(decision: Decision, body: Body) -> None:
    """Raise where a decision is too long or makes no sense."""
    if len(decision.why) > limits.WHY_CHARACTERS:
        raise LimitExceeded(f"the reason has more than {limits.WHY_CHARACTERS} characters", "Say it shorter.")
    if isinstance(body, Noted) and not 0 < len(body.text) <= limits.NOTE_CHARACTERS:
        raise LimitExceeded(f"a note has 1 to {limits.NOTE_CHARACTERS} characters", "Write a shorter one, or two.")
    if isinstance(body, StatusSet) and (body.ruling is not None) != (body.status is Status.CLOSED):
        raise _impossible(say("a closed incident needs a ruling, and no other has one"))
    if isinstance(body, Restricted) and body.readers:
        if len(body.readers) > limits.INCIDENT_READERS:
            raise LimitExceeded(f"an incident names at most {limits.INCIDENT_READERS} readers", "Name fewer people.")
        if decision.actor not in body.readers:
            raise _impossible(say("who restricts an incident must be among its readers"))


def check_opened(opened: Opened) -> None:
    """Raise where what a person says of a new incident is too long or nothing."""
    texts = (*opened.shown.hosts, *opened.shown.users)
    if not 0 < len(opened.shown.title.strip()) <= limits.INCIDENT_TITLE_CHARACTERS:
        most = limits.INCIDENT_TITLE_CHARACTERS
        raise LimitExceeded(f"a title has 1 to {most} characters", "Say the rest in a note.")
    if len(texts) > limits.INCIDENT_NAMES or any(len(each) > limits.LABEL_CHARACTERS for each in texts):
        raise LimitExceeded(
            f"an incident names at most {limits.INCIDENT_NAMES} hosts and accounts", "Say the others in a note."
        )


def _seen(connection: Connection, decision: Decision, body: Body, ids: Sequence[str]) -> list[IncidentState]:
    """The locked states, in the order of the ids, if the decision was made on what its incident still is."""
    states = locked(connection, ids)
    for incident in ids:
        if incident not in states or not states[incident].may_read(decision.actor):
            raise _unknown(incident)
    state = states[decision.incident]
    since = history(connection, state.id, decision.version)
    told = [event for event in since if event.by_person or isinstance(body, _JUDGING)]
    if told:
        raise IncidentChanged(state.id, state.version, told)
    if decision.version > state.version:
        raise Conflict(f"incident {state.id} has version {state.version}, not {decision.version}", _LOOK)
    return [states[incident] for incident in ids]


def _decide(connection: Connection, state: IncidentState, decision: Decision, body: Body) -> IncidentState:
    """Append a person's event, and enter it into the ledger."""
    after, draft = _apply(connection, state, decision, body)
    _enter(connection, decision, draft)
    return after


def _apply(connection: Connection, state: IncidentState, decision: Decision, body: Body) -> tuple[IncidentState, Draft]:
    """Append a person's event; the draft is for the ledger, whose head is locked last."""
    event = Event(state.id, state.version + 1, decision.time, decision.actor, body, decision.why)
    after, digest = _append(connection, state, event)
    return after, _draft(event, digest)


def _append(connection: Connection, state: IncidentState, event: Event) -> tuple[IncidentState, str]:
    digest = write_event(connection, event)
    undo = isinstance(event.body, Undone)
    after = derive(history(connection, event.incident)) if undo else follow(state, event)
    write_state(connection, state, after)
    return after, digest


def _begin(connection: Connection, event: Event) -> tuple[IncidentState, Draft]:
    taken = Conflict(f"there is an incident {event.incident} already", "Look at it, or take another id.")
    if locked(connection, [event.incident]):
        raise taken
    try:
        digest = write_event(connection, event)
    except IntegrityError as error:  # another opened it after we looked
        raise taken from error
    state = derive([event])
    write_state(connection, None, state)
    return state, _draft(event, digest)


def _draft(event: Event, digest: str) -> Draft:
    detail: dict[str, Value] = {"change": event.kind, "version": event.version, "digest": digest}
    return Draft(Kind.DECISION, event.actor, f"incident:{event.incident}", detail)


def _enter(connection: Connection, decision: Decision, *drafts: Draft) -> None:
    for draft in drafts:
        ledger.record(connection, draft, decision.time)


def _merge(connection: Connection, decision: Decision, going: IncidentState, staying: IncidentState) -> IncidentState:
    if not covers(staying, going):
        told = say("more people may see {whole} than {part}", whole=staying.id, part=going.id)
        raise Impossible(told, say("Restrict {whole} to the same people first.", whole=staying.id))
    taken = Absorbed(going.id, going.version + 1, going.owner, going.acknowledged, going.acknowledged_by)
    _, first = _apply(connection, going, decision, Merged(staying.id, staying.version + 1))
    after, second = _apply(connection, staying, decision, taken)
    _enter(connection, decision, first, second)
    return after


def _merge_back(connection: Connection, decision: Decision, divided: Divided) -> IncidentState:
    whole, part = _seen(connection, decision, divided, [decision.incident, divided.other])
    for state in (whole, part):
        if state.merged_into:
            raise _impossible(say("{id} is a part of {other}", id=state.id, other=state.merged_into))
    return _merge(connection, decision, part, whole)


def _undo_both(
    connection: Connection, decision: Decision, here: tuple[IncidentState, int], there: tuple[IncidentState, int]
) -> IncidentState:
    (one, version), (other, at) = here, there
    after, first = _apply(connection, one, decision, Undone(version, other.id, other.version + 1))
    there_after, second = _apply(connection, other, decision, Undone(at, one.id, one.version + 1))
    for state, whole in ((after, there_after), (there_after, after)):
        if state.merged_into == whole.id and whole.merged_into:
            raise _impossible(say("{id} is a part of {other}", id=whole.id, other=whole.merged_into))
    _enter(connection, decision, first, second)
    return after


def _pair(body: Body) -> tuple[str, int]:
    return (body.other, body.at) if isinstance(body, Merged | Absorbed | Undone) else ("", 0)


def _unknown(incident: str) -> NotFound:
    return NotFound(f"there is no incident {incident}", "List them with `tocsin incident list`.")


def _impossible(why: str) -> Impossible:
    return Impossible(why, _LOOK)
