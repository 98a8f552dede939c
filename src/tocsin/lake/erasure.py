"""Looking for a value in the lake, and removing the rows that hold it: tables, hits, rollups, samples of bad lines.

Rules:
1. A row that holds the value goes as a whole, unless its event is kept (`kept`: a hold); those are counted.
2. Files are written anew without the rows, the catalog is changed in one transaction a file, then the old file goes.
   Killed in between, the same command goes on.
3. Rollups are made anew where their raw rows are still there; what stands alone loses the rows that hold the value.
4. What was published (`_delta_log`) names the old files until it is published again.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.lake.append import LISTS, PLAIN
from tocsin.lake.catalog import Catalog, FileRecord, HitFile
from tocsin.lake.compact import read_stored
from tocsin.lake.durable import write_parquet
from tocsin.lake.hits import SCHEMA, write_hits
from tocsin.lake.rollup_files import Rollup
from tocsin.lake.rollup_records import RollupChange, RollupFile
from tocsin.lake.rollups import update_rollups
from tocsin.lake.value import Value


@dataclass(slots=True)
class Places:
    """Rows that hold a value, by place. `kept` are rows of tables and hits that a hold keeps."""

    tables: dict[str, int] = field(default_factory=dict)
    hits: int = 0
    rollups: dict[str, int] = field(default_factory=dict)
    rejects: int = 0
    kept: int = 0


def find_value(catalog: Catalog, value: Value, kept: Collection[str] = ()) -> Places:
    """Where a value is, without changing anything."""
    places = Places()
    for file in catalog.files():
        table, _ = read_stored(catalog.lake / file.path)
        _note(places, file.table, _split(table, value, kept))
    for hits in catalog.all_hit_files():
        split = _split(pq.read_table(catalog.lake / hits.path, schema=SCHEMA), value, kept)
        places.hits += split.gone
        places.kept += split.kept
    for rollup in catalog.rollups.files():
        rows = _holding(pq.ParquetFile(catalog.lake / rollup.path).read(), value)
        places.rollups[rollup.rollup] = places.rollups.get(rollup.rollup, 0) + rows
    places.rejects = sum(value.is_in(sample) for _, _, sample in catalog.rejects.samples())
    return places


def erase_value(
    catalog: Catalog, value: Value, today: date, kept: Collection[str] = (), rollups: list[Rollup] | None = None
) -> Places:
    """Remove the rows that hold a value, but for events that are `kept`; returns what went. Needs the write lock."""
    places = Places()
    for file in catalog.files():
        _erase_table(catalog, file, value, kept, places)
    for hits in catalog.all_hit_files():
        _erase_hits(catalog, hits, value, kept, places)
    update_rollups(catalog, today, rollups=rollups)
    for rollup in catalog.rollups.files():
        _erase_rollup(catalog, rollup, value, places)
    samples = [(source, position) for source, position, sample in catalog.rejects.samples() if value.is_in(sample)]
    catalog.rejects.forget(samples)
    places.rejects = len(samples)
    return places


@dataclass(frozen=True, slots=True)
class _Split:
    """A table without the rows that go, and how many go or are kept although they hold the value."""

    left: pa.Table
    gone: int
    kept: int


def _split(table: pa.Table, value: Value, kept: Collection[str]) -> _Split:
    holding = value.rows(table)
    held = pc.is_in(table.column("event_id").cast(pa.string()), pa.array(sorted(kept), pa.string()))
    going = pc.and_(holding, pc.invert(held))
    gone = pc.sum(going).as_py() or 0
    both = pc.sum(pc.and_(holding, held)).as_py() or 0
    return _Split(table.filter(pc.invert(going)), int(gone), int(both))


def _holding(table: pa.Table, value: Value) -> int:
    return int(pc.sum(value.rows(table)).as_py() or 0)


def _note(places: Places, name: str, split: _Split) -> None:
    if split.gone:
        places.tables[name] = places.tables.get(name, 0) + split.gone
    places.kept += split.kept


def _erase_table(catalog: Catalog, file: FileRecord, value: Value, kept: Collection[str], places: Places) -> None:
    table, lists = read_stored(catalog.lake / file.path)
    split = _split(table, value, kept)
    _note(places, file.table, split)
    if not split.gone:
        return
    new = [_written(catalog, file, split.left, lists)] if split.left.num_rows else []
    catalog.replace_files([file.path], new)
    (catalog.lake / file.path).unlink(missing_ok=True)


def _written(catalog: Catalog, file: FileRecord, left: pa.Table, lists: set[str]) -> FileRecord:
    """A file with the rows that are left, in the form in which the lake writes files."""
    left = left.unify_dictionaries()
    plain = [each.name for each in left.schema if each.name in file.columns and pa.types.is_string(each.type)]
    notes = {LISTS: "\x00".join(sorted(lists)), PLAIN: "\x00".join(plain)}
    path = str(file.path).rpartition("/")[0] + f"/{uuid.uuid4().hex[:12]}-x.parquet"
    size = write_parquet(catalog.lake / path, left, notes)
    times = pc.min_max(left.column("time_us")).as_py()
    sources = tuple(sorted(set(left.column("source").cast(pa.string()).to_pylist())))
    return replace(
        file, path=path, rows=left.num_rows, bytes=size, min_time_us=times["min"], max_time_us=times["max"],
        sources=sources,
    )  # fmt: skip


def _erase_hits(catalog: Catalog, file: HitFile, value: Value, kept: Collection[str], places: Places) -> None:
    split = _split(pq.read_table(catalog.lake / file.path, schema=SCHEMA), value, kept)
    places.hits += split.gone
    places.kept += split.kept
    if split.gone:
        new = write_hits(catalog.lake, file.rules, f"{uuid.uuid4().hex[:12]}-x", [split.left])
        catalog.swap_hits([file.path], [new] if new else [])
        (catalog.lake / file.path).unlink(missing_ok=True)


def _erase_rollup(catalog: Catalog, file: RollupFile, value: Value, places: Places) -> None:
    table = pq.ParquetFile(catalog.lake / file.path).read()
    left = table.filter(pc.invert(value.rows(table)))
    gone = table.num_rows - left.num_rows
    if not gone:
        return
    places.rollups[file.rollup] = places.rollups.get(file.rollup, 0) + gone
    path = str(file.path).rpartition("/")[0] + f"/{uuid.uuid4().hex[:12]}-x.parquet"
    size = write_parquet(catalog.lake / path, left)
    days = {each["values"]: each["counts"] for each in pc.value_counts(left.column("day")).to_pylist()}
    put = [
        replace(
            period,
            rows=days.get(period.day, 0) if period.path == file.path else period.rows,
            path=path if period.path == file.path else period.path,
            base_path=path if period.base_path == file.path else period.base_path,
        )
        for period in catalog.rollups.periods()
        if period.rollup == file.rollup and file.path in (period.path, period.base_path)
    ]
    new = replace(file, path=path, rows=left.num_rows, bytes=size)
    catalog.change_rollups([RollupChange(put=tuple(put), let_go=(file.path,), files=(new,))])
    (catalog.lake / file.path).unlink(missing_ok=True)
