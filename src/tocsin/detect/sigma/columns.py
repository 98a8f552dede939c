"""What a rule's field is in a batch: one column, or several laid over each other.

Rules:
1. Per event the first candidate that is present wins, so columns of mixed shapes are merged, not chosen.
2. Texts are made once per distinct value that somebody asks for, not per row and not per column.
3. Where a dotted name leads through a list of objects, what they hold is a list.
4. Keywords search values, never names: the leaves of lists of objects, and the values in the column of overflowing
   values, which is no field.
"""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin.detect.sigma.texts import column_key, fold, inner_texts, kept_values, leaf_texts, list_elements, prefixes
from tocsin.model import Batch, Column

Codes = npt.NDArray[np.int32]
Split = Callable[[str], list[str]]
Pair = tuple[str, str]
"""The raw and the folded text of a value."""

OVERFLOW = "extra"  # the column of values that have none of their own, each a JSON object
WHOLE_COLUMN_VALUES = 512  # up to here all texts of a column are made at once


class FieldColumn:
    """A field's values in a batch: `codes[row]` indexes the values, -1 is missing. `column` has values and codes."""

    def __init__(self, names: tuple[str, ...], column: Column, split: Split = list_elements) -> None:
        self.names = names
        self.values = column.values
        self._column = column
        self.size = len(column.values)
        self.lists = frozenset(range(self.size)) if split is kept_values else column.lists
        self._split = split
        self._pairs: dict[int, Pair] = {}
        self._elements: dict[int, list[str]] = {}

    @property
    def codes(self) -> Codes:
        """One code a row; a column of the lake works them out on the first call."""
        return self._column.codes

    def pairs(self, codes: Sequence[int]) -> list[Pair]:
        """The raw and folded texts of some codes."""
        known = self._pairs
        missing = [code for code in codes if code not in known]
        if missing:
            if self.size <= WHOLE_COLUMN_VALUES:
                missing = list(range(self.size))
                texts = self.values.to_pylist()
            else:
                texts = self.values.take(pa.array(missing, pa.int32())).to_pylist()
            known.update(zip(missing, [(text, fold(text)) for text in texts], strict=True))
        return [known[code] for code in codes]

    def raw(self, codes: Sequence[int]) -> list[str]:
        """The texts of some codes."""
        return [raw for raw, _ in self.pairs(codes)]

    def elements(self, code: int) -> list[str]:
        """The texts that a test looks at: the elements of a list, else the value itself."""
        if code not in self.lists:
            return self.raw((code,))
        found = self._elements.get(code)
        if found is None:
            found = self._elements[code] = self._split(self.raw((code,))[0])
        return found


class BatchColumns:
    """Finds the columns of fields in one batch."""

    def __init__(self, batch: Batch) -> None:
        self.rows = len(batch)
        self._by_key: dict[str, list[Column]] = {}
        for name, column in batch.columns.items():
            if name != OVERFLOW:
                self._by_key.setdefault(column_key(name), []).append(column)
        self._overflow = batch.columns.get(OVERFLOW)
        self._resolved: dict[tuple[str, ...], FieldColumn | None] = {}
        self._inner: dict[str, tuple[Column, ...]] = {}
        self._single: dict[int, FieldColumn] = {}
        self._searched: dict[int, FieldColumn] = {}

    def resolve(self, candidates: tuple[str, ...]) -> FieldColumn | None:
        """The column of a field with these candidate keys, None if the batch has none of them."""
        if candidates not in self._resolved:
            self._resolved[candidates] = self._merge(candidates)
        return self._resolved[candidates]

    def all(self) -> list[FieldColumn]:
        """Every column of the batch by itself: where keywords are searched."""
        found = [self._as_keywords(column) for columns in self._by_key.values() for column in columns]
        return found if self._overflow is None else [*found, self._as_keywords(self._overflow)]

    def _as_keywords(self, column: Column) -> FieldColumn:
        if column is not self._overflow and not column.lists:
            return self._as_field(column)
        found = self._searched.get(id(column))
        if found is None:
            split = kept_values if column is self._overflow else leaf_texts
            found = self._searched[id(column)] = FieldColumn((column.name,), column, split)
        return found

    def _merge(self, candidates: tuple[str, ...]) -> FieldColumn | None:
        columns = [column for key in candidates for column in (*self._by_key.get(key, ()), *self._inside(key))]
        if not columns:
            return None
        merged = self._as_field(columns[0])
        for column in columns[1:]:
            merged = _overlay(merged, self._as_field(column))
        return merged

    def _inside(self, key: str) -> tuple[Column, ...]:
        """What lists of objects hold under the rest of a dotted name."""
        found = self._inner.get(key)
        if found is None:
            found = self._inner[key] = tuple(
                _inner(column, path)
                for prefix, path in prefixes(key)
                for column in self._by_key.get(prefix, ())
                if column.lists
            )
        return found

    def _as_field(self, column: Column) -> FieldColumn:
        found = self._single.get(id(column))
        if found is None:
            found = FieldColumn((column.name,), column)
            self._single[id(column)] = found
        return found


def _inner(column: Column, path: Sequence[str]) -> Column:
    """The column of what the objects in a column's lists hold under a path: lists again."""
    listed = sorted(column.lists)
    renumbered = np.full(len(column.values) + 1, -1, np.int32)  # code -1 takes the appended -1
    texts: list[str] = []
    for code, text in zip(listed, column.values.take(pa.array(listed, pa.int32())).to_pylist(), strict=True):
        found = inner_texts(text, path)
        if found:
            renumbered[code] = len(texts)
            texts.append(msgspec.json.encode(found).decode())
    every = frozenset(range(len(texts)))
    return Column(f"{column.name}.{'.'.join(path)}", pa.array(texts, pa.string()), renumbered[column.codes], every)


def _overlay(first: FieldColumn, second: FieldColumn) -> FieldColumn:
    """The first column, and the second where the first is missing."""
    gaps = (first.codes < 0) & (second.codes >= 0)
    if not gaps.any():
        return first
    offset = first.size
    codes = np.where(gaps, second.codes + np.int32(offset), first.codes).astype(np.int32)
    values = pa.concat_arrays([first.values.cast(pa.large_string()), second.values.cast(pa.large_string())])
    lists = first.lists | {code + offset for code in second.lists}
    return FieldColumn(first.names + second.names, Column(first.names[0], values, codes, lists))


def buffers(values: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Offsets (one more than values, from 0) and bytes of an Arrow string array."""
    wide = pa.types.is_large_string(values.type)
    _, offset_buffer, data_buffer = values.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64 if wide else np.int32)[
        values.offset : values.offset + len(values) + 1
    ]
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None and data_buffer.size else _NO_BYTES
    start = int(offsets[0])
    return offsets.astype(np.int64) - start, data[start : int(offsets[-1])]


_NO_BYTES = np.empty(0, np.uint8)
