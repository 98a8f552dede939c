"""Columns of many records at once, and how they become lines of text.

A range writes tens of millions of records, so nothing is made record by record. A batch holds one column a field:

- a plain value (`str`, `int`, `float`, `None`): the same in all records, written into the pattern once;
- a numpy array of whole numbers or floats: one number a record;
- a `Pick`: texts of a pool by their codes, so each text is escaped once and not once a record;
- a `Made`: a text with slots (`"svchost.exe -k %s -p"`), each slot again a column;
- a list of texts: one text a record, escaped one by one (for few records).

`Line` turns columns into one `%` pattern and formats all records with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Integers: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = NDArray[np.object_]
Escape: TypeAlias = Callable[[str], str]


class Pool:
    """Texts to pick from. Keeps what each escape made of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)
        self._escaped: dict[Escape, Texts] = {}
        self._mapped: dict[str, Pool] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def escaped(self, escape: Escape) -> Texts:
        """All texts as the escape writes them."""
        made = self._escaped.get(escape)
        if made is None:
            made = self._escaped[escape] = np.array([escape(text) for text in self.texts], dtype=object)
        return made

    def mapped(self, name: str, change: Callable[[str], str]) -> "Pool":
        """The pool of what `change` makes of each text, kept under that name."""
        if name not in self._mapped:
            self._mapped[name] = Pool([change(text) for text in self.texts])
        return self._mapped[name]

    def pick(self, codes: "Integers | Sequence[int]") -> "Pick":
        """One text a code."""
        return Pick(self, np.asarray(codes, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """One text of the pool a record."""

    pool: Pool
    codes: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A text whose `%` slots are columns: `%s` for texts, `%d`, `%04x`, `%.3f` for numbers; `%%` is a percent sign."""

    spec: str
    parts: "tuple[Column, ...]"


Column: TypeAlias = str | int | float | NDArray[Any] | Pick | Made | list[str] | None


def taken(column: Column, chosen: Mask | Integers) -> Column:
    """The column of the chosen records only."""
    if isinstance(column, np.ndarray):
        return column[chosen]
    if isinstance(column, Pick):
        return Pick(column.pool, column.codes[chosen])
    if isinstance(column, Made):
        return Made(column.spec, tuple(taken(part, chosen) for part in column.parts))
    if isinstance(column, list):
        return [str(text) for text in np.array(column, dtype=object)[chosen]]
    return column


def mapped(column: "str | Pick", name: str, change: Callable[[str], str]) -> "str | Pick":
    """What `change` makes of each text of the column; kept with its pool under that name."""
    return change(column) if isinstance(column, str) else column.pool.mapped(name, change).pick(column.codes)


@dataclass(slots=True)
class Line:
    """One line as a pattern: literal text and columns, in order. `none` is what a missing value looks like."""

    escape: Escape
    none: str = "-"
    _pattern: list[str] = field(default_factory=list)
    _columns: list[list[Any]] = field(default_factory=list)

    def text(self, literal: str) -> "Line":
        """Text as it is."""
        self._pattern.append(literal.replace("%", "%%"))
        return self

    def value(self, column: Column, number: str = "") -> "Line":
        """A column, escaped. `number` is the format of numbers; by default `%d`, or `%.6f` for floats."""
        if isinstance(column, str):
            return self.text(self.escape(column))
        if isinstance(column, Pick):
            return self._column("%s", column.pool.escaped(self.escape)[column.codes].tolist())
        if isinstance(column, np.ndarray):
            return self._column(number or ("%.6f" if column.dtype.kind == "f" else "%d"), column.tolist())
        if isinstance(column, Made):
            return self._made(column)
        if isinstance(column, list):
            return self._column("%s", [self.escape(text) for text in column])
        if column is None:
            return self.text(self.none)
        return self.text((number or ("%.6f" if isinstance(column, float) else "%d")) % column)

    def _column(self, spec: str, values: list[Any]) -> "Line":
        self._pattern.append(spec)
        self._columns.append(values)
        return self

    def _made(self, made: Made) -> "Line":
        for index, (literal, spec) in enumerate(_escaped_slots(made.spec, self.escape)):
            if literal:
                self._pattern.append(literal)
            if spec:
                self.value(made.parts[index], "" if spec == "%s" else spec)
        return self

    def lines(self, count: int) -> list[str]:
        """The text of every record."""
        pattern = "".join(self._pattern)
        if not self._columns:
            return [pattern % ()] * count
        return [pattern % row for row in zip(*self._columns, strict=True)]


@lru_cache(maxsize=4_096)
def _escaped_slots(spec: str, escape: Escape) -> tuple[tuple[str, str], ...]:
    """(text of the pattern, the slot after it) in order: the literals of `_slots` as the line writes them."""

    def written(literal: str) -> str:
        return escape(literal.replace("%%", "%")).replace("%", "%%") if literal else ""

    return tuple((written(literal), slot) for literal, slot in _slots(spec))


def _slots(spec: str) -> tuple[tuple[str, str], ...]:
    """(literal text, the slot after it) in order; the last slot may be empty."""
    found: list[tuple[str, str]] = []
    literal, at = "", 0
    while at < len(spec):
        if spec[at] != "%":
            literal, at = literal + spec[at], at + 1
        elif spec[at + 1] == "%":
            literal, at = literal + "%%", at + 2
        else:
            end = at + 1
            while not spec[end].isalpha():
                end += 1
            found.append((literal, spec[at : end + 1]))
            literal, at = "", end + 1
    return (*found, (literal, ""))
