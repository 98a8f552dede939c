"""Writing a batch as Parquet: one file a day, own columns only, under a name that is not yet part of the lake.

A file is written under a dot-name, synced, then renamed; only the catalog makes it part of the lake. Dictionaries of
the batch go into the file as they are.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.lake.catalog import TABLES, FileRecord
from tocsin.model import Batch, Column

IMPOSSIBLE_DAY = "1970-01-01"
_DAY_US = 86_400_000_000
LISTS = "tocsin.lists"  # key of the Parquet file's metadata: names of the columns that hold JSON lists
_DICTIONARY_BYTES = 16 * limits.MIB  # above it a column chunk falls back to plain values
_PAGE_BYTES = 4 * limits.MIB
_UNIQUE_SHARE = 0.5  # distinct values a row above which a dictionary only costs

_PACKED = {"event_id": "DELTA_BYTE_ARRAY", "time_us": "DELTA_BINARY_PACKED"}

Mask = npt.NDArray[np.int64] | slice


@dataclass(frozen=True, slots=True)
class Origin:
    """What the lake writes beside every row: who saw it, where."""

    organisation: str = ""
    network: str = ""
    sensor: str = ""


def write_batch(lake: Path, batch: Batch, name: str, origin: Origin, ingested: datetime) -> list[FileRecord]:
    """Write a batch below `lake`, one file a day; returns the catalog entries. `name` must be unique in the lake."""
    records = []
    for day, rows in _by_day(batch.time_us):
        relative = Path(TABLES) / batch.table / f"day={day}" / f"{name}.parquet"
        table = _arrow(batch, rows, origin, ingested)
        lists = [column.name for column in batch.columns.values() if column.lists]
        size = write_parquet(lake / relative, table, {LISTS: "\x00".join(lists)})
        times = batch.time_us if rows is None else batch.time_us[rows]
        records.append(
            FileRecord(
                str(relative),
                batch.table,
                day,
                table.num_rows,
                size,
                int(times.min()),
                int(times.max()),
                tuple(name for name in table.column_names if name in batch.columns),
                batch.source_ids,
            )
        )
    return records


def write_parquet(path: Path, table: pa.Table, notes: Mapping[str, str] | None = None) -> int:
    """Write a table durably: dot-name, fsync, rename. Returns its size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}")
    packed = {name: how for name, how in _PACKED.items() if name in table.column_names}
    encoded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    with hidden.open("wb") as file:
        with pq.ParquetWriter(
            file,
            table.schema,
            compression="zstd",  # of all codecs the least work a column chunk, and the smallest
            store_schema=False,
            write_statistics=[name for name in ("time", "time_us") if name in table.column_names],
            use_dictionary=encoded,
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
            data_page_size=_PAGE_BYTES,
            column_encoding=packed or None,
        ) as writer:
            writer.write_table(table, row_group_size=limits.BATCH_ROWS)
            writer.add_key_value_metadata(dict(notes or {}))
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    hidden.rename(path)
    return size


def _by_day(time_us: npt.NDArray[np.int64]) -> Iterator[tuple[str, Mask | None]]:
    """Days with their rows in time order of days; None stands for all rows."""
    days = time_us // _DAY_US
    distinct = np.unique(days)
    if len(distinct) == 1:
        yield _day(int(distinct[0])), None
        return
    for day in distinct:
        rows = np.flatnonzero(days == day)
        first, last = int(rows[0]), int(rows[-1])
        yield _day(int(day)), slice(first, last + 1) if last - first + 1 == len(rows) else rows


def _day(number: int) -> str:
    return str((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date())


def _arrow(batch: Batch, rows: Mask | None, origin: Origin, ingested: datetime) -> pa.Table:
    time_us = batch.time_us if rows is None else batch.time_us[rows]
    count = len(time_us)
    names = ["time", "time_us", "ingest_time", "event_id", "source", "sensor", "organisation", "network"]
    source = _dictionary(batch.source if rows is None else batch.source[rows], batch.source_ids)
    record = pa.array(batch.record if rows is None else batch.record[rows])
    arrays: list[pa.Array] = [
        pa.array(time_us).cast(pa.timestamp("us", "UTC")),
        pa.array(time_us),
        pa.repeat(pa.scalar(ingested, pa.timestamp("us", "UTC")), count).dictionary_encode(),
        pc.binary_join_element_wise(source.cast(pa.string()), record.cast(pa.string()), "-"),
        source,
        _dictionary(np.zeros(count, np.int32), (origin.sensor,)),
        _dictionary(np.zeros(count, np.int32), (origin.organisation,)),
        _dictionary(np.zeros(count, np.int32), (origin.network,)),
    ]
    for name, column in batch.columns.items():
        array = _slice(column, rows)
        if array is not None:
            names.append(name)
            arrays.append(array)
    return pa.table(arrays, names=names)


def _dictionary(codes: npt.NDArray[np.int32], values: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(values, pa.string()), safe=False)


def _slice(column: Column, rows: Mask | None) -> pa.Array | None:
    """The column as a dictionary array for the given rows; None when they all miss it (own columns only)."""
    codes, values = column.codes, column.values
    if rows is not None:
        codes = codes[rows]
        marked = np.zeros(len(values) + 1, np.bool_)
        marked[codes] = True  # code -1 marks the last place
        marked[-1] = False
        place = np.cumsum(marked, dtype=np.int32) - 1
        place[-1] = -1
        used = np.flatnonzero(marked)
        if not len(used):
            return None
        if len(used) < len(values):
            codes, values = place[codes], values.take(pa.array(used))
    if not len(values):
        return None
    if len(values) > _UNIQUE_SHARE * len(codes):
        return values.take(pa.array(codes, mask=codes < 0))
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), values, safe=False)
