"""Why a rule matches an event or does not: every test with the column it read, what it wanted and what it saw.

Rules:
1. This evaluates one event test by test, without scans and tables of verdicts; a property test holds it to the engine.
2. An event belongs to the rule's log source if any of the source's row sets on this table takes it; the explanation
   shows the first one that leads to a match, else the first that takes the event, else the first.
3. Values are texts as in a batch: numbers and booleans as their JSON text, lists as JSON, objects as dotted names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from tocsin.detect.sigma.columns import OVERFLOW
from tocsin.detect.sigma.evaluate import compare_fields
from tocsin.detect.sigma.logsource import Clause, Rows, candidates, predicate_columns
from tocsin.detect.sigma.predicates import accepts
from tocsin.detect.sigma.program import FIELD_OPERATORS, And, Leaf, Node, Not, Or, Test
from tocsin.detect.sigma.ruleset import RuleSet
from tocsin.detect.sigma.texts import column_key, fold, inner_texts, kept_values, leaf_texts, list_elements, prefixes
from tocsin.errors import UsageError
from tocsin.model import RuleInfo

IS_MISSING = "is missing"
ANY_COLUMN = "any column"


@dataclass(frozen=True, slots=True)
class TestVerdict:
    """One comparison. `column` is empty and `seen` None where the event has no such field."""

    __test__ = False  # not a pytest class

    field: str
    column: str
    operator: str
    wanted: str
    seen: str | None
    verdict: bool


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """A node of the condition: `kind` is and, or, not, or tests (any of `tests` suffices)."""

    kind: str
    verdict: bool
    children: tuple["NodeVerdict", ...] = ()
    tests: tuple[TestVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer. `source` are the log source's alternatives, all tests of one of which must hold."""

    rule: RuleInfo
    table: str
    matched: bool
    serves_table: bool  # whether the rule looks at this table at all
    in_source: bool
    source: tuple[tuple[TestVerdict, ...], ...]
    condition: NodeVerdict | None


@dataclass(frozen=True, slots=True)
class _Cell:
    name: str
    text: str
    is_list: bool

    def elements(self) -> list[str]:
        return list_elements(self.text) if self.is_list else [self.text]

    def leaves(self) -> list[str]:
        """What keywords search."""
        if self.name == OVERFLOW:
            return kept_values(self.text)
        return leaf_texts(self.text) if self.is_list else [self.text]


class _Event:
    """The present values of one event."""

    def __init__(self, event: Mapping[str, object]) -> None:
        self.cells: dict[str, list[_Cell]] = {}
        for name, value in _flat(event, ""):
            cell = _cell(name, value)
            if cell is not None:
                self.cells.setdefault(column_key(name), []).append(cell)

    def find(self, keys: tuple[str, ...]) -> _Cell | None:
        return next((cell for key in keys for cell in (*self.cells.get(key, ()), *self._inside(key))), None)

    def _inside(self, key: str) -> Iterator[_Cell]:
        for prefix, path in prefixes(key):
            for cell in self.cells.get(prefix, ()):
                found = inner_texts(cell.text, path) if cell.is_list else []
                if found:
                    yield _Cell(f"{cell.name}.{'.'.join(path)}", msgspec.json.encode(found).decode(), True)


def explain(ruleset: RuleSet, rule_id: str, table: str, event: Mapping[str, object]) -> Explanation:
    """Why the rule with this id matches the event of this table or not. Raises UsageError for an unknown rule."""
    number = ruleset.by_id.get(rule_id)
    if number is None:
        raise UsageError(f"no loaded rule has the id {rule_id}", "`tocsin rules check` lists rules and refusals.")
    lazy = ruleset.lazy
    source = lazy.compiled.sources[int(lazy.rule_source[number])]
    served = [Rows(table, rows.where, rows.fields) for rows in source.rows if rows.serves(table)]
    info, cells, program = ruleset.rules[number], _Event(event), lazy.program(number)
    if not served:
        return Explanation(info, table, False, False, False, (), None)
    found = [_explained(info, table, rows, _Explainer(ruleset, cells, rows), program) for rows in served]
    return max(found, key=lambda each: (each.matched, each.in_source))


