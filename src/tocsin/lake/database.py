"""DuckDB as Tocsin uses it: in memory, bounded, and deaf to everything outside the files it is given.

Without bounds it would take four fifths of the machine's memory, and put what does not fit into the folder that the
command happens to run in.
"""

from pathlib import Path

import duckdb

SPILL = "spill"  # folder of a lake for what a query puts aside; DuckDB removes it when it closes
_NO_SPILL = 0  # bytes


def connect(
    memory_bytes: int, threads: int, spill: Path | None, spill_bytes: int = _NO_SPILL
) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory with bounds that never loads an extension or a Python variable; times are shown in UTC.

    `spill` is the folder for what does not fit into memory, None for nowhere.
    """
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "memory_limit": f"{memory_bytes}B",
            "threads": threads,
            "temp_directory": "" if spill is None else str(spill),
            "max_temp_directory_size": f"{spill_bytes}B",
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute("SET enable_progress_bar = false")  # the node's processes write to nobody's terminal
    return connection
