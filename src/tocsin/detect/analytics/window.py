"""What analytics read in one run: the views' rows of a period, materialised once, beside rollups and facts.

Rules:
1. A view is bound and read once a run, and only the columns that some analytic names: binding costs a tenth of a
   second a view, and every analytic would pay it again (LAKE.md, "Views").
2. The rows lie in a compressed DuckDB file in the lake's spill folder, which goes away with the window: memory holds
   what a query works on, never the day.
3. A view without a row is empty; which are, is known (`Window.present`), so that an analytic that has nothing to read
   is "not assessed" instead of silent.
4. What is new is what was asked for: some sources, or a period. An attack does not stop where a file ends, so rows of
   other sources come with it, as far back as an analytic's `lookback` says and limits.ANALYTIC_BEHIND_ROWS allows.
   `period` is of what is new; what the old rows alone give was told before (`Window.is_new`).
5. An open window reads its own file and the rollups, and nothing else of this machine, whatever an analytic's SQL says.
"""

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa

from tocsin import limits
from tocsin.detect.analytics.analytic import Analytic
from tocsin.lake.catalog import FileRecord
from tocsin.lake.copies import SEVERAL, Means, Tables, copied, needed_columns, readers_of, worth_copying
from tocsin.lake.database import connect, lock
from tocsin.lake.facts import address_columns, name_columns, open_facts
from tocsin.lake.rollup_files import load_rollups
from tocsin.lake.rollup_records import RollupFile
from tocsin.lake.rollups import create_rollup_views
from tocsin.lake.spill import spill_place
from tocsin.lake.view_files import View, load_view, view_names
from tocsin.lake.views import files_sql, open_selects, view_sql

_STORE = "store"
_OWN_FILES = ("", ".wal")  # of the window, which DuckDB puts in order when it closes it
_NEEDED = frozenset({"event_id", "time_us", "source", "organisation", "network", "table_name", "sensor"})


@dataclass(frozen=True, slots=True)
class Budget:
    """What one run may use."""

    memory_bytes: int = limits.ANALYTIC_BYTES
    threads: int = limits.QUERY_THREADS
    behind_rows: int = limits.ANALYTIC_BEHIND_ROWS


@dataclass
class Window:
    """An open run. Use it as a context manager: its file is removed at the end."""

    connection: duckdb.DuckDBPyConnection
    file: Path
    first_us: int
    last_us: int
    present: Mapping[str, int] = field(default_factory=dict)  # rows by view
    sources: frozenset[str] | None = None  # whose rows are new; None for all
    old_last_us: int = -1  # the last of the rows that came with them

    def is_new(self, event_ids: Sequence[str], last_us: int) -> bool:
        """Whether what these events show, until then, is not known from the old rows alone."""
        if last_us > self.old_last_us:
            return True
        if not event_ids or self.sources is None:
            return last_us >= self.first_us
        return any(id.rpartition("-")[0] in self.sources for id in event_ids)

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
    budget: Budget | None = None,
) -> Window:
    """Materialise what the analytics read of these files.

    `sources` says whose rows are new, by id, `first_us` and `last_us` (inclusive, microseconds UTC) of which period;
    rows without a readable time are left out. `rollups` has the files of the long memory by rollup; without it that is
    empty. The caller closes the window.
    """
    file = spill_place(lake, "window")
    bounds = budget or Budget()
    connection = connect(bounds.memory_bytes, bounds.threads, file.parent, limits.QUERY_SPILL_BYTES)
    window = Window(connection, file, 0, 0, sources=None if sources is None else frozenset(sources))
    try:
        _fill(window, lake, files, analytics, first_us, last_us, bounds)
        _surround(window, lake, analytics, rollups or {})
        memory = [file.path for files in (rollups or {}).values() for file in files]
        lock(connection, [*memory, *(str(file) + ending for ending in _OWN_FILES)])
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


def _fill(
    window: Window,
    lake: Path,
    files: Sequence[FileRecord],
    analytics: Collection[Analytic],
    first_us: int | None,
    last_us: int | None,
    bounds: Budget,
) -> None:
    """Steps: 1. tables of what is new, by view; 2. its period; 3. the older rows that analytics look back at."""
    connection = window.connection
    connection.execute(f"ATTACH '{_quoted(window.file)}' AS {_STORE}")
    wanted = read_views(analytics)
    new = _between(first_us, last_us)
    if window.sources is not None:
        ids = pa.array(sorted(window.sources), pa.string())
        connection.register("new_sources", pa.table({"source": ids}))
        new += " AND source IN (SELECT source FROM new_sources)"
    fresh = _touching(_of_sources(files, window.sources), first_us, last_us)
    _copy(window, lake, fresh, wanted, new, bounds)
    _measure(window, wanted)
    behind = max((analytic.lookback_us for analytic in analytics), default=0)
    if behind and window.present and (window.sources is not None or first_us is not None):
        possible = files if window.sources is not None else _begun_before(files, first_us)
        low, older = _older(possible, window.first_us - behind, window.last_us, bounds.behind_rows)
        old = f" AND time_us BETWEEN {low} AND {window.last_us} AND NOT (TRUE{new})"
        _copy(window, lake, older, wanted, old, bounds, old=True)
    for name in wanted:
        connection.execute(f'CREATE VIEW "{name}" AS FROM {_STORE}.{name}')


