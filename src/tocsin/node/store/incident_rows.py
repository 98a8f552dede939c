"""The rows behind incidents: events, which are the truth, and the state beside them, which is only for listing.

Rules:
1. (incident, version) is the key of an event, so no two changes can take the same place.
2. The state's row is what `derive` makes of the events. It is written with every event, in the same transaction.
3. A row that is to change is locked first (PostgreSQL: FOR UPDATE); several rows by their ids, in order.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from tocsin.ledger.entry import NODE
from tocsin.node.store import findings
from tocsin.node.store.codec import decode, encode, prepare
from tocsin.node.store.incident_state import Body, Event, IncidentState, Undone, active
from tocsin.node.store.rows import portions, upsert
from tocsin.node.store.schema import METADATA, ForeignText
from tocsin.node.store.times import microseconds, moment

prepare(Body)
prepare(IncidentState)

_SALT_BYTES = 16
_EVENTS_AT_ONCE = 100

EVENTS = Table(
    "incident_events",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("time_us", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),
    Column("why", ForeignText, nullable=False),
    Column("salt", String(32), nullable=False),
)
INCIDENTS = Table(
    "incidents",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("title", ForeignText, nullable=False),
    Column("level", String(20), nullable=False),
    Column("score", Integer, nullable=False),
    Column("queued", Boolean, nullable=False),
    Column("status", String(20), nullable=False),
    Column("owner", Text, nullable=False, index=True),
    Column("merged_into", Text, nullable=False, index=True),
    Column("restricted", Boolean, nullable=False),
    Column("organisation", ForeignText, nullable=False, server_default=""),
    Column("opened_us", BigInteger, nullable=False),
    Column("changed_us", BigInteger, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Index(None, "status", "score"),
)
READERS = Table(
    "incident_readers",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("account", Text, primary_key=True),
)


def locked(connection: Connection, ids: Iterable[str]) -> dict[str, IncidentState]:
    """The states of incidents, locked until the transaction ends; those that do not exist are left out."""
    query = select(INCIDENTS.c.id, INCIDENTS.c.state).where(INCIDENTS.c.id.in_(sorted(set(ids))))
    rows = connection.execute(query.order_by(INCIDENTS.c.id).with_for_update())
    return {row.id: state_of(row) for row in rows}


def history(connection: Connection, incident: str, after: int = 0) -> list[Event]:
    """The events of an incident after a version, in order."""
    query = select(EVENTS).where(EVENTS.c.incident == incident, EVENTS.c.version > after).order_by(EVENTS.c.version)
    return [read_event(row) for row in connection.execute(query)]


def decisions(connection: Connection, incidents: Sequence[str], since: datetime, most: int) -> list[Event]:
    """What people decided about incidents since a time, in order of time; at most so many, the newest."""
    found: list[Event] = []
    for some in portions(incidents):
        query = select(EVENTS).where(
            EVENTS.c.incident.in_(some), EVENTS.c.time_us >= microseconds(since), EVENTS.c.actor != NODE
        )
        query = query.order_by(EVENTS.c.time_us.desc(), EVENTS.c.incident, EVENTS.c.version.desc()).limit(most)
        found += [read_event(row) for row in connection.execute(query)]
    return sorted(found, key=lambda event: (event.time, event.incident, event.version))[-most:]


def digested(connection: Connection, incident: str) -> Iterator[tuple[Event, str]]:
    """The events of an incident in order, each with its digest as it stands now; read a few at a time."""
    query = select(EVENTS).where(EVENTS.c.incident == incident).order_by(EVENTS.c.version)
    with connection.execute(query, execution_options={"yield_per": _EVENTS_AT_ONCE}) as rows:
        for row in rows:
            yield read_event(row), _digest({str(name): value for name, value in row._mapping.items()})


def undone(connection: Connection, incident: str) -> frozenset[int]:
    """The versions of an incident's events that do not count."""
    query = select(EVENTS).where(EVENTS.c.incident == incident, EVENTS.c.kind == Undone.__struct_config__.tag)
    undos = [read_event(row) for row in connection.execute(query)]
    counting = active(undos)
    return frozenset(undo.body.version for undo in undos if undo.version in counting and isinstance(undo.body, Undone))


def write_event(connection: Connection, event: Event) -> str:
    """Add an event. Returns its salted digest, which proves later what the event said and reveals nothing of it."""
    salt = secrets.token_hex(_SALT_BYTES)
    values = {
        "incident": event.incident,
        "version": event.version,
        "time_us": microseconds(event.time),
        "actor": event.actor,
        "kind": event.kind,
        "body": encode(event.body),
        "why": event.why,
        "salt": salt,
    }
    connection.execute(insert(EVENTS).values(values))
    return _digest(values)


def digest(connection: Connection, incident: str, version: int) -> str | None:
    """The salted digest of an event as it stands now; None where there is no such event."""
    query = select(EVENTS).where(EVENTS.c.incident == incident, EVENTS.c.version == version)
    row = connection.execute(query).mappings().first()
    return None if row is None else _digest({str(name): value for name, value in row.items()})


def write_state(connection: Connection, before: IncidentState | None, after: IncidentState) -> None:
    """Write the state beside its events, who may read it, and which findings belong to it."""
    upsert(connection, INCIDENTS, [_values(after)])
    if (before.readers if before else ()) != after.readers:
        _write_readers(connection, after)
    old, new = set(before.findings if before else ()), set(after.findings)
    findings.move(connection, sorted(new - old), after.id)
    findings.release(connection, sorted(old - new), after.id)


def state_of(row: Row[*tuple[Any, ...]]) -> IncidentState:
    """The state that a row of INCIDENTS holds."""
    return decode(row.state, IncidentState, f"incident {row.id}")


def _write_readers(connection: Connection, state: IncidentState) -> None:
    connection.execute(delete(READERS).where(READERS.c.incident == state.id))
    rows: Sequence[dict[str, str]] = [{"incident": state.id, "account": reader} for reader in state.readers]
    if rows:
        connection.execute(insert(READERS), rows)


def _values(state: IncidentState) -> dict[str, object]:
    return {
        "id": state.id,
        "version": state.version,
        "title": state.title,
        "level": state.level,
        "score": state.score,
        "queued": state.queued,
        "status": str(state.status),
        "owner": state.owner,
        "merged_into": state.merged_into,
        "restricted": bool(state.readers),
        "organisation": state.organisation,
        "opened_us": microseconds(state.opened),
        "changed_us": microseconds(state.changed),
        "state": encode(state),
    }


def read_event(row: Row[*tuple[Any, ...]]) -> Event:
    """The event that a row of EVENTS holds."""
    where = f"change {row.version} of incident {row.incident}"
    body: Body = decode(row.body, Body, where)  # type: ignore[arg-type]  # a union is no type[]
    return Event(row.incident, row.version, moment(row.time_us), row.actor, body, row.why)


def _digest(values: dict[str, object]) -> str:
    return hashlib.sha256(encode(dict(sorted(values.items()))).encode()).hexdigest()
