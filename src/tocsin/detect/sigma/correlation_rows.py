"""From hits to the sorted rows of one correlation: references, groups, values, and what has to be left out.

- A hit without a time, without one of the group-by fields, or without a usable value for the condition is left out
  and counted.
- Group values, and the values that value_count counts, compare without regard to case like all values in Sigma.
- A number is used to DECIMALS places and up to LARGEST in size; a larger one is no usable value.
- An inner correlation is present at every moment at which it matched when the outer one is temporal; it counts once
  an episode, at its first match, when the outer one counts or computes.
"""

import math
import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from tocsin import limits
from tocsin.detect.sigma.correlation_hits import MISSING, Hits, field_name
from tocsin.detect.sigma.correlation_measures import Rows
from tocsin.detect.sigma.correlation_spec import CorrelationSpec
from tocsin.detect.sigma.texts import fold

Codes = npt.NDArray[np.int64]
NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\s*", re.ASCII)
TEMPORAL = frozenset({"temporal", "temporal_ordered"})
DECIMALS = 18
LARGEST = Fraction(10) ** 30
COMPUTED = frozenset({"value_sum", "value_avg", "value_percentile", "value_median"})


@dataclass(frozen=True, slots=True)
class Inner:
    """A match of an inner correlation as an outer one sees it."""

    moments_us: Sequence[int]
    group: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many hits could not take part, by reason."""

    untimed: int = 0
    ungrouped: int = 0
    unmeasured: int = 0
    beyond_limit: int = 0


@dataclass(slots=True)
class _Raw:
    """Rows before grouping: one array entry a row; `fields` has one array of text codes a name."""

    time_us: Codes
    reference: Codes
    origin: Codes
    fields: dict[str, Codes]


class _Texts:
    """Codes for texts; `folded` gives texts that differ only by case the same code."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        """The code of the text's first spelling."""
        code = self._codes.setdefault(fold(text), len(self.texts))
        if code == len(self.texts):
            self.texts.append(text)
        return code

    def codes(self, values: Sequence[str], codes: npt.NDArray[np.int32]) -> Codes:
        """Dictionary codes of a column as own codes, -1 staying -1."""
        return np.array([*map(self.code, values), MISSING], np.int64)[codes]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Sorted rows, the texts of each group's fields, and what was left out."""

    rows: Rows
    groups: list[Mapping[str, str]]
    left_out: LeftOut


def prepare(spec: CorrelationSpec, hits: Hits, inner: Mapping[int, Sequence[Inner]]) -> Prepared:
    """1. rows of every reference, 2. leave out, 3. bound, 4. group, 5. sort."""
    texts = _Texts()
    raw = _joined([_rows_of(spec, position, hits, inner, texts) for position in range(len(spec.references))], spec)
    values = _Values.of(spec, raw, texts)
    timed = raw.time_us != 0
    grouped = np.all([raw.fields[name] >= 0 for name in spec.group_by] or [timed], axis=0)
    measured = values.usable[values.codes]
    kept = np.flatnonzero(timed & grouped & measured)
    beyond = max(0, len(kept) - limits.CORRELATION_EVENTS)
    if beyond:
        kept = kept[np.argsort(raw.time_us[kept], kind="stable")[: limits.CORRELATION_EVENTS]]
    left_out = LeftOut(
        int(np.count_nonzero(~timed)),
        int(np.count_nonzero(timed & ~grouped)),
        int(np.count_nonzero(timed & grouped & ~measured)),
        beyond,
    )
    codes, groups = _groups(spec, raw, kept, texts)
    order = np.lexsort((raw.reference[kept], raw.time_us[kept], codes))
    rows = _sorted(raw, kept[order], codes[order], values)
    return Prepared(rows, groups, left_out)


def _rows_of(
    spec: CorrelationSpec, position: int, hits: Hits, inner: Mapping[int, Sequence[Inner]], texts: _Texts
) -> _Raw:
    reference = spec.references[position]
    names = dict.fromkeys((*spec.group_by, *spec.fields))
    if reference.correlation is not None:
        return _inner_rows(spec, position, inner.get(reference.correlation, ()), texts, names)
    rows = np.flatnonzero(hits.rule == (-1 if reference.rule is None else reference.rule))
    fields = {}
    for name in names:
        found = hits.fields.get(field_name(spec, position, name).lower())
        nothing = np.full(len(rows), MISSING, np.int64)
        fields[name] = nothing if found is None else texts.codes(found.values, found.codes[rows])
    return _Raw(hits.time_us[rows], np.full(len(rows), position, np.int64), rows.astype(np.int64), fields)


