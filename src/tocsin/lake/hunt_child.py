"""The inside of the hunt's sandbox: `python -I -m tocsin.lake.hunt_child`, started by `hunt` and by nothing else.

Reads one request as JSON from standard input, runs it in the current folder (private, emptied by the parent), writes
the rows to `result.arrow` there and one line of JSON to standard output. In order:
1. the operating system's limits on memory, processor time, files and file size;
2. the query is examined, only its tables and views are made;
3. external access off but for the live files behind them, configuration locked;
4. the query runs; rows beyond the bound are left out and said so.
"""

import json
import re
import resource
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import duckdb
import pyarrow as pa

from tocsin import limits
from tocsin.errors import LAKE_CHANGED, HuntError, LakeError
from tocsin.lake.database import SPILL, connect, lock
from tocsin.lake.hunt_query import WHERE_TO_LOOK, HuntQuery, examine, suggestion
from tocsin.lake.rollup_files import rollup_names
from tocsin.lake.rollup_records import RollupFile
from tocsin.lake.rollups import create_rollup_views
from tocsin.lake.view_files import load_view, view_names
from tocsin.lake.views import open_views

RESULT = "result.arrow"

_READ_ROWS = 2_048  # rows asked for at a time: small, so that the bound on bytes is met closely
_SPARE_CPU_SECONDS = 5
_MISSING_COLUMN = re.compile(r'Referenced column "([^"]+)" (?:was )?not found')


class RollupRead(TypedDict):
    """A file of a rollup."""

    path: str
    columns: list[str]


class Request(TypedDict):
    """What the parent asks for. `tables` and `rollups` hold the live files by name."""

    sql: str
    tables: dict[str, list[str]]
    rollups: dict[str, list[RollupRead]]
    seconds: float
    rows: int
    memory_bytes: int


class Answer(TypedDict, total=False):
    """What the child says at the end; the rows are in `result.arrow`."""

    truncated: bool
    error: str
    advice: str
    damaged: bool  # the lake is at fault and not the query


def main() -> None:
    """Run one request."""
    request: Request = json.loads(sys.stdin.buffer.read())
    limit_process(request)
    answer: Answer
    try:
        answer = {"truncated": run(request, Path.cwd())}
    except HuntError as error:
        answer = {"error": str(error), "advice": error.advice()}
    except LakeError as error:
        answer = {"error": str(error), "advice": error.advice(), "damaged": True}
    except MemoryError:
        answer = _out_of_memory(request)
    sys.stdout.write(json.dumps(answer) + "\n")


def limit_process(request: Request) -> None:
    """Bounds by the operating system: what DuckDB's own bounds should let slip ends here."""
    threads = limits.HUNT_THREADS
    cpu = int(request["seconds"]) * threads + _SPARE_CPU_SECONDS
    wanted = {
        resource.RLIMIT_AS: request["memory_bytes"] + limits.HUNT_PROGRAM_BYTES,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: limits.HUNT_SPILL_BYTES,
        resource.RLIMIT_NOFILE: limits.HUNT_OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, bound in wanted.items():
        hard = resource.getrlimit(kind)[1]
        most = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (most, most))


def run(request: Request, folder: Path) -> bool:
    """Examine and run the query, write its rows; returns whether rows were left out. Raises HuntError, LakeError."""
    tables = {table: [Path(path) for path in paths] for table, paths in request["tables"].items()}
    connection = connect(request["memory_bytes"], limits.HUNT_THREADS, folder / SPILL, limits.HUNT_SPILL_BYTES)
    try:
        query = examine(connection, request["sql"], {*tables, *view_names(), *rollup_names()})
        rollups = {name: [_rollup_file(name, each) for each in files] for name, files in request["rollups"].items()}
        _open(connection, tables, rollups, query)
        raw = [str(path) for table in _behind(query) & set(tables) for path in tables[table]]
        lock(connection, raw + [file.path for name in query.tables & set(rollups) for file in rollups[name]])
        return _write(connection, query, request["rows"], folder / RESULT)
    except duckdb.Error as error:
        raise _explained(error, connection, request) from error


def _rollup_file(name: str, read: RollupRead) -> RollupFile:
    return RollupFile(read["path"], name, 0, 0, tuple(read["columns"]))


def _open(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Sequence[Path]],
    rollups: Mapping[str, Sequence[RollupFile]],
    query: HuntQuery,
) -> None:
    """Make what a query reads. Raises LakeError: what fails before the query runs is not its fault."""
    try:
        open_views(connection, tables, only=query.tables)
        create_rollup_views(connection, rollups, only=query.tables)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        first = str(error).partition("\n")[0]
        raise LakeError(f"the lake cannot be read: {first}", LAKE_CHANGED) from error


def _behind(query: HuntQuery) -> set[str]:
    """The native tables that the query reads, itself or through views."""
    views = [load_view(name) for name in view_names() if name in query.tables]
    return set(query.tables) | {branch.table for view in views for branch in view.branches}


def _write(connection: duckdb.DuckDBPyConnection, query: HuntQuery, most_rows: int, path: Path) -> bool:
    """Write up to `most_rows` rows within limits.HUNT_RESULT_BYTES; returns whether more were there."""
    reader = connection.sql(query.sql).to_arrow_reader(_READ_ROWS)
    rows, room = most_rows, limits.HUNT_RESULT_BYTES
    with pa.ipc.new_file(str(path), reader.schema) as file:
        for batch in reader:
            kept = _fitting(batch.slice(0, rows), room)
            file.write_batch(kept)
            rows, room = rows - kept.num_rows, room - kept.nbytes
            if kept.num_rows < batch.num_rows:
                return True
    return False


def _fitting(batch: pa.RecordBatch, room: int) -> pa.RecordBatch:
    """The first rows of a batch that fit into so many bytes, found by halving; maybe none."""
    while batch.num_rows and batch.nbytes > room:
        batch = batch.slice(0, batch.num_rows // 2)
    return batch


def _explained(error: duckdb.Error, connection: duckdb.DuckDBPyConnection, request: Request) -> HuntError:
    """The engine's error with what to do about it."""
    if isinstance(error, duckdb.OutOfMemoryException):
        answer = _out_of_memory(request)
        return HuntError(answer["error"], answer["advice"])
    if isinstance(error, duckdb.PermissionException):
        return HuntError(f"the query reached for something outside the lake: {error}", WHERE_TO_LOOK)
    missing = _MISSING_COLUMN.search(str(error))
    hint = suggestion(missing[1], _columns(connection)) if missing else ""
    return HuntError(f"the query failed: {error}", hint + WHERE_TO_LOOK)


def _columns(connection: duckdb.DuckDBPyConnection) -> set[str]:
    rows = connection.execute("SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    return {str(row[0]) for row in rows}


def _out_of_memory(request: Request) -> Answer:
    return {
        "error": f"the query needs more than {request['memory_bytes'] // limits.MIB:,} MiB of memory",
        "advice": "Read fewer columns, narrow the time, or aggregate before you join or sort.",
    }


if __name__ == "__main__":
    main()
