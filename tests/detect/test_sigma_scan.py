"""The scan may find too much and never too little; folding is the same on both sides."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_support import ID, hits, load, rule

from tocsin.detect.sigma.columns import FieldColumn
from tocsin.detect.sigma.evaluate import Predicate
from tocsin.detect.sigma.plan import _Field
from tocsin.detect.sigma.predicates import accepts, glob_matcher, leaf_predicate, number, time_part
from tocsin.detect.sigma.probes import SPECIAL, is_plain
from tocsin.detect.sigma.program import Leaf, Test
from tocsin.detect.sigma.regexes import required_literals, searcher
from tocsin.detect.sigma.scan import Scanner
from tocsin.detect.sigma.texts import fold, list_elements
from tocsin.errors import RuleError
from tocsin.model import Column

ALPHABET = "abAB \\*?.ſ\u212aİıΣσςßäÄ–\n\0xX1"
TEXTS = st.text(ALPHABET, max_size=9)
LONGER = st.text("abAB\\ſ\u212a.", min_size=3, max_size=5)
OPERATORS = st.sampled_from(["exact", "contains", "startswith", "endswith"])


@st.composite
def some_test(draw: st.DrawFn) -> Test:
    cased = draw(st.booleans())
    operator = draw(OPERATORS)
    text = draw(st.one_of(TEXTS, LONGER))
    return Test(operator, text if cased else fold(text), cased)


@st.composite
def leaves(draw: st.DrawFn) -> Leaf:
    found = draw(st.lists(some_test(), min_size=1, max_size=4, unique=True))
    if draw(st.booleans()):
        literal = draw(st.text("abskSK", min_size=3, max_size=4))
        found.append(Test("re", draw(st.sampled_from(["", "(?i)"])) + literal, True))
    return Leaf("field", tuple(found))


def scanned(leaf: Leaf, values: list[str], lists: frozenset[int] = frozenset()) -> set[int]:
    plan = _Field()
    plan.add(0, leaf)
    scanner = Scanner(plan.plan())
    if scanner.slow:
        return set(range(len(values)))
    column = FieldColumn(
        ("field",), Column("field", pa.array(values, pa.string()), np.arange(len(values), dtype=np.int32), lists)
    )
    return set(scanner.scan(column, None)[1].tolist())


@settings(max_examples=300, deadline=None)
@given(leaves(), st.lists(st.one_of(TEXTS, LONGER), max_size=6))
def test_the_scan_finds_every_value_that_passes(leaf: Leaf, values: list[str]) -> None:
    values += [test.value.swapcase() for test in leaf.tests if test.operator != "re"]
    passes: Predicate = leaf_predicate(leaf)
    wanted = {place for place, value in enumerate(values) if passes(value, fold(value))}
    assert wanted <= scanned(leaf, values)


@settings(max_examples=100, deadline=None)
@given(leaves(), st.lists(TEXTS, min_size=1, max_size=4))
def test_a_leaf_passes_where_one_of_its_tests_does(leaf: Leaf, values: list[str]) -> None:
    for value in values:
        one_by_one = any(accepts(test)(value, fold(value)) for test in leaf.tests)
        assert leaf_predicate(leaf)(value, fold(value)) == one_by_one


def test_the_scan_looks_inside_lists() -> None:
    leaf = Leaf("field", (Test("endswith", r"\cmd.exe"),))
    assert scanned(leaf, [r'["C:\\CMD.EXE","x"]', "other"], frozenset({0})) == {0}


def test_a_match_across_two_values_is_none() -> None:
    assert scanned(Leaf("field", (Test("contains", "powershell"),)), ["power", "shell"]) == set()


@given(st.text(), st.text())
def test_parts_fold_like_the_whole(first: str, second: str) -> None:
    assert fold(first + second) == fold(first) + fold(second)
    assert len(fold(first)) == len(first)


def test_only_the_special_characters_fold_into_plain_ones() -> None:
    folds = ((character, fold(character)) for character in map(chr, range(0x80, 0x11_0000)))
    found = {character for character, folded in folds if folded != character and is_plain(folded)}
    assert found == set(SPECIAL)


@given(st.text("ab*?\\", max_size=8), st.text("ab*", max_size=8))
def test_globs_agree_with_a_plain_recursive_matcher(pattern: str, text: str) -> None:
    if not any(wildcard in pattern for wildcard in "*?") or pattern.endswith("\\"):
        return
    assert glob_matcher(pattern)(text) == _slow_glob(pattern, text)


def _slow_glob(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        return any(_slow_glob(rest, text[start:]) for start in range(len(text) + 1))
    if head == "\\" and rest:
        head, rest = rest[0], rest[1:]
        return text[:1] == head and _slow_glob(rest, text[1:])
    return bool(text) and (head in {"?", text[0]}) and _slow_glob(rest, text[1:])


@given(st.from_regex(r"(?i)(foo|ba[rz]|qu+x){1,2}[0-9]?\\?(end)?", fullmatch=True))
def test_every_match_holds_a_required_literal(text: str) -> None:
    pattern = r"(?i)(foo|ba[rz]|qu+x){1,2}[0-9]?\\?(end)?"
    assert searcher(pattern)(text)
    for each in (pattern, r"(?:foo|bar)[^x]*end", r"^abc+d$", r"[[:alpha:]]+foo"):
        literals = required_literals(each)
        if literals and searcher(each)(text):
            assert any(fold(literal) in fold(text) for literal in literals)


def test_a_posix_class_shows_no_literal() -> None:
    assert required_literals("[[:alpha:]]]x") is None


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "((a{100}){100}){100}", "[", "x" * 20_000])
def test_a_regex_that_needs_more_than_linear_time_or_memory_is_refused(pattern: str) -> None:
    with pytest.raises(RuleError):
        searcher(pattern)


@settings(max_examples=50, deadline=None)
@given(st.text("ab", min_size=10, max_size=200))
def test_a_regex_with_very_many_states_is_searched_completely(text: str) -> None:
    pattern = "(a|b)*a(a|b){14}$"
    assert bool(searcher(pattern)(text)) == (len(text) > 14 and text[-15] == "a")


def test_a_large_regex_is_searched_completely() -> None:
    pattern = "(?i)(" + "|".join(f"word{number}[a-z]{{1,20}}x" for number in range(300)) + ")"
    assert searcher(pattern)("... WORD299abcx ...")
    assert not searcher(pattern)("... WORD300abcy ...")


@given(st.text())
def test_any_text_is_a_number_or_none_and_a_time_or_none(text: str) -> None:
    found = number(text)
    assert len(text) > 60 or number(f" {text} ") == found, "blanks around a number do not count"
    assert time_part(text, "week") in {None, *range(1, 54)}


@given(st.text())
def test_any_text_has_list_elements(text: str) -> None:
    assert all(isinstance(element, str) for element in list_elements(text))


def test_values_with_line_ends_and_nul_are_searched_whole(tmp_path: Path) -> None:
    rules = load(tmp_path, rule({"selection": {"A|contains": "b\0cde"}, "condition": "selection"}))
    assert hits(rules, [{"A": "a\nb\0cdef"}, {"A": "a\nb"}]) == {ID: [0]}