def _explained(info: RuleInfo, table: str, rows: Rows, explainer: "_Explainer", program: Node) -> Explanation:
    source = tuple(explainer.clause(clause) for clause in rows.where)
    in_source = not source or any(all(test.verdict for test in clause) for clause in source)
    condition = explainer.node(program)
    return Explanation(info, table, in_source and condition.verdict, True, in_source, source, condition)


class _Explainer:
    def __init__(self, ruleset: RuleSet, event: _Event, rows: Rows) -> None:
        self._leaf = ruleset.lazy.leaf
        self._event = event
        self._rows = rows

    def clause(self, clause: Clause) -> tuple[TestVerdict, ...]:
        return tuple(self._condition(name, values) for name, values in clause.columns)

    def _condition(self, name: str, values: tuple[str, ...]) -> TestVerdict:
        cell = self._event.find(predicate_columns(self._rows.table, name))
        if not values:
            return TestVerdict(name, _name(cell), IS_MISSING, "", _seen(cell), cell is None)
        verdict = cell is not None and fold(cell.text) in values
        return TestVerdict(name, _name(cell), "exact", " or ".join(values), _seen(cell), verdict)

    def node(self, node: Node) -> NodeVerdict:
        if isinstance(node, int):
            return self._tests(self._leaf(node))
        if isinstance(node, Not):
            child = self.node(node.child)
            return NodeVerdict("not", not child.verdict, (child,))
        children = tuple(self.node(child) for child in node.children)
        if isinstance(node, And):
            return NodeVerdict("and", all(child.verdict for child in children), children)
        assert isinstance(node, Or)
        return NodeVerdict("or", any(child.verdict for child in children), children)

    def _tests(self, leaf: Leaf) -> NodeVerdict:
        if leaf.field is None:
            tests = tuple(self._keyword(test) for test in leaf.tests)
        else:
            tests = tuple(self._test(leaf.field, test) for test in leaf.tests)
        return NodeVerdict("tests", any(test.verdict for test in tests), tests=tests)

    def _keyword(self, test: Test) -> TestVerdict:
        for cells in self._event.cells.values():
            for cell in cells:
                if _passes(test, cell.leaves()):
                    return TestVerdict("", cell.name, test.operator, test.value, cell.text, True)
        return TestVerdict("", ANY_COLUMN, test.operator, test.value, None, False)

    def _test(self, field: str, test: Test) -> TestVerdict:
        cell = self._event.find(candidates(self._rows, field))
        if test.operator in FIELD_OPERATORS:
            return self._comparison(field, test, cell)
        verdict = test.operator == "missing" if cell is None else _passes(test, cell.elements())
        return TestVerdict(field, _name(cell), test.operator, test.value, _seen(cell), verdict)

    def _comparison(self, field: str, test: Test, cell: _Cell | None) -> TestVerdict:
        other = self._event.find(candidates(self._rows, test.value))
        verdict = compare_fields(test, _elements(cell), _elements(other))
        wanted = f"{test.value} ({other.text})" if other else test.value
        return TestVerdict(field, _name(cell), test.operator, wanted, _seen(cell), verdict)


def _passes(test: Test, elements: list[str]) -> bool:
    if test.operator in ("exists", "missing"):
        return test.operator == "exists"
    predicate = accepts(test)
    return any(predicate(text, fold(text)) for text in elements)


def _name(cell: _Cell | None) -> str:
    return cell.name if cell else ""


def _seen(cell: _Cell | None) -> str | None:
    return cell.text if cell else None


def _elements(cell: _Cell | None) -> list[str] | None:
    return cell.elements() if cell else None


def _flat(event: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in event.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _cell(name: str, value: object) -> _Cell | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _Cell(name, value.encode("utf-8", "replace").decode(), False)  # no lone surrogates, as in a batch
    return _Cell(name, msgspec.json.encode(value).decode(), isinstance(value, list))
