"""The truth of programs on rows of one batch.

Rules:
1. A leaf is asked once per distinct value and then read from a table of verdicts by code.
2. `and` goes on only with rows that are still true, `or` only with rows that are still false. Few rows are decided
   one by one.
3. This is the only place that decides: what the scan finds are candidates.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tocsin.detect.sigma.columns import BatchColumns, FieldColumn
from tocsin.detect.sigma.compiled import Lazy
from tocsin.detect.sigma.logsource import Rows, candidates
from tocsin.detect.sigma.predicates import Predicate, leaf_predicate
from tocsin.detect.sigma.program import FIELD_OPERATORS, And, Leaf, Node, Not, Or, Test
from tocsin.detect.sigma.texts import column_key, fold

Truth = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
Elements = tuple[str, ...]
"""The texts of one value: itself, or the elements of a list."""

UNKNOWN = 2  # in a table of verdicts, beside False and True
FEW_ROWS = 24  # up to here rows are decided one by one: less work than arrays for each leaf


class Predicates:
    """The predicates of leaves, made on first use and kept for all batches."""

    def __init__(self, lazy: Lazy) -> None:
        self._lazy = lazy
        self._known: dict[int, tuple[Predicate, bool, bool]] = {}

    def of(self, number: int) -> tuple[Predicate, bool, bool]:
        """The predicate of a leaf, its verdict where the field is missing, and whether presence alone suffices."""
        found = self._known.get(number)
        if found is None:
            leaf = self._lazy.leaf(number)
            found = self._known[number] = (leaf_predicate(leaf), leaf.when_missing, leaf.when_present)
        return found


class Verdicts:
    """What is known of a leaf on one column: by code, in a dictionary for few rows and in an array for many."""

    def __init__(self, predicate: Predicate, when_missing: bool, when_present: bool, column: FieldColumn) -> None:
        self._predicate = predicate
        self._when_present = when_present
        self._column = column
        self._codes = column.codes
        self._known = {-1: when_missing}
        self._table: npt.NDArray[np.uint8] | None = None

    def of_row(self, row: int) -> bool:
        """The verdict for one row of the batch."""
        code = self._codes.item(row)
        verdict = self._known.get(code)
        if verdict is None:
            (verdict,) = self._ask((code,))
            self._known[code] = verdict
        return verdict

    def of_rows(self, index: Index) -> Truth:
        """The verdicts for rows of the batch."""
        return self.of(self._codes[index])

    def of(self, codes: npt.NDArray[np.int32]) -> Truth:
        """The verdicts for codes of the column."""
        table = self._table
        if table is None:
            table = self._table = np.full(self._column.size + 1, UNKNOWN, np.uint8)
            table[-1] = self._known[-1]
        found = table.take(codes)
        unknown = found == UNKNOWN
        if unknown.any():
            asked = list(set(codes[unknown].tolist()))
            table[asked] = self._ask(asked)
            found = table.take(codes)
        return found.view(np.bool_)

    def _ask(self, codes: Sequence[int]) -> list[bool]:
        predicate, column = self._predicate, self._column
        if not column.lists:
            return [predicate(raw, folded) for raw, folded in column.pairs(codes)]
        if self._when_present:
            return [True] * len(codes)
        return [any(predicate(text, fold(text)) for text in column.elements(code)) for code in codes]


class Evaluator:
    """Evaluates programs on one batch and keeps what it learned about its values."""

    def __init__(self, lazy: Lazy, columns: BatchColumns, predicates: Predicates) -> None:
        self._lazy = lazy
        self._columns = columns
        self._predicates = predicates
        self._verdicts: dict[tuple[int, int], Verdicts] = {}
        self._bound: dict[tuple[int, int], Verdicts | bool | None] = {}

    def matching(self, node: Node, index: Index, rows: Rows) -> Index:
        """The rows of the index for which the node is true."""
        if len(index) > FEW_ROWS:
            return index[self._truth(node, index, rows)]
        return np.array([row for row in index.tolist() if self._row(node, row, rows)], np.intp)

    def _row(self, node: Node, row: int, rows: Rows) -> bool:
        if type(node) is int:
            bound = self._bind(node, rows)
            if isinstance(bound, Verdicts):
                return bound.of_row(row)
            return bool(self._leaf(node, np.array([row]), rows)[0]) if bound is None else bound
        if type(node) is And:
            return all(self._row(child, row, rows) for child in node.children)
        if type(node) is Or:
            return any(self._row(child, row, rows) for child in node.children)
        return not self._row(node.child, row, rows)  # type: ignore[union-attr]  # only Not is left

    def _truth(self, node: Node, index: Index, rows: Rows) -> Truth:
        """Whether the node is true, for each row of the index."""
        if isinstance(node, int):
            return self._leaf(node, index, rows)
        if isinstance(node, Not):
            return ~self._truth(node.child, index, rows)
        return self._join(node, index, rows)

    def _join(self, node: And | Or, index: Index, rows: Rows) -> Truth:
        decided = isinstance(node, Or)  # the verdict that one child alone decides
        result = np.full(len(index), not decided)
        open_places: Index | None = None
        open_index = index
        for child in node.children:
            verdict = self._truth(child, open_index, rows)
            decides = verdict if decided else ~verdict
            if not decides.any():
                continue
            if open_places is None:
                open_places = np.arange(len(index))
            result[open_places[decides]] = decided
            left = ~decides
            open_places, open_index = open_places[left], open_index[left]
            if not len(open_index):
                break
        return result

    def _leaf(self, number: int, index: Index, rows: Rows) -> Truth:
        bound = self._bind(number, rows)
        if isinstance(bound, Verdicts):
            return bound.of_rows(index)
        if bound is not None:
            return np.full(len(index), bound)
        leaf = self._lazy.leaf(number)
        return self._keyword(number, index) if leaf.field is None else self._comparison(leaf, index, rows)

    def _bind(self, number: int, rows: Rows) -> Verdicts | bool | None:
        """The verdicts of a leaf on its column, or its verdict without one; None for keywords and comparisons."""
        key = (number, id(rows))
        if key not in self._bound:
            leaf = self._lazy.leaf(number)
            self._bound[key] = None
            if leaf.field is not None and not leaf.compares_fields:
                column = self._columns.resolve(candidates(rows, leaf.field))
                self._bound[key] = self.verdicts(number, column) if column else leaf.when_missing
        return self._bound[key]

    def verdicts(self, number: int, column: FieldColumn) -> Verdicts:
        """What is known of a leaf on a column."""
        key = (number, id(column))
        found = self._verdicts.get(key)
        if found is None:
            found = Verdicts(*self._predicates.of(number), column)
            self._verdicts[key] = found
        return found

    def _keyword(self, number: int, index: Index) -> Truth:
        result = np.zeros(len(index), np.bool_)
        for column in self._columns.all():
            codes = column.codes[index]
            if (codes >= 0).any():
                result |= self.verdicts(number, column).of(codes)
        return result

    def _comparison(self, leaf: Leaf, index: Index, rows: Rows) -> Truth:
        """Leaves that compare two fields are asked per distinct pair of values."""
        left = self._elements(leaf.field or "", index, rows)
        result = np.zeros(len(index), np.bool_)
        for test in leaf.tests:
            if test.operator in FIELD_OPERATORS:
                right = self._elements(test.value, index, rows)
                known: dict[tuple[Elements | None, Elements | None], bool] = {}
                for place, pair in enumerate(zip(left, right, strict=True)):
                    if pair not in known:
                        known[pair] = compare_fields(test, *pair)
                    result[place] |= known[pair]
        others = tuple(test for test in leaf.tests if test.operator not in FIELD_OPERATORS)
        if others:
            result |= self._others(Leaf(leaf.field, others), left)
        return result

    def _others(self, leaf: Leaf, values: Sequence[Elements | None]) -> Truth:
        predicate = leaf_predicate(leaf)
        present = leaf.when_present
        return np.array([leaf.when_missing if v is None else present or _any_element(predicate, v) for v in values])

    def _elements(self, field: str, index: Index, rows: Rows) -> list[Elements | None]:
        """The raw texts of a field's elements, None where it is missing."""
        column = self._columns.resolve(candidates(rows, field))
        if column is None:
            return [None] * len(index)
        codes = column.codes[index].tolist()
        present = {code: tuple(column.elements(code)) for code in set(codes) if code >= 0}
        return [present.get(code) for code in codes]


def _any_element(predicate: Predicate, elements: Elements) -> bool:
    return any(predicate(each, fold(each)) for each in elements)


def compare_fields(test: Test, left: Sequence[str] | None, right: Sequence[str] | None) -> bool:
    """Whether a field's value equals, contains, begins or ends with another field's; false if either is missing."""
    if left is None or right is None:
        return False
    compare = COMPARE_FIELDS[test.operator]
    if not test.cased:
        left, right = [fold(text) for text in left], [fold(text) for text in right]
    return any(compare(a, b) for a in left for b in right)


COMPARE_FIELDS: dict[str, Callable[[str, str], bool]] = {
    "fieldref": str.__eq__,
    "fieldref_contains": str.__contains__,
    "fieldref_startswith": str.startswith,
    "fieldref_endswith": str.endswith,
}


def field_keys(leaf: Leaf) -> set[str]:
    """The keys of all fields that a leaf reads; empty for keywords."""
    keys = {column_key(leaf.field)} if leaf.field is not None else set()
    return keys | {column_key(test.value) for test in leaf.tests if test.operator in FIELD_OPERATORS}
