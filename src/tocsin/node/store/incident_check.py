"""Whether incidents are what their events say, and their events what the ledger says.

Root can change rows. Each person's event left a salted digest in the ledger when it was made (incident_rows.py), so an
event that was changed, removed or put in later shows against the ledger, and the ledger shows against its witness.
Where somebody erased a person's data from an event (erasure.py), a later entry has the digest of what is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select, update

from tocsin import clock
from tocsin.errors import StateError
from tocsin.ledger.entry import Entry, Kind
from tocsin.node.store import ledger
from tocsin.node.store.codec import encode
from tocsin.node.store.incident_rows import EVENTS, INCIDENTS, digested, state_of, undone
from tocsin.node.store.incident_state import Event, IncidentState, Opened, derive, follow
from tocsin.words.messages import say

_SUBJECT = "incident:"


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence for each fault, how many incidents were looked at, and for how many there was no time."""

    faults: tuple[str, ...] = ()
    incidents: int = 0
    left: int = 0


def checked(connection: Connection, seconds: float) -> Checked:
    """What is wrong with the incidents, within so long: first those that are listed nowhere, then the newest."""
    ends, found = clock.monotonic() + seconds, list[str]()
    ids = _ids(connection)
    for place, incident in enumerate(ids):
        if clock.monotonic() >= ends:
            return Checked(tuple(found), place, len(ids) - place)
        found += _incident_faults(connection, incident)
    return Checked(tuple(found), len(ids))


def faults(connection: Connection) -> Iterator[str]:
    """A sentence for each fault, incident by incident; none where all is well."""
    for incident in _ids(connection):
        yield from _incident_faults(connection, incident)


def _ids(connection: Connection) -> list[str]:
    """All incidents that are listed, have events, or stand in the ledger."""
    listed = connection.scalars(select(INCIDENTS.c.id).order_by(INCIDENTS.c.changed_us.desc(), INCIDENTS.c.id)).all()
    entered = ledger.subjects_of(connection, Kind.DECISION)
    told = {subject.removeprefix(_SUBJECT) for subject in entered if subject.startswith(_SUBJECT)}
    told.update(connection.scalars(select(EVENTS.c.incident).distinct()))
    return [*sorted(told.difference(listed)), *listed]


def _incident_faults(connection: Connection, incident: str) -> Iterator[str]:
    """Steps: 1. each event against the ledger; 2. what the ledger has beside them; 3. the state against the events."""
    entered, fold = _entered(connection, incident), _Fold()
    try:
        fold.undone = undone(connection, incident)
        for event, digest in digested(connection, incident):
            known = entered.pop(event.version, None)
            if known is None and event.by_person:
                yield say("change {version} of incident {incident} is not in the ledger", version=event.version,
                          incident=incident)  # fmt: skip
            elif known is not None and known != digest:
                yield say("change {version} of incident {incident} was altered", version=event.version,
                          incident=incident)  # fmt: skip
            fold.add(event)
        listed = connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.state).where(INCIDENTS.c.id == incident)).first()
        state = None if listed is None else state_of(listed)
    except StateError as error:  # a row beyond reading
        yield str(error)
        return
    for version in sorted(entered):
        yield say("change {version} of incident {incident} was removed", version=version, incident=incident)
    if fold.gap:
        yield say("incident {incident} lacks a change", incident=incident)
    elif state is None and fold.state is not None:
        yield say("incident {incident} has changes and is listed nowhere", incident=incident)
    elif state != fold.state:
        yield say("incident {incident} is listed otherwise than its changes say", incident=incident)


def derive_anew(connection: Connection) -> None:
    """Write the state of every incident as its events say, for an upgrade after which they say more."""
    for incident in connection.scalars(select(INCIDENTS.c.id).order_by(INCIDENTS.c.id)).all():
        fold = _Fold()
        fold.undone = undone(connection, incident)
        for event, _ in digested(connection, incident):
            fold.add(event)
        if fold.state is not None and not fold.gap:  # what was damaged stays as it is, for `node check`
            connection.execute(update(INCIDENTS).where(INCIDENTS.c.id == incident).values(state=encode(fold.state)))


class _Fold:
    """The state after events that come one by one: an incident may have more of them than fit into memory."""

    def __init__(self) -> None:
        self.undone: frozenset[int] = frozenset()
        self.state: IncidentState | None = None
        self.gap = False

    def add(self, event: Event) -> None:
        """The next event; nothing counts any more after a gap."""
        if self.state is None:
            self.gap |= event.version != 1 or not isinstance(event.body, Opened)
            self.state = None if self.gap else derive([event])
        elif event.version != self.state.version + 1:
            self.gap = True
        elif event.version in self.undone:
            self.state = replace(self.state, version=event.version, changed=event.time)
        else:
            self.state = follow(self.state, event)


def _entered(connection: Connection, incident: str) -> dict[int, str]:
    """The digests that the ledger holds of an incident's events, by version."""
    found = {}
    for entry in ledger.about(connection, _SUBJECT + incident):
        if isinstance(entry, Entry) and entry.kind in (Kind.DECISION, Kind.PRIVACY):
            version = entry.detail.get("version")
            if isinstance(version, int):
                found[version] = str(entry.detail.get("digest", ""))
    return found
