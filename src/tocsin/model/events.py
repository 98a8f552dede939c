"""Events on their way from a reader to the lake.

A reader yields `Chunk`s (records as dictionaries, the source's own field names) and `Reject`s.
The batch builder turns many chunks of one table into one `Batch`: dictionary-encoded columns that the
Sigma engine evaluates and the lake writes, both without another copy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive records of one source that belong to one table.

    `rows` may nest: the builder flattens objects to dotted names (`alert.signature`), then passes every
    name through `rename`. Values are str, int, float, bool, None, dict or list; a list becomes JSON text
    and stays a list for rules. A row may carry the reserved key `_time_us` (int, microseconds since 1970
    UTC) when the reader had to work the time out itself; otherwise the first of `time_fields` (names
    after renaming) that holds a readable time gives it.
    """

    table: str
    positions: Sequence[int]  # 1-based record (or line) number inside the source, ascending
    rows: Sequence[Mapping[str, object]]
    time_fields: tuple[str, ...] = ()
    rename: Callable[[str], str] | None = None
    size: int = 0  # bytes of source text behind the rows, for batch bounds and progress


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be read. `position` counts like Chunk.positions, `offset` is in decompressed bytes."""

    position: int
    offset: int | None
    reason: str
    sample: str = ""


@dataclass(frozen=True)
class Column:
    """One dictionary-encoded column of a batch.

    `codes[row]` is an index into the values, or -1 where the field is missing or null. Values are distinct
    except in nearly unique columns, where a repeated value may stand twice.
    `lists` holds the codes whose value is a JSON array (Sigma matches a list if any element matches).
    Numbers are stored as their text.
    """

    name: str
    values: pa.StringArray | pa.LargeStringArray  # without null
    codes: Codes
    lists: frozenset[int] = frozenset()

    @cached_property
    def texts(self) -> list[str]:
        """The distinct values as Python strings, index = code."""
        return self.values.to_pylist()  # type: ignore[no-any-return]  # pyarrow has no stubs

    def text(self, row: int) -> str | None:
        """The value of one row, None where it is missing."""
        code = int(self.codes[row])
        return None if code < 0 else str(self.values[code].as_py())


@dataclass(frozen=True)
class Batch:
    """Rows of one table from one or several sources.

    `columns` is keyed by the column's own name; names are unique without regard to case.
    Arrays have one entry a row: `time_us` (int64, 0 where the time is impossible), `source` (int32 index into
    `source_ids`), `record` (int64 position inside that source), `shape` (int32, equal for neighbours in time that have
    the same fields; None where nobody knows).
    """

    table: str
    columns: Mapping[str, Column]
    time_us: npt.NDArray[np.int64]
    source: npt.NDArray[np.int32]
    record: npt.NDArray[np.int64]
    source_ids: tuple[str, ...]
    shape: Codes | None = None

    def __len__(self) -> int:
        return len(self.time_us)

    @cached_property
    def by_folded_name(self) -> Mapping[str, Column]:
        """Columns keyed by lower-cased name: fields are looked up without regard to case."""
        return {name.lower(): column for name, column in self.columns.items()}

    def column(self, name: str) -> Column | None:
        """The column of that name without regard to case, or None."""
        return self.by_folded_name.get(name.lower())

    def event_id(self, row: int) -> str:
        """`<source id>-<record>`: the same content under any name gives the same id."""
        return f"{self.source_ids[self.source[row]]}-{self.record[row]}"
