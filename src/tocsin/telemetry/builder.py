"""From records to columns: many chunks of one table become one dictionary-encoded `Batch`.

Rules:
1. Rows are grouped by their *shape* (the tuple of their keys), so that a sparse column costs its values and not the
   rows of the batch: real Windows telemetry has 350 fields of which a record carries 30.
2. Objects are flattened to dotted names, lists become JSON text and are marked as lists, numbers become their text.
3. Column names are unique without regard to case: the first spelling is the column, values under a later spelling
   go into it, and the original name and value are kept in `extra` (JSON text).
4. A row without a readable time gets `time_us` 0, which is day 1970-01-01; `Built.untimed` counts them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin import limits
from tocsin.model import Batch, Chunk, Column
from tocsin.telemetry.times import NO_TIME, parse_times

TIME_KEY = "_time_us"
EXTRA = "extra"
LAKE_COLUMNS = frozenset(
    {"time", "time_us", "ingest_time", "event_id", "source", "sensor", "organisation", "network", "day", EXTRA}
)
"""Names that the lake itself writes: a source's field of that name is stored with a trailing underscore."""

_UNIQUE_SAMPLE = 2_000  # values looked at to decide whether a column repeats itself at all
_UNIQUE_SHARE = 0.92  # above it, encoding costs more than it saves
_MISSING = -1
_TEXT_ONLY = {str}
_NUMBERS_ONLY = {int}

Rows = npt.NDArray[np.int32]


class _Piece(NamedTuple):
    """Values of one column for some rows of the batch."""

    rows: Rows
    values: list[object]


@dataclass(frozen=True, slots=True)
class Built:
    """A batch and what happened on the way."""

    batch: Batch
    untimed: int  # rows without a readable time
    squeezed: int  # values kept in `extra` because of a colliding name or too many columns


@dataclass(slots=True)
class _Part:
    """What one `add` brought: rows of one source under one set of naming and time rules."""

    chunk: Chunk
    source_id: str
    zone: tzinfo


@dataclass(slots=True)
class BatchBuilder:
    """Collects chunks of one table until the caller builds a batch of them."""

    table: str
    rows: int = 0
    size: int = 0
    _parts: list[_Part] = field(default_factory=list)

    def add(self, chunk: Chunk, source_id: str, zone: tzinfo = UTC) -> None:
        """Take a chunk of this table. `zone` is the zone of times that carry none."""
        self._parts.append(_Part(chunk, source_id, zone))
        self.rows += len(chunk.rows)
        self.size += chunk.size

    def build(self) -> Built:
        """Turn all that was added into one batch and start anew."""
        parts, self._parts, self.rows, self.size = self._parts, [], 0, 0
        pieces = _Collected()
        start = 0
        for part in _merged(parts):
            pieces.collect(part, start)
            start += len(part.rows)
        return _assemble(self.table, parts, pieces, start)


class _Run(NamedTuple):
    """Neighbouring parts with the same renaming, transposed together."""

    rows: Sequence[Mapping[str, object]]
    rename: object


def _merged(parts: Sequence[_Part]) -> Iterable[_Run]:
    """Join neighbouring parts that share their renaming, so that many small files cost as one."""
    rows: list[Mapping[str, object]] = []
    rename: object = None
    for part in parts:
        if rows and part.chunk.rename is not rename:
            yield _Run(rows, rename)
            rows = []
        rename = part.chunk.rename
        rows.extend(part.chunk.rows)
    if rows:
        yield _Run(rows, rename)


class _Collected:
    """Column pieces under their final names, in order of first appearance."""

    def __init__(self) -> None:
        self.pieces: dict[str, list[_Piece]] = {}
        self._names: dict[tuple[object, str], str] = {}

    def collect(self, run: _Run, start: int) -> None:
        """Transpose the rows of a run; its first row is row `start` of the batch."""
        numbers = np.arange(start, start + len(run.rows), dtype=np.int32)
        self._transpose(run.rows, numbers, "", run.rename, 0)

    def _transpose(
        self, rows: Sequence[Mapping[str, object]], numbers: Rows, prefix: str, rename: object, depth: int
    ) -> None:
        for keys, (where, values) in _by_shape(rows).items():
            if not keys:
                continue
            group = numbers[np.array(where, dtype=np.int32)]
            for key, column in zip(keys, zip(*values, strict=True), strict=True):
                self._place(prefix + key, column, group, rename, depth)

    def _place(self, name: str, column: Sequence[object], rows: Rows, rename: object, depth: int) -> None:
        kinds = set(map(type, column))
        if dict in kinds and depth < limits.JSON_DEPTH:
            nested = [index for index, value in enumerate(column) if type(value) is dict and value]
            chosen = [column[index] for index in nested]
            self._transpose(chosen, rows[nested], f"{name}.", rename, depth + 1)  # type: ignore[arg-type]  # dicts only
            if len(nested) == len(column):
                return
            rest = sorted(set(range(len(column))).difference(nested))
            column, rows = [column[index] for index in rest], rows[rest]
        self.pieces.setdefault(self._final(name, rename), []).append(_Piece(rows, list(column)))

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


