"""Copies of native tables for a run of queries: the rows of many small files in a few, with the columns it needs.

Rules:
1. Every view's branch opens all files behind it, and an open file costs as much as reading some thousand rows of it,
   and a megabyte of memory. So a table of many small files that several branches read is copied first.
2. A copy has the columns that are asked for and all rows of its files. It goes away with the run.
3. Files are opened limits.COPY_OPENED at a time: what a copy takes of memory does not grow with their number.
4. Copies together hold at most limits.COPY_ROWS, first of the tables with the most files; the others are read where
   they lie.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlglot import exp

from tocsin import limits
from tocsin.lake.database import SPILL, connect
from tocsin.lake.records import FileRecord
from tocsin.lake.view_files import COMMON, Branch, View
from tocsin.lake.views import files_sql

SEVERAL = 2  # branches that read a table
_FORM = f"FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {limits.COPY_GROUP_ROWS}"
_DAY = "day"  # the column that a file's folder gives

Tables = Mapping[str, Sequence[FileRecord]]
"""Files by native table."""


@dataclass(frozen=True, slots=True)
class Copy:
    """The rows that a run reads of one table."""

    paths: tuple[Path, ...]
    days: frozenset[str]

    def select(self, days: Collection[str] | None = None) -> str:
        """The rows, or those of some days, all of which it has if the lake has them."""
        listed = ", ".join(f"'{_text(path)}'" for path in self.paths)
        every = f"SELECT * FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        mine = self.days if days is None else self.days.intersection(days)
        if len(mine) == len(self.days):
            return every
        dates = ", ".join(f"DATE '{day}'" for day in sorted(mine))
        return f"{every} WHERE {_DAY} IN ({dates})"


@dataclass(frozen=True, slots=True)
class Means:
    """What copying may use of this machine."""

    memory_bytes: int
    threads: int


def worth_copying(tables: Tables, readers: Mapping[str, int]) -> dict[str, Sequence[FileRecord]]:
    """The tables that are copied (rules 1 and 4). `readers` counts the branches that will read each."""
    left = limits.COPY_ROWS
    worth: dict[str, Sequence[FileRecord]] = {}
    for table, files in sorted(tables.items(), key=lambda item: (-len(item[1]), item[0])):
        rows = sum(file.rows for file in files)
        small = rows <= limits.COPY_FILE_ROWS * len(files)
        if readers.get(table, 0) >= SEVERAL and small and len(files) >= limits.COPY_FILES and rows <= left:
            worth[table] = files
            left -= rows
    return worth


@contextmanager
def copied(
    lake: Path, folder: Path, tables: Tables, needed: Mapping[str, Collection[str]], means: Means
) -> Iterator[dict[str, Copy]]:
    """Copies of tables in a folder of their own, removed at the end. `needed` has the folded native columns by table.

    Raises duckdb.Error and OSError.
    """
    try:
        if tables:
            folder.mkdir(parents=True, exist_ok=True)
        yield {table: _copy(lake, folder, table, files, needed[table], means) for table, files in tables.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(
    lake: Path, folder: Path, table: str, files: Sequence[FileRecord], needed: Collection[str], means: Means
) -> Copy:
    listed = ", ".join(f"'{name}'" for name in sorted(needed))
    columns = f"COLUMNS(lambda name: lower(name) IN ({listed}))"
    paths = []
    with connect(means.memory_bytes, means.threads, lake / SPILL, limits.QUERY_SPILL_BYTES) as engine:
        engine.execute("SET parquet_metadata_cache = false")  # no file is opened twice
        if means.threads == 1:
            engine.execute("SET preserve_insertion_order = false")  # one thread keeps it without holding rows back
        for number, first in enumerate(range(0, len(files), limits.COPY_OPENED)):
            source = files_sql([lake / file.path for file in files[first : first + limits.COPY_OPENED]])
            path = folder / f"{table}-{number}.parquet"
            engine.execute(f"COPY (SELECT {columns} FROM ({source})) TO '{_text(path)}' ({_FORM})")
            paths.append(path)
    return Copy(tuple(paths), frozenset(file.day for file in files))


def readers_of(views: Collection[View]) -> dict[str, int]:
    """Native table → the branches of these views that read it."""
    readers: dict[str, int] = {}
    for branch in (branch for view in views for branch in view.branches):
        readers[branch.table] = readers.get(branch.table, 0) + 1
    return readers


def needed_columns(views: Mapping[View, Collection[str]], tables: Collection[str]) -> dict[str, set[str]]:
    """Table → the native columns, folded, behind those columns of the views that are named."""
    needed = {table: {_DAY, *(column.name for column in COMMON)} for table in tables}
    for view, named in views.items():
        for branch in view.branches:
            if branch.table in needed:
                needed[branch.table].update(name.lower() for name in _native(branch, named))
    return needed


def _native(branch: Branch, named: Collection[str]) -> Iterator[str]:
    where = branch.select.args.get("where")
    for read in [*(each for name, each in branch.fields.items() if name in named), *([where] if where else [])]:
        yield from (column.name for column in read.find_all(exp.Column))


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
