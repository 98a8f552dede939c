"""The truth of programs on rows of one batch.

Rules:
1. A leaf is asked once per distinct value and then read from a table of verdicts by code.
2. `and` goes on only with rows that are still true, `or` only with rows that are still false.
3. This is the only place that decides: what the scan finds are candidates.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tocsin.detect.sigma.columns import BatchColumns, FieldColumn
from tocsin.detect.sigma.compiled import Lazy
from tocsin.detect.sigma.logsource import Rows, candidates
from tocsin.detect.sigma.predicates import Predicate, leaf_predicate
from tocsin.detect.sigma.program import FIELD_OPERATORS, And, Leaf, Node, Not, Or
from tocsin.detect.sigma.texts import column_key, fold, list_elements

Truth = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]

FALSE, TRUE, UNKNOWN = 0, 1, 2


class Predicates:
    """The predicates of leaves, made on first use and kept for all batches."""

    def __init__(self, lazy: Lazy) -> None:
        self._lazy = lazy
        self._known: dict[int, Predicate] = {}

    def of(self, number: int) -> Predicate:
        """The predicate of a leaf."""
        predicate = self._known.get(number)
        if predicate is None:
            predicate = self._known[number] = leaf_predicate(self._lazy.leaf(number))
        return predicate


class Evaluator:
    """Evaluates programs on one batch and keeps what it learned about its values."""

    def __init__(self, lazy: Lazy, columns: BatchColumns, predicates: Predicates) -> None:
        self._lazy = lazy
        self._columns = columns
        self._predicates = predicates
        self._verdicts: dict[tuple[int, int], npt.NDArray[np.uint8]] = {}

    def column(self, field: str, rows: Rows) -> FieldColumn | None:
        """The column of a field in rows of a log source."""
        return self._columns.resolve(candidates(rows, field))

    def truth(self, node: Node, index: Index, rows: Rows) -> Truth:
        """Whether the node is true, for each row of the index."""
        if isinstance(node, int):
            return self._leaf(node, index, rows)
        if isinstance(node, Not):
            return ~self.truth(node.child, index, rows)
        return self._join(node, index, rows)

    def _join(self, node: And | Or, index: Index, rows: Rows) -> Truth:
        decided = isinstance(node, Or)  # the verdict that one child alone decides
        result = np.full(len(index), not decided)
        open_places: Index | None = None
        open_index = index
        for child in node.children:
            verdict = self.truth(child, open_index, rows)
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
        leaf = self._lazy.leaf(number)
        if leaf.field is None:
            return self._keyword(number, index)
        if leaf.compares_fields:
            return self._comparison(leaf, index, rows)
        column = self.column(leaf.field, rows)
        if column is None:
            return np.full(len(index), leaf.when_missing)
        return self.verdicts(number, column, column.codes[index])

    def _keyword(self, number: int, index: Index) -> Truth:
        result = np.zeros(len(index), np.bool_)
        for column in self._columns.all():
            codes = column.codes[index]
            if (codes >= 0).any():
                result |= self.verdicts(number, column, codes)
        return result

    def verdicts(self, number: int, column: FieldColumn, codes: npt.NDArray[np.int32]) -> Truth:
        """The verdicts of a leaf for codes of a column (-1 is missing)."""
        key = (number, id(column))
        table = self._verdicts.get(key)
        if table is None:
            table = np.full(column.size + 1, UNKNOWN, np.uint8)
            table[-1] = self._lazy.leaf(number).when_missing
            self._verdicts[key] = table
        found = table[codes]
        unknown = found == UNKNOWN
        if unknown.any():
            asked = np.unique(codes[unknown])
            table[asked] = self._ask(number, column, asked.tolist())
            found = table[codes]
        return found.view(np.bool_)

    def _ask(self, number: int, column: FieldColumn, codes: list[int]) -> list[bool]:
        predicate = self._predicates.of(number)
        texts = column.raw(codes)
        if not column.lists:
            return [predicate(text, column.folded(code)) for code, text in zip(codes, texts, strict=True)]
        return [any(predicate(text, fold(text)) for text in column.elements(code)) for code in codes]

    def _comparison(self, leaf: Leaf, index: Index, rows: Rows) -> Truth:
        """Leaves that compare two fields are asked per distinct pair of values."""
        left = self._texts(leaf.field or "", index, rows)
        result = np.zeros(len(index), np.bool_)
        for test in leaf.tests:
            if test.operator in FIELD_OPERATORS:
                right = self._texts(test.value, index, rows)
                known: dict[tuple[str | None, str | None], bool] = {}
                for place, pair in enumerate(zip(left, right, strict=True)):
                    if pair not in known:
                        known[pair] = compare_fields(test.operator, *pair)
                    result[place] |= known[pair]
        others = tuple(test for test in leaf.tests if test.operator not in FIELD_OPERATORS)
        if others:
            result |= self._others(Leaf(leaf.field, others), left)
        return result

    def _others(self, leaf: Leaf, texts: Sequence[str | None]) -> Truth:
        predicate = leaf_predicate(leaf)
        return np.array([leaf.when_missing if text is None else _any_element(predicate, text) for text in texts])

    def _texts(self, field: str, index: Index, rows: Rows) -> list[str | None]:
        """The raw texts of a field, list elements as JSON text, None where it is missing."""
        column = self.column(field, rows)
        if column is None:
            return [None] * len(index)
        codes = column.codes[index].tolist()
        texts = dict(zip(codes, column.raw([code for code in codes if code >= 0]), strict=False))
        present = sorted({code for code in codes if code >= 0})
        texts = dict(zip(present, column.raw(present), strict=True))
        return [texts.get(code) for code in codes]


def _any_element(predicate: Predicate, text: str) -> bool:
    return any(predicate(each, fold(each)) for each in list_elements(text))


def compare_fields(operator: str, left: str | None, right: str | None) -> bool:
    """Whether a field's value equals, contains, begins or ends with another field's; false if either is missing."""
    if left is None or right is None:
        return False
    compare = COMPARE_FIELDS[operator]
    return any(compare(fold(a), fold(b)) for a in list_elements(left) for b in list_elements(right))


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
