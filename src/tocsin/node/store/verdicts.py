"""What people found out about closed incidents: the votes on rules, and which incidents are confirmed attacks.

Rules:
1. The newest limits.RELIABILITY_INCIDENTS closed incidents count, but those told as a part of another: duplicates.
2. A vote is of who set the ruling that stands, at that time. What was undone, or is undecided, is no vote.
3. An incident is confirmed when its ruling is `attack`, and so are its parts, what it is a part of, and so on.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from tocsin import limits
from tocsin.ledger.entry import Kind
from tocsin.node.store import ledger
from tocsin.node.store.findings import FINDINGS
from tocsin.node.store.incident_places import with_parts
from tocsin.node.store.incident_rows import EVENTS, INCIDENTS, read_event, state_of
from tocsin.node.store.incident_state import (
    Absorbed,
    Divided,
    Event,
    IncidentState,
    Merged,
    Ruling,
    Status,
    StatusSet,
    Undone,
    active,
)
from tocsin.node.store.rows import portions
from tocsin.triage.reliability import Vote

_COUNTED = frozenset({Ruling.ATTACK, Ruling.HARMLESS, Ruling.FALSE_ALARM})
_MOVING = frozenset(
    str(kind.__struct_config__.tag) for kind in (StatusSet, Undone, Merged, Absorbed, Divided)
)  # fmt: skip
_DECISIONS = 100  # decisions that are looked at; if there are more new ones, some may have
_SAYS_ATTACK = f'"ruling":"{Ruling.ATTACK}"'  # in the state's JSON, where foreign text has its quotes escaped
_KINDS = tuple(str(kind.__struct_config__.tag) for kind in (StatusSet, Undone))


def votes(connection: Connection) -> dict[tuple[str, str], tuple[Vote, ...]]:
    """What closed incidents say of rules, by organisation and rule id."""
    closed = [state for state in _closed(connection) if not state.merged_into and state.ruling in _COUNTED]
    said = _last_word(connection, [state.id for state in closed])
    fired = _rules(connection, [state.id for state in closed])
    found: dict[tuple[str, str], list[Vote]] = defaultdict(list)
    for state in closed:
        event = said.get(state.id)
        for place in fired.get(state.id, ()) if event else ():
            assert event is not None
            found[place].append(Vote(state.ruling is Ruling.ATTACK, event.actor, event.time))
    return {place: tuple(each) for place, each in found.items()}


def confirmed(connection: Connection) -> frozenset[str]:
    """The ids of incidents that are confirmed attacks. Rule 3."""
    query = select(INCIDENTS.c.id, INCIDENTS.c.state).where(
        INCIDENTS.c.status == str(Status.CLOSED), INCIDENTS.c.state.contains(_SAYS_ATTACK, autoescape=True)
    )
    attacks = {s.id: s for s in map(state_of, connection.execute(query)) if s.ruling is Ruling.ATTACK}
    known = {*attacks, *_wholes_of(connection, {state.merged_into for state in attacks.values()})}
    return frozenset().union(*with_parts(connection, known).values())


def moved_since(connection: Connection, sequence: int) -> tuple[int, bool]:
    """The newest decision's number in the ledger, and whether one after `sequence` may have changed a ruling."""
    newest = ledger.newest_of(connection, Kind.DECISION, _DECISIONS)
    if not newest:
        return sequence, False
    new = [entry for entry in newest if entry.sequence > sequence]
    moved = len(new) == _DECISIONS or any(entry.detail.get("change") in _MOVING for entry in new)
    return newest[0].sequence, moved


def statuses(connection: Connection, incidents: Collection[str]) -> dict[str, str]:
    """How incidents stand, by id."""
    found: dict[str, str] = {}
    for some in portions(sorted(incidents)):
        rows = connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.status).where(INCIDENTS.c.id.in_(some)))
        found.update({row.id: row.status for row in rows})
    return found


def _closed(connection: Connection) -> list[IncidentState]:
    query = select(INCIDENTS.c.id, INCIDENTS.c.state).where(INCIDENTS.c.status == str(Status.CLOSED))
    newest = query.order_by(INCIDENTS.c.changed_us.desc(), INCIDENTS.c.id).limit(limits.RELIABILITY_INCIDENTS)
    return [state_of(row) for row in connection.execute(newest)]


def _wholes_of(connection: Connection, nearest: Collection[str]) -> set[str]:
    """These incidents, and all as a part of which they are told."""
    found: set[str] = set()
    new = set(filter(None, nearest))
    while new:
        found |= new
        into = [
            row.merged_into
            for some in portions(sorted(new))
            for row in connection.execute(select(INCIDENTS.c.merged_into).where(INCIDENTS.c.id.in_(some)))
        ]
        new = set(filter(None, into)) - found
    return found


def _last_word(connection: Connection, incidents: Sequence[str]) -> Mapping[str, Event]:
    """The status that stands of each incident: its last one that counts."""
    told: dict[str, list[Event]] = defaultdict(list)
    for some in portions(incidents):
        query = select(EVENTS).where(EVENTS.c.incident.in_(some), EVENTS.c.kind.in_(_KINDS))
        for row in connection.execute(query):
            told[row.incident].append(read_event(row))
    found = {}
    for incident, events in told.items():
        counting = active(events)
        said = [event for event in events if event.version in counting and isinstance(event.body, StatusSet)]
        if said:
            found[incident] = max(said, key=lambda event: event.version)
    return found


def _rules(connection: Connection, incidents: Sequence[str]) -> Mapping[str, set[tuple[str, str]]]:
    """Organisation and rule of the findings of each incident that are still true."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    columns = FINDINGS.c
    for some in portions(incidents):
        query = select(columns.incident, columns.organisation, columns.rule).where(columns.incident.in_(some))
        for row in connection.execute(query.where(~columns.gone).distinct()):
            found[row.incident].add((row.organisation, row.rule))
    return found
