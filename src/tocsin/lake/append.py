"""Writing a batch as Parquet: one file a day, own columns only, under a name that is not yet part of the lake.

A file is written under a dot-name, synced, then renamed; only the catalog makes it part of the lake. Dictionaries of
the batch go into the file as they are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.lake.catalog import TABLES, FileRecord, Origin
from tocsin.lake.days import by_day
from tocsin.lake.durable import settle, write_hidden
from tocsin.model import Batch, Column

LISTS = "tocsin.lists"  # key of the Parquet file's metadata: names of the columns that hold JSON lists
PLAIN = "tocsin.plain"  # the same for nearly unique columns, which are stored without a dictionary
_UNIQUE_SHARE = 0.5  # distinct values a row above which a dictionary only costs


def write_batch(
    lake: Path, batch: Batch, name: str, origins: Mapping[str, Origin], ingested: datetime
) -> list[FileRecord]:
    """Write a batch below `lake`, one file a day; returns the catalog entries. `name` must be unique in the lake.

    `origins` has the origin of each of the batch's sources.
    """
    records: list[FileRecord] = []
    lists = "\x00".join(column.name for column in batch.columns.values() if column.lists)
    for day, part in by_day(batch):
        relative = Path(TABLES) / batch.table / f"day={day}" / f"{name}.parquet"
        table = arrow_table(part, origins, ingested)
        names = set(part.columns)
        plain = (field.name for field in table.schema if field.name in names and not pa.types.is_dictionary(field.type))
        size = write_hidden(lake / relative, table, {LISTS: lists, PLAIN: "\x00".join(plain)})
        records.append(
            FileRecord(
                str(relative),
                batch.table,
                day,
                table.num_rows,
                size,
                int(part.time_us.min()),
                int(part.time_us.max()),
                tuple(name for name in table.column_names if name in names),
                tuple(batch.source_ids[number] for number in np.unique(part.source)),
            )
        )
    settle([lake / record.path for record in records])
    return records


def arrow_table(batch: Batch, origins: Mapping[str, Origin], ingested: datetime) -> pa.Table:
    """The rows of a batch with the lake's own columns, but for `day`, which is the folder's name."""
    count = len(batch)
    names = ["time", "time_us", "ingest_time", "event_id", "source", "sensor", "organisation", "network"]
    source = _dictionary(batch.source, batch.source_ids)
    time_us = pa.array(batch.time_us)
    own = [origins[id] for id in batch.source_ids]
    arrays: list[pa.Array] = [
        time_us.cast(pa.timestamp("us", "UTC")),
        time_us,
        pa.repeat(pa.scalar(ingested, pa.timestamp("us", "UTC")), count).dictionary_encode(),
        pc.binary_join_element_wise(source.cast(pa.string()), pa.array(batch.record).cast(pa.string()), "-"),
        source,
        _of_source(batch, [each.sensor for each in own]),
        _of_source(batch, [each.organisation for each in own]),
        _of_source(batch, [each.network for each in own]),
    ]
    for name, column in batch.columns.items():
        if len(column.values):
            names.append(name)
            arrays.append(_array(column))
    return pa.table(arrays, names=names)


def _dictionary(codes: npt.NDArray[np.int32], values: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(values, pa.string()), safe=False)


def _of_source(batch: Batch, texts: Sequence[str]) -> pa.DictionaryArray:
    """What each row's source says, one text a source."""
    distinct = tuple(dict.fromkeys(texts))
    codes = np.array([distinct.index(text) for text in texts], np.int32)
    return _dictionary(codes[batch.source], distinct)


def _array(column: Column) -> pa.Array:
    """As a dictionary array, or as plain text where a dictionary only costs."""
    codes = pa.array(column.codes, mask=column.codes < 0)
    if len(column.values) > _UNIQUE_SHARE * len(codes):
        return column.values.take(codes)
    return pa.DictionaryArray.from_arrays(codes, column.values, safe=False)