def _copy(
    window: Window,
    lake: Path,
    files: Sequence[FileRecord],
    wanted: Mapping[str, frozenset[str]],
    where: str,
    bounds: Budget,
    old: bool = False,
) -> None:
    """The rows of some files into the tables of the views; of old rows, the time of the last and their number."""
    tables: dict[str, list[FileRecord]] = {}
    for file in files:
        tables.setdefault(file.table, []).append(file)
    in_place = _in_place(lake, tables)
    several = {load_view(name): columns for name, columns in wanted.items() if _reads_again(load_view(name))}
    worth = worth_copying(tables, readers_of(several))
    apart = {view.name: columns for view, columns in several.items()} if worth else {}
    means = Means(bounds.memory_bytes, bounds.threads)
    with copied(lake, spill_place(lake, "raw"), worth, needed_columns(several, worth), means) as copies:
        _materialise(window, in_place | {table: copy.select() for table, copy in copies.items()}, apart, where, old)
    rest = {name: columns for name, columns in wanted.items() if name not in apart}
    portions = _portions(tables, limits.COPY_OPENED) if worth else [tables]
    for number, portion in enumerate(portions):
        _materialise(window, _in_place(lake, portion), rest, where, old, more=number > 0)


def _portions(tables: Tables, most: int) -> Iterator[Tables]:
    """The files of all tables, at most so many of each at a time."""
    for first in range(0, max(map(len, tables.values())), most):
        some = {table: files[first : first + most] for table, files in tables.items()}
        yield {table: files for table, files in some.items() if files}


def _in_place(lake: Path, tables: Tables) -> dict[str, str]:
    return {table: files_sql([lake / file.path for file in files]) for table, files in tables.items()}


def _reads_again(view: View) -> bool:
    """Whether some of its branches read the same table. One that reads each once needs no copy, and may read much."""
    return max(readers_of([view]).values(), default=0) >= SEVERAL


def _materialise(
    window: Window,
    tables: Mapping[str, str],
    wanted: Mapping[str, frozenset[str]],
    where: str,
    old: bool,
    more: bool = False,
) -> None:
    """Rows into the views' tables, which are made unless there is `more` than was put there before, or old rows."""
    connection = window.connection
    filled = {name for name in wanted if any(branch.table in tables for branch in load_view(name).branches)}
    open_selects(connection, tables, filled)
    rows = dict(window.present)
    for name, columns in wanted.items():
        if (old or more) and name not in filled:
            continue
        ordered = [column.name for column in load_view(name).columns if column.name in columns]
        source = f'"{name}"' if name in filled else f"({view_sql(load_view(name), {})})"
        begin = f"INSERT INTO {_STORE}.{name}" if old or more else f"CREATE TABLE {_STORE}.{name} AS"
        select = f"SELECT {', '.join(map(_name, ordered))} FROM {source} WHERE time_us <> 0{where}"
        count = connection.execute(f"{begin} {select}").fetchall()[0][0]
        if old and count:
            rows[name] = rows.get(name, 0) + count
            last = connection.sql(f'SELECT max(time_us) FROM "{name}" WHERE time_us <> 0{where}').fetchall()[0][0]
            window.old_last_us = max(window.old_last_us, last)
        if name in filled:
            connection.execute(f'DROP VIEW "{name}"')
    window.present = rows
    for table in tables:
        connection.execute(f'DROP VIEW IF EXISTS "{table}"')


def _between(first_us: int | None, last_us: int | None) -> str:
    low = f" AND time_us >= {first_us}" if first_us is not None else ""
    return low + (f" AND time_us <= {last_us}" if last_us is not None else "")


def _of_sources(files: Sequence[FileRecord], sources: frozenset[str] | None) -> list[FileRecord]:
    return [file for file in files if sources is None or not sources.isdisjoint(file.sources)]


def _touching(files: Sequence[FileRecord], first_us: int | None, last_us: int | None) -> list[FileRecord]:
    """The files with rows in a period."""
    low, high = first_us or 0, sys.maxsize if last_us is None else last_us
    return [file for file in files if file.max_time_us >= low and file.min_time_us <= high]


def _begun_before(files: Sequence[FileRecord], first_us: int | None) -> list[FileRecord]:
    return [file for file in files if first_us is None or file.min_time_us < first_us]


def _older(files: Sequence[FileRecord], low: int, high: int, most: int) -> tuple[int, list[FileRecord]]:
    """The files with rows between these times, newest first as far as their rows are not too many, and from when on."""
    kept: list[FileRecord] = []
    rows = 0
    touching = (file for file in files if file.max_time_us >= low and file.min_time_us <= high)
    for file in sorted(touching, key=lambda each: (-each.max_time_us, each.path)):
        rows += file.rows
        if rows > most:
            return file.max_time_us + 1, kept
        kept.append(file)
    return low, kept


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


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
