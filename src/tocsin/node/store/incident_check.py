"""Whether incidents are what their events say, and their events what the ledger says.

Root can change rows. Each person's event left a salted digest in the ledger when it was made (incident_rows.py), so an
event that was changed, removed or put in later shows against the ledger, and the ledger shows against its witness.
Where somebody erased a person's data from an event (erasure.py), a later entry has the digest of what is left.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from tocsin.ledger.entry import Entry, Kind
from tocsin.node.store import ledger
from tocsin.node.store.incident_rows import INCIDENTS, digest, history, state_of
from tocsin.node.store.incident_state import Event, derive
from tocsin.words.messages import say

_SUBJECT = "incident:"


def faults(connection: Connection) -> Iterator[str]:
    """A sentence for each fault, incident by incident; none where all is well. StateError at a row beyond reading."""
    entered = _entered(connection)
    for row in connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.state).order_by(INCIDENTS.c.id)).all():
        events = history(connection, row.id)
        yield from _event_faults(connection, row.id, events, entered)
        if [event.version for event in events] != list(range(1, len(events) + 1)):
            yield say("incident {incident} lacks a change", incident=row.id)
        elif derive(events) != state_of(row):
            yield say("incident {incident} is listed otherwise than its changes say", incident=row.id)
    for incident, version in sorted(entered):
        yield say("change {version} of incident {incident} was removed", version=version, incident=incident)


def _event_faults(
    connection: Connection, incident: str, events: list[Event], entered: dict[tuple[str, int], str]
) -> Iterator[str]:
    """Faults of events; those that are in order are taken out of `entered`."""
    for event in events:
        known = entered.pop((incident, event.version), None)
        if known is None and event.by_person:
            yield say("change {version} of incident {incident} is not in the ledger", version=event.version,
                      incident=incident)  # fmt: skip
        elif known is not None and known != digest(connection, incident, event.version):
            yield say("change {version} of incident {incident} was altered", version=event.version, incident=incident)


def _entered(connection: Connection) -> dict[tuple[str, int], str]:
    """The digests that the ledger holds, by incident and version."""
    found = {}
    for entry in ledger.entries(connection):
        telling = isinstance(entry, Entry) and entry.kind in (Kind.DECISION, Kind.PRIVACY)
        if telling and isinstance(entry, Entry) and entry.subject.startswith(_SUBJECT):
            incident = entry.subject.removeprefix(_SUBJECT)
            found[incident, int(entry.detail.get("version", 0))] = str(entry.detail.get("digest", ""))
    return found
