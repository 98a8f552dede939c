"""Gaps: found where something is missing, closed by what comes, filled by what comes late."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pulses import DAY, START, office, steady, without

from tocsin import limits
from tocsin.node.sensors.gaps import gaps, minute_of, moment_of, with_filled
from tocsin.node.sensors.pulse import joined, of_minutes
from tocsin.node.store.sensors import Gap

HOUR = 60
HOLE = range(START + 4 * DAY + 600, START + 4 * DAY + 700)


def test_a_hole_in_a_steady_stream_is_a_gap_with_start_and_end() -> None:
    pulse = without(steady(START, START + 5 * DAY), [HOLE])
    assert gaps(pulse, START + 5 * DAY) == [Gap(moment_of(HOLE.start), moment_of(HOLE.stop))]


def test_short_holes_slow_sensors_and_nights_are_no_gaps() -> None:
    short = without(steady(START, START + 5 * DAY), [range(START + 4 * DAY, START + 4 * DAY + 14)])
    assert gaps(short, START + 5 * DAY) == []
    assert gaps(steady(START, START + 5 * DAY, every=70), START + 5 * DAY) == []
    assert gaps(office(8), START + 8 * DAY) == []
    assert gaps(steady(START, START + 9 * DAY, every=360, events=99), START + 9 * DAY) == []


def test_a_hole_by_day_of_a_sensor_that_sleeps_at_night_is_a_gap() -> None:
    pulse = without(office(6), [HOLE])
    assert [minute_of(gap.start) for gap in gaps(pulse, START + 6 * DAY)] == [HOLE.start]


def test_from_the_last_event_on_a_gap_is_open_unless_events_usually_come_late() -> None:
    pulse, now = steady(START, START + 5 * DAY - 60), START + 5 * DAY
    assert gaps(pulse, now) == [Gap(moment_of(now - 60))]
    assert gaps(pulse, now, late=60) == []


def test_a_gap_is_closed_by_the_next_event_and_filled_by_late_ones() -> None:
    now = START + 5 * DAY
    whole = steady(START, now + 1)
    broken = without(whole, [range(now - 100, now + 1)])
    opened = with_filled((), gaps(broken, now), broken, now)
    assert [gap.end for gap in opened] == [None]
    later = joined([*broken.items(), *of_minutes([(now, 1)]).items()])
    closed = with_filled(opened, gaps(later, now + 1), later, now + 1)
    assert [(gap.end, gap.filled) for gap in closed] == [(moment_of(now), False)]
    filled = with_filled(closed, gaps(whole, now + 1), whole, now + 1)
    assert [(gap.start, gap.filled) for gap in filled] == [(closed[0].start, True)]
    assert with_filled(filled, [], steady(now + 90, now + 99), now + 99) == ()  # its time is forgotten


def test_what_a_sensor_is_used_to_meanwhile_is_not_called_filled() -> None:
    known = (Gap(moment_of(START + 30), moment_of(START + 60)),)
    assert with_filled(known, [], of_minutes([(START + 29, 1), (START + 60, 1)]), START + DAY) == ()


def test_the_newest_gaps_are_kept() -> None:
    many = [Gap(moment_of(START + 10 * n), moment_of(START + 10 * n + 5)) for n in range(3 * limits.SENSOR_GAPS)]
    kept = with_filled((), many, {}, START + DAY)
    assert len(kept) == limits.SENSOR_GAPS and kept[-1] == many[-1]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 6 * DAY), st.integers(1, 600)), max_size=8))
def test_gaps_are_in_order_apart_long_enough_and_without_events(holes: list[tuple[int, int]]) -> None:
    now = START + 7 * DAY
    cut = [range(START + at, START + at + length) for at, length in holes]
    pulse = without(steady(START, now, events=2), cut)
    found = gaps(pulse, now)
    for gap in found:
        assert gap.end is not None and minute_of(gap.end) - minute_of(gap.start) >= 15
        inside = range(minute_of(gap.start), minute_of(gap.end))
        assert not any(minute // 60 in pulse and pulse[minute // 60].minutes >> minute % 60 & 1 for minute in inside)
    bounds = [minute_of(moment) for gap in found for moment in (gap.start, gap.end) if moment]
    assert bounds == sorted(bounds)
