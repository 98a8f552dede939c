"""The files of a rollup: sorted by period and key, a file holds a run of periods, all of it or nothing.

Rules:
1. Files are written under dot-names, synced and renamed (`durable`); only the catalog makes them part of the lake.
2. A file ends at a period's end, once it has limits.ROLLUP_FILE_ROWS rows: neither thousands of small files, nor one
   that is written anew for every late event.
3. `last_us` is stored as `span_us`, what it is after `first_us`: most things happen once a day, and then it is nothing.
4. Files of an older form are read with what they have: a column that they lack is empty, one that is gone is left out.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.lake.catalog import ROLLUPS
from tocsin.lake.durable import hidden, settle
from tocsin.lake.rollup_files import Rollup, RollupColumn
from tocsin.lake.rollup_records import RollupFile
from tocsin.lake.rollup_sql import empty, quoted

_ARROW = {"VARCHAR": pa.string(), "BIGINT": pa.int64()}
_FIRST, _SPAN = "first_us", "span_us"
_GROUP_ROWS = 128 * 1024  # rows of a row group, and rows fetched at once


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the files, and for every period that has rows (by its day) their number and the file's path."""

    files: tuple[RollupFile, ...]
    periods: dict[int, tuple[int, str]]


def stored_sql(rollup: Rollup, lake: Path, files: Iterable[RollupFile]) -> str:
    """The rows of some files in the rollup's present form."""
    by_form: dict[tuple[str, ...], list[str]] = {}
    for file in files:
        by_form.setdefault(file.columns, []).append(_text(str(lake / file.path)))
    selects = [_form_sql(rollup, form, paths) for form, paths in sorted(by_form.items())]
    return "\nUNION ALL\n".join(selects) or no_rows_sql(rollup)


def _form_sql(rollup: Rollup, form: Sequence[str], paths: Sequence[str]) -> str:
    columns = ", ".join(f"{present(column, form)} AS {quoted(column.name)}" for column in rollup.columns)
    return f"SELECT {columns} FROM read_parquet([{', '.join(paths)}])"


def no_rows_sql(rollup: Rollup) -> str:
    """The rollup's columns without a row."""
    nulls = ", ".join(f"CAST(NULL AS {column.type}) AS {quoted(column.name)}" for column in rollup.columns)
    return f"SELECT {nulls} WHERE false"


def write_rollup(lake: Path, rollup: Rollup, name: str, rows: duckdb.DuckDBPyRelation) -> Written:
    """Write sorted rows durably as files that begin with `name`, which must be unique in the lake."""
    folder = Path(ROLLUPS) / rollup.name
    (lake / folder).mkdir(parents=True, exist_ok=True)
    done: list[_Run] = []
    run: _Run | None = None
    for part in _parts(rows):
        if run is None or run.ends_before(part):
            done += [run.closed()] if run else []
            run = _Run(lake, rollup, str(folder / f"{name}-{len(done):04d}.parquet"))
        run.add(part)
    done += [run.closed()] if run else []
    settle([lake / each.path for each in done])
    return Written(
        tuple(each.file for each in done), {day: (n, each.path) for each in done for day, n in each.periods.items()}
    )


def _parts(rows: duckdb.DuckDBPyRelation) -> Iterator[pa.Table]:
    """Pieces of one period each, in order."""
    for batch in rows.to_arrow_reader(_GROUP_ROWS):
        table = pa.Table.from_batches([batch])
        days = table.column("day").to_numpy()
        bounds = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
        for start, end in pairwise(bounds):
            if end > start:
                yield table.slice(start, end - start)


class _Run:
    """One file while it is written."""

    def __init__(self, lake: Path, rollup: Rollup, path: str) -> None:
        self.path = path
        self.periods: dict[int, int] = {}  # day → rows
        self._rollup = rollup
        self._schema = pa.schema([(_stored(column), _ARROW[column.type]) for column in rollup.columns])
        self._file = hidden(lake / path).open("wb")
        self._writer = pq.ParquetWriter(
            self._file,
            self._schema,
            compression="zstd",
            store_schema=False,
            use_dictionary=[name for name in self._schema.names if name != _FIRST],
            column_encoding={_FIRST: "DELTA_BINARY_PACKED"},
            write_statistics=[key.name for key in rollup.keys],
            data_page_size=limits.MIB,
        )
        self._held: list[pa.Table] = []
        self._size = 0

    def ends_before(self, part: pa.Table) -> bool:
        """Whether the file is full and the part begins another period."""
        return sum(self.periods.values()) >= limits.ROLLUP_FILE_ROWS and _day(part) not in self.periods

    def add(self, part: pa.Table) -> None:
        """Take a piece of one period; small ones are held, so that each is not a row group."""
        day = _day(part)
        self.periods[day] = self.periods.get(day, 0) + part.num_rows
        if sum(table.num_rows for table in self._held) + part.num_rows > _GROUP_ROWS:
            self._flush()
        self._held.append(part)

    def closed(self) -> Self:
        """Finish the file under its hidden name."""
        self._flush()
        self._writer.close()
        self._size = self._file.tell()
        self._file.close()
        return self

    @property
    def file(self) -> RollupFile:
        """What the catalog records of the closed file."""
        rows = sum(self.periods.values())
        return RollupFile(self.path, self._rollup.name, rows, self._size, tuple(self._schema.names))

    def _as_stored(self, rows: pa.Table) -> pa.Table:
        at = rows.schema.get_field_index("last_us")
        span = pc.subtract(rows.column("last_us"), rows.column("first_us"))
        return rows.set_column(at, _SPAN, span).cast(self._schema)

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(self._as_stored(pa.concat_tables(self._held)), row_group_size=_GROUP_ROWS)
            self._held = []


def _stored(column: RollupColumn) -> str:
    """A column's name in the file."""
    return _SPAN if column.name == "last_us" else column.name


def _day(part: pa.Table) -> int:
    return int(part.column("day")[0].as_py())


def present(column: RollupColumn, form: Collection[str]) -> str:
    """A column's present value, from files that have the columns of `form`."""
    if column.name == "last_us":
        return f"first_us + {_SPAN}"
    return f"CAST({quoted(column.name)} AS {column.type})" if column.name in form else empty(column)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
