"""Making periods of a rollup: raw rows and stored rows in, files and a change of the catalog out.

Steps for a run of periods: 1 the rows of days from the raw files, folded; 2 with them the stored rows that stay (the
base, or the days that become a week), merged by period and folded; 3 the other periods of the files that are replaced
come along unchanged; 4 write; 5 the same for the base files where there is one. Nothing is committed here.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from tocsin import limits
from tocsin.lake.database import SPILL, another, connect
from tocsin.lake.rollup_files import Rollup
from tocsin.lake.rollup_plan import Loss, Work
from tocsin.lake.rollup_raw import Raw
from tocsin.lake.rollup_records import ALL, PART, Period, RollupChange, RollupFile
from tocsin.lake.rollup_sql import crowded_sql, daily_sql, folded_sql, merged_sql, quoted
from tocsin.lake.rollup_store import no_rows_sql, stored_sql, write_rollup
from tocsin.lake.views import open_selects

_SMALL_ROWS = limits.ROLLUP_FILE_ROWS // 4
_LIVE, _BASE = "path", "base_path"  # the two sides of a period: its rows, and what of them cannot be made anew


@dataclass(frozen=True)
class Stored:
    """The lake as it is before a change: one rollup's periods and files, the raw files, and a DuckDB to work in."""

    lake: Path
    database: duckdb.DuckDBPyConnection
    periods: Sequence[Period]
    files: Sequence[RollupFile]
    raw: Raw


