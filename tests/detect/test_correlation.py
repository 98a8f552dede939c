"""Correlation rules: windows, episodes, every type, chains; compared with a naive evaluator on random hits."""

import statistics
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pytest
from batches import batch_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import clock, limits
from tocsin.detect.sigma.correlation import Correlated, correlate, correlate_all
from tocsin.detect.sigma.correlation_hits import Hits, fields_of, hits_of, join
from tocsin.detect.sigma.correlation_spec import CorrelationSpec, Expression, Reference
from tocsin.errors import RuleError
from tocsin.model import RuleInfo

SECOND = 1_000_000
BASE = 1_700_000_000 * SECOND

Row = tuple[int, float, Mapping[str, str | None]]  # rule, seconds, fields


def spec(kind: str, operator: str = "gte", count: float = 1, rules: int = 1, **more: object) -> CorrelationSpec:
    references = more.pop("references", None) or tuple(Reference(f"r{n}", rule=n) for n in range(rules))
    more.setdefault("timespan_seconds", 10)
    return CorrelationSpec(
        id=str(more.pop("id", "c")),
        info=RuleInfo("c", "c", "low"),
        type=kind,
        references=references,  # type: ignore[arg-type]
        operator=operator,
        count=count,
        **more,  # type: ignore[arg-type]
    )


def hits(*rows: Row) -> Hits:
    parts = []
    for number, (rule, seconds, values) in enumerate(rows, 1):
        batch = batch_of([{"_time_us": BASE + round(seconds * SECOND), "n": str(number), **values}])
        one = hits_of(batch, [(rule, [0])], {rule: frozenset(values)})
        parts.append(Hits(one.rule, one.time_us, one.source, one.record + number - 1, one.source_ids, one.fields))
    return join(parts)


def at(*seconds: float, rule: int = 0, **values: str) -> list[Row]:
    return [(rule, second, values) for second in seconds]


def records(found: Correlated) -> list[list[int]]:
    return [[int(event.rsplit("-", 1)[1]) for event in hit.event_ids] for hit in found.hits]


def seconds(time_us: int) -> float:
    return (time_us - BASE) / SECOND


# --- event_count and episodes


def test_enough_events_within_the_timespan_are_one_hit() -> None:
    (hit,) = correlate(spec("event_count", count=3), hits(*at(0, 1, 2))).hits
    assert (hit.count, hit.value, seconds(hit.first_us), seconds(hit.crossed_us)) == (3, 3, 0, 2)


def test_too_few_events_are_no_hit() -> None:
    assert not correlate(spec("event_count", count=3), hits(*at(0, 1, 12, 13))).hits


def test_the_timespan_includes_both_ends() -> None:
    assert correlate(spec("event_count", count=2), hits(*at(0, 10))).hits
    assert not correlate(spec("event_count", count=2), hits(*at(0, 10.000001))).hits


def test_windows_are_not_cut_at_full_minutes() -> None:
    assert correlate(spec("event_count", count=2, timespan_seconds=60), hits(*at(59, 61))).hits


def test_a_long_burst_is_one_episode() -> None:
    (hit,) = correlate(spec("event_count", count=3), hits(*at(*range(100)))).hits
    assert (hit.count, hit.value, seconds(hit.last_us)) == (100, 11, 99)


def test_separate_bursts_are_separate_episodes() -> None:
    found = correlate(spec("event_count", count=3), hits(*at(0, 1, 2, 50, 51, 52)))
    assert records(found) == [[1, 2, 3], [4, 5, 6]]


def test_a_dip_between_overlapping_windows_does_not_split_the_episode() -> None:
    found = correlate(spec("event_count", count=3), hits(*at(0, 1, 2, 12, 13)))
    assert records(found) == [[1, 2, 3]]
    found = correlate(spec("event_count", count=3), hits(*at(0, 5, 9, 16, 17)))
    assert records(found) == [[1, 2, 3, 4, 5]]


def test_events_may_come_in_any_order_of_input() -> None:
    found = correlate(spec("event_count", count=3), hits(*at(2, 0, 1)))
    assert records(found) == [[2, 3, 1]]


def test_groups_are_counted_apart() -> None:
    rows = [*at(0, 1, user="a"), *at(0, 1, 2, user="b")]
    (hit,) = correlate(spec("event_count", count=3, group_by=("user",)), hits(*rows)).hits
    assert hit.group == {"user": "b"}


