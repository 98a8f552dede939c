"""A copy of the whole state as lines of JSON, from one moment, and a new database made from it, on either database.

Rules:
1. Rows are copied as the database has them, without the types of this Tocsin: what escapes foreign text stays escaped.
2. A copy has the version of its tables. It is put into tables of that version, which are then brought to the newest.
3. Sessions are left out: who restores a copy elsewhere does not bring logins with it.
4. A line is `["table", {column: value}]`; bytes are `{"hex": …}`. Parents come before what refers to them.
5. Tables of others in the same schema are neither copied nor touched.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select, text

from tocsin import limits
from tocsin.errors import StateError
from tocsin.node.store import migration
from tocsin.node.store.tables import METADATA

_VERSION = "alembic_version"
_LEFT_OUT = frozenset({"sessions", _VERSION})
_ROWS = 500  # read at a time
_ADVICE = "Take another backup."


def copied(connection: Connection) -> Iterator[str]:
    """The lines of a copy, each with its line end. Within one reading transaction they are of one moment."""
    for table in _tables(connection, but=tables_of_others(connection)):
        keys = list(table.primary_key)
        with connection.execute(select(table).order_by(*keys), execution_options={"yield_per": _ROWS}) as rows:
            for row in rows.mappings():
                values = {name: _told(value) for name, value in row.items()}
                yield json.dumps([table.name, values], separators=(",", ":")) + "\n"


def put_back(connection: Connection, version: str, lines: Iterable[bytes]) -> int:
    """Make the tables of a version, put the lines of a copy into them, bring them to the newest; returns how many.

    StateError where the database has tables already, or the lines are no copy.
    """
    if migration.version(connection) is not None:
        raise StateError("the database to restore into is not empty", "Name an empty one.")
    migration.check_known(version, "of the backup")
    others = inspect(connection).get_table_names()
    migration.upgrade(connection, version)
    tables = {table.name: table for table in _tables(connection, but=others)}
    for table in reversed(tables.values()):
        connection.execute(table.delete())  # what a new database begins with, such as the head of an empty ledger
    count = 0
    for name, rows in groupby(map(_read, lines), key=lambda item: item[0]):
        if name not in tables:
            raise StateError(f"the copy of the state has an unknown table {name[:80]!r}", _ADVICE)
        values = (row for _, row in rows)
        while portion := list(islice(values, limits.STATE_ROWS)):
            connection.execute(insert(tables[name]), portion)
            count += len(portion)
    _count_on(connection, tables.values())
    migration.upgrade(connection)
    return count


def tables_of_others(connection: Connection) -> frozenset[str]:
    """Tables that are not this Tocsin's, in a database of its version."""
    return frozenset(inspect(connection).get_table_names()) - METADATA.tables.keys() - {_VERSION}


def remove_tables(connection: Connection, but: Collection[str]) -> None:
    """Remove all tables but those, whichever Tocsin made them."""
    found = _reflected(connection)
    found.drop_all(connection, [table for table in found.sorted_tables if table.name not in but])


def _tables(connection: Connection, but: Collection[str]) -> list[Table]:
    """The tables that a copy has, parents first."""
    left_out = _LEFT_OUT.union(but)
    return [table for table in _reflected(connection).sorted_tables if table.name not in left_out]


def _reflected(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def _told(value: Any) -> Any:
    return {"hex": bytes(value).hex()} if isinstance(value, (bytes, memoryview)) else value


def _read(line: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        name, values = json.loads(line)
        return str(name), {column: _value(value) for column, value in values.items()}
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise StateError("the copy of the state has a line that is none", _ADVICE) from error


def _value(value: Any) -> Any:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def _count_on(connection: Connection, tables: Iterable[Table]) -> None:
    """PostgreSQL numbers new rows by a sequence of its own, which has to go on after what was put in."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for column in table.primary_key:
            named = {"table": table.name, "column": column.name}
            sequence = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), named).scalar()
            if sequence is not None:
                last = connection.execute(select(func.max(column))).scalar() or 0
                going = {"sequence": sequence, "next": last + 1}
                connection.execute(text("SELECT setval(:sequence, :next, false)"), going)
