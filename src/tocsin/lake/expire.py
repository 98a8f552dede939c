"""Retention: whole days leave the lake, with the hits of their events. What left is not read again by a scan.

Rules:
1. Rollups are brought up to date first and stay: they have a retention of their own (`rollups.expire_rollups`). One
   transaction takes the raw files away and records what the rollups can no longer make anew.
2. Rows without a possible time (day 1970-01-01) stay unless they are asked for by name.
3. Days that somebody holds (`held`, as evidence for one) stay as a whole, with their hits.
4. What expired is gone from the disk: files, hits, and the samples of bad lines of sources that have nothing left.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin import clock
from tocsin.lake.catalog import Catalog, FileRecord, HitFile
from tocsin.lake.hits import SCHEMA, write_hits
from tocsin.lake.records import IMPOSSIBLE_DAY
from tocsin.lake.rollup_files import Rollup
from tocsin.lake.rollup_records import day_number
from tocsin.lake.rollups import outlive, update_rollups

_MICROSECONDS = 1_000_000
_DAY_US = 86_400 * _MICROSECONDS


@dataclass(frozen=True, slots=True)
class Expired:
    """What a retention run removed, or would remove in a dry run."""

    files: int
    rows: int
    bytes: int
    hits: int
    held: tuple[str, ...] = ()  # days that would have gone and are held


def expire(
    catalog: Catalog,
    before: date,
    *,
    undated: bool = False,
    dry_run: bool = False,
    rollups: Sequence[Rollup] | None = None,
    held: Collection[str] = (),
) -> Expired:
    """Remove the days before a date, but for those `held` (YYYY-MM-DD). Needs the write lock unless it is a dry run.

    `rollups` are all by default.
    """
    due = [
        file
        for file in catalog.files()
        if (file.day < before.isoformat() and file.day != IMPOSSIBLE_DAY) or (undated and file.day == IMPOSSIBLE_DAY)
    ]
    old = [file for file in due if file.day not in held]
    kept = tuple(sorted({file.day for file in due if file.day in held}))
    cutoff = int(datetime.combine(before, time(), UTC).timestamp()) * _MICROSECONDS
    if not dry_run:
        _remove(catalog, old, rollups)
    hits = sum(_expire_hits(catalog, file, cutoff, undated, dry_run, held) for file in catalog.all_hit_files())
    if not dry_run:
        catalog.rejects.forget_ended(cutoff, {source for file in catalog.files() for source in file.sources})
    return Expired(len(old), sum(file.rows for file in old), sum(file.bytes for file in old), hits, kept)


def _remove(catalog: Catalog, old: Sequence[FileRecord], rollups: Sequence[Rollup] | None) -> None:
    """Take raw files out of the lake; what the rollups made of them stays."""
    days = {day_number(date.fromisoformat(file.day)) for file in old if file.day != IMPOSSIBLE_DAY}
    update_rollups(catalog, clock.now().date(), rollups=rollups)
    changes = outlive(catalog, days, rollups)
    catalog.change_rollups(changes, [file.path for file in old])
    for path in (*(file.path for file in old), *(path for change in changes for path in change.let_go)):
        (catalog.lake / path).unlink(missing_ok=True)


def _expire_hits(
    catalog: Catalog, file: HitFile, cutoff: int, undated: bool, dry_run: bool, held: Collection[str]
) -> int:
    path = catalog.lake / file.path
    stored = pq.read_table(path, schema=SCHEMA)
    times = stored.column("time_us")
    is_undated = pc.equal(times, 0)
    keep = pc.or_(pc.greater_equal(times, cutoff), pc.and_(is_undated, not undated))
    days = pa.array([day_number(date.fromisoformat(day)) for day in held], pa.int64())
    keep = pc.or_(keep, pc.is_in(pc.divide(times, _DAY_US), days))
    kept = stored.filter(keep)
    gone = int(stored.num_rows - kept.num_rows)
    if gone and not dry_run:
        written = write_hits(catalog.lake, file.rules, f"{uuid.uuid4().hex[:12]}-e", [kept])
        catalog.swap_hits([file.path], [written] if written else [])
        Path(path).unlink(missing_ok=True)
    return gone