def _assemble(table: str, parts: Sequence[_Part], collected: _Collected, rows: int) -> Built:
    """Encode the pieces, settle name collisions, work out the times."""
    explicit = collected.pieces.pop(TIME_KEY, [])
    columns: dict[str, Column] = {}
    folded: dict[str, str] = {}
    extra = _Extra(rows)
    for name, pieces in collected.pieces.items():
        first = folded.get(name.lower())
        if first is None and len(columns) < limits.TABLE_COLUMNS:
            folded[name.lower()] = name
            columns[name] = _encode(name, pieces, rows)
        elif first is None:
            extra.keep(name, pieces)
        else:
            columns[first] = _overlay(columns[first], _encode(name, pieces, rows))
            extra.keep(name, pieces)
    if extra.count:
        columns[EXTRA] = extra.column()
    batch = Batch(table, columns, np.zeros(rows, np.int64), *_origin(parts, rows))
    time_us = _times(batch, parts, explicit)
    return Built(
        Batch(table, columns, time_us, batch.source, batch.record, batch.source_ids),
        int(np.count_nonzero(time_us == 0)),
        extra.count,
    )


class _Extra:
    """Values that found no column of their own, row by row, as JSON text."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._kept: dict[int, dict[str, object]] = {}
        self.count = 0

    def keep(self, name: str, pieces: Sequence[_Piece]) -> None:
        for piece in pieces:
            for row, value in zip(piece.rows.tolist(), piece.values, strict=True):
                self._kept.setdefault(row, {})[name] = value
                self.count += 1

    def column(self) -> Column:
        rows = sorted(self._kept)
        texts: list[object] = [_json(self._kept[row]) for row in rows]
        return _encode(EXTRA, [_Piece(np.array(rows, np.int32), texts)], self._rows)


def _encode(name: str, pieces: Sequence[_Piece], rows: int) -> Column:
    """Dictionary-encode a column; nearly unique columns take their row order as codes."""
    if len(pieces) == 1:
        numbers, values = pieces[0]
    else:
        numbers = np.concatenate([piece.rows for piece in pieces])
        values = [value for piece in pieces for value in piece.values]
    lists: set[str] = set()
    kinds = set(map(type, values))
    if kinds == _NUMBERS_ONLY:
        values = list(map(str, values))
    elif kinds != _TEXT_ONLY:
        values = [_text(value, lists) for value in values]
    distinct, found = _distinct(values)
    codes = np.full(rows, _MISSING, dtype=np.int32)
    codes[numbers] = found
    listed = frozenset(index for index, text in enumerate(distinct) if text in lists) if lists else frozenset()
    return Column(name, _strings(distinct), codes, listed)


def _distinct(values: list[object]) -> tuple[list[str], npt.NDArray[np.int32]]:
    sample = values[:_UNIQUE_SAMPLE]
    if len(sample) == _UNIQUE_SAMPLE and None not in values and len(set(sample)) > _UNIQUE_SHARE * _UNIQUE_SAMPLE:
        return values, np.arange(len(values), dtype=np.int32)  # type: ignore[return-value]  # texts only by now
    order: dict[object, int] = dict.fromkeys(values, 0)
    null = order.pop(None, None)
    texts = list(order)
    order = dict(zip(texts, range(len(texts)), strict=True))
    if null is not None:
        order[None] = _MISSING
    codes = np.fromiter(map(order.__getitem__, values), np.int32, len(values))
    return texts, codes  # type: ignore[return-value]  # texts only by now


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


def _origin(
    parts: Sequence[_Part], rows: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], tuple[str, ...]]:
    source = np.empty(rows, np.int32)
    record = np.empty(rows, np.int64)
    ids: dict[str, int] = {}
    start = 0
    for part in parts:
        end = start + len(part.chunk.rows)
        source[start:end] = ids.setdefault(part.source_id, len(ids))
        record[start:end] = part.chunk.positions
        start = end
    return source, record, tuple(ids)


def _times(batch: Batch, parts: Sequence[_Part], explicit: Sequence[_Piece]) -> npt.NDArray[np.int64]:
    """Event times: given by the reader, else the first readable one of the part's time fields."""
    times = np.zeros(len(batch), np.int64)
    for piece in explicit:
        times[piece.rows] = [value if isinstance(value, int) else 0 for value in piece.values]
    start = 0
    runs: list[tuple[int, int, tuple[str, ...], tzinfo]] = []
    for part in parts:
        end = start + len(part.chunk.rows)
        rule = (part.chunk.time_fields, part.zone)
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