def open_workshop(lake: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB in which changes of a lake's rollups are made, one after the other. The caller closes it."""
    database = connect(limits.ROLLUP_BYTES, limits.QUERY_THREADS, lake / SPILL, limits.QUERY_SPILL_BYTES)
    database.execute("SET preserve_insertion_order = false")
    return database


def make(rollup: Rollup, stored: Stored, works: Sequence[Work], name: str) -> RollupChange:
    """Make periods anew. `name` begins the names of the files written and must be unique in the lake."""
    with closing(_Builder(rollup, stored, name)) as builder:
        return builder.make(works)


def lose(rollup: Rollup, stored: Stored, losses: Sequence[Loss], name: str) -> RollupChange:
    """Keep of some periods what cannot be made anew once the raw rows of some of their days are gone."""
    with closing(_Builder(rollup, stored, name)) as builder:
        return builder.lose(losses)


def drop(rollup: Rollup, stored: Stored, periods: Sequence[Period], name: str) -> RollupChange:
    """Remove periods, and their rows from all files."""
    with closing(_Builder(rollup, stored, name)) as builder:
        return builder.drop(periods)


class _Builder:
    """One change while it is made."""

    def __init__(self, rollup: Rollup, stored: Stored, name: str) -> None:
        self._rollup, self._stored, self._name = rollup, stored, name
        self._db = another(stored.database)
        self._file = {file.path: file for file in stored.files}
        self._put: dict[int, Period] = {}  # what is recorded at the end, by day
        self._gone: list[Period] = []
        self._let_go: list[str] = []
        self._files: list[RollupFile] = []

    def close(self) -> None:
        """Let go of its tables."""
        self._db.close()

    def make(self, works: Sequence[Work]) -> RollupChange:
        """Steps 1 to 5."""
        self._gone = [member for work in works for member in work.members]
        self._put = {work.period.day: work.period for work in works}
        merged = [member for work in works if work.merges for member in work.members]
        based = [member for work in works if not work.merges for member in work.members]
        fresh = self._fresh(day for work in works for day in work.raw_days)
        kept = [*self._rows(_LIVE, merged), *self._base_rows(based)]
        live = self._merged("live", fresh, kept, [work.period for work in works])
        self._write(_LIVE, live, self._gone)
        self._rebase(works)
        return self._change()

    def _rebase(self, works: Sequence[Work]) -> None:
        """Step 5. A base that stands stays where it is; others move to the week that their days became, or go."""
        moved = [work for work in works if not work.keeps_base]
        for work in works:
            if work.keeps_base:
                period = self._put[work.period.day]
                self._put[period.day] = replace(period, base_path=work.members[0].base_path)
        grown = [work for work in moved if work.period.base == PART]
        members = [member for work in grown for member in work.members]
        base = self._merged("base", None, self._base_rows(members), [work.period for work in grown])
        self._write(_BASE, base, [member for work in moved for member in work.members])

    def lose(self, losses: Sequence[Loss]) -> RollupChange:
        """Whole losses only change their record; of others the base grows by the days that are lost."""
        self._put = {loss.period.day: loss.after for loss in losses}
        partial = [loss for loss in losses if loss.after.base == PART]
        lost = self._fresh(day for loss in partial for day in loss.days)
        before = [loss.period for loss in partial]
        self._write(_BASE, self._merged("base", lost, self._base_rows(before), before), [x.period for x in losses])
        return self._change()

    def drop(self, periods: Sequence[Period]) -> RollupChange:
        """Nothing takes their place."""
        self._gone = list(periods)
        for side in (_LIVE, _BASE):
            self._write(side, None, periods)
        return self._change()

    def _change(self) -> RollupChange:
        return RollupChange(tuple(self._gone), tuple(self._put.values()), tuple(self._let_go), tuple(self._files))

    def _fresh(self, days: Iterable[int]) -> str | None:
        """A table with the folded rows of days from the raw files (step 1); None without days."""
        tables = self._stored.raw.selects(self._stored.lake, self._rollup.tables, set(days))
        if not tables:
            return None
        open_selects(self._db, tables, only=self._rollup.views)
        return self._table("fresh", daily_sql(self._rollup))

    def _merged(self, name: str, fresh: str | None, kept: Sequence[str], periods: Sequence[Period]) -> str | None:
        """A table with fresh and kept rows merged by period and folded (step 2); None where there are none."""
        weeks = [period for period in periods if period.span > 1]
        if not kept and (not weeks or fresh is None):
            return fresh
        mondays = ", ".join(f"({day}, {week.day})" for week in weeks for day in week.days) or "(NULL, NULL)"
        others = ", ".join(quoted(column.name) for column in self._rollup.columns if column.name != "day")
        rows = "\nUNION ALL\n".join([*([f"SELECT * FROM {fresh}"] if fresh else []), *kept])
        placed = (
            f"SELECT COALESCE(weeks.monday, placed.day) AS day, {others} FROM ({rows}) AS placed "
            f"LEFT JOIN (VALUES {mondays}) AS weeks (each, monday) ON weeks.each = placed.day"
        )
        return self._table(name, merged_sql(self._rollup, f"({placed}) AS together"), [week.day for week in weeks])

    def _table(self, name: str, sql: str, weeks: Sequence[int] = ()) -> str:
        """Make a table of rows; what is over a bound is folded. Returns its name."""
        self._db.execute(f"CREATE TEMP TABLE {name} AS {sql}")
        if not self._db.execute(crowded_sql(self._rollup, name, weeks)).fetchall():
            return name
        self._db.execute(f"CREATE TEMP TABLE {name}_folded AS {folded_sql(self._rollup, name, weeks)}")
        self._db.execute(f"DROP TABLE {name}")
        return f"{name}_folded"

    def _base_rows(self, periods: Sequence[Period]) -> list[str]:
        """SELECTs of what cannot be made anew."""
        return [
            *self._rows(_LIVE, [period for period in periods if period.base == ALL]),
            *self._rows(_BASE, [period for period in periods if period.base == PART]),
        ]

    def _rows(self, side: str, periods: Sequence[Period]) -> list[str]:
        """SELECTs of the stored rows of some periods; none where there are none."""
        paths = sorted({getattr(period, side) for period in periods} - {""})
        if not paths:
            return []
        days = ", ".join(str(period.day) for period in periods)
        stored = stored_sql(self._rollup, self._stored.lake, [self._file[path] for path in paths])
        return [f"SELECT * FROM ({stored}) AS stored WHERE day IN ({days})"]

    def _write(self, side: str, table: str | None, replaced: Sequence[Period]) -> None:
        """Write a table's rows, and what else was in the files that held the replaced periods (steps 3 and 4)."""
        touched = {getattr(period, side) for period in replaced} - {""}
        touched |= self._small(touched) if side == _LIVE else set()
        if table is None and not touched:
            return
        away = {period.key for period in replaced}
        carried = [each for each in self._stored.periods if getattr(each, side) in touched and each.key not in away]
        order = ", ".join(quoted(key.name) for key in sorted(self._rollup.keys, key=lambda key: key.name != "day"))
        sources = [*([f"SELECT * FROM {table}"] if table else []), *self._rows(side, carried)]
        rows = "\nUNION ALL\n".join(sources) or no_rows_sql(self._rollup)
        name = f"{self._name}{'' if side == _LIVE else '-b'}"
        written = write_rollup(self._stored.lake, self._rollup, name, self._db.sql(f"{rows}\nORDER BY {order}"))
        for period in carried:
            self._put.setdefault(period.day, period)
        for day, (count, path) in written.periods.items():
            period = self._put[day]
            live = side == _LIVE
            self._put[day] = replace(period, rows=count, path=path) if live else replace(period, base_path=path)
        self._let_go += touched
        self._files += written.files

    def _small(self, touched: set[str]) -> set[str]:
        """Small files that come along because there are too many of them."""
        live = {period.path for period in self._stored.periods}
        small = {file.path for file in self._stored.files if file.rows < _SMALL_ROWS and file.path in live}
        return small if len(small - touched) > limits.ROLLUP_SMALL_FILES else set()
