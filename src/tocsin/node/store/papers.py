"""What the three tables beside incidents share: playbooks that were begun, proposed actions, legal clocks.

Rules:
1. A paper belongs to one incident. Its columns are for finding it; what it says is the JSON in `body`.
2. One that is to change is locked first (PostgreSQL: FOR UPDATE).
3. Every change is in the ledger, in the same transaction, with ids and without what the paper says.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Boolean, Column, Connection, String, Table, Text, select

from tocsin import limits
from tocsin.errors import NotFound
from tocsin.node.store.codec import decode, encode
from tocsin.node.store.rows import portions, upsert
from tocsin.node.store.schema import METADATA
from tocsin.node.store.times import microseconds

Paper = TypeVar("Paper")
_ID_BYTES = 6


def paper_table(name: str, *more: Column[Any]) -> Table:
    """A table of papers. `name` in it is the paper's kind: which playbook, which clock."""
    return Table(
        name,
        METADATA,
        Column("id", String(20), primary_key=True),
        Column("incident", Text, nullable=False, index=True),
        Column("name", Text, nullable=False),
        Column("standing", Boolean, nullable=False),
        Column("changed_us", BigInteger, nullable=False),
        Column("body", Text, nullable=False),
        *more,
    )


def new_id(letter: str) -> str:
    """An id that nobody has, such as `A-0123456789ab`."""
    return f"{letter}-{secrets.token_hex(_ID_BYTES)}"


def keep(
    connection: Connection,
    table: Table,
    id: str,
    incident: str,
    name: str,
    standing: bool,
    time: datetime,
    body: object,
    **more: object,
) -> None:
    """Write a paper, new or changed."""
    row: dict[str, object] = {
        "id": id, "incident": incident, "name": name, "standing": standing, "changed_us": microseconds(time),
        "body": encode(body), **more,
    }  # fmt: skip
    upsert(connection, table, [row])


def locked(connection: Connection, table: Table, id: str, kind: type[Paper]) -> Paper:
    """One paper, to be changed. NotFound."""
    row = connection.execute(select(table.c.body).where(table.c.id == id).with_for_update()).first()
    if row is None:
        raise NotFound(f"there is no {id[:40]!r}", "Copy its id from the list.")
    return decode(row.body, kind, f"{table.name} {id}")


def present(connection: Connection, table: Table, id: str, kind: type[Paper]) -> Paper:
    """One paper, to be read. NotFound."""
    row = connection.execute(select(table.c.body).where(table.c.id == id)).first()
    if row is None:
        raise NotFound(f"there is no {id[:40]!r}", "Copy its id from the list.")
    return decode(row.body, kind, f"{table.name} {id}")


def of_incidents(connection: Connection, table: Table, incidents: Sequence[str], kind: type[Paper]) -> list[Paper]:
    """All papers of these incidents, by their ids."""
    found: list[Paper] = []
    for portion in portions(incidents):
        query = select(table.c.id, table.c.body).where(table.c.incident.in_(portion)).order_by(table.c.id)
        found += [decode(row.body, kind, f"{table.name} {row.id}") for row in connection.execute(query)]
    return found


def listed(connection: Connection, table: Table, kind: type[Paper], *, standing: bool, skip: int = 0) -> list[Paper]:
    """The papers that changed last, at most limits.PAPERS after the first `skip`; with `standing` those that stand."""
    query = select(table.c.id, table.c.body).order_by(table.c.changed_us.desc(), table.c.id)
    if standing:
        query = query.where(table.c.standing)
    rows = connection.execute(query.limit(limits.PAPERS).offset(skip))
    return [decode(row.body, kind, f"{table.name} {row.id}") for row in rows]
