"""One analytic over a handful of rows: the views, rollups and facts that it reads, each as a small table."""

from collections.abc import Mapping, Sequence
from functools import cache

import duckdb
import pyarrow as pa

from tocsin.detect.analytics import AnalyticSet, load_analytics
from tocsin.lake.rollup_files import load_rollups
from tocsin.lake.view_files import load_views

Row = Mapping[str, object]

HOUR = 3_600_000_000
MINUTE = 60_000_000
DAY = 24 * HOUR
BEGIN = 20_516 * DAY  # 2026-03-04 00:00 UTC
_FACTS = {
    "assets": ("key", "role", "domain", "mission", "fleet", "maintenance_from", "maintenance_to"),
    "facts_known": ("fact", "source", "date"),
}
_ADDRESS_FACTS = (
    "CREATE TABLE address_facts (ip VARCHAR, scope VARCHAR, asn BIGINT, as_name VARCHAR, country VARCHAR, "
    "latitude DOUBLE, longitude DOUBLE, hosting BOOLEAN, cloud VARCHAR)"
)


def findings(id: str, tables: Mapping[str, Sequence[Row]]) -> list[dict[str, object]]:
    """The rows of the pack's analytic `id` over `tables` (view, rollup or fact → rows), in order of time.

    Columns that a row leaves out are NULL; `organisation` and `network` are "" unless said. An event's id is its place.
    """
    chosen = _analytics().chosen({id})
    connection = _empty_tables()
    connection.begin()
    try:
        for name, rows in tables.items():
            _fill(connection, name, rows)
        times = [int(str(row["time_us"])) for rows in tables.values() for row in rows if "time_us" in row]
        first, last = min(times, default=BEGIN), max(times, default=BEGIN)
        connection.execute(
            f"CREATE TABLE period AS SELECT CAST({first} AS BIGINT) AS first_us, CAST({last} AS BIGINT) AS last_us, "
            f"CAST({first} AS BIGINT) AS history_first_us"
        )
        found = connection.sql(chosen.statement(chosen.analytics[id])).to_arrow_table().to_pylist()
    finally:
        connection.rollback()
    return sorted(found, key=lambda row: (row["first_us"], str(row)))


@cache
def _analytics() -> AnalyticSet:
    return load_analytics()


@cache
def _empty_tables() -> duckdb.DuckDBPyConnection:
    """One for all calls of a process: each fills it in a transaction and takes that back."""
    connection = duckdb.connect()
    for each in (*load_views(), *load_rollups()):
        columns = ", ".join(f'"{column.name}" {column.type}' for column in each.columns)
        connection.execute(f"CREATE TABLE {each.name} ({columns})")
    for name, columns in _FACTS.items():
        connection.execute(f"CREATE TABLE {name} ({', '.join(f'{column} VARCHAR' for column in columns)})")
    connection.execute(_ADDRESS_FACTS)
    return connection


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """All rows at once, by the names of their columns."""
    there = {name for (name, *_) in connection.sql(f"DESCRIBE {table}").fetchall()}
    whole = [
        {"event_id": f"{table}-{place}", "organisation": "", "network": ""} | dict(row)
        for place, row in enumerate(rows)
    ]
    names = dict.fromkeys(name for row in whole for name in row if name in there)
    connection.register("rows", pa.table({name: [row.get(name) for row in whole] for name in names}))
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM rows")
    connection.unregister("rows")
