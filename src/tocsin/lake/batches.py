"""Reading the lake back as batches: Parquet dictionaries become the batch's columns without decoding.

Rules:
1. Small files of one table are read together up to limits.BATCH_ROWS, so that rules cost per batch and not per file.
2. A column is one without regard to case, also over files that spell it differently; the first spelling names it.
3. Values of several files stand one after the other, not merged: nothing is hashed, and a value may stand once a file.
4. The codes of a column are worked out when somebody asks for them: keyword rules look at the values of hundreds of
   columns and at the rows of hardly any.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.lake.append import LISTS, PLAIN
from tocsin.lake.catalog import FileRecord
from tocsin.lake.days import OFFSET_LIMIT
from tocsin.model import Batch, Column
from tocsin.model.events import Codes

Wanted = Callable[[str], bool]

OF_LAKE = frozenset(
    {"time", "time_us", "ingest_time", "event_id", "source", "sensor", "organisation", "network", "day"}
)  # columns that every table has; the others are the source's own
_SYSTEM = ("time_us", "event_id", "source")
_MISSING = -1


class StoredTable:
    """Files of one table, held open so that few columns can be read first and others after. Use with `with`."""

    def __init__(self, lake: Path, files: Sequence[FileRecord]) -> None:
        self._name = files[0].table
        self._closing = ExitStack()
        self._files = [self._closing.enter_context(_StoredFile(lake / file.path, file.columns)) for file in files]

    def __enter__(self) -> "StoredTable":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def batches(self, wanted: Wanted = lambda name: True) -> Iterator[Batch]:
        """All rows in order. `wanted` chooses columns by name; the lake's own columns are always read."""
        waiting: list[_Piece] = []
        for file in self._files:
            for piece in file.pieces(wanted):
                if waiting and sum(each.rows for each in waiting) + piece.rows > limits.BATCH_ROWS:
                    yield _batch(self._name, waiting)
                    waiting = []
                waiting.append(piece)
        if waiting:
            yield _batch(self._name, waiting)


def read_batches(lake: Path, files: Sequence[FileRecord], wanted: Wanted = lambda name: True) -> Iterator[Batch]:
    """Batches of files of one table; `wanted` chooses columns by name."""
    with StoredTable(lake, files) as table:
        yield from table.batches(wanted)


def arrow_batch(table: str, rows: pa.RecordBatch, lists: Collection[str]) -> Batch:
    """A batch from rows that another engine read of a table: all columns plain, `lists` name those with JSON lists."""
    spelling = {name.lower(): name for name in rows.schema.names}
    own = [name for name in rows.schema.names if name.lower() not in OF_LAKE]
    coded = {name.lower() for name in own} | {"source"}
    arrays = {
        low: rows.column(name).dictionary_encode() if low in coded else rows.column(name)
        for low, name in spelling.items()
        if low in coded or low in _SYSTEM
    }
    return _batch(table, [_Piece(rows.num_rows, own, {name for name in own if name in lists}, arrays)])


