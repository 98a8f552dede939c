"""What the catalog knows of the rollups: which files hold them, and what each period was made from.

Rules:
1. A period is a day or a week (`span` days from `day` on). Its rows lie in one file.
2. `definition` and `raw` say what it was made from: the rollup's SQL, and the raw rows of its days. Where either is
   another now and raw rows are there, the period is made anew.
3. `base` says what cannot be made anew because its raw events have expired: NONE nothing of it, ALL the period as it
   stands, PART the rows that a second file, the base file, holds. So a period is always its base merged with what its
   raw rows give, and late data is counted exactly once however often the period is made.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tocsin.lake.records import IMPOSSIBLE_DAY

NONE, PART, ALL = "none", "part", "all"
EPOCH = date(1970, 1, 1)
_FLOOR, _NEWEST = "rollups from day", "rollups newest day"

SCHEMA = """
CREATE TABLE IF NOT EXISTS rollup_files (
    path TEXT PRIMARY KEY, rollup TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, columns TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rollup_periods (
    rollup TEXT NOT NULL, day INTEGER NOT NULL, span INTEGER NOT NULL, rows INTEGER NOT NULL,
    definition TEXT NOT NULL, raw TEXT NOT NULL, base TEXT NOT NULL, path TEXT NOT NULL, base_path TEXT NOT NULL,
    PRIMARY KEY (rollup, day, span)
) WITHOUT ROWID;
"""

RawRows = dict[int, dict[str, int]]
"""Day → native table → rows in the lake."""


@dataclass(frozen=True, slots=True)
class RollupFile:
    """A Parquet file of a rollup. `path` is relative to the lake."""

    path: str
    rollup: str
    rows: int
    bytes: int
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """A day or a week of a rollup. Paths are '' where there is no row."""

    rollup: str
    day: int
    span: int
    rows: int = 0
    definition: str = ""
    raw: str = ""
    base: str = NONE
    path: str = ""
    base_path: str = ""

    @property
    def days(self) -> range:
        """Its days since 1970."""
        return range(self.day, self.day + self.span)

    @property
    def key(self) -> tuple[str, int, int]:
        """What tells it apart in the catalog."""
        return self.rollup, self.day, self.span


@dataclass(frozen=True, slots=True)
class RollupChange:
    """Everything that one transaction changes; periods and files that stay are not named."""

    gone: tuple[Period, ...] = ()
    put: tuple[Period, ...] = ()
    let_go: tuple[str, ...] = ()  # paths
    files: tuple[RollupFile, ...] = ()


@dataclass(frozen=True)
class RollupRecords:
    """The rollups' part of the catalog's database; writing needs the lake's write lock and a transaction."""

    db: sqlite3.Connection = field(repr=False)

    def prepare(self) -> None:
        """Make the tables where a lake is older than they are. Raises sqlite3.DatabaseError."""
        if not self.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'rollup_periods'").fetchone():
            self.db.executescript(SCHEMA)

    def files(self) -> list[RollupFile]:
        """All files, by path."""
        return list(self._files())

    def _files(self) -> Iterator[RollupFile]:
        for row in self.db.execute("SELECT * FROM rollup_files ORDER BY path"):
            yield RollupFile(row["path"], row["rollup"], row["rows"], row["bytes"], tuple(row["columns"].split()))

    def periods(self) -> list[Period]:
        """All periods, by rollup and day."""
        return [Period(**dict(row)) for row in self.db.execute("SELECT * FROM rollup_periods ORDER BY rollup, day")]

    def raw_rows(self) -> RawRows:
        """The rows of the lake by day and table; rows without a possible time are nobody's day."""
        found: RawRows = {}
        query = "SELECT day, table_name, sum(rows) FROM files WHERE day <> ? GROUP BY 1, 2 ORDER BY 1, 2"
        for day, table, rows in self.db.execute(query, (IMPOSSIBLE_DAY,)):
            found.setdefault(day_number(date.fromisoformat(day)), {})[table] = rows
        return found

    def apply(self, changes: Iterable[RollupChange]) -> None:
        """Record changes; the caller holds the transaction."""
        for change in changes:
            self.db.executemany("DELETE FROM rollup_periods WHERE (rollup, day, span) = (?, ?, ?)", _keys(change.gone))
            self.db.executemany(
                "INSERT OR REPLACE INTO rollup_periods VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (*each.key, each.rows, each.definition, each.raw, each.base, each.path, each.base_path)
                    for each in change.put
                ],
            )
            self.db.executemany("DELETE FROM rollup_files WHERE path = ?", [(path,) for path in change.let_go])
            self.db.executemany(
                "INSERT INTO rollup_files VALUES (?, ?, ?, ?, ?)",
                [(file.path, file.rollup, file.rows, file.bytes, " ".join(file.columns)) for file in change.files],
            )

    @property
    def floor(self) -> int | None:
        """The first day that rollups keep: those before have expired."""
        return self._number(_FLOOR)

    @property
    def newest(self) -> int | None:
        """The newest day that the lake has had, never one of the future when it was read."""
        return self._number(_NEWEST)

    def put_floor(self, day: int) -> None:
        """Remember that the days before have expired."""
        self._put(_FLOOR, day)

    def put_newest(self, day: int) -> None:
        """Remember the newest day."""
        self._put(_NEWEST, day)

    def _number(self, key: str) -> int | None:
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else int(row["value"])

    def _put(self, key: str, number: int) -> None:
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, str(number)))


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=number)


def _keys(periods: Sequence[Period]) -> list[tuple[str, int, int]]:
    return [period.key for period in periods]
