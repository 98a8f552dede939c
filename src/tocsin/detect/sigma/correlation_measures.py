"""What a window of hits is worth: one class a kind of measure (Sigma correlation rules 2.1, "Correlation Types").

A measure is told which rows enter and leave the window, always in order of time, and says its value after each
entry. Each costs O(1) or O(log n) a row.
- `value_percentile` is the nearest rank: the smallest value that at least p percent of the values do not exceed.
- `value_median` of an even number of values is the mean of the middle two.
- Numbers are scaled to whole ones, so that what entered and left a sum leaves no rounding behind.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from tocsin.detect.sigma.correlation_spec import CorrelationSpec, Expression

Number = int | Fraction
NEVER = -(2**63)  # a start of no chain, before every event time
ORDERED_REFERENCES = 10  # references of one extended ordered condition: 2^n chains are followed


class Measure(Protocol):
    """The value of a moving window."""

    def enter(self, row: int) -> None:
        """The row becomes the window's newest."""

    def leave(self, row: int) -> None:
        """The row, the window's oldest, is no longer in it."""

    def value(self, earliest_us: int) -> Number:
        """The measure now; the window begins at `earliest_us`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Hits of one correlation, sorted by group, time and reference; one list entry a row."""

    group: Sequence[int]
    time_us: Sequence[int]
    reference: Sequence[int]
    value: Sequence[int]  # what the condition's field holds: a number times `scale`, or value_count's code of the value
    origin: Sequence[int]  # the hit behind the row, or ~index of an inner correlation's hit
    scale: int = 1  # numbers are whole multiples of 1 / scale, so that sums are exact and quick


class EventCount:
    """How many hits."""

    def __init__(self) -> None:
        self._count = 0

    def enter(self, row: int) -> None:
        self._count += 1

    def leave(self, row: int) -> None:
        self._count -= 1

    def value(self, earliest_us: int) -> Number:
        return self._count


class Distinct:
    """How many different values: of a field (value_count), or different references (temporal)."""

    def __init__(self, values: Sequence[int]) -> None:
        self._values = values
        self.seen: dict[int, int] = {}

    def enter(self, row: int) -> None:
        value = self._values[row]
        self.seen[value] = self.seen.get(value, 0) + 1

    def leave(self, row: int) -> None:
        value = self._values[row]
        left = self.seen[value] - 1
        if left:
            self.seen[value] = left
        else:
            del self.seen[value]

    def value(self, earliest_us: int) -> Number:
        return len(self.seen)


class Sum:
    """The sum of the values; with `mean`, divided by their number."""

    def __init__(self, values: Sequence[int], mean: bool) -> None:
        self._values, self._mean = values, mean
        self._sum = 0
        self._count = 0

    def enter(self, row: int) -> None:
        self._sum += self._values[row]
        self._count += 1

    def leave(self, row: int) -> None:
        self._sum -= self._values[row]
        self._count -= 1

    def value(self, earliest_us: int) -> Number:
        return Fraction(self._sum, self._count) if self._mean else self._sum


