"""The raw rows behind rollups: read where they lie or, of many small files, from one copy that an update makes first.

Rules:
1. Opening a file costs as much as reading a thousand rows of it, and each rollup opens every file behind it. So where
   a table has many small files and several rollups read it, its rows are copied into one file for the update.
2. A copy has the columns that the rollups need, and the rows of all days that any of them reads; each takes its days.
3. Copies lie beside the rollups' files, unknown to the catalog. They go with the update; what a killed one left is
   swept as every orphan is.
4. Copies together hold at most limits.ROLLUP_COPY_ROWS, first of the tables with the most files; the others are read
   where they lie.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from sqlglot import exp

from tocsin import limits
from tocsin.lake.catalog import ROLLUPS
from tocsin.lake.database import SPILL, connect
from tocsin.lake.records import FileRecord
from tocsin.lake.rollup_files import Rollup
from tocsin.lake.rollup_plan import Work
from tocsin.lake.rollup_records import day_of
from tocsin.lake.view_files import COMMON, Branch, load_view
from tocsin.lake.views import files_sql

_FOLDER = ".raw"
_SEVERAL = 2  # rollups that read a table
_DAY = "day"  # the column that a file's folder gives


@dataclass(frozen=True, slots=True)
class Copy:
    """The rows that an update reads of one table, in one file."""

    path: Path
    days: frozenset[str]

    def select(self, days: Collection[str]) -> str:
        """The rows of some days, all of which it has if the lake has them."""
        every = f"SELECT * FROM read_parquet('{_text(self.path)}')"
        mine = sorted(self.days.intersection(days))
        return every if len(mine) == len(self.days) else f"{every} WHERE {_DAY} IN ({', '.join(map(_date, mine))})"


@dataclass(frozen=True, slots=True)
class Raw:
    """The raw files of a lake, and the copies of some tables that this update has made."""

    files: Sequence[FileRecord]
    copies: Mapping[str, Copy] = field(default_factory=dict)

    def selects(self, lake: Path, tables: Collection[str], days: Collection[int]) -> dict[str, str]:
        """Table → a SELECT of its rows of some days, for the tables that have any."""
        wanted = {day_of(day).isoformat() for day in days}
        found: dict[str, list[Path]] = {}
        for file in self.files:
            if file.day in wanted and file.table in tables:
                found.setdefault(file.table, []).append(lake / file.path)
        return {
            table: self.copies[table].select(wanted) if table in self.copies else files_sql(paths)
            for table, paths in found.items()
        }


@contextmanager
def copied(lake: Path, works: Sequence[tuple[Rollup, Sequence[Work]]], files: Sequence[FileRecord]) -> Iterator[Raw]:
    """The raw files with copies of those tables that are worth it for these works, removed at the end."""
    folder = lake / ROLLUPS / _FOLDER
    worth = worth_copying(works, files)
    if not worth:
        yield Raw(files)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield Raw(files, _copies(lake, folder, worth, _needed([rollup for rollup, _ in works], worth)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def worth_copying(
    works: Sequence[tuple[Rollup, Sequence[Work]]], files: Sequence[FileRecord]
) -> dict[str, list[FileRecord]]:
    """The files of each table that is copied (rules 1 and 4)."""
    readers: dict[str, int] = {}
    days: dict[str, set[str]] = {}
    for rollup, each in works:
        mine = {day_of(day).isoformat() for work in each for day in work.raw_days}
        for table in rollup.tables if mine else ():
            readers[table] = readers.get(table, 0) + 1
            days.setdefault(table, set()).update(mine)
    read: dict[str, list[FileRecord]] = {}
    for file in files:
        if readers.get(file.table, 0) >= _SEVERAL and file.day in days[file.table]:
            read.setdefault(file.table, []).append(file)
    left = limits.ROLLUP_COPY_ROWS
    worth = {}
    for table, several in sorted(read.items(), key=lambda item: (-len(item[1]), item[0])):
        rows = sum(file.rows for file in several)
        small = rows <= limits.ROLLUP_COPY_FILE_ROWS * len(several)
        if small and len(several) >= limits.ROLLUP_COPY_FILES and rows <= left:
            worth[table] = several
            left -= rows
    return worth


def _copies(
    lake: Path, folder: Path, worth: Mapping[str, Sequence[FileRecord]], needed: Mapping[str, Collection[str]]
) -> dict[str, Copy]:
    copies = {}
    with connect(limits.ROLLUP_BYTES, limits.QUERY_THREADS, lake / SPILL, limits.QUERY_SPILL_BYTES) as engine:
        engine.execute("SET preserve_insertion_order = false")
        for table, files in worth.items():
            path = folder / f"{table}.parquet"
            _write(engine, path, files_sql([lake / file.path for file in files]), needed[table])
            copies[table] = Copy(path, frozenset(file.day for file in files))
    return copies


def _write(engine: duckdb.DuckDBPyConnection, path: Path, source: str, needed: Collection[str]) -> None:
    listed = ", ".join(f"'{name}'" for name in sorted(needed))
    columns = f"COLUMNS(lambda name: lower(name) IN ({listed}))"
    engine.execute(f"COPY (SELECT {columns} FROM ({source})) TO '{_text(path)}' (FORMAT parquet, COMPRESSION snappy)")


def _needed(rollups: Sequence[Rollup], tables: Collection[str]) -> dict[str, set[str]]:
    """Table → the native columns, folded, behind those columns of its views that the rollups name."""
    needed = {table: {_DAY, *(column.name for column in COMMON)} for table in tables}
    for rollup in rollups:
        named = {column.name for column in rollup.select.find_all(exp.Column)}
        for branch in (branch for view in rollup.views for branch in load_view(view).branches):
            if branch.table in needed:
                needed[branch.table].update(name.lower() for name in _native(branch, named))
    return needed


def _native(branch: Branch, named: Collection[str]) -> Iterator[str]:
    where = branch.select.args.get("where")
    for read in [*(each for name, each in branch.fields.items() if name in named), *([where] if where else [])]:
        yield from (column.name for column in read.find_all(exp.Column))


def _date(day: str) -> str:
    return f"DATE '{day}'"


def _text(path: Path) -> str:
    return str(path).replace("'", "''")
