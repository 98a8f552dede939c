"""Who an event is about: the columns of each table that name the host, the user and the process.

The table is `entities.toml` beside this file. Resolving names to one asset is triage's work; here it is the text
that the event itself carries.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa

from tocsin.model import Batch
from tocsin.model.events import Codes

_MISSING = -1


@dataclass(frozen=True, slots=True)
class EntityColumns:
    """Candidate columns, best first."""

    host: tuple[str, ...]
    user: tuple[str, ...]
    process: tuple[str, ...]
    parent: tuple[str, ...]
    context: tuple[str, ...]  # shown beside the fields that a rule read


@cache
def _table_entries() -> tuple[tuple[str, EntityColumns], ...]:
    text = files("tocsin.detect").joinpath("entities.toml").read_text("utf-8")
    return tuple(
        (
            entry["name"],
            EntityColumns(*(tuple(entry.get(part, ())) for part in ("host", "user", "process", "parent", "context"))),
        )
        for entry in tomllib.loads(text)["table"]
    )


@cache
def entity_columns(table: str) -> EntityColumns:
    """The candidates of a table; the last entry of the file fits every name."""
    return next(columns for pattern, columns in _table_entries() if fnmatchcase(table, pattern))


def pick(batch: Batch, candidates: Sequence[str], rows: Codes) -> pa.StringArray:
    """For the given rows, the first candidate column's value, '' where none has one."""
    left = np.arange(len(rows))
    values: list[str] = [""] * len(rows)
    for name in candidates:
        column = batch.column(name)
        if column is None or not len(left):
            continue
        codes = column.codes[rows[left]]
        found = left[codes >= 0]
        texts = column.values.take(pa.array(codes[codes >= 0])).to_pylist()
        for index, text in zip(found.tolist(), texts, strict=True):
            values[index] = text
        left = left[codes < 0]
    return pa.array(values, pa.string())