class Rank:
    """The value of a given rank in the window: a Fenwick tree over the ranks of all values."""

    def __init__(self, values: Sequence[int], percentile: int | None) -> None:
        self._distinct = sorted(set(values))
        ranks = {value: rank for rank, value in enumerate(self._distinct, 1)}
        self._ranks = [ranks[value] for value in values]
        self._tree = [0] * (len(self._distinct) + 1)
        self._top = 1 << (len(self._distinct).bit_length() - 1) if self._distinct else 0
        self._percentile = percentile
        self._count = 0

    def enter(self, row: int) -> None:
        self._add(self._ranks[row], 1)

    def leave(self, row: int) -> None:
        self._add(self._ranks[row], -1)

    def _add(self, rank: int, change: int) -> None:
        self._count += change
        while rank < len(self._tree):
            self._tree[rank] += change
            rank += rank & -rank

    def _at(self, nth: int) -> int:
        """The nth smallest value, from 1."""
        below, step = 0, self._top
        while step:
            ahead = below + step
            if ahead < len(self._tree) and self._tree[ahead] < nth:
                below, nth = ahead, nth - self._tree[ahead]
            step >>= 1
        return self._distinct[below]

    def value(self, earliest_us: int) -> Number:
        if self._percentile is not None:
            return self._at(max(1, -(-self._percentile * self._count // 100)))
        low, high = self._at((self._count + 1) // 2), self._at(self._count // 2 + 1)
        return low if low == high else Fraction(low + high, 2)


class Chain:
    """The longest chain of references in their order (temporal_ordered), by the latest moment it can begin.

    `_starts[reference][length]` is the latest start of a chain of that length whose last link is the reference.
    Nothing has to leave: a start before the window is not counted.
    """

    def __init__(self, rows: Rows, references: int) -> None:
        self._rows = rows
        self._starts = [[NEVER] * (references + 1) for _ in range(references)]

    def enter(self, row: int) -> None:
        reference, time_us = self._rows.reference[row], self._rows.time_us[row]
        own = self._starts[reference]
        own[1] = time_us
        for before in self._starts[:reference]:
            for length in range(1, reference + 1):
                own[length + 1] = max(own[length + 1], before[length])

    def leave(self, row: int) -> None:
        """A chain is left behind by its start time alone."""

    def value(self, earliest_us: int) -> Number:
        return max(length for starts in self._starts for length, start in enumerate(starts) if start >= earliest_us)


class Holds:
    """Whether an extended condition holds for the references in the window: 1 or 0.

    For temporal_ordered there must also be a set of references that fulfils the condition by itself and whose
    hits come in the order of the references.
    """

    def __init__(self, rows: Rows, expression: Expression, references: int, ordered: bool) -> None:
        self._rows, self._expression = rows, expression
        self._present = Distinct(rows.reference)
        chosen = range(1, 1 << references) if ordered else ()
        self._chains = dict.fromkeys(chosen, NEVER)  # a bit a reference → the latest start of such a chain
        self._enough = [bits for bits in chosen if holds(expression, set(_bits(bits)).__contains__)]
        self._ordered = ordered

    def enter(self, row: int) -> None:
        self._present.enter(row)
        if not self._ordered:
            return
        reference, time_us = self._rows.reference[row], self._rows.time_us[row]
        own = 1 << reference
        self._chains[own] = time_us
        for before in range(1, own):
            self._chains[before | own] = max(self._chains[before | own], self._chains[before])

    def leave(self, row: int) -> None:
        self._present.leave(row)

    def value(self, earliest_us: int) -> Number:
        if not holds(self._expression, self._present.seen.__contains__):
            return 0
        return int(not self._ordered or any(self._chains[chosen] >= earliest_us for chosen in self._enough))


def _bits(number: int) -> Iterator[int]:
    return (bit for bit in range(number.bit_length()) if number >> bit & 1)


def holds(expression: Expression, present: Callable[[int], bool]) -> bool:
    """The truth of an extended condition over the references that are present."""
    if expression.operator == "rule":
        return present(expression.reference)
    results = (holds(child, present) for child in expression.children)
    if expression.operator == "not":
        return not next(results)
    return all(results) if expression.operator == "and" else any(results)


def negates(expression: Expression) -> bool:
    """Whether an extended condition asks for something to be absent."""
    return expression.operator == "not" or any(map(negates, expression.children))


def make_measure(spec: CorrelationSpec, rows: Rows) -> Measure:
    """The measure of a correlation's type over its rows."""
    references, ordered = len(spec.references), spec.type == "temporal_ordered"
    if spec.expression is not None:
        return Holds(rows, spec.expression, references, ordered)
    if ordered:
        return Chain(rows, references)
    if spec.type == "temporal":
        return Distinct(rows.reference)
    if spec.type == "value_count":
        return Distinct(rows.value)
    if spec.type in ("value_sum", "value_avg"):
        return Sum(rows.value, mean=spec.type == "value_avg")
    if spec.type in ("value_percentile", "value_median"):
        return Rank(rows.value, spec.percentile if spec.type == "value_percentile" else None)
    return EventCount()
