"""Counts over a period and the hand-over, as pure functions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.node.duty.handover import ClockRow, handover, running_out
from tocsin.node.duty.report import By, Times, count, times
from tocsin.node.duty.worked import Worked

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SINCE = NOW - 7 * DAY

OPEN = Worked(
    id="I-1", title="Odd logins", level="high", score=50, status="open", reason="", owner="", closed_by="",
    opened=NOW - DAY, acknowledged=None, closed=None, merged_into="", organisations=("examplia",),
    rules=("rule-1", "rule-2"), class_="Impact", next_step="Call anna.",
)  # fmt: skip
CLOSED = replace(
    OPEN, id="I-2", status="closed", reason="attack", closed_by="account:a",
    acknowledged=NOW - 20 * HOUR, closed=NOW - HOUR
)  # fmt: skip
PART = replace(OPEN, id="I-3", merged_into="I-1")
OLD = replace(OPEN, id="I-4", opened=NOW - 40 * DAY, owner="account:b", acknowledged=NOW - 39 * DAY, score=90)


def test_what_came_what_was_closed_and_what_is_open() -> None:
    told = count([OPEN, CLOSED, PART, OLD], SINCE, NOW, By.CLASS, NOW)
    total = told.total
    assert (total.came, total.parts, total.waiting, total.closed, total.open) == (2, 1, 1, 1, 2)
    assert total.reasons == {"attack": 1}
    assert total.acknowledging == Times(1, 4 * 3600, 4 * 3600, 4 * 3600)
    assert total.closing == Times(1, 23 * 3600, 23 * 3600, 23 * 3600)
    assert told.ages == (0, 1, 0, 1), "a day old is no more than a day; and one of forty days"
    assert [(week.begins, week.came, week.closed) for week in told.weeks] == [
        ("2026-11-23", 2, 0), ("2026-11-30", 0, 1)
    ]  # fmt: skip


def test_what_lies_outside_the_period_is_not_counted() -> None:
    told = count([CLOSED, OLD], NOW - 8 * DAY, NOW - 2 * DAY, By.CLASS, NOW)
    assert (told.total.came, told.total.closed, told.total.open) == (0, 0, 1)


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        (By.CLASS, {"Impact": 2}),
        (By.CONSTITUENT, {"examplia": 2}),
        (By.RULE, {"rule-1": 2, "rule-2": 2}),
        (By.ANALYST, {"account:a": 1, "nobody": 1}),
    ],
)
def test_counts_are_divided(by: By, rows: dict[str, int]) -> None:
    told = count([OPEN, CLOSED], SINCE, NOW, by, NOW)
    assert {name: counts.came for name, counts in told.rows.items()} == rows


def test_a_report_has_few_rows_and_counts_the_others() -> None:
    cases = [replace(OPEN, id=f"I-{n}", rules=(f"rule-{n}",)) for n in range(limits.REPORT_ROWS + 7)]
    told = count(cases, SINCE, NOW, By.RULE, NOW)
    assert (len(told.rows), told.others) == (limits.REPORT_ROWS, 7)


def test_a_clock_that_went_back_makes_no_time_less_than_nothing() -> None:
    back = replace(CLOSED, acknowledged=OPEN.opened - HOUR, closed=OPEN.opened - HOUR)
    assert (back.until_acknowledged, back.until_closed) == (timedelta(), timedelta())


@given(st.lists(st.integers(0, 10**6), max_size=40))
def test_the_times_are_some_of_those_that_were_given(seconds: list[int]) -> None:
    told = times(timedelta(seconds=each) for each in seconds)
    assert told.count == len(seconds)
    if seconds:
        assert {told.median, told.ninetieth, told.longest} <= set(seconds)
        assert told.median <= told.ninetieth <= told.longest == max(seconds)
        assert sum(each <= told.median for each in seconds) * 2 >= len(seconds)
        assert sum(each <= told.ninetieth for each in seconds) * 10 >= len(seconds) * 9
    else:
        assert told == Times()


def test_nobodys_stand_first_and_the_most_urgent_of_each() -> None:
    second = replace(OPEN, id="I-5", score=70)
    told = handover([OPEN, OLD, CLOSED, PART, second], (), (), NOW - 2 * DAY, NOW)
    assert [case.id for case in told.open] == ["I-5", "I-1", "I-4"]
    assert [case.id for case in told.came] == ["I-5", "I-1", "I-2"]
    assert [case.id for case in told.waiting] == ["I-5", "I-1"]
    assert told.clocks == ()


def test_one_that_grew_since_it_was_closed_waits() -> None:
    grown = replace(CLOSED, grown_since_closed=True)
    assert [case.id for case in handover([CLOSED, grown], (), (), SINCE, NOW).grown] == ["I-2"]


def test_only_clocks_that_run_out_soon_and_are_not_met_are_told() -> None:
    late, soon = ClockRow("I-1", "early warning", NOW - HOUR), ClockRow("I-2", "notification", NOW + 3 * HOUR)
    far, met = ClockRow("I-3", "report", NOW + 3 * DAY), replace(soon, met=NOW - HOUR)
    assert running_out([far, soon, met, late], NOW) == (late, soon)
    assert running_out([], NOW) == ()
