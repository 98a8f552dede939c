"""The raw rows behind rollups: read where they lie or, of many small files, from copies that an update makes first.

A copy holds the rows of all days that any rollup reads; each takes its days (`copies` has the rules).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlglot import exp

from tocsin import limits
from tocsin.lake.copies import Copy, Means, copied, needed_columns, readers_of, worth_copying
from tocsin.lake.records import FileRecord
from tocsin.lake.rollup_files import Rollup
from tocsin.lake.rollup_plan import Work
from tocsin.lake.rollup_records import day_of
from tocsin.lake.spill import spill_place
from tocsin.lake.view_files import View, load_view
from tocsin.lake.views import files_sql


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
def read_from(lake: Path, works: Sequence[tuple[Rollup, Sequence[Work]]], files: Sequence[FileRecord]) -> Iterator[Raw]:
    """The raw files with copies of those tables that are worth it for these works, removed at the end."""
    worth = worth_for(works, files)
    if not worth:
        yield Raw(files)
        return
    needed = needed_columns(_named([rollup for rollup, _ in works]), worth)
    means = Means(limits.ROLLUP_BYTES, limits.QUERY_THREADS)
    with copied(lake, spill_place(lake, "raw"), worth, needed, means) as copies:
        yield Raw(files, copies)


def worth_for(
    works: Sequence[tuple[Rollup, Sequence[Work]]], files: Sequence[FileRecord]
) -> dict[str, Sequence[FileRecord]]:
    """The files of each table that is copied: those of days that any of the works reads."""
    readers: dict[str, int] = {}
    days: dict[str, set[str]] = {}
    for rollup, each in works:
        mine = {day_of(day).isoformat() for work in each for day in work.raw_days}
        branches = readers_of([load_view(name) for name in rollup.views]) if mine else {}
        for table, count in branches.items():
            readers[table] = readers.get(table, 0) + count
            days.setdefault(table, set()).update(mine)
    read: dict[str, list[FileRecord]] = {}
    for file in files:
        if file.day in days.get(file.table, ()):
            read.setdefault(file.table, []).append(file)
    return worth_copying(read, readers)


def _named(rollups: Sequence[Rollup]) -> dict[View, set[str]]:
    """The views that rollups read, with the columns that they name."""
    named: dict[View, set[str]] = {}
    for rollup in rollups:
        columns = {column.name for column in rollup.select.find_all(exp.Column)}
        for view in rollup.views:
            named.setdefault(load_view(view), set()).update(columns)
    return named
