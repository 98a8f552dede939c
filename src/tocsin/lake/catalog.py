"""The catalog: one SQLite file that says which Parquet files are the lake.

Rules (LAKE.md, "Commit"):
1. A Parquet file belongs to the lake when a row in `files` or `hit_files` says so, and from that transaction on.
2. One transaction records the files of a flush, how far each source has been read, its rejects and its hits.
   Killed before it, the flush never happened; killed after it, it is complete.
3. Files that no row names are orphans of a killed run: `sweep` removes them at the start of a writing run.
4. One process writes at a time, and a node's analyst beside its engine (`locks`); readers need no lock (SQLite WAL).
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from tocsin.errors import LakeError
from tocsin.lake.heard_records import streams_heard
from tocsin.lake.locks import ADDING, WRITING, being_written, taken
from tocsin.lake.new_catalog import begin_lake
from tocsin.lake.records import (
    SECOND_VERSION,
    FileRecord,
    Flush,
    HitFile,
    Origin,
    SourceRecord,
    file_record,
    source_record,
)
from tocsin.lake.reject_records import RejectRecords
from tocsin.lake.rollup_records import RollupChange, RollupRecords
from tocsin.lake.transactions import transaction

VERSION = 2
READABLE = ("1", str(VERSION))  # 1: sources without their origin
SOURCE_ID_CHARACTERS = 32  # 128 bits of the content's BLAKE3, in hexadecimal
CATALOG = "catalog.sqlite"
TABLES = "tables"
HITS = "hits"
ROLLUPS = "rollups"
_OWNER = "owner"  # in `meta`
_ADDING_SECONDS = 20.0  # for the sweep of another to end
_LAST_SECONDS = 2.0  # for a process that was killed with its parent to be gone
_MOST_BEGINNINGS = 1_000


class Catalog:
    """The lake's table of contents. Open it with `writing()` to change it, directly to read it."""

    def __init__(self, lake: Path, *, create: bool = False) -> None:
        self.lake = lake
        path = lake / CATALOG
        if not create and not path.is_file():
            raise LakeError(
                f"there is no lake at {lake}", "Run `tocsin scan PATH` first, or name the lake with --lake."
            )
        if create:
            begin_lake(lake, path, (TABLES, HITS), VERSION)
        try:
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._prepare(create)
            self.rollups.prepare()
        except sqlite3.DatabaseError as error:
            raise LakeError(
                f"{path} cannot be used: {error}", "Check the disk and the permissions, or name another --lake."
            ) from error

    def _prepare(self, create: bool) -> None:
        if create:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._move_up()
        row = self._db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        if row is None or row["value"] not in READABLE:
            found = None if row is None else row["value"]
            raise LakeError(
                f"the lake at {self.lake} has version {found}, this Tocsin reads {VERSION}",
                "Use the Tocsin that made it, or scan the logs into a new --lake.",
            )

    def _move_up(self) -> None:
        """Bring a catalog of version 1 up to this one."""
        with transaction(self._db):
            if self._db.execute("SELECT 1 FROM meta WHERE key = 'version' AND value = '1'").fetchone():
                for statement in SECOND_VERSION:
                    self._db.execute(statement)
                self._db.execute("UPDATE meta SET value = ? WHERE key = 'version'", (str(VERSION),))

    @property
    def version(self) -> str:
        """The version of what is written in it."""
        return str(self._db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()["value"])

    @property
    def owner(self) -> str:
        """The folder of the node that wrote itself down as the lake's owner; empty where none did."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (_OWNER,)).fetchone()
        return "" if row is None else str(row["value"])

    def own(self, folder: Path) -> None:
        """Write down a node's folder as the lake's owner."""
        if self.owner != str(folder):
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_OWNER, str(folder)))

    @property
    def rejects(self) -> RejectRecords:
        """What is known of bad lines."""
        return RejectRecords(self._db)

    @property
    def rollups(self) -> RollupRecords:
        """What is known of the rollups."""
        return RollupRecords(self._db)

    def change_rollups(self, changes: Iterable[RollupChange], expired: Iterable[str] = ()) -> None:
        """Make changes of rollups, and the expiry of table files that they account for, part of the lake together."""
        with transaction(self._db):
            self._db.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in expired])
            self.rollups.apply(changes)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @contextmanager
    def writing(self, wait: float = 0.0) -> Iterator["Catalog"]:
        """Have the lake for oneself; orphans of a killed run are swept first.

        Raises LakeError when another process still writes to the lake after `wait` seconds.
        """
        with taken(self.lake, WRITING, wait), taken(self.lake, ADDING, max(wait, _LAST_SECONDS)):
            self.sweep()
            yield self

    @contextmanager
    def writing_beside(self, wait: float = 0.0) -> Iterator["Catalog"]:
        """The same for the engine of a node, whose analyst writes too (`adding`).

        While that one is at it, orphans stay for the next start.
        """
        with taken(self.lake, WRITING, wait):
            with suppress(LakeError), taken(self.lake, ADDING, 0.0):
                self.sweep()
            yield self

    @contextmanager
    def adding(self) -> Iterator[None]:
        """For who writes beside the engine: from the first byte written to the commit nobody sweeps.

        Raises LakeError where another process has the lake for itself.
        """
        with taken(self.lake, ADDING, _ADDING_SECONDS, shared=True):
            yield

    def commit(self, flush: Flush) -> None:
        """Make a flush part of the lake, all of it or nothing.

        A source that has more rows now was evaluated as a whole with no other rules than these.
        """
        with transaction(self._db):
            self._add_files(flush.files)
            self._db.executemany("DELETE FROM hit_files WHERE path = ?", [(path,) for path in flush.hits_gone])
            self._db.executemany(
                "INSERT OR REPLACE INTO hit_files VALUES (?, ?, ?, ?)",
                [(file.path, file.rules, file.rows, file.bytes) for file in flush.hit_files],
            )
            grown = {(source, flush.rules) for source, _ in flush.table_rows}
            self._db.executemany("DELETE FROM evaluated WHERE source_id = ? AND rules <> ?", grown)
            for source in flush.sources:
                self._put_source(source)
                if source.done and flush.rules and source.id not in flush.partly:
                    self._db.execute("INSERT OR IGNORE INTO evaluated VALUES (?, ?)", (source.id, flush.rules))
            for (source_id, table), rows in flush.table_rows.items():
                self._db.execute(
                    "INSERT INTO source_tables VALUES (?, ?, ?) "
                    "ON CONFLICT (source_id, table_name) DO UPDATE SET rows = rows + excluded.rows",
                    (source_id, table, rows),
                )
            for source_id, rejects in flush.rejects.items():
                self.rejects.add(source_id, rejects)

    def _add_files(self, files: Iterable[FileRecord]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    file.path, file.table, file.day, file.rows, file.bytes, file.min_time_us, file.max_time_us,
                    "\x00".join(file.columns), " ".join(file.sources),
                )
                for file in files
            ],
        )  # fmt: skip

    def _put_source(self, source: SourceRecord) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                source.id, source.name, source.reader, source.size, source.head, source.digest, source.digest_size,
                source.position, int(source.done), source.records, source.rejects, source.untimed, source.first_us,
                source.last_us, source.problem, "\n".join(source.notes), source.ingested_at, source.origin.organisation,
                source.origin.network, source.origin.sensor,
            ),
        )  # fmt: skip

    def replace_hits(self, rules: str, files: Sequence[HitFile], sources: Sequence[str]) -> list[str]:
        """Put the hits of a re-evaluation in place of the older ones of the same rules; returns the paths let go."""
        with transaction(self._db):
            old = [row["path"] for row in self._db.execute("SELECT path FROM hit_files WHERE rules = ?", (rules,))]
            self._db.execute("DELETE FROM hit_files WHERE rules = ?", (rules,))
            self._db.execute("DELETE FROM evaluated WHERE rules = ?", (rules,))
            self._db.executemany(
                "INSERT INTO hit_files VALUES (?, ?, ?, ?)", [(f.path, f.rules, f.rows, f.bytes) for f in files]
            )
            self._db.executemany("INSERT INTO evaluated VALUES (?, ?)", [(source, rules) for source in sources])
        return old

    def replace_files(self, old: Sequence[str], new: Sequence[FileRecord]) -> None:
        """Swap table files for others that hold the same or fewer rows (compaction, retention)."""
        with transaction(self._db):
            self._db.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in old])
            self._add_files(new)

    def swap_hits(self, old: Sequence[str], new: Sequence[HitFile]) -> None:
        """Put hit files in place of others (retention)."""
        with transaction(self._db):
            self._db.executemany("DELETE FROM hit_files WHERE path = ?", [(path,) for path in old])
            self._db.executemany(
                "INSERT INTO hit_files VALUES (?, ?, ?, ?)", [(f.path, f.rules, f.rows, f.bytes) for f in new]
            )

    def all_hit_files(self) -> list[HitFile]:
        """The hit files of every rule set."""
        return [HitFile(**dict(row)) for row in self._db.execute("SELECT * FROM hit_files ORDER BY path")]

    def source(self, source_id: str) -> SourceRecord | None:
        """The source of that id."""
        row = self._db.execute("SELECT * FROM sources WHERE id = ?", (source_id,)).fetchone()
        return None if row is None else source_record(row)

    def source_of(self, digest: str) -> SourceRecord | None:
        """The source whose content, as far as the lake knows it, has this digest."""
        row = self._db.execute("SELECT * FROM sources WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else source_record(row)

    def source_for(self, digest: str) -> SourceRecord | None:
        """The source that holds content with this digest: its present state, or an earlier state of a grown file."""
        return self.source_of(digest) or self.source(digest[:SOURCE_ID_CHARACTERS])

    def sources(self) -> list[SourceRecord]:
        """All sources, oldest first."""
        return [source_record(row) for row in self._db.execute("SELECT * FROM sources ORDER BY ingested_at, name")]

    def streams_heard(self) -> list[SourceRecord]:
        """Two records for each stream: see `heard_records.streams_heard`."""
        return streams_heard(self._db)

    def beginnings(self, head: str, head_bytes: int) -> list[SourceRecord]:
        """Sources that content with this head may be a grown version of, the longest first.

        Sources shorter than `head_bytes` had another head then, so all of them are candidates. Where the last
        record was a reject (a line cut in the middle), the position is before it, so that it is read again.
        """
        rows = self._db.execute(
            "SELECT * FROM sources WHERE (head = ? OR digest_size < ?) ORDER BY digest_size DESC LIMIT ?",
            (head, head_bytes, _MOST_BEGINNINGS),
        )
        return [self._before_cut(source_record(row)) for row in rows]

    def _before_cut(self, source: SourceRecord) -> SourceRecord:
        query = "SELECT 1 FROM rejects WHERE source_id = ? AND position = ?"
        if self._db.execute(query, (source.id, source.position)).fetchone() is None:
            return source
        return replace(source, position=source.position - 1, rejects=source.rejects - 1)

    def source_tables(self) -> dict[str, dict[str, int]]:
        """Rows by table for every source id."""
        found: dict[str, dict[str, int]] = {}
        for row in self._db.execute("SELECT * FROM source_tables ORDER BY table_name"):
            found.setdefault(row["source_id"], {})[row["table_name"]] = row["rows"]
        return found

    def files(self, table: str | None = None) -> list[FileRecord]:
        """The live files of one table or of all, by table, day and path."""
        query = "SELECT * FROM files WHERE ? IS NULL OR table_name = ? ORDER BY table_name, day, path"
        return [file_record(row) for row in self._db.execute(query, (table, table))]

    def paths(self) -> set[str]:
        """The paths of the live files, relative to the lake: for who knows the records of most of them."""
        return {row[0] for row in self._db.execute("SELECT path FROM files")}

    def files_at(self, paths: Iterable[str]) -> list[FileRecord]:
        """The live files among some paths."""
        found = (self._db.execute("SELECT * FROM files WHERE path = ?", (path,)).fetchone() for path in paths)
        return [file_record(row) for row in found if row is not None]

    def rows_since(self, time_us: int) -> int:
        """Rows of the files that hold something at or after a time (microseconds UTC)."""
        row = self._db.execute("SELECT total(rows) FROM files WHERE max_time_us >= ?", (time_us,)).fetchone()
        return int(row[0])

    def size_of_sources(self) -> tuple[int, int]:
        """How many sources there are, and how many tables they have in sum: both only grow, but for an erasure."""
        row = self._db.execute("SELECT (SELECT count(*) FROM sources), (SELECT count(*) FROM source_tables)").fetchone()
        return int(row[0]), int(row[1])

    def first_times(self) -> dict[str, int]:
        """The first readable time of each table, microseconds UTC."""
        query = "SELECT table_name, min(min_time_us) FROM files WHERE min_time_us > 0 GROUP BY table_name"
        return {row[0]: int(row[1]) for row in self._db.execute(query)}

    def first_time(self) -> int | None:
        """The first readable time of all rows, microseconds UTC; None where there is none."""
        row = self._db.execute("SELECT min(min_time_us) FROM files WHERE min_time_us > 0").fetchone()
        return None if row[0] is None else int(row[0])

    def tables(self) -> dict[str, list[Path]]:
        """The absolute paths of the live files by table."""
        found: dict[str, list[Path]] = {}
        for file in self.files():
            found.setdefault(file.table, []).append(self.lake / file.path)
        return found

    def hit_files(self, rules: str) -> list[Path]:
        """The hit files that a rule set has made."""
        rows = self._db.execute("SELECT path FROM hit_files WHERE rules = ? ORDER BY path", (rules,))
        return [self.lake / row["path"] for row in rows]

    def evaluated(self, rules: str) -> set[str]:
        """Ids of the sources that were evaluated with a rule set."""
        return {row[0] for row in self._db.execute("SELECT source_id FROM evaluated WHERE rules = ?", (rules,))}

    def is_evaluated(self, source_id: str, rules: str) -> bool:
        """Whether a source was evaluated with a rule set."""
        query = "SELECT 1 FROM evaluated WHERE (source_id, rules) = (?, ?)"
        return self._db.execute(query, (source_id, rules)).fetchone() is not None

    def sweep(self, name: str = "") -> int:
        """Remove files below the lake that the catalog does not name, all or those of one name; returns how many.

        All of them: only where nobody else writes. Those of one name: what the caller wrote under it.
        """
        query = "SELECT path FROM files UNION ALL SELECT path FROM hit_files UNION ALL SELECT path FROM rollup_files"
        live = {row[0] for row in self._db.execute(query)}
        removed = 0
        for root in (self.lake / TABLES, self.lake / HITS, self.lake / ROLLUPS):
            for path in root.rglob("*.parquet"):
                if path.name.removeprefix(".").startswith(name) and str(path.relative_to(self.lake)) not in live:
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed


__all__ = [
    "CATALOG", "HITS", "ROLLUPS", "SOURCE_ID_CHARACTERS", "TABLES", "VERSION", "Catalog", "FileRecord", "Flush",
    "HitFile", "Origin", "SourceRecord", "being_written",
]  # fmt: skip
