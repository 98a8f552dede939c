"""Writing a batch as Parquet: one file a day, own columns only, under a name that is not yet part of the lake.

A file is written under a dot-name, synced, then renamed; only the catalog makes it part of the lake. Dictionaries of
the batch go into the file as they are.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
from tocsin.model.events import Codes

IMPOSSIBLE_DAY = "1970-01-01"
_DAY_US = 86_400_000_000
LISTS = "tocsin.lists"  # key of the Parquet file's metadata: names of the columns that hold JSON lists
PLAIN = "tocsin.plain"  # the same for nearly unique columns, which are stored without a dictionary
_DICTIONARY_BYTES = 16 * limits.MIB  # above it a column chunk falls back to plain values
_PAGE_BYTES = 4 * limits.MIB
_UNIQUE_SHARE = 0.5  # distinct values a row above which a dictionary only costs

_PACKED = {"event_id": "DELTA_BYTE_ARRAY", "time_us": "DELTA_BINARY_PACKED"}
_SPARSE = 8  # values a row above which sorting the codes is cheaper than marking the values
_MISSING = -1


@dataclass(frozen=True, slots=True)
class Origin:
    """What the lake writes beside every row: who saw it, where."""

    organisation: str = ""
    network: str = ""
    sensor: str = ""


def write_batch(lake: Path, batch: Batch, name: str, origin: Origin, ingested: datetime) -> list[FileRecord]:
    """Write a batch below `lake`, one file a day; returns the catalog entries. `name` must be unique in the lake."""
    records = []
    lists = "\x00".join(column.name for column in batch.columns.values() if column.lists)
    for day, part in _by_day(batch):
        relative = Path(TABLES) / batch.table / f"day={day}" / f"{name}.parquet"
        table = _arrow(part, origin, ingested)
        plain = "\x00".join(name for name in part.columns if name in table.column_names and _is_plain(table, name))
        size = write_parquet(lake / relative, table, {LISTS: lists, PLAIN: plain})
        records.append(
            FileRecord(
                str(relative),
                batch.table,
                day,
                table.num_rows,
                size,
                int(part.time_us.min()),
                int(part.time_us.max()),
                tuple(name for name in table.column_names if name in part.columns),
                tuple(batch.source_ids[number] for number in np.unique(part.source)),
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


def _by_day(batch: Batch) -> Iterator[tuple[str, Batch]]:
    """The batch in parts of one day each, rows in their order; a part has only the columns with a value in it."""
    days = batch.time_us // _DAY_US
    if (days == days[0]).all():
        yield _day(int(days[0])), batch
        return
    order = np.argsort(days, kind="stable")
    distinct, starts = np.unique(days[order], return_index=True)
    ends = [*starts[1:].tolist(), len(days)]
    sorted_codes = {name: column.codes[order] for name, column in batch.columns.items()}
    present = {name: np.maximum.reduceat(codes, starts) > _MISSING for name, codes in sorted_codes.items()}
    for number, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        rows = order[start:end]
        columns = {
            name: _used(column, sorted_codes[name][start:end])
            for name, column in batch.columns.items()
            if present[name][number]
        }
        part = Batch(
            batch.table, columns, batch.time_us[rows], batch.source[rows], batch.record[rows], batch.source_ids
        )
        yield _day(int(distinct[number])), part


def _used(column: Column, codes: Codes) -> Column:
    """The column with these codes and only the values that they use."""
    if len(column.values) > _SPARSE * len(codes):
        found, places = np.unique(codes, return_inverse=True)
        missing = int(found[0] == _MISSING)
        used, new = found[missing:].astype(np.intp), (places - missing).astype(np.int32)
    else:
        marked = np.zeros(len(column.values) + 1, np.bool_)
        marked[codes] = True  # code -1 marks the last place
        marked[-1] = False
        used = np.flatnonzero(marked)
        place = np.cumsum(marked, dtype=np.int32) - 1
        place[-1] = _MISSING
        new = place[codes]
    if len(used) == len(column.values):
        return replace(column, codes=codes)
    return replace(column, codes=new, values=column.values.take(pa.array(used)))


def _day(number: int) -> str:
    return str((datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date())


def _arrow(batch: Batch, origin: Origin, ingested: datetime) -> pa.Table:
    count = len(batch)
    names = ["time", "time_us", "ingest_time", "event_id", "source", "sensor", "organisation", "network"]
    source = _dictionary(batch.source, batch.source_ids)
    time_us = pa.array(batch.time_us)
    arrays: list[pa.Array] = [
        time_us.cast(pa.timestamp("us", "UTC")),
        time_us,
        pa.repeat(pa.scalar(ingested, pa.timestamp("us", "UTC")), count).dictionary_encode(),
        pc.binary_join_element_wise(source.cast(pa.string()), pa.array(batch.record).cast(pa.string()), "-"),
        source,
        _dictionary(np.zeros(count, np.int32), (origin.sensor,)),
        _dictionary(np.zeros(count, np.int32), (origin.organisation,)),
        _dictionary(np.zeros(count, np.int32), (origin.network,)),
    ]
    for name, column in batch.columns.items():
        if len(column.values):
            names.append(name)
            arrays.append(_array(column))
    return pa.table(arrays, names=names)


def _is_plain(table: pa.Table, name: str) -> bool:
    return not pa.types.is_dictionary(table.schema.field(name).type)


def _dictionary(codes: npt.NDArray[np.int32], values: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(values, pa.string()), safe=False)


def _array(column: Column) -> pa.Array:
    """As a dictionary array, or as plain text where a dictionary only costs."""
    codes = pa.array(column.codes, mask=column.codes < 0)
    if len(column.values) > _UNIQUE_SHARE * len(codes):
        return column.values.take(codes)
    return pa.DictionaryArray.from_arrays(codes, column.values, safe=False)
