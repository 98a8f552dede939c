"""From records to columns: many chunks of one table become one dictionary-encoded `Batch`.

Rules:
1. Rows are grouped by their *shape* (the tuple of their keys), so that a sparse column costs its values and not the
   rows of the batch: real Windows telemetry has 350 fields of which a record carries 30.
2. Objects are flattened to dotted names, lists become JSON text and are marked as lists, numbers become their text.
3. Column names are unique without regard to case: the first spelling is the column, values under a later spelling
   go into it, and the original name and value are kept in `extra` (JSON text).
4. A row without a readable time gets `time_us` 0, which is day 1970-01-01.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin import limits
from tocsin.model import Batch, Chunk, Column
from tocsin.telemetry.times import EARLIEST_US, LATEST_US, NO_TIME, parse_times

TIME_KEY = "_time_us"
EXTRA = "extra"
LAKE_COLUMNS = frozenset(
    {"time", "time_us", "ingest_time", "event_id", "source", "sensor", "organisation", "network", "day", EXTRA}
)
"""Names that the lake itself writes: a source's field of that name is stored with a trailing underscore."""

_UNIQUE_SAMPLE = 1_000  # values at once by which it is seen whether a column repeats itself at all
_UNIQUE_SHARE = 0.92  # above it, encoding costs more than it saves
_MISSING = -1
_TEXT_ONLY: set[type] = {str}
_PLAIN: set[type] = {str, int, type(None)}  # kinds whose values are never equal across kinds, as True == 1 == 1.0 are

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Part:
    """Where some rows came from and how their time is told."""

    source_id: str
    positions: Sequence[int]
    time_fields: tuple[str, ...]
    zone: tzinfo


