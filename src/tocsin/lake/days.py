"""A batch in parts of one day each, ready to be written: every part keeps only the columns and values that it uses.

Rules:
1. A batch of many small sources spans many days and has hundreds of sparse columns, so the work goes by the values that
   are present and not by rows times columns; all values of a part are taken from the batch in one step.
2. Rows with the same fields lie together: a column is then there or missing for long runs, which Parquet writes a
   tenth and reads a sixth faster, into a file an eighth smaller. Order says nothing; every row has its `event_id`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin.model import Batch, Column
from tocsin.model.events import Codes

DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPARSE = 8  # values a row above which sorting the codes is cheaper than marking the values
_MISSING = -1
OFFSET_LIMIT = 2**31 - 1  # bytes that an Arrow string array can hold

Index = npt.NDArray[np.intp]


def by_day(batch: Batch) -> Iterator[tuple[str, Batch]]:
    """(day as YYYY-MM-DD, its part), rows of one shape together. Columns of parts do not know which codes are lists."""
    days = batch.time_us // DAY_US
    shapes = batch.shape if batch.shape is not None else np.zeros(len(batch), np.int32)
    if (days == days[0]).all():
        ordered = batch if (np.diff(shapes) >= 0).all() else _in_order(batch, np.argsort(shapes, kind="stable"))
        yield _day(int(days[0])), ordered
        return
    order = np.lexsort((shapes, days))
    distinct, starts = np.unique(days[order], return_index=True)
    bounds = np.append(starts, len(days))
    parts = [_Part(order[start:end]) for start, end in pairwise(bounds)]
    offset = 0
    for column in batch.columns.values():
        _share_out(column, order, bounds, offset, parts)
        offset += len(column.values)
    values = _all_values(batch)
    for number, part in zip(distinct.tolist(), parts, strict=True):
        yield _day(int(number)), part.batch(batch, values)


def _in_order(batch: Batch, order: Index) -> Batch:
    """The same rows in another order; all values stay where they are."""
    columns = {name: replace(column, codes=column.codes[order]) for name, column in batch.columns.items()}
    own = batch.time_us[order], batch.source[order], batch.record[order]
    return Batch(batch.table, columns, *own, batch.source_ids)


@dataclass(slots=True)
class _Part:
    """What one day takes from the batch: rows, and for each of its columns new codes and which values they mean."""

    rows: Index
    names: list[str] = field(default_factory=list)
    codes: list[Codes] = field(default_factory=list)
    used: list[Index] = field(default_factory=list)  # indices into all values of the batch

    def batch(self, whole: Batch, values: pa.Array) -> Batch:
        taken = values.take(pa.array(np.concatenate(self.used))) if self.used else values
        columns: dict[str, Column] = {}
        start = 0
        for name, codes, used in zip(self.names, self.codes, self.used, strict=True):
            columns[name] = Column(name, taken.slice(start, len(used)), codes)
            start += len(used)
        rows = self.rows
        return Batch(
            whole.table, columns, whole.time_us[rows], whole.source[rows], whole.record[rows], whole.source_ids
        )


def _share_out(column: Column, order: Index, bounds: Index, offset: int, parts: list[_Part]) -> None:
    """Give each part its codes of a column, numbered anew, and the indices of the values behind them."""
    codes = column.codes[order]
    present = np.flatnonzero(codes >= 0)
    codes = codes[present]
    ends = np.searchsorted(present, bounds)
    for number in np.flatnonzero(np.diff(ends)).tolist():
        part, start, end = parts[number], ends[number], ends[number + 1]
        used, new = _numbered(codes[start:end], len(column.values))
        full = np.full(len(part.rows), _MISSING, np.int32)
        full[present[start:end] - bounds[number]] = new
        part.names.append(column.name)
        part.codes.append(full)
        part.used.append(used + offset)


def _numbered(codes: Codes, values: int) -> tuple[Index, Codes]:
    """The distinct codes ascending, and each code's place among them."""
    if values > _SPARSE * len(codes):
        used, new = np.unique(codes, return_inverse=True)
        return used.astype(np.intp), new.astype(np.int32)
    marked = np.zeros(values, np.bool_)
    marked[codes] = True
    place = np.cumsum(marked, dtype=np.int32) - 1
    return np.flatnonzero(marked), place[codes]


def _all_values(batch: Batch) -> pa.Array:
    arrays = [column.values for column in batch.columns.values()]
    wide = sum(array.nbytes for array in arrays) > OFFSET_LIMIT or any(
        pa.types.is_large_string(array.type) for array in arrays
    )
    kind = pa.large_string() if wide else pa.string()
    return pa.concat_arrays([array.cast(kind) for array in arrays]) if arrays else pa.array([], kind)


def _day(number: int) -> str:
    return str((_EPOCH + timedelta(days=number)).date())
