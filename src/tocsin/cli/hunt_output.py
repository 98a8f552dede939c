"""What a hunt writes: rows as a table, CSV, JSON or Parquet, and the list of views and tables.

Rules:
1. Values are foreign: terminals, spreadsheets and JSON readers get them through `sinks`.
2. A missing value is an empty cell in the table, nothing at all in CSV (an empty text is `""`), null in JSON.
3. Times are UTC with a Z; numbers that JSON lacks (NaN, infinity) are null.
4. Two columns of one name become `name` and `name_2`.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from tocsin.errors import UsageError
from tocsin.lake.catalog import FileRecord
from tocsin.lake.rollup_files import COMMON_KEYS, COMMON_MEASURES, load_rollups
from tocsin.lake.view_files import COMMON, load_views
from tocsin.sinks import csv, json, terminal

_NARROWEST_COLUMN = 10  # terminal cells; a table that would need less is shown record by record
_CELL_CHARACTERS = 400
_BATCH_ROWS = 1_000


def write_rows(rows: pa.Table, form: str, out: Path | None) -> None:
    """Write all rows in one of the forms, to a file or to stdout. Raises UsageError when the file cannot be made."""
    rows = rows.rename_columns(distinct(rows.column_names))
    if form == "parquet" and out is not None:
        with _opening(out):
            pq.write_table(rows, out, compression="zstd")
        return
    writers = {"csv": csv_text, "json": json_text, "ndjson": ndjson_text}
    with _target(out) as file:
        if form == "table":
            _print_table(rows, file)
            return
        for piece in writers[form](rows):
            file.write(piece)


def distinct(names: Sequence[str]) -> list[str]:
    """The names with numbers behind those that came before.

    >>> distinct(["a", "b", "a"])
    ['a', 'b', 'a_2']
    """
    found: list[str] = []
    for name in names:
        number, chosen = 1, name
        while chosen in found:
            number += 1
            chosen = f"{name}_{number}"
        found.append(chosen)
    return found


def csv_text(rows: pa.Table) -> Iterator[str]:
    """A header line and one line a row."""
    yield csv.line(rows.column_names)
    for row in _rows(rows):
        yield ",".join(_csv_cell(value) for value in row.values()) + "\r\n"


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return csv.line([text]).removesuffix("\r\n")


def json_text(rows: pa.Table) -> Iterator[str]:
    """One array, an object a row."""
    yield "["
    for number, row in enumerate(_rows(rows)):
        yield (",\n" if number else "\n") + json.dumps(row)
    yield "\n]\n"


def ndjson_text(rows: pa.Table) -> Iterator[str]:
    """One object a line."""
    for row in _rows(rows):
        yield json.dumps(row) + "\n"


def _rows(rows: pa.Table) -> Iterator[dict[str, object]]:
    for batch in rows.to_batches(max_chunksize=_BATCH_ROWS):
        for row in batch.to_pylist():
            yield {name: plain_value(value) for name, value in row.items()}


def plain_value(value: object) -> object:
    """A value in the types of JSON."""
    if isinstance(value, datetime):
        stamp = value if value.tzinfo is None else value.astimezone(UTC)
        return stamp.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time | timedelta):
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): plain_value(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def _print_table(rows: pa.Table, file: TextIO) -> None:
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if rows.num_columns * _NARROWEST_COLUMN > console.width:
        _print_records(rows, console)
        return
    table = Table()
    for name in rows.column_names:
        table.add_column(terminal.plain(name))
    for row in _rows(rows):
        table.add_row(*(terminal.plain(_shown(value), width=_CELL_CHARACTERS) for value in row.values()))
    console.print(table)


def _print_records(rows: pa.Table, console: Console) -> None:
    """Wide rows: one record below the other, its fields that hold something."""
    for number, row in enumerate(_rows(rows), 1):
        console.rule(f"row {number:,}", align="left")
        for name, value in row.items():
            if value is not None:
                text = f"{terminal.safe(name)}: {terminal.safe(_shown(value), _CELL_CHARACTERS)}"
                console.print(text, soft_wrap=True)


def _shown(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def write_views(files: Sequence[FileRecord] | None) -> None:
    """List the views and rollups (all of them, on any lake) and the native tables of the lake, where it is known."""
    tables: dict[str, dict[str, None]] = {}
    rows: dict[str, int] = {}
    for file in files or ():
        tables.setdefault(file.table, {}).update(dict.fromkeys(file.columns))
        rows[file.table] = rows.get(file.table, 0) + file.rows
    print(f"Every view has {', '.join(column.name for column in COMMON)} and:\n")
    for view in load_views():
        fed = sorted({branch.table for branch in view.branches} & set(tables))
        here = "" if files is None else f"; here from {', '.join(fed) or 'nothing yet'}"
        print(f"{view.name} ({view.title}{here})")
        print(f"    {', '.join(column.name for column in view.own_columns)}\n")
    common = (*COMMON_KEYS, *COMMON_MEASURES)
    print(f"Every rollup (the long memory, docs/rollups.md) has {', '.join(column.name for column in common)} and:\n")
    for rollup in load_rollups():
        print(f"{rollup.name} ({rollup.title})")
        print(f"    {', '.join(column.name for column in rollup.own_columns)}\n")
    if files is None:
        return
    print("Native tables, with the same columns except table_name, with ingest_time, day and:\n")
    for table, columns in sorted(tables.items()):
        print(f"{terminal.safe(table)} ({rows[table]:,} rows)")
        print("    " + ", ".join(terminal.safe(_quoted(name)) for name in columns) + "\n")


def _quoted(name: str) -> str:
    """The name as SQL wants it: in quotes unless it is a plain word."""
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    with _opening(out), out.open("w", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def _opening(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written: {error.strerror or error}", "Name another file with --out."
        ) from error
