"""When somebody is told, when the next one is, and what a ticket system hears."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.model import LEVELS
from tocsin.triage.escalation import (
    ACKNOWLEDGED,
    CLOSED,
    OPENED,
    REOPENED,
    Policy,
    Told,
    Waiting,
    due,
    next_step,
    ticket_event,
)

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
POLICY = Policy("high", 15, frozenset({1, 2, 3}))
GRAVE = Waiting("I-1", "critical", 97, NOW)
MINUTE = timedelta(minutes=1)


def test_the_first_step_is_told_at_once_and_each_further_one_after_the_time() -> None:
    assert next_step(GRAVE, None, POLICY, NOW) == 1
    assert next_step(GRAVE, Told(1, NOW), POLICY, NOW + 14 * MINUTE) is None
    assert next_step(GRAVE, Told(1, NOW), POLICY, NOW + 15 * MINUTE) == 2
    assert next_step(GRAVE, Told(3, NOW), POLICY, NOW + 99 * MINUTE) is None


def test_a_step_without_anybody_is_left_out_and_who_comes_on_call_first_is_told() -> None:
    empty, third = Policy("high", 15, frozenset()), Policy("high", 15, frozenset({3}))
    assert next_step(GRAVE, None, third, NOW) == 3
    assert next_step(GRAVE, None, empty, NOW) == 0
    assert next_step(GRAVE, Told(0, NOW), empty, NOW + 99 * MINUTE) is None
    assert next_step(GRAVE, Told(0, NOW), third, NOW + MINUTE) == 3
    assert next_step(GRAVE, Told(1, NOW), third, NOW + MINUTE) is None
    assert next_step(GRAVE, Told(1, NOW), third, NOW + 15 * MINUTE) == 3
    assert next_step(GRAVE, Told(3, NOW), third, NOW + 99 * MINUTE) is None


def test_acknowledging_closing_and_restricting_end_it_at_every_step() -> None:
    for told in (None, Told(1, NOW - 60 * MINUTE)):
        assert next_step(replace(GRAVE, acknowledged=True), told, POLICY, NOW) is None
        assert next_step(replace(GRAVE, closed=True), told, POLICY, NOW) is None
        assert due([replace(GRAVE, restricted=True)], {"I-1": told} if told else {}, POLICY, NOW) == ()


def test_what_is_old_wakes_nobody_but_goes_on_once_begun() -> None:
    old = replace(GRAVE, changed=NOW - timedelta(seconds=limits.CALL_FRESH_SECONDS + 1))
    assert next_step(old, None, POLICY, NOW) is None
    assert next_step(old, Told(1, NOW - 20 * MINUTE), POLICY, NOW) == 2


def test_a_clock_that_went_back_for_long_keeps_nobody_waiting() -> None:
    assert next_step(GRAVE, Told(1, NOW + timedelta(days=300)), POLICY, NOW) == 2


def test_only_the_level_that_calls_and_above() -> None:
    found = due([replace(GRAVE, id=level, level=level) for level in (*LEVELS, "odd")], {}, POLICY, NOW)
    assert [each.id for each, _ in found] == ["critical", "high"]


def test_many_are_told_in_rounds_the_most_urgent_first() -> None:
    waiting = [replace(GRAVE, id=f"I-{n:03}", points=n) for n in range(50)]
    first = due(waiting, {}, POLICY, NOW)
    assert [each.points for each, _ in first] == list(range(49, 49 - limits.CALLS_AT_ONCE, -1))
    second = due(waiting, {each.id: Told(1, NOW) for each, _ in first}, POLICY, NOW)
    assert {each.id for each, _ in first}.isdisjoint(each.id for each, _ in second)


@given(st.lists(st.integers(0, 40), max_size=80))
def test_no_step_comes_twice_or_is_left_out_whatever_the_pauses_are(pauses: list[int]) -> None:
    told: dict[str, Told] = {}
    now, steps = NOW, []
    for pause in pauses:
        now += pause * MINUTE
        for each, step in due([GRAVE], told, POLICY, now):
            told[each.id] = Told(step, now)
            steps.append(step)
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) <= len(POLICY.manned)


def test_a_ticket_system_hears_each_turn_once() -> None:
    level = "high"
    taken, shut = replace(GRAVE, acknowledged=True), replace(GRAVE, acknowledged=True, closed=True)
    assert ticket_event(GRAVE, "", level, NOW) == OPENED
    assert ticket_event(GRAVE, OPENED, level, NOW) == ""
    assert ticket_event(taken, OPENED, level, NOW) == ACKNOWLEDGED
    assert ticket_event(taken, ACKNOWLEDGED, level, NOW) == ""
    assert ticket_event(shut, ACKNOWLEDGED, level, NOW) == CLOSED
    assert ticket_event(shut, OPENED, level, NOW) == CLOSED
    assert ticket_event(shut, CLOSED, level, NOW) == ""
    assert ticket_event(taken, CLOSED, level, NOW) == REOPENED


def test_a_ticket_system_never_hears_of_what_is_weak_restricted_or_closed_from_the_beginning() -> None:
    for never in ({"level": "low"}, {"restricted": True}, {"closed": True}):
        assert ticket_event(replace(GRAVE, **never), "", "high", NOW) == ""  # type: ignore[arg-type]
    assert ticket_event(replace(GRAVE, restricted=True, closed=True), OPENED, "high", NOW) == ""