def test_group_values_compare_without_regard_to_case() -> None:
    rows = [*at(0, user="Admin"), *at(1, user="ADMIN"), *at(2, user="admin")]
    (hit,) = correlate(spec("event_count", count=3, group_by=("User",)), hits(*rows)).hits
    assert hit.group == {"User": "Admin"}


def test_group_values_fold_as_values_do_elsewhere() -> None:
    rows = [*at(0, user="ΟΔΟΣ"), *at(1, user="οδος"), *at(2, user="οδοσ")]
    assert correlate(spec("event_count", count=3, group_by=("user",)), hits(*rows)).hits


def test_two_group_fields_are_one_key() -> None:
    rows = [*at(0, a="1", b="2"), *at(1, a="12", b=""), *at(2, a="1", b="2")]
    found = correlate(spec("event_count", count=2, group_by=("a", "b")), hits(*rows))
    assert records(found) == [[1, 3]]


def test_an_event_without_a_group_field_is_left_out_and_counted() -> None:
    rows = [*at(0, user="a"), *at(1), *at(2, user="a")]
    found = correlate(spec("event_count", count=2, group_by=("user",)), hits(*rows))
    assert records(found) == [[1, 3]]
    assert found.left_out.ungrouped == 1
    assert "1 hits without a group-by field" in found.notes[0]


def test_an_event_without_a_time_is_left_out_and_counted() -> None:
    found = correlate(spec("event_count", count=1), hits((0, -BASE / SECOND, {})))
    assert not found.hits
    assert found.left_out.untimed == 1


def test_hits_of_other_rules_do_not_count() -> None:
    assert not correlate(spec("event_count", count=2), hits(*at(0), *at(1, rule=7))).hits


def test_the_limit_of_hits_is_kept_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CORRELATION_EVENTS", 3)
    found = correlate(spec("event_count", count=1), hits(*at(4, 3, 2, 1, 0)))
    assert found.hits[0].count == 3
    assert found.left_out.beyond_limit == 2
    assert "2 later hits were not correlated" in found.notes[0]


def test_the_list_of_events_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FINDING_EVENT_IDS", 2)
    (hit,) = correlate(spec("event_count", count=1), hits(*at(0, 1, 2))).hits
    assert (len(hit.event_ids), hit.count) == (2, 3)


# --- conditions


@pytest.mark.parametrize(
    ("operator", "count", "fires"),
    [
        ("gt", 2, True),
        ("gt", 3, False),
        ("lt", 4, True),
        ("lt", 3, False),
        ("lte", 3, True),
        ("lte", 2, False),
        ("eq", 3, True),
        ("eq", 2, False),
        ("neq", 3, False),
        ("neq", 2, True),
        ("gte", 3, True),
        ("gte", 4, False),
    ],
)
def test_conditions_look_at_whole_bursts(operator: str, count: int, fires: bool) -> None:
    assert bool(correlate(spec("event_count", operator, count), hits(*at(0, 1, 2))).hits) is fires


@pytest.mark.parametrize(("low", "high", "fires"), [(2, 3, True), (3, 5, True), (4, 9, False), (1, 2, False)])
def test_a_range_counts_whole_bursts(low: int, high: int, fires: bool) -> None:
    rule = spec("event_count", "gte", low, also=(("lte", high),))
    assert bool(correlate(rule, hits(*at(0, 1, 2))).hits) is fires


def test_the_value_of_a_range_is_its_largest() -> None:
    (hit,) = correlate(spec("event_count", "lte", 5, also=(("gt", 1),)), hits(*at(0, 4, 8, 12))).hits
    assert (hit.value, hit.count) == (3, 4)


def test_fewer_than_counts_in_complete_windows_only() -> None:
    found = correlate(spec("event_count", "lt", 2), hits(*at(0, 1, 2, 50, 100, 101)))
    assert records(found) == [[4]]


# --- value types


def test_value_count_counts_different_values() -> None:
    rows = [*at(0, user="a"), *at(1, user="A"), *at(2, user="b"), *at(3, user="c")]
    (hit,) = correlate(spec("value_count", count=3, fields=("user",)), hits(*rows)).hits
    assert (hit.value, hit.count, seconds(hit.crossed_us)) == (3, 4, 3)


def test_value_count_over_two_fields_counts_pairs() -> None:
    rows = [*at(0, a="1", b="1"), *at(1, a="1", b="2"), *at(2, a="1", b="1"), *at(3, a="1")]
    found = correlate(spec("value_count", count=2, fields=("a", "b")), hits(*rows))
    assert found.hits[0].value == 2
    assert found.left_out.unmeasured == 1


