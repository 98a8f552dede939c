"""pySigma's condition trees become programs.

Rules:
1. Lists of conditions are joined by or, as pySigma makes one query of each.
2. Values of one field joined by or become one leaf; double negations and nested and/or are flattened.
3. A value that the engine cannot test (a leftover placeholder, a query expression) refuses the rule.
4. A keyword is searched inside the values (Sigma 2, "keywords"), so `foo` and `foo*` mean `*foo*`.
"""

from collections.abc import Iterable, Sequence

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaDetections, SigmaRule
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)

from tocsin import limits
from tocsin.detect.sigma.placeholders import CasedFieldReference
from tocsin.detect.sigma.program import And, Leaf, Node, Not, Or, Test
from tocsin.detect.sigma.regexes import searcher, with_pcre_end
from tocsin.detect.sigma.texts import fold
from tocsin.errors import LimitExceeded, RuleError

REGEX_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}


class LeafTable:
    """All leaves of a rule set, each once."""

    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self._numbers: dict[Leaf, int] = {}

    def number(self, leaf: Leaf) -> int:
        """The number of a leaf, new or known."""
        number = self._numbers.setdefault(leaf, len(self.leaves))
        if number == len(self.leaves):
            self.leaves.append(leaf)
        return number


Draft = Leaf | And | Or | Not
"""A program whose leaves are not numbered yet."""


def compile_rule(rule: SigmaRule, table: LeafTable, filters: Sequence[Draft] = ()) -> Node:
    """The program of a rule. Raises RuleError or pySigma's errors where a condition or value cannot run."""
    return _numbered(_joined(And, [draft(rule.detection), *filters]), table)


def draft(detections: SigmaDetections) -> Draft:
    """The searches and conditions of a rule or filter. Raises like `compile_rule`."""
    return _joined(Or, [_Tree().node(condition.parsed) for condition in detections.parsed_condition])


class _Tree:
    """Counts tests while a condition becomes a draft."""

    def __init__(self) -> None:
        self.tests = 0

    def node(self, item: object) -> Draft:
        if isinstance(item, ConditionAND):
            return _joined(And, [self.node(child) for child in item.args])
        if isinstance(item, ConditionOR):
            return _joined(Or, [self.node(child) for child in item.args])
        if isinstance(item, ConditionNOT):
            child = self.node(item.args[0])
            return child.child if isinstance(child, Not) else Not(child)  # type: ignore[return-value,arg-type]
        if isinstance(item, ConditionFieldEqualsValueExpression):
            return self._leaf(item.field, item.value)
        if isinstance(item, ConditionValueExpression):
            return self._leaf(None, item.value)
        raise RuleError("the condition names nothing that can be tested")

    def _leaf(self, field: str | None, value: object) -> Draft:
        if isinstance(value, SigmaExpansion):
            return _joined(Or, [self._leaf(field, each) for each in value.values])
        self.tests += 1
        if self.tests > limits.RULE_TESTS:
            raise LimitExceeded(f"more than {limits.RULE_TESTS} tests in one rule")
        if field is not None and len(field) > limits.FIELD_NAME_CHARACTERS:
            raise LimitExceeded(f"a field name is longer than {limits.FIELD_NAME_CHARACTERS} characters")
        return Leaf(field, (value_test(value) if field is not None else keyword_test(value),))


def _joined(kind: type[And] | type[Or], drafts: Iterable[Draft]) -> Draft:
    """The drafts under one `And` or `Or`: flattened, without repetition, or-ed tests of one field in one leaf."""
    flat: list[Draft] = []
    for draft in drafts:
        flat.extend(draft.children if isinstance(draft, kind) else [draft])  # type: ignore[arg-type]
    if kind is Or:
        flat = _merged(flat)
    flat = list(dict.fromkeys(flat))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))  # type: ignore[arg-type]


def _merged(drafts: list[Draft]) -> list[Draft]:
    tests: dict[str | None, list[Test]] = {}
    for draft in drafts:
        if isinstance(draft, Leaf):
            tests.setdefault(draft.field, []).extend(draft.tests)
    merged: list[Draft] = [Leaf(field, tuple(dict.fromkeys(all_tests))) for field, all_tests in tests.items()]
    return merged + [draft for draft in drafts if not isinstance(draft, Leaf)]


