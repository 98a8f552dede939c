"""DuckDB as Tocsin uses it: in memory, bounded, and deaf to everything outside the files it is given.

Without bounds it would take four fifths of the machine's memory, and put what does not fit into the folder that the
command happens to run in.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from tocsin import limits

SPILL = "spill"  # folder of a lake for what a query puts aside; DuckDB removes it when it closes
_NO_SPILL = 0  # bytes

_bounds: list[tuple[int, int]] = []  # bytes and threads

Opening = Callable[[Path], duckdb.DuckDBPyConnection]
"""Gives a connection for queries over a lake; who asked closes it."""


def bound_process(memory_bytes: int, threads: int) -> None:
    """From now on no DuckDB of this process takes more memory, or more threads: each needs memory beside it.

    What does not fit is put aside.
    """
    _bounds.append((memory_bytes, threads))


def connect(
    memory_bytes: int, threads: int, spill: Path | None, spill_bytes: int = _NO_SPILL
) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory with bounds that never loads an extension or a Python variable; times are shown in UTC.

    `spill` is the folder for what does not fit into memory, None for nowhere.
    """
    bounds = [(memory_bytes, threads), *_bounds]
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "memory_limit": f"{min(memory for memory, _ in bounds)}B",
            "threads": min(most for _, most in bounds),
            "temp_directory": "" if spill is None else str(spill),
            "max_temp_directory_size": f"{spill_bytes}B",
        }
    )
    connection.execute("SET parquet_metadata_cache = true")
    return _prepared(connection)


def _prepared(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Settings that every connection needs for itself."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # the node's processes write to nobody's terminal
    return connection


def another(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """One more connection to the same DuckDB, with TEMP tables and views of its own: making a DuckDB costs more."""
    return _prepared(connection.cursor())


def lock(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
    """From here on the connection reads these files, writes no other and cannot be told otherwise."""
    connection.execute("SET allowed_paths = ?", [list(paths)])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def for_queries(lake: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own, with the bounds of a query over a lake."""
    return connect(limits.QUERY_BYTES, limits.QUERY_THREADS, lake / SPILL, limits.QUERY_SPILL_BYTES)


class Standing:
    """Like `for_queries`, for a process that asks again and again: making a DuckDB takes 40 ms of a processor.

    The connections share the bounds of one query. They see each other's tables and views only if those are not TEMP.
    For one process, and none that it forks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._databases: dict[Path, duckdb.DuckDBPyConnection] = {}

    def __call__(self, lake: Path) -> duckdb.DuckDBPyConnection:
        """A connection to the lake's DuckDB."""
        with self._lock:
            database = self._databases.get(lake)
            if database is None:
                database = self._databases[lake] = for_queries(lake)
                database.execute("SET parquet_metadata_cache = false")  # it would keep what is never asked for again
                database.execute("SET enable_external_file_cache = false")
            return another(database)

    def close(self) -> None:
        """End all of it."""
        with self._lock:
            for database in self._databases.values():
                database.close()
            self._databases.clear()