def test_value_sum_is_exact() -> None:
    rows = [*at(0, n="0.1"), *at(1, n="0.2"), *at(2, n="9007199254740993"), *at(30, n="0.5")]
    found = correlate(spec("value_sum", "gt", 9007199254740993, fields=("n",)), hits(*rows))
    assert records(found) == [[1, 2, 3]]
    assert records(correlate(spec("value_sum", "eq", 0.5, fields=("n",)), hits(*rows))) == [[4]]


def test_value_avg_is_of_the_complete_window() -> None:
    rows = [*at(0, n="100"), *at(1, n="0"), *at(2, n="20")]
    assert correlate(spec("value_avg", "eq", 40, fields=("n",)), hits(*rows)).hits
    assert not correlate(spec("value_avg", "gt", 40, fields=("n",)), hits(*rows)).hits


@pytest.mark.parametrize(("percentile", "value"), [(0, 1), (25, 1), (26, 2), (50, 2), (75, 3), (95, 10), (100, 10)])
def test_value_percentile_is_the_nearest_rank(percentile: int, value: int) -> None:
    rows = [*at(0, n="10"), *at(1, n="1"), *at(2, n="3"), *at(3, n="2")]
    rule = spec("value_percentile", "eq", value, fields=("n",), percentile=percentile)
    assert correlate(rule, hits(*rows)).hits


def test_value_median_of_an_even_number_is_the_mean_of_the_middle() -> None:
    rows = [*at(0, n="10"), *at(1, n="1"), *at(2, n="3"), *at(3, n="2")]
    assert correlate(spec("value_median", "eq", 2.5, fields=("n",)), hits(*rows)).hits


@pytest.mark.parametrize("text", ["abc", "", "nan", "inf", "1e999", "0x10", "1_000"])
def test_a_value_that_is_no_number_is_left_out_and_counted(text: str) -> None:
    found = correlate(spec("value_sum", "gte", 1, fields=("n",)), hits(*at(0, n=text), *at(1, n="5")))
    assert records(found) == [[2]]
    assert found.left_out.unmeasured == 1


def test_a_value_type_takes_exactly_one_field() -> None:
    assert "takes one field" in correlate(spec("value_sum", fields=("a", "b")), hits(*at(0, a="1", b="1"))).notes[0]
    assert "needs a field" in correlate(spec("value_sum"), hits(*at(0))).notes[0]


# --- temporal types


def test_temporal_needs_every_rule() -> None:
    rule = spec("temporal", count=2, rules=2)
    assert records(correlate(rule, hits(*at(5, rule=1), *at(0, rule=0)))) == [[2, 1]]
    assert not correlate(rule, hits(*at(0, 1, 2, rule=0))).hits
    assert not correlate(rule, hits(*at(0, rule=0), *at(11, rule=1))).hits


def test_temporal_with_a_smaller_count_needs_some_of_the_rules() -> None:
    assert correlate(spec("temporal", "gte", 2, rules=3), hits(*at(0, rule=0), *at(1, rule=2))).hits


def test_temporal_groups_by_an_alias() -> None:
    rule = spec("temporal", count=2, rules=2, group_by=("ip",), aliases={"ip": {0: "destination.ip", 1: "source.ip"}})
    one, two = {"destination.ip": "192.0.2.1"}, {"source.ip": "192.0.2.1", "destination.ip": "192.0.2.9"}
    (hit,) = correlate(rule, hits((0, 0, one), (1, 1, two))).hits
    assert hit.group == {"ip": "192.0.2.1"}
    assert fields_of([rule]) == {0: {"destination.ip"}, 1: {"source.ip"}}


def test_ordered_needs_the_order_of_the_rules() -> None:
    rule = spec("temporal_ordered", count=3, rules=3)
    assert correlate(rule, hits(*at(0, rule=0), *at(1, rule=1), *at(2, rule=2))).hits
    assert not correlate(rule, hits(*at(0, rule=0), *at(1, rule=2), *at(2, rule=1))).hits


def test_ordered_finds_the_order_among_repeats() -> None:
    rule = spec("temporal_ordered", count=2, rules=2)
    assert correlate(rule, hits(*at(0, rule=1), *at(1, rule=0), *at(2, rule=1))).hits
    assert records(correlate(rule, hits(*at(0, 1, 2, rule=0), *at(8, rule=1), *at(30, rule=1)))) == [[1, 2, 3, 4]]
    assert not correlate(rule, hits(*at(0, rule=0), *at(10.5, rule=1))).hits


def test_ordered_takes_equal_times_in_any_order() -> None:
    rule = spec("temporal_ordered", count=2, rules=2)
    assert correlate(rule, hits(*at(0, rule=1), *at(0, rule=0))).hits


