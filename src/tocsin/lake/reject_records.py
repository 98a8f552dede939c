"""What the catalog knows of bad lines: where each is, why it was rejected, and a sample as long as it is kept."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tocsin import limits
from tocsin.lake.transactions import transaction
from tocsin.model import Reject


@dataclass(frozen=True, slots=True)
class RejectRecords:
    """The rejects' part of the catalog's database. Removing a sample removes it from the disk."""

    db: sqlite3.Connection = field(repr=False)

    def add(self, source_id: str, rejects: Sequence[Reject]) -> None:
        """Add rejects of a source, as far as there is room for them; the caller holds the transaction."""
        kept = self.db.execute("SELECT count(*) FROM rejects WHERE source_id = ?", (source_id,)).fetchone()[0]
        self.db.executemany(
            "INSERT OR IGNORE INTO rejects VALUES (?, ?, ?, ?, ?)",
            [
                (source_id, reject.position, reject.offset, reject.reason, reject.sample)
                for reject in rejects[: max(0, limits.REJECTS_KEPT - kept)]
            ],
        )

    def some(self, most: int = limits.REJECTS_KEPT) -> list[tuple[str, Reject]]:
        """Rejects with their source ids, at most `most`."""
        return [
            (row["source_id"], Reject(row["position"], row["byte_offset"], row["reason"], row["sample"]))
            for row in self.db.execute("SELECT * FROM rejects LIMIT ?", (most,))
        ]

    def samples(self) -> list[tuple[str, int, str]]:
        """Source id, position and sample of each bad line that has a sample."""
        rows = self.db.execute("SELECT source_id, position, sample FROM rejects WHERE sample <> ''")
        return [(row["source_id"], row["position"], row["sample"]) for row in rows]

    def forget(self, places: Sequence[tuple[str, int]]) -> None:
        """Remove samples by source and position."""
        self._forget("(source_id, position) = (?, ?)", places)

    def forget_ended(self, before_us: int, live: Collection[str]) -> None:
        """Remove the samples of sources that ended before a time (microseconds UTC), but for live ones.

        A source without any time ended when it was stored.
        """
        before = datetime.fromtimestamp(before_us / 1_000_000, UTC).isoformat()
        query = "SELECT id FROM sources WHERE last_us < ? OR (last_us IS NULL AND ingested_at < ?)"
        ended = self.db.execute(query, (before_us, before)).fetchall()
        self._forget("source_id = ?", [(row["id"],) for row in ended if row["id"] not in live])

    def _forget(self, which: str, values: Sequence[tuple[object, ...]]) -> None:
        self.db.execute("PRAGMA secure_delete = ON")
        with transaction(self.db):
            self.db.executemany(f"UPDATE rejects SET sample = '' WHERE {which}", values)
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
