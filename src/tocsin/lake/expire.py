"""Retention: whole days leave the lake, with the hits of their events. What left is not read again by a scan.

Rows without a possible time (day 1970-01-01) stay unless they are asked for by name.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.lake.append import IMPOSSIBLE_DAY
from tocsin.lake.catalog import Catalog, HitFile
from tocsin.lake.hits import SCHEMA, write_hits

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Expired:
    """What a retention run removed, or would remove in a dry run."""

    files: int
    rows: int
    bytes: int
    hits: int


def expire(catalog: Catalog, before: date, *, undated: bool = False, dry_run: bool = False) -> Expired:
    """Remove the days before a date. Needs the write lock unless it is a dry run."""
    old = [
        file
        for file in catalog.files()
        if (file.day < before.isoformat() and file.day != IMPOSSIBLE_DAY) or (undated and file.day == IMPOSSIBLE_DAY)
    ]
    cutoff = int(datetime.combine(before, time(), UTC).timestamp()) * _MICROSECONDS
    if not dry_run:
        catalog.replace_files([file.path for file in old], [])
        for file in old:
            (catalog.lake / file.path).unlink(missing_ok=True)
    hits = sum(_expire_hits(catalog, file, cutoff, undated, dry_run) for file in catalog.all_hit_files())
    return Expired(len(old), sum(file.rows for file in old), sum(file.bytes for file in old), hits)


def _expire_hits(catalog: Catalog, file: HitFile, cutoff: int, undated: bool, dry_run: bool) -> int:
    path = catalog.lake / file.path
    stored = pq.read_table(path, schema=SCHEMA)
    times = stored.column("time_us")
    is_undated = pc.equal(times, 0)
    keep = pc.or_(pc.greater_equal(times, cutoff), pc.and_(is_undated, not undated))
    kept = stored.filter(keep)
    gone = int(stored.num_rows - kept.num_rows)
    if gone and not dry_run:
        written = write_hits(catalog.lake, file.rules, f"{uuid.uuid4().hex[:12]}-e", [kept])
        catalog.swap_hits([file.path], [written] if written else [])
        Path(path).unlink(missing_ok=True)
    return gone
