"""Rows on their way into the lake: many sources and tables are gathered, then evaluated and written together.

A flush holds everything gathered so far, so whatever of a source is in the lake is a prefix of it. That makes a
killed scan continue: records up to the stored position are skipped, the rest is read again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin import limits
from tocsin.lake.append import write_batch
from tocsin.lake.catalog import FileRecord, Flush, Origin, SourceRecord
from tocsin.lake.hits import write_hits
from tocsin.model import Batch, Chunk, Reject
from tocsin.telemetry.builder import BatchBuilder

Hits = Callable[[Batch], pa.Table]


@dataclass(slots=True)
class SourceProgress:
    """How far one source has been read. The counts grow; what is stored is a `SourceRecord` of the moment."""

    record: SourceRecord
    zone: tzinfo
    rejects: list[Reject] = field(default_factory=list)
    table_rows: dict[str, int] = field(default_factory=dict)


class Buffer:
    """Gathers chunks and rejects of one worker until a flush."""

    def __init__(
        self, lake: Path, run: str, rules: str, hits: Hits | None, now: datetime, most_bytes: int = limits.BATCH_BYTES
    ) -> None:
        self._lake, self._run, self._most_bytes = lake, run, most_bytes
        self._rules, self._hits, self._now = rules, hits, now
        self._builders: dict[str, BatchBuilder] = {}
        self._open: dict[str, SourceProgress] = {}
        self._flushes = 0

    def begin(self, source: SourceRecord, zone: tzinfo) -> None:
        """Start or continue a source."""
        self._open[source.id] = SourceProgress(replace(source, ingested_at=self._now.isoformat()), zone)

    def add(self, source_id: str, chunk: Chunk) -> None:
        """Take a chunk of an open source."""
        if not chunk.rows:
            return
        progress = self._open[source_id]
        self._builders.setdefault(chunk.table, BatchBuilder(chunk.table)).add(chunk, source_id, progress.zone)
        progress.table_rows[chunk.table] = progress.table_rows.get(chunk.table, 0) + len(chunk.rows)
        progress.record = replace(
            progress.record,
            position=max(progress.record.position, chunk.positions[-1]),
            records=progress.record.records + len(chunk.rows),
        )

    def position(self, source_id: str) -> int:
        """The highest record of an open source that was taken."""
        return self._open[source_id].record.position

    def reject(self, source_id: str, reject: Reject) -> None:
        """Take a reject of an open source; more than limits.REJECTS_KEPT are counted only."""
        progress = self._open[source_id]
        if len(progress.rejects) < limits.REJECTS_KEPT:
            progress.rejects.append(reject)
        progress.record = replace(
            progress.record,
            position=max(progress.record.position, reject.position),
            rejects=progress.record.rejects + 1,
        )

    def finish(self, source_id: str, problem: str = "", notes: tuple[str, ...] = ()) -> None:
        """The source is read to its end, or as far as it could be."""
        progress = self._open[source_id]
        progress.record = replace(progress.record, done=True, problem=problem, notes=notes)

    def read_to(self, source_id: str, head: str, digest: str, size: int) -> None:
        """A growing source is read as far as this, and everything before is here."""
        progress = self._open[source_id]
        progress.record = replace(progress.record, head=head, digest=digest, digest_size=size, size=size)

    @property
    def full(self) -> bool:
        """True when a flush is due."""
        rows = sum(builder.rows for builder in self._builders.values())
        size = sum(builder.size for builder in self._builders.values())
        return rows >= limits.BATCH_ROWS or size >= self._most_bytes

    @property
    def empty(self) -> bool:
        """True when nothing waits: no rows, no rejects, no source to record."""
        return not self._open

    def flush(self) -> Flush:
        """Evaluate and write all that waits; the result becomes part of the lake by Catalog.commit."""
        self._flushes += 1
        name = f"{self._run}-{self._flushes:06d}"
        files: list[FileRecord] = []
        hits: list[pa.Table] = []
        for table, builder in self._builders.items():
            if not builder.rows:
                continue
            batch = builder.build()
            self._note_times(batch)
            files += write_batch(self._lake, batch, name, self._origins(), self._now)
            if self._hits is not None:
                hits.append(self._hits(batch))
            self._builders[table] = BatchBuilder(table)
        hit_file = write_hits(self._lake, self._rules, name, hits) if self._hits is not None else None
        flush = Flush(
            tuple(files),
            (hit_file,) if hit_file else (),
            tuple(progress.record for progress in self._open.values()),
            {
                (source_id, table): rows
                for source_id, progress in self._open.items()
                for table, rows in progress.table_rows.items()
            },
            {source_id: tuple(progress.rejects) for source_id, progress in self._open.items() if progress.rejects},
            self._rules if self._hits is not None else "",
        )
        self._open = {key: _rested(progress) for key, progress in self._open.items() if not progress.record.done}
        return flush

    def _origins(self) -> dict[str, Origin]:
        return {id: progress.record.origin for id, progress in self._open.items()}

    def _note_times(self, batch: Batch) -> None:
        timed = batch.time_us != 0
        for index, source_id in enumerate(batch.source_ids):
            mine = batch.source == index
            progress = self._open[source_id]
            untimed = int(np.count_nonzero(mine & ~timed))
            times = batch.time_us[mine & timed]
            first, last = progress.record.first_us, progress.record.last_us
            if len(times):
                first = int(times.min()) if first is None else min(first, int(times.min()))
                last = int(times.max()) if last is None else max(last, int(times.max()))
            progress.record = replace(
                progress.record, untimed=progress.record.untimed + untimed, first_us=first, last_us=last
            )


def _rested(progress: SourceProgress) -> SourceProgress:
    return SourceProgress(progress.record, progress.zone)
