"""Hunting: one SELECT over the lake, run in a process of its own that can read the lake's files and do nothing else.

Rules (LAKE.md, "Commit"; tests show each of them):
1. The query runs in a fresh interpreter with an empty environment, a private folder and the limits of `limits`;
   when its time is over, the whole process group is killed.
2. `hunt_query` decides what may run, DuckDB's locked configuration stands behind it, the operating system's limits
   behind that: no layer relies on another.
3. The caller gets Arrow rows or a HuntError that says what was wrong and what to do; a LakeError where files of the
   lake are damaged.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tocsin import clock, limits
from tocsin.errors import HuntError, LakeError
from tocsin.lake.hunt_child import RESULT, Request, RollupRead
from tocsin.lake.rollup_records import RollupFile

_COMMAND = (sys.executable, "-I", "-X", "utf8", "-m", "tocsin.lake.hunt_child")


@dataclass(frozen=True)
class HuntResult:
    """Rows of a hunt. `truncated` says that more were there than the bounds let through."""

    rows: pa.Table
    truncated: bool
    seconds: float


def hunt(
    tables: Mapping[str, Sequence[Path]],
    sql: str,
    *,
    rollups: Mapping[str, Sequence[RollupFile]] | None = None,
    seconds: float = limits.HUNT_SECONDS,
    rows: int = limits.HUNT_ROWS,
    memory_bytes: int = limits.HUNT_MEMORY_BYTES,
) -> HuntResult:
    """Run one SELECT over the live files by table, as the catalog names them, and over the files of rollups
    (`rollups.rollup_files`). Raises HuntError, LakeError.
    """
    request: Request = {
        "sql": sql,
        "tables": {table: [str(path.resolve()) for path in paths] for table, paths in tables.items()},
        "rollups": {name: [_read(file) for file in files] for name, files in (rollups or {}).items()},
        "seconds": seconds,
        "rows": rows,
        "memory_bytes": memory_bytes,
    }
    start = clock.monotonic()
    with tempfile.TemporaryDirectory(prefix="tocsin-hunt-", ignore_cleanup_errors=True) as folder:
        truncated = _run(request, folder)
        with pa.memory_map(str(Path(folder) / RESULT)) as file:
            found = pa.ipc.open_file(file).read_all()
    return HuntResult(found, truncated, clock.monotonic() - start)


def _read(file: RollupFile) -> RollupRead:
    return {"path": file.path, "columns": list(file.columns)}


def _run(request: Request, folder: str) -> bool:
    """Start the child, wait for it, kill it when its time is over; returns whether rows were left out."""
    process = subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={},
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(json.dumps(request).encode(), timeout=request["seconds"])
    except subprocess.TimeoutExpired as error:
        raise HuntError(
            f"the query did not end within {request['seconds']:g} seconds",
            "Narrow the time or the columns, aggregate earlier, or give it longer with --timeout.",
        ) from error
    finally:
        _end(process)
    return _answer(output, process.returncode)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the child's process group, and reap the child."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _answer(output: bytes, code: int) -> bool:
    """The child's last word; raises LakeError or HuntError as it says, HuntError for a child that died without one."""
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise HuntError(
            f"the query's process ended with code {code} before it answered",
            "It most likely met the limit on memory or processor time: read fewer columns or aggregate earlier.",
        ) from error
    if answer.get("damaged"):
        raise LakeError(answer["error"], answer["advice"])
    if "error" in answer:
        raise HuntError(answer["error"], answer["advice"])
    return bool(answer["truncated"])