class BatchBuilder:
    """Collects chunks of one table until the caller builds a batch of them.

    Chunks wait for each other as long as they share their renaming, because every turn costs something for each column.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        self.rows = 0
        self.size = 0  # bytes of source text behind the rows
        self._parts: list[_Part] = []
        self._collected = _Collected()
        self._waiting: list[Mapping[str, object]] = []
        self._rename: object = None

    def add(self, chunk: Chunk, source_id: str, zone: tzinfo = UTC) -> None:
        """Take a chunk of this table. `zone` is the zone of times that carry none."""
        if self._waiting and chunk.rename is not self._rename:
            self._collect()
        self._rename = chunk.rename
        self._waiting.extend(chunk.rows)
        self._parts.append(_Part(source_id, chunk.positions, chunk.time_fields, zone))
        self.rows += len(chunk.rows)
        self.size += chunk.size

    def build(self) -> Batch:
        """Turn all that was added into one batch and start anew."""
        self._collect()
        batch = _assemble(self.table, self._parts, self._collected, self.rows)
        self.rows = self.size = 0
        self._parts, self._collected = [], _Collected()
        return batch

    def _collect(self) -> None:
        self._collected.collect(self._waiting, self._rename)
        self._waiting = []


class _Codes(dict[object, int]):
    """Value → code; a new value gets the next code the moment it is asked for."""

    __slots__ = ("values_seen",)

    def __init__(self) -> None:
        super().__init__()
        self[None] = _MISSING
        self.values_seen: list[str] = []

    def __missing__(self, value: object) -> int:
        if type(value) is str:
            code = self[value] = len(self.values_seen)
            self.values_seen.append(value)
        else:
            code = self[value] = self[str(value)]
        return code


class _Growing:
    """One column while it is collected: codes of the rows so far, and the distinct values behind them."""

    __slots__ = ("codes", "lists", "name", "order", "rows", "unique", "values")

    def __init__(self, name: str) -> None:
        self.name = name
        self.order = _Codes()
        self.values = self.order.values_seen
        self.rows: list[Rows] = []
        self.codes: list[Rows] = []
        self.lists: set[str] = set()
        self.unique = False

    def add(self, rows: Rows, column: Sequence[object], kinds: set[type]) -> None:
        """Take the values of some rows. `kinds` are the types among them."""
        if not kinds <= _PLAIN:
            column = [_text(value, self.lists) for value in column]
            kinds = set(map(type, column))
        self.rows.append(rows)
        before = len(self.values)
        if self.unique and kinds == _TEXT_ONLY:
            self.codes.append(np.arange(before, before + len(column), dtype=np.int32))
            self.values.extend(column)  # type: ignore[arg-type]  # texts only
            return
        self.codes.append(np.fromiter(map(self.order.__getitem__, column), np.int32, len(column)))
        new = len(self.values) - before
        self.unique = len(column) >= _UNIQUE_SAMPLE and new > _UNIQUE_SHARE * len(column)

    def add_constant(self, rows: Rows, text: str) -> None:
        """The same text for some rows: within one shape, a third of all columns."""
        self.rows.append(rows)
        self.codes.append(np.full(len(rows), self.order[text], np.int32))

    def originals(self) -> Iterator[tuple[int, str]]:
        """Row and value of every value that is not missing."""
        for rows, codes in zip(self.rows, self.codes, strict=True):
            for row, code in zip(rows.tolist(), codes.tolist(), strict=True):
                if code >= 0:
                    yield row, self.values[code]

    def column(self, rows: int) -> Column:
        """The column over all rows of the batch."""
        codes = np.full(rows, _MISSING, dtype=np.int32)
        for where, found in zip(self.rows, self.codes, strict=True):
            codes[where] = found
        lists = self.lists
        listed = frozenset(code for code, text in enumerate(self.values) if text in lists) if lists else frozenset()
        return Column(self.name, _strings(self.values), codes, listed)


class _Collected:
    """Growing columns under their final names, in order of first appearance, and which rows have the same keys."""

    def __init__(self) -> None:
        self.columns: dict[str, _Growing] = {}
        self.times: list[tuple[Rows, Sequence[int]]] = []
        self.shapes: list[Rows] = []
        self._rows = 0
        self._shape_numbers: dict[tuple[str, ...], int] = {}
        self._names: dict[tuple[object, str], str] = {}

    def collect(self, rows: Sequence[Mapping[str, object]], rename: object) -> None:
        """Transpose the next rows of the batch."""
        numbers = np.arange(self._rows, self._rows + len(rows), dtype=np.int32)
        self._rows += len(rows)
        self.shapes.append(np.zeros(len(rows), np.int32))
        self._transpose(rows, numbers, "", rename, 0)

    def _transpose(
        self, rows: Sequence[Mapping[str, object]], numbers: Rows, prefix: str, rename: object, depth: int
    ) -> None:
        for keys, (where, values) in _by_shape(rows).items():
            if not keys:
                continue
            index = np.array(where, dtype=np.int32)
            group = numbers[index]
            if not depth:
                self.shapes[-1][index] = self._shape_numbers.setdefault(keys, len(self._shape_numbers))
            for key, column in zip(keys, zip(*values, strict=True), strict=True):
                self._place(prefix + key, column, group, rename, depth)

    def _place(self, name: str, column: tuple[object, ...], rows: Rows, rename: object, depth: int) -> None:
        first = column[0]
        if type(first) is str and column[-1] == first and column.count(first) == len(column):
            self._growing(name, rename).add_constant(rows, first)
            return
        kinds = set(map(type, column))
        if dict in kinds and depth < limits.JSON_DEPTH:
            nested = [index for index, value in enumerate(column) if type(value) is dict and value]
            chosen = [column[index] for index in nested]
            self._transpose(chosen, rows[nested], f"{name}.", rename, depth + 1)  # type: ignore[arg-type]  # dicts only
            if len(nested) == len(column):
                return
            rest = sorted(set(range(len(column))).difference(nested))
            column, rows = tuple(column[index] for index in rest), rows[rest]
            kinds = set(map(type, column))
        if name == TIME_KEY and kinds == {int}:
            self.times.append((rows, column))  # type: ignore[arg-type]  # integers only
            return
        self._growing(name, rename).add(rows, column, kinds)

    def _growing(self, name: str, rename: object) -> _Growing:
        final = self._final(name, rename)
        growing = self.columns.get(final)
        if growing is None:
            growing = self.columns[final] = _Growing(final)
        return growing

    def _final(self, name: str, rename: object) -> str:
        known = self._names.get((rename, name))
        if known is None:
            known = rename(name) if callable(rename) else name
            known = known.replace("\x00", "")[: limits.FIELD_NAME_CHARACTERS] or "_"
            if known.lower() in LAKE_COLUMNS:
                known += "_"
            self._names[rename, name] = known
        return known


def _by_shape(rows: Sequence[Mapping[str, object]]) -> dict[tuple[str, ...], tuple[list[int], list[Iterable[object]]]]:
    shapes: dict[tuple[str, ...], tuple[list[int], list[Iterable[object]]]] = {}
    for index, row in enumerate(rows):
        keys = tuple(row)
        shape = shapes.get(keys)
        if shape is None:
            shape = shapes[keys] = ([], [])
        shape[0].append(index)
        shape[1].append(row.values())
    return shapes


def _assemble(table: str, parts: Sequence[_Part], collected: _Collected, rows: int) -> Batch:
    """Finish the columns, settle name collisions, work out the times."""
    columns: dict[str, Column] = {}
    folded: dict[str, str] = {}
    extra = _Extra()
    for name, growing in collected.columns.items():
        first = folded.get(name.lower())
        if first is None and len(columns) < limits.TABLE_COLUMNS:
            folded[name.lower()] = name
            columns[name] = growing.column(rows)
            continue
        extra.keep(growing)
        if first is not None:
            columns[first] = _overlay(columns[first], growing.column(rows))
    if extra.kept:
        columns[EXTRA] = extra.column(rows)
    source, record, source_ids = _origin(parts, rows)
    shapes = np.concatenate(collected.shapes)
    batch = Batch(table, columns, np.zeros(rows, np.int64), source, record, source_ids, shapes)
    return replace(batch, time_us=_times(batch, parts, collected.times))


class _Extra:
    """Values that found no column of their own, row by row, as JSON text."""

    def __init__(self) -> None:
        self.kept: dict[int, dict[str, str]] = {}

    def keep(self, growing: _Growing) -> None:
        for row, text in growing.originals():
            self.kept.setdefault(row, {})[growing.name] = text

    def column(self, rows: int) -> Column:
        growing = _Growing(EXTRA)
        kept = sorted(self.kept)
        growing.add(np.array(kept, np.int32), [_json(self.kept[row]) for row in kept], _TEXT_ONLY)
        return growing.column(rows)


def _text(value: object, lists: set[str]) -> str | None:
    if type(value) is str:
        return value
    if value is None:
        return None
    if value is True:
        return "true"
    if value is False:
        return "false"
    if type(value) is int:
        return str(value)
    text = _json(value)
    if isinstance(value, list):
        lists.add(text)
    return text


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode("utf-8", "replace")


def _strings(texts: list[str]) -> pa.StringArray:
    try:
        return pa.array(texts, pa.string())
    except (UnicodeEncodeError, pa.ArrowException):  # lone surrogates
        return pa.array([text.encode("utf-8", "replace").decode() for text in texts], pa.string())


def _overlay(first: Column, later: Column) -> Column:
    """The first spelling's values, and the later spelling's where the first is missing."""
    shift = len(first.values)
    values = pa.concat_arrays([first.values, later.values])
    codes = np.where(first.codes >= 0, first.codes, np.where(later.codes >= 0, later.codes + shift, _MISSING))
    lists = first.lists | {code + shift for code in later.lists}
    return Column(first.name, values, codes.astype(np.int32), lists)


def _origin(parts: Sequence[_Part], rows: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], tuple[str, ...]]:
    source = np.empty(rows, np.int32)
    record = np.empty(rows, np.int64)
    ids: dict[str, int] = {}
    start = 0
    for part in parts:
        end = start + len(part.positions)
        source[start:end] = ids.setdefault(part.source_id, len(ids))
        record[start:end] = part.positions
        start = end
    return source, record, tuple(ids)


def _times(
    batch: Batch, parts: Sequence[_Part], explicit: Sequence[tuple[Rows, Sequence[int]]]
) -> npt.NDArray[np.int64]:
    """Event times: given by the reader, else the first readable one of the part's time fields."""
    times = np.zeros(len(batch), np.int64)
    for rows, values in explicit:
        times[rows] = [value if EARLIEST_US <= value < LATEST_US else 0 for value in values]
    start = 0
    runs: list[tuple[int, int, tuple[str, ...], tzinfo]] = []
    for part in parts:
        end = start + len(part.positions)
        rule = (part.time_fields, part.zone)
        if runs and runs[-1][2:] == rule:
            runs[-1] = (runs[-1][0], end, *rule)
        else:
            runs.append((start, end, *rule))
        start = end
    parsed: dict[tuple[str, tzinfo], npt.NDArray[np.int64]] = {}
    for start, end, fields, zone in runs:
        for name in fields:
            window = times[start:end]
            if (window != 0).all():
                break
            column = batch.column(name)
            if column is None or not len(column.values):
                continue
            if (name, zone) not in parsed:
                readable = parse_times(column.texts, zone)
                parsed[name, zone] = np.append(np.where(readable == NO_TIME, 0, readable), np.int64(0))
            found = parsed[name, zone][column.codes[start:end]]  # code -1 takes the appended 0
            times[start:end] = np.where(window != 0, window, found)
    return times
