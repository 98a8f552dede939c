"""What the journal knows: its streams, their segments and the receipts for what was acknowledged, in one SQLite file.

Rules:
1. A byte of a segment counts from the transaction on that raises its `committed`: bytes behind it were never
   acknowledged and are cut off at the next start.
2. A receipt is written by the same transaction as the bytes that it is for, so a retry adds nothing, even after a kill.
3. A receipt's time is the journal's own: seconds that it was open. A clock that jumps forgets no key.
4. `read` is how far the lake has a segment. It only saves work: the lake's own catalog decides where reading goes on.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tocsin import limits
from tocsin.errors import StateError
from tocsin.lake.catalog import Origin
from tocsin.lake.transactions import transaction

JOURNAL = "journal.sqlite"
_BUSY_SECONDS = 30
_SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, organisation TEXT NOT NULL, network TEXT NOT NULL, sensor TEXT NOT NULL,
    reader TEXT NOT NULL, last INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (
    stream TEXT NOT NULL, number INTEGER NOT NULL, committed INTEGER NOT NULL, lines INTEGER NOT NULL,
    read INTEGER NOT NULL, closed INTEGER NOT NULL, begun INTEGER NOT NULL, PRIMARY KEY (stream, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipts (key BLOB PRIMARY KEY, at INTEGER NOT NULL, lines INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS receipts_at ON receipts (at);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO meta VALUES ('nonce', lower(hex(randomblob(16))));
"""


@dataclass(frozen=True, slots=True)
class Stream:
    """What one sender sends by one way: the source of many segments. `reader` is '' where the content decides."""

    id: str
    name: str
    origin: Origin
    reader: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of original lines of one stream. Sizes in bytes, `begun` in seconds since 1970 UTC."""

    stream: str
    number: int
    committed: int = 0
    lines: int = 0
    read: int = 0
    closed: bool = False
    begun: int = 0

    @property
    def file(self) -> str:
        """Its path below the journal's folder."""
        return f"{self.stream}/{self.number:08d}.log"


class JournalRecords:
    """The journal's database. One writer (the server), readers in other processes."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(
                folder / JOURNAL, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
            self.nonce = str(self._db.execute("SELECT value FROM meta WHERE key = 'nonce'").fetchone()["value"])
            """Tells this journal from every other one."""
        except sqlite3.DatabaseError as error:
            raise StateError(f"the journal in {folder} cannot be used: {error}", "Check the disk.") from error

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; threads take turns. Raises sqlite3.OperationalError: locked, or the disk is full."""
        with self._lock, transaction(self._db):
            yield

    def put_stream(self, stream: Stream) -> None:
        """Add or change a stream."""
        origin = stream.origin
        self._db.execute(
            "INSERT INTO streams (id, name, organisation, network, sensor, reader) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, organisation = excluded.organisation, "
            "network = excluded.network, sensor = excluded.sensor, reader = excluded.reader",
            (stream.id, stream.name, origin.organisation, origin.network, origin.sensor, stream.reader),
        )

    def streams(self) -> dict[str, Stream]:
        """All streams by id."""
        rows = self._db.execute("SELECT * FROM streams ORDER BY id")
        return {
            row["id"]: Stream(
                row["id"], row["name"], Origin(row["organisation"], row["network"], row["sensor"]), row["reader"]
            )
            for row in rows
        }

    def segments(self) -> list[Segment]:
        """All segments, by stream and number."""
        rows = self._db.execute("SELECT * FROM segments ORDER BY stream, number")
        return [Segment(**{**dict(row), "closed": bool(row["closed"])}) for row in rows]

    def put_segment(self, segment: Segment) -> None:
        """Add or change a segment."""
        self._db.execute(
            "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (stream, number) DO UPDATE SET "
            "committed = excluded.committed, lines = excluded.lines, closed = excluded.closed",
            (
                segment.stream, segment.number, segment.committed, segment.lines, segment.read, int(segment.closed),
                segment.begun,
            ),
        )  # fmt: skip
        self._db.execute("UPDATE streams SET last = max(last, ?) WHERE id = ?", (segment.number, segment.stream))

    def last_number(self, stream: str) -> int:
        """The highest number that a segment of a stream ever had: none comes twice."""
        row = self._db.execute("SELECT last FROM streams WHERE id = ?", (stream,)).fetchone()
        return 0 if row is None else int(row["last"])

    def note_read(self, read: Sequence[tuple[str, int, int]]) -> None:
        """How far the lake has segments, as (stream, number, bytes)."""
        with self.writing():
            self._db.executemany(
                "UPDATE segments SET read = ? WHERE stream = ? AND number = ?",
                [(size, stream, number) for stream, number, size in read],
            )

    def forget(self, segments: Sequence[Segment]) -> None:
        """Segments whose lines are in the lake and whose file is gone."""
        with self.writing():
            self._db.executemany(
                "DELETE FROM segments WHERE stream = ? AND number = ?",
                [(each.stream, each.number) for each in segments],
            )

    def receipt(self, key: bytes) -> int | None:
        """How many lines were acknowledged under a key, None when it is not known."""
        row = self._db.execute("SELECT lines FROM receipts WHERE key = ?", (key,)).fetchone()
        return None if row is None else int(row["lines"])

    def put_receipt(self, key: bytes, at: int, lines: int) -> None:
        """Remember a key."""
        self._db.execute("INSERT OR IGNORE INTO receipts VALUES (?, ?, ?)", (key, at, lines))

    def newest_receipt(self) -> int:
        """When the newest key was put, 0 where there is none."""
        return int(self._db.execute("SELECT max(at) AS at FROM receipts").fetchone()["at"] or 0)

    def expire_receipts(self, now: int) -> None:
        """Let old keys go, and the oldest where there are too many. Inside a transaction."""
        self._db.execute("DELETE FROM receipts WHERE at < ?", (now - limits.RECEIPT_SECONDS,))
        self._db.execute(
            "DELETE FROM receipts WHERE key IN (SELECT key FROM receipts ORDER BY at DESC LIMIT -1 OFFSET ?)",
            (limits.RECEIPTS,),
        )

    def unread(self) -> dict[str, int]:
        """Bytes by stream that the lake does not have yet."""
        rows = self._db.execute("SELECT stream, sum(committed - read) AS size FROM segments GROUP BY stream")
        return {row["stream"]: int(row["size"]) for row in rows}
