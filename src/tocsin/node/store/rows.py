"""Many rows at once: bounded statements, and insert or update, which both databases know (INSERT … ON CONFLICT)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from tocsin import limits

Item = TypeVar("Item")


def portions(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in portions that fit into one statement."""
    for start in range(0, len(items), limits.STATE_ROWS):
        yield items[start : start + limits.STATE_ROWS]


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], keep: Collection[str] = ()
) -> None:
    """Insert rows; where the primary key is there already, update all other columns but those to keep."""
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    key = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in rows[0] if name not in {*key, *keep}}
    for portion in portions(rows):
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed), list(portion))
