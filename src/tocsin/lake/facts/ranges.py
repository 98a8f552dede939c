"""Ranges of addresses with what is known of them: made disjoint once, then found by binary search.

Rules:
1. A stored table of ranges has `first`, `last` (16 bytes, both inclusive), `size` (addresses of the range as it was
   written, less one) and the kind's own columns. Its rows are disjoint and sorted.
2. Where ranges of one file overlap, the narrower one counts (a /24 inside a /8); where they cross, the one that begins
   later; of equal ones the last in the file.
3. Over several files the narrower range counts too, of equal ones that of the newer file.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tocsin.lake.facts.addresses import ADDRESS_BYTES, Numbers

_NONE = -1
_HALF = 2.0**64


def disjoint(first: bytes, last: bytes, values: pa.Table) -> pa.Table:
    """A table of ranges from their packed bounds (row after row) and their values, in any order."""
    low, high = _numbers(first), _numbers(last)
    order = np.lexsort((-_sizes(low, high), low))
    low, high = low[order], high[order]
    sizes = _sizes(low, high)
    if bool((high[:-1] < low[1:]).all()):
        return _table(low, high, sizes, values.take(pa.array(order)))
    starts, ends, rows = _swept(low, high)
    return _table(_numbers(starts), _numbers(ends), sizes[rows], values.take(pa.array(order[rows])))


def locate(tables: Sequence[pa.Table], wanted: Numbers) -> npt.NDArray[np.int64]:
    """For each address of `wanted` (sorted) the row of the joined `tables` (newest first) that holds it, else -1."""
    found = np.full(len(wanted), _NONE, dtype=np.int64)
    narrowest = np.full(len(wanted), np.inf)
    offset = 0
    for table in tables:
        inside, at = _located(table, wanted)
        sizes = table.column("size").to_numpy()[at]
        better = sizes < narrowest[inside]
        found[inside[better]] = at[better] + offset
        narrowest[inside[better]] = sizes[better]
        offset += table.num_rows
    return found


def _located(table: pa.Table, wanted: Numbers) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The places in `wanted` that some range holds, and the row of each.

    The bounds are looked up among the addresses, not the other way round: most lists are short beside a run.
    """
    begins = np.searchsorted(wanted, _column(table, "first"))
    ends = np.searchsorted(wanted, _column(table, "last"), "right")
    counts = ends - begins
    at = np.repeat(np.arange(table.num_rows), counts)
    before = np.cumsum(counts) - counts
    return np.arange(len(at)) - before[at] + begins[at], at


def _swept(low: Numbers, high: Numbers) -> tuple[bytes, bytes, npt.NDArray[np.int64]]:
    """Bounds and rows of the disjoint parts of ranges that are sorted by begin, the wider first."""
    starts, ends, rows = bytearray(), bytearray(), []
    open_: list[tuple[int, int]] = []  # (last address, row), the innermost at the end
    reached = 0  # the next address that no part has yet

    def part(end: int, row: int) -> None:
        nonlocal reached
        if end >= reached:
            starts.extend(reached.to_bytes(ADDRESS_BYTES, "big"))
            ends.extend(end.to_bytes(ADDRESS_BYTES, "big"))
            rows.append(row)
            reached = end + 1

    for row, (begin, end) in enumerate(zip(_integers(low), _integers(high), strict=True)):
        while open_ and open_[-1][0] < begin:
            part(*open_.pop())
        if open_:
            part(begin - 1, open_[-1][1])
        reached = begin
        open_.append((end, row))
    while open_:
        part(*open_.pop())
    return bytes(starts), bytes(ends), np.array(rows, dtype=np.int64)


def _table(low: Numbers, high: Numbers, sizes: npt.NDArray[np.float64], values: pa.Table) -> pa.Table:
    columns = {"first": _binary(low), "last": _binary(high), "size": pa.array(sizes)}
    return pa.table(columns | {name: values.column(name) for name in values.column_names})


def _sizes(low: Numbers, high: Numbers) -> npt.NDArray[np.float64]:
    begin, end = (each.view(">u8").reshape(-1, 2).astype(np.uint64) for each in (low, high))
    borrowed = (end[:, 1] < begin[:, 1]).astype(np.uint64)
    upper = end[:, 0] - begin[:, 0] - borrowed
    return upper.astype(np.float64) * _HALF + (end[:, 1] - begin[:, 1]).astype(np.float64)


def _integers(numbers: Numbers) -> list[int]:
    data = numbers.tobytes()
    return [int.from_bytes(data[at : at + ADDRESS_BYTES], "big") for at in range(0, len(data), ADDRESS_BYTES)]


def _numbers(data: bytes) -> Numbers:
    return np.frombuffer(data, dtype=f"S{ADDRESS_BYTES}")


def _binary(numbers: Numbers) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(ADDRESS_BYTES), len(numbers), [None, pa.py_buffer(numbers.tobytes())])


def _column(table: pa.Table, name: str) -> Numbers:
    column = table.column(name).combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    data = memoryview(column.buffers()[1])[column.offset * ADDRESS_BYTES :]
    return np.frombuffer(data, dtype=f"S{ADDRESS_BYTES}", count=len(column))