def noted(metadata: pq.FileMetaData, key: str) -> set[str]:
    """The column names that a file's metadata keeps under a key."""
    return {name for name in (metadata.metadata or {}).get(key.encode(), b"").decode().split("\x00") if name}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of one file: the chosen columns that it has, which of them hold lists, and arrays by lower-cased name."""

    rows: int
    names: list[str]
    lists: set[str]
    arrays: dict[str, pa.Array]


class _StoredFile:
    """One open Parquet file of the lake."""

    def __init__(self, path: Path, own: Sequence[str]) -> None:
        metadata = pq.read_metadata(path)
        self._lists, plain = noted(metadata, LISTS), noted(metadata, PLAIN)
        coded = [*(name for name in own if name not in plain), "source"]
        self._file = pq.ParquetFile(path, metadata=metadata, read_dictionary=coded)
        present = set(self._file.schema_arrow.names)
        self._own = [name for name in own if name in present]
        self._known: dict[str, pa.Array] = {}

    def __enter__(self) -> "_StoredFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def pieces(self, wanted: Wanted) -> Iterator[_Piece]:
        """Row group by row group: the lake writes none larger than limits.BATCH_ROWS.

        What was read once is kept for the next call, but not of files of several row groups: it would be too much.
        """
        named = [name for name in self._own if wanted(name)]
        for number in range(self._file.num_row_groups):
            known = self._known if self._file.num_row_groups == 1 else {}
            asked = [name for name in (*_SYSTEM, *named) if name not in known]
            if asked:
                table = self._file.read_row_group(number, asked, use_threads=False)
                known.update(zip(table.column_names, map(_one, table.columns), strict=True))
            arrays = {name.lower(): known[name] for name in (*_SYSTEM, *named)}
            yield _Piece(len(arrays["time_us"]), named, self._lists.intersection(named), arrays)


class _StoredColumn(Column):
    """A column whose codes are made from the pieces' arrays on first use."""

    def __init__(self, name: str, values: pa.Array, lists: frozenset[int], arrays: Sequence[pa.Array | int]) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "lists", lists)
        object.__setattr__(self, "_arrays", arrays)

    @cached_property
    def codes(self) -> Codes:
        """One code a row. Hides the parent's field of that name."""
        parts = []
        offset = 0
        for array in self._arrays:  # type: ignore[attr-defined]  # set past the frozen parent
            if isinstance(array, int):
                parts.append(np.full(array, _MISSING, np.int32))
                continue
            codes, used = _codes(array, offset)
            parts.append(codes)
            offset += used
        return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _batch(name: str, pieces: Sequence[_Piece]) -> Batch:
    ids = pa.concat_arrays([piece.arrays["event_id"] for piece in pieces])
    records = pc.cast(pc.list_element(pc.split_pattern(ids, "-"), 1), pa.int64()).to_numpy(zero_copy_only=False)
    source, source_ids = _sources(pieces)
    spelling: dict[str, str] = {}
    for piece in pieces:
        for field in piece.names:
            spelling.setdefault(field.lower(), field)
    columns = {field: _column(field, pieces) for field in spelling.values()}
    time_us = np.concatenate([piece.arrays["time_us"].to_numpy() for piece in pieces])
    return Batch(name, columns, time_us, source, records, source_ids)


def _sources(pieces: Sequence[_Piece]) -> tuple[Codes, tuple[str, ...]]:
    """Sources are few and must be distinct, unlike values."""
    merged = pa.chunked_array([piece.arrays["source"] for piece in pieces]).unify_dictionaries().combine_chunks()
    whole = _one(merged) if isinstance(merged, pa.ChunkedArray) else merged
    return _codes(whole, 0)[0], tuple(whole.dictionary.to_pylist())


def _column(name: str, pieces: Sequence[_Piece]) -> Column:
    arrays = [piece.arrays.get(name.lower(), piece.rows) for piece in pieces]
    present = [array for array in arrays if not isinstance(array, int)]
    values = _joined([_values(array) for array in present])
    listed = any(name.lower() == each.lower() for piece in pieces for each in piece.lists)
    return _StoredColumn(name, values, _listed(values) if listed else frozenset(), arrays)


def _values(array: pa.Array) -> pa.Array:
    return array.dictionary if pa.types.is_dictionary(array.type) else array.drop_null()


def _codes(array: pa.Array, offset: int) -> tuple[Codes, int]:
    """Codes that begin at `offset`, and how many values they are about."""
    if pa.types.is_dictionary(array.type):
        codes = _filled(array.indices)
        return (np.where(codes < 0, codes, codes + np.int32(offset)) if offset else codes), len(array.dictionary)
    there: npt.NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    numbers = np.cumsum(there, dtype=np.int32) + np.int32(offset - 1)
    return np.where(there, numbers, np.int32(_MISSING)), len(array) - array.null_count


def _filled(indices: pa.Array) -> Codes:
    whole = indices.fill_null(_MISSING) if indices.null_count else indices
    return whole.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)  # type: ignore[no-any-return]  # no stubs


def _joined(arrays: Sequence[pa.Array]) -> pa.Array:
    if len(arrays) == 1:
        return arrays[0]
    if sum(array.nbytes for array in arrays) > OFFSET_LIMIT:
        return pa.concat_arrays([array.cast(pa.large_string()) for array in arrays])
    return pa.concat_arrays(list(arrays))


def _listed(values: pa.Array) -> frozenset[int]:
    return frozenset(code for code, text in enumerate(values.to_pylist()) if text.startswith("["))


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.unify_dictionaries().chunks)
