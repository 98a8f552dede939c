"""Reading the lake back as batches: Parquet dictionaries become the batch's columns without decoding.

Small files of one table are read together up to limits.BATCH_ROWS, so that rules cost per batch and not per file.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.lake.append import LISTS, PLAIN
from tocsin.lake.catalog import FileRecord
from tocsin.model import Batch, Column

_SYSTEM = ("time_us", "event_id", "source")
_MISSING = -1


def read_batches(
    lake: Path, files: Sequence[FileRecord], wanted: Callable[[str], bool] = lambda name: True
) -> Iterator[Batch]:
    """Batches of one table. `wanted` chooses columns by name; the lake's own columns are always read."""
    waiting: list[pa.Table] = []
    lists: set[str] = set()
    for record in files:
        for table, listed in _pieces(lake / record.path, record.columns, wanted):
            if waiting and sum(map(len, waiting)) + len(table) > limits.BATCH_ROWS:
                yield _batch(record.table, waiting, lists)
                waiting, lists = [], set()
            waiting.append(table)
            lists |= listed
    if waiting:
        yield _batch(files[-1].table, waiting, lists)


def _pieces(path: Path, own: Sequence[str], wanted: Callable[[str], bool]) -> Iterator[tuple[pa.Table, set[str]]]:
    named = [name for name in own if wanted(name)]
    metadata = pq.read_metadata(path)
    lists, plain = noted(metadata, LISTS), noted(metadata, PLAIN)
    coded = [name for name in named if name not in plain]
    with pq.ParquetFile(path, metadata=metadata, read_dictionary=[*coded, "source"]) as file:
        present = set(file.schema_arrow.names)
        chosen = [*_SYSTEM, *(name for name in named if name in present)]
        for piece in file.iter_batches(limits.BATCH_ROWS, columns=chosen):
            yield pa.Table.from_batches([piece]), lists.intersection(named)


def noted(metadata: pq.FileMetaData, key: str) -> set[str]:
    """The column names that a file's metadata keeps under a key."""
    return {name for name in (metadata.metadata or {}).get(key.encode(), b"").decode().split("\x00") if name}


def _batch(name: str, tables: Sequence[pa.Table], lists: set[str]) -> Batch:
    table = tables[0]
    if len(tables) > 1:
        table = pa.concat_tables(alike(tables), promote_options="default").unify_dictionaries()
    ids = table.column("event_id").combine_chunks()
    records = pc.cast(pc.list_element(pc.split_pattern(ids, "-"), 1), pa.int64()).to_numpy(zero_copy_only=False)
    source = _column("source", table.column("source"), lists=False)
    columns = {
        field: _column(field, table.column(field), field in lists)
        for field in table.column_names
        if field not in _SYSTEM
    }
    time_us = table.column("time_us").to_numpy()
    return Batch(name, columns, time_us, source.codes, records, tuple(source.texts))


def alike(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """A column that is plain text in one table becomes plain text in all."""
    plain = {field.name for table in tables for field in table.schema if pa.types.is_string(field.type)}
    return [
        table.cast(
            pa.schema(
                [
                    pa.field(field.name, pa.string()) if field.name in plain else field.remove_metadata()
                    for field in table.schema
                ]
            )
        )
        for table in tables
    ]


def _column(name: str, chunked: pa.ChunkedArray, lists: bool) -> Column:
    array = chunked.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if not pa.types.is_dictionary(array.type):
        return _plain_column(name, array, lists)
    codes = array.indices.fill_null(_MISSING).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return Column(name, array.dictionary, codes, _listed(array.dictionary, lists))


def _plain_column(name: str, array: pa.StringArray, lists: bool) -> Column:
    """Nearly unique texts: every present row is its own code."""
    present = array.is_valid().to_numpy(zero_copy_only=False)
    codes = np.where(present, np.cumsum(present, dtype=np.int32) - 1, np.int32(_MISSING)).astype(np.int32)
    values = array.drop_null()
    return Column(name, values, codes, _listed(values, lists))


def _listed(values: pa.StringArray, lists: bool) -> frozenset[int]:
    if not lists:
        return frozenset()
    return frozenset(code for code, text in enumerate(values.to_pylist()) if text.startswith("["))
