"""A sensor against its own rhythm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulses import DAY, START, office, steady, without

from tocsin.node.sensors.pulse import of_minutes, pauses
from tocsin.node.sensors.rhythm import Rate, lateness, rate, told, usual, usual_pause, usually_late

HOUR = 60


def test_a_young_sensor_has_no_rhythm_yet() -> None:
    assert rate(steady(START, START + 6 * HOUR), START + 6 * HOUR) is None
    assert rate({}, START) is None


def test_a_sensor_of_a_day_is_compared_with_that_day() -> None:
    found = rate(steady(START, START + 10 * HOUR), START + 10 * HOUR)
    assert found is not None and (found.measured, found.expected) == (60, 60)
    assert told(found) == "as usual"


def test_hours_of_the_day_are_compared_with_their_like() -> None:
    pulse = office(6)
    night, noon = (usual(pulse, (START + 5 * DAY) // HOUR + hour, (START + 6 * DAY) // HOUR) for hour in (3, 12))
    assert night is not None and night.events == 0
    assert noon is not None and noon.events == 120


def test_after_three_weeks_hours_of_the_week_count() -> None:
    weekdays = of_minutes(
        (START + day * DAY + minute, 1) for day in range(28) if day % 7 < 5 for minute in range(480, 1_080)
    )
    over = (START + 28 * DAY) // HOUR
    working, free = (usual(weekdays, (START + day * DAY) // HOUR + 12, over) for day in (21, 26))
    assert working is not None and working.events == 60
    assert free is not None and free.events == 0


def test_a_share_of_the_rhythm_is_told_and_far_under_it_is_a_decision() -> None:
    now = START + 5 * DAY + 12 * HOUR
    pulse = without(steady(START, now, events=40), [range(now - 59, now)])
    found = rate(pulse, now)
    assert found is not None and found.measured == 40
    assert told(found) == "1/60 of its rhythm" and found.far_under


def test_much_more_is_told_and_is_not_far_under() -> None:
    found = Rate(720, 60)
    assert told(found) == "12 times its rhythm" and not found.far_under


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Rate(0, 0), "as usual"),
        (Rate(5, 0), "5 events in an hour that is silent otherwise"),
        (Rate(0, 120), "nothing of 120 events an hour"),
        (Rate(40, 60), "as usual"),
        (Rate(30, 60), "1/2 of its rhythm"),
    ],
)
def test_rates_are_told_in_words(found: Rate, text: str) -> None:
    assert told(found) == text


@given(st.integers(0, 10_000), st.floats(0, 10_000), st.floats(0, 1_000))
def test_far_under_is_never_near_nor_within_chance(measured: int, expected: float, spread: float) -> None:
    found = Rate(measured, expected, spread)
    if found.far_under:
        assert measured * 10 < expected and expected - measured > 5 * expected**0.5
    assert not Rate(round(expected), expected, spread).far_under


def test_chance_makes_no_slow_sensor_low() -> None:
    assert not Rate(0, 20).far_under and Rate(0, 30).far_under
    assert not Rate(0, 1_000, 200).far_under  # it differs as much by itself


@given(st.lists(st.tuples(st.integers(START, START + 3 * DAY), st.integers(1, 9)), max_size=200))
def test_a_rate_counts_what_is_there_and_is_never_negative(counts: list[tuple[int, int]]) -> None:
    now = START + 3 * DAY
    found = rate(of_minutes(counts), now)
    if found is not None:
        assert found.measured == sum(events for minute, events in counts if now - 60 <= minute < now)
        assert found.expected >= 0 and found.spread >= 0


def test_what_usually_comes_late_is_waited_for() -> None:
    now = START + 4 * DAY
    pulse = steady(START, now - 6 * HOUR, events=9)
    early, waited = rate(pulse, now), rate(pulse, now, 6 * HOUR)
    assert early is not None and early.far_under
    assert waited is not None and told(waited) == "as usual"


def test_how_late_is_learnt_from_most_of_what_came() -> None:
    old = steady(START, START + 60)
    new = steady(START, START + 6 * HOUR)
    assert lateness(old, old, START + 6 * HOUR) is None
    came = lateness(old, new, START + 6 * HOUR)
    assert came is not None and 240 <= came <= 300
    assert lateness({}, of_minutes([(START, 1)]), START + 90 * DAY) == DAY
    assert usually_late([0, 0, 0, 0, DAY]) == 0 and usually_late([]) == 0


def test_the_usual_pause_is_that_of_the_hours_with_events() -> None:
    batches = steady(START, START + 5 * DAY, every=360, events=100)
    assert usual_pause(batches, pauses(batches)) == 359
    day = office(5)
    assert usual_pause(day, pauses(day)) == 0
    assert usual_pause({}, []) == 0
