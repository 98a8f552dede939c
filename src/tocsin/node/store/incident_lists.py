"""Many incidents at once: what people work on, what changed since somebody looked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from tocsin.ledger.entry import NODE
from tocsin.node.store.incident_rows import INCIDENTS, READERS, state_of
from tocsin.node.store.incident_state import IncidentState, Status
from tocsin.node.store.rows import portions
from tocsin.node.store.times import microseconds


def worked_on(connection: Connection, reader: str, since: datetime, most: int, after: str = "") -> list[IncidentState]:
    """What a reader may see and people are or were asked to look at: all that is open, and what changed since a time.

    Parts of others too; by id, from the one behind `after` on.
    """
    c = INCIDENTS.c
    asked = c.queued | (c.status != str(Status.OPEN)) | (c.owner != "")
    lately = (c.changed_us >= microseconds(since)) | (c.opened_us >= microseconds(since))
    query = select(c.id, c.state).where(asked, lately | ((c.status != str(Status.CLOSED)) & (c.merged_into == "")))
    query = for_reader(query.where(c.id > after), reader).order_by(c.id).limit(most)
    return [state_of(row) for row in connection.execute(query)]


def readable(connection: Connection, ids: Sequence[str], reader: str) -> list[IncidentState]:
    """The states of these incidents that a reader may see, in the order of the ids."""
    found: dict[str, IncidentState] = {}
    for some in portions(ids):
        rows = connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.state).where(INCIDENTS.c.id.in_(some)))
        found |= {row.id: state_of(row) for row in rows}
    return [found[id] for id in ids if id in found and found[id].may_read(reader)]


def versions(connection: Connection) -> dict[str, int]:
    """The version of every incident."""
    return {row.id: row.version for row in connection.execute(select(INCIDENTS.c.id, INCIDENTS.c.version))}


def last_change(connection: Connection) -> int:
    """When an incident was last changed, in microseconds since 1970; 0 where there is none."""
    return connection.scalar(select(func.max(INCIDENTS.c.changed_us))) or 0


def for_reader(query: Select[*tuple[Any, ...]], reader: str) -> Select[*tuple[Any, ...]]:
    """A query of INCIDENTS, narrowed to what a reader may see."""
    if reader == NODE:
        return query
    named = exists().where(READERS.c.incident == INCIDENTS.c.id, READERS.c.account == reader)
    return query.where(~INCIDENTS.c.restricted | named)