def rule_term(number: int) -> Expression:
    return Expression("rule", number)


def test_an_extended_condition_may_ask_for_absence() -> None:
    tree = Expression("and", children=(rule_term(0), Expression("not", children=(rule_term(1),))))
    rule = spec("temporal", rules=2, expression=tree)
    found = correlate(rule, hits(*at(0, rule=0), *at(3, rule=1), *at(50, rule=0)))
    assert records(found) == [[3]]


def test_an_extended_ordered_condition_keeps_the_order_of_what_it_needs() -> None:
    tree = Expression("and", children=(rule_term(0), Expression("or", children=(rule_term(1), rule_term(2)))))
    rule = spec("temporal_ordered", rules=3, expression=tree)
    assert correlate(rule, hits(*at(0, rule=0), *at(1, rule=2))).hits
    assert not correlate(rule, hits(*at(0, rule=2), *at(1, rule=0))).hits


def test_an_ordered_condition_over_too_many_rules_is_refused_with_a_note() -> None:
    rule = spec("temporal_ordered", rules=11, expression=rule_term(0))
    assert "more than the 10" in correlate(rule, hits(*at(0))).notes[0]


# --- correlations of correlations


def brute_force(outer: str = "temporal_ordered", **more: object) -> list[CorrelationSpec]:
    failed = spec("event_count", count=3, group_by=("user",), id="failed")
    references = (Reference("failed", correlation=1), Reference("success", rule=1))
    return [spec(outer, count=2, references=references, group_by=("user",), id="outer", **more), failed]


def test_many_failures_then_a_success() -> None:
    rows = [*at(0, 1, 2, user="eve"), *at(5, rule=1, user="eve"), *at(5, rule=1, user="bob")]
    outer, failed = correlate_all(brute_force(), hits(*rows))
    assert records(outer) == [[1, 2, 3, 4]]
    assert (outer.hits[0].group, outer.hits[0].count, seconds(outer.hits[0].first_us)) == ({"user": "eve"}, 4, 0)
    assert records(failed) == [[1, 2, 3]]


def test_a_success_during_a_long_series_of_failures_follows_them() -> None:
    rows = [*at(*range(60), user="eve"), *at(30.5, rule=1, user="eve")]
    assert correlate_all(brute_force(), hits(*rows))[0].hits


def test_a_success_before_the_failures_does_not_follow_them() -> None:
    rows = [*at(0, rule=1, user="eve"), *at(1, 2, 3, user="eve")]
    assert not correlate_all(brute_force(), hits(*rows))[0].hits


def test_an_outer_count_counts_episodes() -> None:
    inner = spec("event_count", count=2, group_by=("user",), id="inner")
    outer = spec("event_count", count=2, references=(Reference("i", correlation=0),), timespan_seconds=100, id="outer")
    assert not correlate_all([inner, outer], hits(*at(0, 1, 2, 3, user="a")))[1].hits
    (hit,) = correlate_all([inner, outer], hits(*at(0, 1, 40, 41, user="a")))[1].hits
    assert (hit.value, hit.count) == (2, 4)


def test_a_circle_of_correlations_is_refused() -> None:
    one = spec("event_count", references=(Reference("b", correlation=1),), id="a")
    two = spec("event_count", references=(Reference("a", correlation=0),), id="b")
    with pytest.raises(RuleError, match="circle: a, b"):
        correlate_all([one, two], hits())


# --- hits


def test_hits_keep_only_wanted_rules_and_known_fields() -> None:
    batch = batch_of([{"_time_us": BASE, "User": "a"}, {"_time_us": BASE, "User": "b"}])
    found = hits_of(batch, [(0, [1]), (5, [0, 1])], {0: frozenset({"user", "other"})})
    assert found.rule.tolist() == [0]
    assert found.fields["user"].values == ("b",)
    assert "other" not in found.fields
    assert found.event_id(0) == batch.event_id(1)


def test_joining_nothing_gives_no_hits() -> None:
    assert len(join([])) == 0
    assert not correlate(spec("event_count"), join([])).hits


# --- against a naive evaluator


