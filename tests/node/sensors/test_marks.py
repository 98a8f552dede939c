"""Marks: a sensor's last day is judged, whatever its first years were like."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tocsin.node.sensors.marks import DAY, EVERY, LastDay, last_day, marked
from tocsin.node.store.sensors import Mark, Rhythm, Sensor, SensorId

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SENSOR = Sensor(SensorId("o", "n", "s"), "push", NOW, events=100, rejected=10, dropped=1)


def test_a_new_sensor_begins_at_nothing_and_one_that_was_known_at_its_totals() -> None:
    assert marked((), None, SENSOR, NOW) == (Mark(NOW),)
    assert marked((), SENSOR, replace(SENSOR, events=900), NOW) == (Mark(NOW, 100, 10, 1),)
    assert last_day(SENSOR) == LastDay(100, 10, 1)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=60))
def test_what_is_judged_is_the_last_day_and_little_more(hours: list[int]) -> None:
    marks, now, sensor = marked((), None, replace(SENSOR, events=0), NOW), NOW, SENSOR
    for each in hours:
        before, now = sensor, now + each * HOUR
        sensor = replace(sensor, events=(now - NOW) // HOUR)
        marks = marked(marks, before, sensor, now)
        assert list(marks) == sorted(marks, key=lambda mark: mark.time)
        assert len(marks) <= DAY // EVERY + 1
        if len(marks) > 1:
            assert now - marks[1].time < DAY
        if now - NOW >= DAY:
            assert now - marks[0].time >= DAY
    judged = last_day(replace(sensor, rhythm=Rhythm(marks=marks)))
    assert judged.events == (now - marks[0].time) // HOUR


def test_what_a_day_has_seen_is_gone_after_a_day_and_a_quarter() -> None:
    marks, now, sensor = (Mark(NOW),), NOW, SENSOR
    while now < NOW + DAY + EVERY:
        assert last_day(replace(sensor, rhythm=Rhythm(marks=marks))).rejected == 10
        now += HOUR / 2
        marks = marked(marks, sensor, sensor, now)
    assert last_day(replace(sensor, rhythm=Rhythm(marks=marks))).rejected == 0


def test_marks_ahead_of_the_clock_are_let_go_and_totals_that_shrank_count_as_nothing() -> None:
    ahead = (Mark(NOW - HOUR, 3), Mark(NOW + HOUR, 50))
    assert marked(ahead, SENSOR, SENSOR, NOW) == (Mark(NOW - HOUR, 3),)
    assert marked(ahead[1:], SENSOR, SENSOR, NOW) == (Mark(NOW, 100, 10, 1),)
    shrunk = replace(SENSOR, rhythm=Rhythm(marks=(Mark(NOW - HOUR, 900, 2, 0),)))
    assert last_day(shrunk) == LastDay(0, 8, 1)
