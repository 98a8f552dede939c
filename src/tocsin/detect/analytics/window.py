"""What analytics read in one run: the views' rows of a period, materialised once, beside rollups and facts.

Rules:
1. A view is bound and read once a run, and only the columns that some analytic names: binding costs a tenth of a
   second a view, and every analytic would pay it again (LAKE.md, "Views").
2. The rows lie in a compressed DuckDB file in the lake's spill folder, which goes away with the window: memory holds
   what a query works on, never the day.
3. A view without a row is empty; which are, is known (`Window.present`), so that an analytic that has nothing to read
   is "not assessed" instead of silent.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa

from tocsin import limits
from tocsin.detect.analytics.analytic import Analytic
from tocsin.lake.catalog import FileRecord
from tocsin.lake.database import SPILL, connect
from tocsin.lake.facts import address_columns, name_columns, open_facts
from tocsin.lake.rollup_files import load_rollups
from tocsin.lake.rollup_records import RollupFile
from tocsin.lake.rollups import create_rollup_views
from tocsin.lake.view_files import load_view, view_names
from tocsin.lake.views import open_views, view_sql

_STORE = "store"
_NEEDED = frozenset({"event_id", "time_us", "source", "organisation", "network", "table_name", "sensor"})


@dataclass
class Window:
    """An open run. Use it as a context manager: its file is removed at the end."""

    connection: duckdb.DuckDBPyConnection
    file: Path
    first_us: int
    last_us: int
    present: Mapping[str, int] = field(default_factory=dict)  # rows by view

    def __enter__(self) -> "Window":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and remove the file."""
        self.connection.close()
        for path in self.file.parent.glob(self.file.name + "*"):
            path.unlink(missing_ok=True)


def open_window(
    lake: Path,
    files: Sequence[FileRecord],
    analytics: Collection[Analytic],
    sources: Collection[str] | None = None,
    first_us: int | None = None,
    last_us: int | None = None,
    rollups: Mapping[str, Sequence[RollupFile]] | None = None,
) -> Window:
    """Materialise what the analytics read of these files.

    `sources` bounds the rows to source ids, `first_us` and `last_us` (inclusive, microseconds UTC) to a period; rows
    without a readable time are left out. `rollups` has the files of the long memory by rollup; without it that is
    empty. The caller closes the window.
    """
    spill = lake / SPILL
    spill.mkdir(exist_ok=True)
    file = spill / f"window-{uuid.uuid4().hex[:12]}.duckdb"
    connection = connect(limits.ANALYTIC_BYTES, limits.QUERY_THREADS, spill, limits.QUERY_SPILL_BYTES)
    window = Window(connection, file, 0, 0)
    try:
        _fill(window, lake, files, analytics, sources, _bounds(first_us, last_us))
        _surround(window, lake, analytics, rollups or {})
    except BaseException:
        window.close()
        raise
    return window


def read_views(analytics: Collection[Analytic]) -> dict[str, frozenset[str]]:
    """The views that analytics read, with the columns that they may name."""
    wanted: dict[str, set[str]] = {}
    for analytic in analytics:
        shown = {each.view: each.columns for each in analytic.evidence}
        for name in view_names():
            if name in analytic.words or name in shown:
                wanted.setdefault(name, set()).update(analytic.words, shown.get(name, ()))
    columns = {name: {column.name for column in load_view(name).columns} for name in wanted}
    return {name: frozenset((words | _NEEDED) & columns[name]) for name, words in wanted.items()}


def _bounds(first_us: int | None, last_us: int | None) -> str:
    low = f" AND time_us >= {first_us}" if first_us is not None else ""
    return low + (f" AND time_us <= {last_us}" if last_us is not None else "")


def _fill(
    window: Window,
    lake: Path,
    files: Sequence[FileRecord],
    analytics: Collection[Analytic],
    sources: Collection[str] | None,
    bounds: str,
) -> None:
    connection = window.connection
    connection.execute(f"ATTACH '{_quoted(window.file)}' AS {_STORE}")
    tables = _tables(lake, files, sources)
    wanted = read_views(analytics)
    filled = {name for name in wanted if any(branch.table in tables for branch in load_view(name).branches)}
    open_views(connection, tables, filled)
    if sources is not None:
        connection.register("wanted_sources", pa.table({"source": pa.array(sorted(sources), pa.string())}))
        bounds += " AND source IN (SELECT source FROM wanted_sources)"
    for name, columns in wanted.items():
        ordered = [column.name for column in load_view(name).columns if column.name in columns]
        source = f'"{name}"' if name in filled else f"({view_sql(load_view(name), {})})"
        connection.execute(
            f"CREATE TABLE {_STORE}.{name} AS SELECT {', '.join(map(_name, ordered))} FROM {source} "
            f"WHERE time_us <> 0{bounds}"
        )
        if name in filled:
            connection.execute(f'DROP VIEW "{name}"')
        connection.execute(f'CREATE VIEW "{name}" AS FROM {_STORE}.{name}')
    _measure(window, wanted)


def _surround(
    window: Window, lake: Path, analytics: Collection[Analytic], rollups: Mapping[str, Sequence[RollupFile]]
) -> None:
    """Rollups that some analytic reads, and what is known of the addresses and names of the run."""
    connection = window.connection
    words = frozenset[str]().union(*(analytic.words for analytic in analytics))
    read = {rollup.name for rollup in load_rollups() if rollup.name in words}
    create_rollup_views(connection, rollups, read)
    columns = {name: _columns(connection, name) for name in (*window.present, *sorted(read))}
    addresses = {name: address_columns(each) for name, each in columns.items() if "address_facts" in words}
    names = {name: name_columns(each) for name, each in columns.items() if "domain_facts" in words}
    open_facts(connection, lake, addresses, names)
    history = [
        connection.sql(f'SELECT min(first_us) FROM "{name}"').fetchall()[0][0]
        for name in sorted(read)
        if name in rollups
    ]
    first = min((each for each in [*history, window.first_us] if each is not None), default=window.first_us)
    connection.execute(f"UPDATE period SET history_first_us = {first}")


def _columns(connection: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    return list(connection.sql(f'SELECT * FROM "{view}" LIMIT 0').columns)


def _measure(window: Window, views: Collection[str]) -> None:
    """Rows by view, and the period of all of them as the table `period`."""
    connection = window.connection
    present: dict[str, int] = {}
    times: list[tuple[int, int]] = []
    for name in views:
        rows, low, high = connection.sql(
            f"SELECT count(*), min(time_us), max(time_us) FROM {_STORE}.{name}"
        ).fetchall()[0]
        if rows:
            present[name] = rows
            times.append((low, high))
    window.present = present
    window.first_us = min((low for low, _ in times), default=0)
    window.last_us = max((high for _, high in times), default=0)
    connection.execute(
        f"CREATE TABLE period AS SELECT CAST({window.first_us} AS BIGINT) AS first_us, "
        f"CAST({window.last_us} AS BIGINT) AS last_us, CAST({window.first_us} AS BIGINT) AS history_first_us"
    )


def _tables(lake: Path, files: Sequence[FileRecord], sources: Collection[str] | None) -> dict[str, list[Path]]:
    wanted = None if sources is None else frozenset(sources)
    found: dict[str, list[Path]] = {}
    for file in files:
        if wanted is None or not wanted.isdisjoint(file.sources):
            found.setdefault(file.table, []).append(lake / file.path)
    return found


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