def naive(rule: CorrelationSpec, rows: Sequence[tuple[int, int, str, str]]) -> list[tuple[str, int, int, int]]:
    """All episodes as (group, first, last, events), by looking at every window anew."""
    every = rule.type in ("event_count", "value_count", "temporal", "temporal_ordered") and all(
        name in ("gt", "gte") for name, _ in rule.comparisons
    )
    found = []
    for group in {row[2] for row in rows}:
        mine = sorted((time, number, value) for number, time, who, value in rows if who == group)
        current: list[int] = []
        for last, (time, _, _) in enumerate(mine):
            inside = [n for n, row in enumerate(mine[: last + 1]) if row[0] >= time - 10]
            complete = last + 1 == len(mine) or mine[last + 1][0] - 10 > mine[inside[0]][0]
            if not (every or complete) or not meets(rule, worth(rule, [mine[n] for n in inside])):
                continue
            if current and inside[0] > current[-1]:
                found.append((group, mine[current[0]][0], mine[current[-1]][0], len(current)))
                current = []
            current = list(range(current[0] if current else inside[0], last + 1))
        if current:
            found.append((group, mine[current[0]][0], mine[current[-1]][0], len(current)))
    return sorted(found)


def worth(rule: CorrelationSpec, window: list[tuple[int, int, str]]) -> float | Fraction:
    values = sorted(Fraction(value) for _, _, value in window)
    if rule.type == "event_count":
        return len(window)
    if rule.type == "value_count":
        return len(set(values))
    if rule.type == "temporal":
        return len({number for _, number, _ in window})
    if rule.type == "temporal_ordered":
        return longest([number for _, number, _ in window])
    if rule.type == "value_sum":
        return sum(values)
    if rule.type == "value_avg":
        return sum(values) / len(values)
    if rule.type == "value_median":
        return Fraction(statistics.median(values))
    return next(v for v in values if 100 * sum(w <= v for w in values) >= (rule.percentile or 0) * len(values))


def longest(numbers: list[int]) -> int:
    best = [1] * len(numbers)
    for at_, number in enumerate(numbers):
        best[at_] = 1 + max([best[b] for b in range(at_) if numbers[b] < number], default=0)
    return max(best)


def meets(rule: CorrelationSpec, value: float | Fraction) -> bool:
    return all(
        {
            "lt": value < count,
            "lte": value <= count,
            "gt": value > count,
            "gte": value >= count,
            "eq": value == count,
            "neq": value != count,
        }[name]
        for name, count in rule.comparisons
    )


TYPES = ["event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_median"]
ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 60), st.sampled_from("ab"), st.sampled_from(["0", "1", "2.5", "-3"])),
    max_size=30,
)


def columns(rows: Sequence[tuple[int, int, str, str]]) -> Hits:
    """The rows as hits, without a batch for each: quick enough for random tests."""
    events = [{"_time_us": BASE + time * SECOND, "user": who, "v": value} for _, time, who, value in rows]
    if not events:
        return join([])
    wanted = {number: frozenset({"user", "v"}) for number in range(3)}
    found = [(number, [n for n, row in enumerate(rows) if row[0] == number]) for number in range(3)]
    return hits_of(batch_of(events), found, wanted)


@settings(max_examples=300, deadline=None)
@given(
    rows=ROWS,
    kind=st.sampled_from([*TYPES, "value_percentile"]),
    operator=st.sampled_from(["lt", "lte", "gt", "gte", "eq", "neq"]),
    count=st.sampled_from([0, 1, 2, 3, 2.5]),
    percentile=st.integers(0, 100),
    also=st.lists(st.tuples(st.sampled_from(["lt", "lte", "gt", "neq"]), st.sampled_from([0, 1, 2, 3.5])), max_size=2),
)
def test_every_type_agrees_with_a_naive_evaluator(
    rows: list[tuple[int, int, str, str]],
    kind: str,
    operator: str,
    count: float,
    percentile: int,
    also: list[tuple[str, float]],
) -> None:
    rule = spec(
        kind,
        operator,
        count,
        rules=3,
        group_by=("user",),
        fields=("v",) if kind.startswith("value") else (),
        percentile=percentile,
        also=tuple(also),
    )
    found = correlate(rule, columns(rows)).hits
    got = sorted((h.group["user"], int(seconds(h.first_us)), int(seconds(h.last_us)), h.count) for h in found)
    assert got == naive(rule, rows)


def test_hundreds_of_thousands_of_hits_take_seconds() -> None:
    size = 200_000
    found = Hits(
        np.zeros(size, np.int32),
        BASE + np.arange(size, dtype=np.int64) * 1000,
        np.zeros(size, np.int32),
        np.arange(size, dtype=np.int64),
        ("s",),
    )
    begin = clock.monotonic()
    (hit,) = correlate(spec("event_count", count=100), found).hits
    assert hit.count == size
    assert clock.monotonic() - begin < 10