def _numbered(draft: Draft, table: LeafTable) -> Node:
    if isinstance(draft, Leaf):
        return table.number(draft)
    if isinstance(draft, Not):
        return Not(_numbered(draft.child, table))  # type: ignore[arg-type]
    return type(draft)(tuple(_numbered(child, table) for child in draft.children))  # type: ignore[arg-type]


def keyword_test(value: object) -> Test:
    """The test of a value without field: strings and numbers are searched inside the event's values."""
    if isinstance(value, SigmaNull | SigmaExists | SigmaFieldReference):
        raise RuleError("a null, exists or fieldref test needs a field")
    test = value_test(value)
    if test.operator in {"exact", "startswith", "endswith"}:
        return Test("contains", test.value, test.cased) if test.value else Test("any")
    if test.operator == "glob":
        return Test("glob", f"*{test.value}*", test.cased)
    return test


def value_test(value: object) -> Test:
    """The test that a parsed value stands for."""
    if isinstance(value, SigmaString):
        return _string_test(value)
    if isinstance(value, SigmaTimestampPart):  # before SigmaNumber, whose subclass it is
        return Test(value.timestamp_part.name.lower(), str(value.number))
    if isinstance(value, SigmaNumber):
        return Test("exact", fold(str(value.number)))
    if isinstance(value, SigmaBool):
        return Test("exact", "true" if value.boolean else "false")
    if isinstance(value, SigmaNull):
        return Test("missing")
    if isinstance(value, SigmaExists):
        return Test("exists" if value.exists else "missing")
    if isinstance(value, SigmaRegularExpression):
        return _regex_test(value)
    if isinstance(value, SigmaCIDRExpression):
        return Test("cidr", str(value.network))
    if isinstance(value, SigmaCompareExpression):
        return _comparison(value)
    if isinstance(value, SigmaFieldReference):
        return _field_test(value)
    raise RuleError(f"values of type {type(value).__name__} cannot be tested")


def _comparison(value: SigmaCompareExpression) -> Test:
    name = "ne" if value.op.name == "NEQ" else value.op.name.lower()
    number = value.number
    if isinstance(number, SigmaTimestampPart):
        return Test(number.timestamp_part.name.lower(), f"{name} {number.number}")
    return Test(name, str(number.number))


def _string_test(value: SigmaString) -> Test:
    cased = isinstance(value, SigmaCasedString)
    parts: list[object] = []
    for part in value.s:
        if isinstance(part, Placeholder):
            raise RuleError(f"placeholder %{part.name}% has no value")
        if not (part is SpecialChars.WILDCARD_MULTI and parts and parts[-1] is part):
            parts.append(part if not isinstance(part, str) or cased else fold(part))
    many = SpecialChars.WILDCARD_MULTI
    match parts:
        case []:
            return Test("exact", "", cased)
        case [str(text)]:
            return Test("exact", text, cased)
        case [first] if first is many:
            return Test("any")
        case [first, str(text), last] if first is many and last is many:
            return Test("contains", text, cased)
        case [str(text), last] if last is many:
            return Test("startswith", text, cased)
        case [first, str(text)] if first is many:
            return Test("endswith", text, cased)
    return Test("glob", "".join(_glob_text(part) for part in parts), cased)


def _glob_text(part: object) -> str:
    if isinstance(part, str):
        return part.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
    return "*" if part is SpecialChars.WILDCARD_MULTI else "?"


def _regex_test(value: SigmaRegularExpression) -> Test:
    if value.contains_placeholder():
        raise RuleError("a placeholder in a regular expression has no value")
    flags = "".join(sorted(REGEX_FLAGS[flag] for flag in value.flags))
    pattern = with_pcre_end((f"(?{flags})" if flags else "") + str(value.regexp))
    searcher(pattern)
    return Test("re", pattern, True)


def _field_test(value: SigmaFieldReference) -> Test:
    cased = isinstance(value, CasedFieldReference)
    if value.starts_with and value.ends_with:
        return Test("fieldref_contains", value.field, cased)
    if value.starts_with:
        return Test("fieldref_startswith", value.field, cased)
    return Test("fieldref_endswith" if value.ends_with else "fieldref", value.field, cased)