def _inner_rows(
    spec: CorrelationSpec, position: int, inner: Sequence[Inner], texts: _Texts, names: Mapping[str, None]
) -> _Raw:
    moments = [match.moments_us if spec.type in TEMPORAL else match.moments_us[:1] for match in inner]
    repeats = np.array([len(times) for times in moments], np.int64)
    fields = {}
    for name in names:
        wanted = field_name(spec, position, name).lower()
        values = [{key.lower(): text for key, text in match.group.items()}.get(wanted) for match in inner]
        codes = [MISSING if value is None else texts.code(value) for value in values]
        fields[name] = np.repeat(np.array(codes, np.int64), repeats)
    return _Raw(
        np.array([time for times in moments for time in times], np.int64),
        np.full(int(repeats.sum()), position, np.int64),
        np.repeat(~np.arange(len(inner), dtype=np.int64), repeats),
        fields,
    )


def _joined(parts: Sequence[_Raw], spec: CorrelationSpec) -> _Raw:
    empty = np.empty(0, np.int64)
    return _Raw(
        np.concatenate([empty, *(part.time_us for part in parts)]),
        np.concatenate([empty, *(part.reference for part in parts)]),
        np.concatenate([empty, *(part.origin for part in parts)]),
        {
            name: np.concatenate([empty, *(part.fields[name] for part in parts)])
            for name in (*spec.group_by, *spec.fields)
        },
    )


@dataclass(frozen=True, slots=True)
class _Values:
    """What the condition reads: a code a row; by code (the last: missing) whether usable, and the scaled number."""

    codes: Codes
    usable: npt.NDArray[np.bool_]
    numbers: Sequence[int] = ()  # empty where the code itself is the value
    scale: int = 1

    @classmethod
    def of(cls, spec: CorrelationSpec, raw: _Raw, texts: _Texts) -> "_Values":
        """The values of a correlation's fields."""
        if not spec.fields:
            return cls(np.zeros(len(raw.time_us), np.int64), np.array([True]))
        if spec.type not in COMPUTED:
            codes, missing = _combined([raw.fields[name] for name in spec.fields])
            usable = np.array([True] * (int(codes.max(initial=0)) + 1) + [False])
            return cls(np.where(missing, MISSING, codes), usable)
        known = [_number(text) for text in texts.texts]
        scale = math.lcm(*(number.denominator for number in known if number is not None))
        scale = min(scale, 10**DECIMALS)
        numbers = [0 if number is None else round(number * scale) for number in known]
        return cls(raw.fields[spec.fields[0]], np.array([n is not None for n in known] + [False]), numbers, scale)

    def at(self, rows: Codes) -> Sequence[int]:
        """The values of some rows."""
        codes = self.codes[rows]
        return [self.numbers[code] for code in codes.tolist()] if self.numbers else _compact(codes)


def _number(text: str) -> Fraction | None:
    """The number that a text spells in decimal, None for anything else."""
    number = Fraction(text.strip()) if NUMBER.fullmatch(text) else None
    return number if number is not None and abs(number) <= LARGEST else None


def _combined(columns: Sequence[Codes]) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """One code for each different combination, and where a part is missing."""
    codes = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        size = int(column.max(initial=0)) + 2
        codes = np.unique(codes * size + column + 1, return_inverse=True)[1].astype(np.int64)
    return codes, np.any([column < 0 for column in columns], axis=0)


def _groups(spec: CorrelationSpec, raw: _Raw, kept: Codes, texts: _Texts) -> tuple[Codes, list[Mapping[str, str]]]:
    if not spec.group_by or not len(kept):
        return np.zeros(len(kept), np.int64), [{}]
    columns = [raw.fields[name][kept] for name in spec.group_by]
    codes, first = np.zeros(len(kept), np.int64), np.zeros(1, np.int64)
    for column in columns:
        size = int(column.max()) + 1
        _, first, inverse = np.unique(codes * size + column, return_index=True, return_inverse=True)
        codes = inverse.astype(np.int64)
    groups = [
        {name: texts.texts[column[row]] for name, column in zip(spec.group_by, columns, strict=True)} for row in first
    ]
    return codes, groups  # type: ignore[return-value]  # a dict is a Mapping


def _sorted(raw: _Raw, order: Codes, groups: Codes, values: _Values) -> Rows:
    times, references, origins = (_compact(column[order]) for column in (raw.time_us, raw.reference, raw.origin))
    return Rows(_compact(groups), times, references, values.at(order), origins, values.scale)


def _compact(numbers: Codes) -> Sequence[int]:
    """8 bytes a number and quick to index, unlike a list of integers and a numpy array."""
    return array("q", np.ascontiguousarray(numbers, np.int64).tobytes())
