"""What the lake holds: tables, days, rows, bytes, rejects, gaps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise

from tocsin.lake.catalog import Catalog, FileRecord
from tocsin.lake.records import IMPOSSIBLE_DAY
from tocsin.lake.rollup_records import ALL, day_of


@dataclass(frozen=True, slots=True)
class TableStatus:
    """One table. `gaps` are runs of days without a row between the first and the last day, as (first, last)."""

    name: str
    files: int
    days: int
    rows: int
    bytes: int
    first_day: str
    last_day: str
    undated: int  # rows without a possible time
    gaps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RollupStatus:
    """One rollup. `kept` are the periods whose raw events have expired: they cannot be made anew."""

    name: str
    files: int
    periods: int  # days, and weeks of what is older
    rows: int
    bytes: int
    first_day: str
    last_day: str
    kept: int


@dataclass(frozen=True, slots=True)
class LakeStatus:
    """The whole lake."""

    tables: tuple[TableStatus, ...]
    sources: int
    unfinished: int  # sources that a killed scan left; the next scan of the same path continues them
    records: int
    rejects: int
    hits: int
    bytes: int
    rollups: tuple[RollupStatus, ...]


def lake_status(catalog: Catalog) -> LakeStatus:
    """Read the catalog only; no Parquet file is opened."""
    tables = tuple(_table(name, list(files)) for name, files in groupby(catalog.files(), key=lambda file: file.table))
    sources = catalog.sources()
    hits = catalog.all_hit_files()
    rollups = tuple(_rollups(catalog))
    return LakeStatus(
        tables,
        len(sources),
        sum(1 for source in sources if not source.done),
        sum(source.records for source in sources),
        sum(source.rejects for source in sources),
        sum(file.rows for file in hits),
        sum(each.bytes for each in tables) + sum(each.bytes for each in hits) + sum(each.bytes for each in rollups),
        rollups,
    )


def _rollups(catalog: Catalog) -> Iterator[RollupStatus]:
    files = catalog.rollups.files()
    for name, group in groupby(catalog.rollups.periods(), key=lambda period: period.rollup):
        periods = list(group)
        mine = [file for file in files if file.rollup == name]
        held = [day for period in periods if period.rows for day in (period.days[0], period.days[-1])]
        yield RollupStatus(
            name,
            len(mine),
            sum(1 for period in periods if period.rows),
            sum(period.rows for period in periods),
            sum(file.bytes for file in mine),
            day_of(min(held)).isoformat() if held else "",
            day_of(max(held)).isoformat() if held else "",
            sum(1 for period in periods if period.base == ALL and period.rows),
        )


def _table(name: str, files: Sequence[FileRecord]) -> TableStatus:
    days = sorted({file.day for file in files} - {IMPOSSIBLE_DAY})
    return TableStatus(
        name,
        len(files),
        len(days),
        sum(file.rows for file in files),
        sum(file.bytes for file in files),
        days[0] if days else "",
        days[-1] if days else "",
        sum(file.rows for file in files if file.day == IMPOSSIBLE_DAY),
        tuple(_gaps(days)),
    )


def _gaps(days: Sequence[str]) -> list[tuple[str, str]]:
    one = timedelta(days=1)
    gaps = []
    for earlier, later in pairwise(days):
        start, end = date.fromisoformat(earlier) + one, date.fromisoformat(later) - one
        if start <= end:
            gaps.append((start.isoformat(), end.isoformat()))
    return gaps
