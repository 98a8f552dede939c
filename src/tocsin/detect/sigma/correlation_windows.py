"""Sliding windows over event time and the episodes that they form.

Rules:
1. A window ends with a hit at time t and holds the hits of its group from t - timespan to t, both included. It is
   never cut at full hours or the like.
2. A condition that only more hits can fulfil (`gt`, `gte` on counts; extended conditions without `not`) is looked at
   after every hit, so it is met at the moment the threshold is reached.
3. Every other condition (`lt`, `lte`, `eq`, `neq`, ranges, sums, means, percentiles, `not`) is looked at in *complete*
   windows only: those to which the next hit cannot be added. Otherwise every burst would begin with a window of one.
4. Matching windows that have a hit in common are one episode, and an episode is one result.
"""

import operator
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from tocsin.detect.sigma.correlation_measures import Measure, Number, Rows, make_measure, negates
from tocsin.detect.sigma.correlation_spec import CorrelationSpec

MICROSECONDS = 1_000_000
OPERATORS: dict[str, Callable[[Number, Number], bool]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
    "eq": operator.eq,
    "neq": operator.ne,
}
_GROWING_TYPES = frozenset({"event_count", "value_count", "temporal", "temporal_ordered"})
_GROWING_OPERATORS = frozenset({"gt", "gte"})
_SHRINKING_OPERATORS = frozenset({"lt", "lte"})


@dataclass(slots=True)
class Episode:
    """Overlapping matching windows of one group: rows `first` to `last`, the moments of match, the utmost measure."""

    first: int
    last: int
    value: Number
    moments_us: list[int] = field(default_factory=list)


def episodes(spec: CorrelationSpec, rows: Rows) -> Iterator[Episode]:
    """All episodes of a correlation over its sorted rows, group by group, in order of time."""
    start = 0
    measured = _Measured(spec, rows)
    while start < len(rows.group):
        end = bisect_left(rows.group, rows.group[start] + 1, start)
        yield from measured.episodes(start, end)
        start = end


class _Measured:
    """One correlation on its way through the rows."""

    def __init__(self, spec: CorrelationSpec, rows: Rows) -> None:
        self._spec, self._rows = spec, rows
        self._span = spec.timespan_seconds * MICROSECONDS
        self._every = looks_at_every_hit(spec)
        comparisons = (("gte", 1),) if spec.expression else spec.comparisons
        self._bounds = [(OPERATORS[name], scaled(count, rows.scale)) for name, count in comparisons]
        self._utmost = min if all(name in _SHRINKING_OPERATORS for name, _ in spec.comparisons) else max
        self._measure = make_measure(spec, rows)

    def episodes(self, start: int, end: int) -> Iterator[Episode]:
        """The episodes of the group in rows `start` to `end`; the measure is empty again afterwards."""
        if self._spec.type == "temporal_ordered":
            self._measure = make_measure(self._spec, self._rows)  # a chain never leaves by itself
        measure, times, span = self._measure, self._rows.time_us, self._span
        current: Episode | None = None
        left = start
        for row in range(start, end):
            earliest = times[row] - span
            while times[left] < earliest:
                measure.leave(left)
                left += 1
            measure.enter(row)
            if not self._every and row + 1 < end and times[row + 1] - span <= times[left]:
                continue
            value = measure.value(earliest)
            if not all(compare(value, bound) for compare, bound in self._bounds):
                continue
            if current is not None and left > current.last:
                yield current
                current = None
            current = self._extended(current, left, row, value)
        _empty(measure, left, end)
        if current is not None:
            yield current

    def _extended(self, current: Episode | None, left: int, row: int, value: Number) -> Episode:
        if current is None:
            current = Episode(left, row, value)
        current.last, current.value = row, self._utmost(current.value, value)
        current.moments_us.append(self._rows.time_us[row])
        return current


def scaled(count: float, scale: int) -> Number:
    """A condition's number as it is written, in the rows' unit."""
    number = Fraction(str(count)) * scale
    return number.numerator if number.denominator == 1 else number


def _empty(measure: Measure, left: int, end: int) -> None:
    for row in range(left, end):
        measure.leave(row)


def looks_at_every_hit(spec: CorrelationSpec) -> bool:
    """Whether the condition can only become true by more hits (rule 2)."""
    if spec.expression is not None:
        return not negates(spec.expression)
    return spec.type in _GROWING_TYPES and all(name in _GROWING_OPERATORS for name, _ in spec.comparisons)
