"""Random rules on random events: one batch, many one-row batches and explanations agree."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sigma_support import ID, batch_of, hits, load, rule

from tocsin.detect.sigma import Engine

FIELDS = ["A", "B", "C c"]
WORDS = ["foo", "bar", "Foo.exe", "xx foo yy", "", "5", "0x10", "10.1.2.3", "ſoo\u212a", "a\\b", "-foo /bar"]
VALUES = st.one_of(
    st.sampled_from(WORDS),
    st.integers(0, 20),
    st.booleans(),
    st.none(),
    st.lists(st.one_of(st.sampled_from(WORDS), st.integers(0, 9), st.none()), max_size=3),
)
EVENTS = st.dictionaries(st.sampled_from(["A", "B", "Cc", "D"]), VALUES, max_size=4)
TEXTS = st.sampled_from(["foo", "FOO", "*o*", "f?o", "bar", "", "xx*", "*.exe", "sook", "a\\b", " -foo", "5"])
PLAIN = st.one_of(TEXTS, st.integers(0, 20), st.booleans(), st.none())


@st.composite
def items(draw: st.DrawFn) -> tuple[str, object]:
    field = draw(st.sampled_from(FIELDS))
    kind = draw(st.sampled_from(["", "|contains", "|startswith", "|endswith", "|cased", "|contains|all", "|windash"]))
    other = draw(st.integers(0, 9))
    if other == 0:
        return f"{field}|re", draw(st.sampled_from(["fo+", "^b", "r$", "(?i)sook", "[0-9]", "foo|bar"]))
    if other == 1:
        return f"{field}|{draw(st.sampled_from(['lt', 'gte']))}", draw(st.integers(0, 20))
    if other == 2:
        return f"{field}|exists", draw(st.booleans())
    if other == 3:
        return f"{field}|fieldref", draw(st.sampled_from(FIELDS))
    if other == 4:
        return f"{field}|cidr", "10.0.0.0/8"
    values = PLAIN if kind == "" else TEXTS
    return field + kind, draw(st.one_of(values, st.lists(values, min_size=1, max_size=3)))


SELECTIONS = st.one_of(
    st.lists(items(), min_size=1, max_size=3).map(dict),
    st.lists(TEXTS.filter(bool), min_size=1, max_size=2),
)
CONDITIONS = st.sampled_from(
    ["a", "not a", "a and b", "a or b", "a and not b", "not a and not b", "1 of them", "all of them", "not (a and b)"]
)


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({"a": SELECTIONS, "b": SELECTIONS, "condition": CONDITIONS}), st.lists(EVENTS, max_size=5))
def test_batches_rows_and_explanations_agree(detection: Mapping[str, object], events: list[dict[str, object]]) -> None:
    events = [{"Channel": "Test", **event} for event in events]
    with TemporaryDirectory() as folder:
        rules = load(Path(folder), rule(dict(detection)))
        assert not rules.refused, rules.refused
        together = hits(rules, events).get(ID, [])  # compares with the explanations
        engine = Engine(rules)
        alone = [place for place, event in enumerate(events) if engine.evaluate(batch_of([event]))]
        assert together == alone
