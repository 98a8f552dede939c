"""A sensor that falls silent, or far under its rhythm, is told once, and once more when it is back."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import clock
from tocsin.lake.catalog import Catalog, Flush, Origin, SourceRecord
from tocsin.node.people.tokens import Scope, Token
from tocsin.node.sensors.gaps import minute_of, moment_of
from tocsin.node.sensors.heard import Expected, expected, heard
from tocsin.node.sensors.pulse import Pulse, joined, of_minutes
from tocsin.node.sensors.pulse_records import Pulses
from tocsin.node.service.config import NodeFolder, parse_config
from tocsin.node.service.silence import Judged, Seen, Sources, Watch, judge
from tocsin.node.store import outbox, sensors
from tocsin.node.store.database import Store
from tocsin.node.store.sensors import Mark, Quiet, Sensor, SensorId, Way

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AFTER = timedelta(minutes=30)


def source(sensor: str, minutes_ago: int, records: int = 10, ahead_seconds: int = 0) -> SourceRecord:
    at = NOW - timedelta(minutes=minutes_ago)
    last = int((at + timedelta(seconds=ahead_seconds)).timestamp() * 1_000_000)
    return SourceRecord(
        f"{sensor}{minutes_ago}", "log", "r", 1, "h", "d", 1, records, True, records, 2, last_us=last,
        ingested_at=at.isoformat(), origin=Origin("Ministry", "office", sensor),
    )  # fmt: skip


def test_a_sensor_is_all_of_its_sources() -> None:
    (sensor,) = heard([source("s1", 90), source("s1", 5, ahead_seconds=60)], (), NOW)
    assert (sensor.events, sensor.rejected) == (20, 4)
    assert sensor.last_received == NOW - timedelta(minutes=5)
    assert sensor.skew_seconds == 60


def test_a_clock_that_was_set_right_is_ahead_no_more() -> None:
    wrong, right = source("s1", 90, ahead_seconds=7_200), source("s1", 5)
    for sources in ([wrong, right], [right, wrong]):
        (sensor,) = heard(sources, (), NOW)
        assert sensor.skew_seconds is None and sensor.last_received == NOW - timedelta(minutes=5)


def test_silence_is_told_once_and_its_end_once() -> None:
    quiet = heard([source("s1", 45)], (), NOW)
    first = judge(quiet, {}, Seen(NOW), AFTER)
    assert [notice.kind for notice in first.notices] == ["sensor-silent"]
    assert "45 minutes" in first.notices[0].text
    known = {each.id: each for each in first.sensors}
    assert judge(quiet, known, Seen(NOW + timedelta(minutes=5)), AFTER).notices == ()
    loud = [replace(each, last_received=NOW) for each in quiet]
    back = judge(loud, known, Seen(NOW), AFTER)
    assert [notice.kind for notice in back.notices] == ["sensor-back"]
    assert back.sensors[0].rhythm.quiet is Quiet.NOT


def test_every_sensor_has_a_mark_of_what_it_had_a_day_ago() -> None:
    first = judge(heard([source("s1", 45)], (), NOW), {}, Seen(NOW), AFTER)
    assert first.sensors[0].rhythm.marks == (Mark(NOW),)
    more = heard([source("s1", 45), source("s1", 5)], (), NOW)
    then = judge(more, {each.id: each for each in first.sensors}, Seen(NOW + timedelta(hours=6)), AFTER)
    assert then.sensors[0].rhythm.marks == (Mark(NOW), Mark(NOW + timedelta(hours=6), 20, 4))


def test_one_silent_sensor_does_not_touch_another() -> None:
    judged = judge(heard([source("s1", 45), source("s2", 1)], (), NOW), {}, Seen(NOW), AFTER)
    assert [notice.about["sensor"] for notice in judged.notices] == ["s1"]


ID = SensorId("Ministry", "office", "s1")
DAY = 1_440
LAST = minute_of(NOW)


def heard_until(minute: int) -> Sensor:
    return Sensor(ID, "push", NOW - timedelta(days=9), moment_of(minute), moment_of(minute), 1)


def looked(sensor: Sensor, pulse: Pulse, known: Judged | None = None, at: datetime = NOW, **more: object) -> Judged:
    before = {each.id: each for each in known.sensors} if known else {}
    seen = Seen(at, Pulses({ID: pulse}, at), **more)  # type: ignore[arg-type]
    return judge([sensor], before, seen, AFTER)


def every_minute(first: int, last: int, events: int = 10) -> Pulse:
    return of_minutes((minute, events) for minute in range(first, last))


def test_far_under_its_rhythm_for_longer_than_its_habits_is_told_like_silence() -> None:
    usual = every_minute(LAST - 5 * DAY, LAST - 120)
    trickle = joined([*usual.items(), *of_minutes((minute, 1) for minute in range(LAST - 120, LAST, 20)).items()])
    first = looked(heard_until(LAST - 20), trickle)
    assert first.notices == () and first.sensors[0].rhythm.low_since == NOW
    more = joined([*trickle.items(), *of_minutes((minute, 1) for minute in range(LAST, LAST + 31, 20)).items()])
    later = NOW + timedelta(minutes=31)
    told = looked(heard_until(LAST + 20), more, first, later)
    assert [notice.kind for notice in told.notices] == ["sensor-low"]
    assert "600 are its rhythm" in told.notices[0].text
    assert looked(heard_until(LAST + 20), more, told, later).notices == ()
    again = joined([*more.items(), *every_minute(LAST + 31, LAST + 95).items()])
    back = looked(heard_until(LAST + 94), again, told, NOW + timedelta(minutes=95))
    assert [notice.kind for notice in back.notices] == ["sensor-back"]


def test_what_is_a_habit_is_no_silence() -> None:
    daily = of_minutes((LAST - 600 - day * DAY, 500) for day in range(8))
    assert looked(heard_until(LAST - 600), daily).notices == ()
    at_work = of_minutes((LAST - 300 - day * DAY - minute, 2) for day in range(8) for minute in range(600))
    assert looked(heard_until(LAST - 300), at_work).notices == ()  # its night
    missed = NOW + timedelta(hours=12)
    assert [each.kind for each in looked(heard_until(LAST - 300), at_work, at=missed).notices] == ["sensor-silent"]


def test_a_sensor_with_a_rhythm_that_stops_is_told_and_its_gap_is_open() -> None:
    told = looked(heard_until(LAST - 40), every_minute(LAST - 5 * DAY, LAST - 40))
    assert [notice.kind for notice in told.notices] == ["sensor-silent"]
    assert [(gap.start, gap.end) for gap in told.sensors[0].rhythm.gaps] == [(moment_of(LAST - 40), None)]


def test_a_sensor_whose_lines_wait_in_the_journal_is_not_judged() -> None:
    pulse = every_minute(LAST - 5 * DAY, LAST - 40)
    assert looked(heard_until(LAST - 40), pulse, behind={ID}).notices == ()


def test_a_sensor_that_sends_in_batches_is_known_to_be_late() -> None:
    """Every four hours come the events of the last four: neither silent, nor low, nor a gap, once that is known."""
    judged, before, told = None, Pulses(), []
    begun = LAST - 4 * DAY
    for minute in range(begun, LAST, 60):
        came = minute - (minute - begun) % 240
        now = moment_of(minute)
        pulses = Pulses({ID: every_minute(begun - 240, came)}, now)
        known = {each.id: each for each in judged.sensors} if judged else {}
        judged = judge([heard_until(came)], known, Seen(now, pulses, before), AFTER)
        told += [(minute - begun, notice.kind) for notice in judged.notices]
        before = pulses
    assert [each for each in told if each[0] > DAY] == []
    assert judged is not None and not any(gap.end is None for gap in judged.sensors[0].rhythm.gaps)


@given(st.lists(st.tuples(st.integers(-3 * DAY, 0), st.integers(1, 50)), max_size=60), st.integers(0, 600))
def test_a_sensor_is_told_at_most_once_until_it_is_back(counts: list[tuple[int, int]], ago: int) -> None:
    pulse = of_minutes((LAST + minute, events) for minute, events in counts)
    judged, kinds = None, []
    for minutes in range(0, 400, 20):
        judged = looked(heard_until(LAST - ago), pulse, judged, NOW + timedelta(minutes=minutes))
        kinds += [notice.kind for notice in judged.notices]
    assert all(one == "sensor-back" or other == "sensor-back" for one, other in pairwise(kinds))


def test_ways_and_sensors_that_were_never_heard_are_known(tmp_path: Path) -> None:
    may = [Expected(ID, "push"), Expected(ID, "/var/log/s1"), Expected(SensorId("Ministry", "", "fw"), "syslog")]
    pushed = replace(source("s1", 5), name="push/Ministry/office/s1/00000001")
    watched = replace(source("s1", 9), name="/var/log/s1/a.log")
    one, other = heard([pushed, watched], may, NOW)
    assert (one.input, one.events) == ("push, watch", 20)
    assert [(way.name, way.last_received) for way in one.rhythm.ways] == [
        ("/var/log/s1", NOW - timedelta(minutes=9)),
        ("push", NOW - timedelta(minutes=5)),
    ]
    assert (other.input, other.last_event, other.rhythm.ways) == ("syslog", None, (Way("syslog"),))
    first = judge([other], {}, Seen(NOW), AFTER)
    known = {each.id: each for each in first.sensors}
    later = judge([replace(other, first_seen=NOW + AFTER)], known, Seen(NOW + 2 * AFTER), AFTER)
    assert [notice.kind for notice in later.notices] == ["sensor-silent"]


def test_configuration_and_living_tokens_say_who_may_send(tmp_path: Path) -> None:
    folder = NodeFolder(tmp_path)
    text = (
        '[node]\norganisation = "Ministry"\n[[watch]]\npath = "/var/log/a"\nsensor = "a"\n[[syslog]]\n'
        'listen = "127.0.0.1:5514"\n[[syslog.senders]]\naddress = "192.0.2.1"\nsensor = "fw"\n'
    )
    now_us = int(NOW.timestamp()) * 1_000_000
    token = Token("t", "t", frozenset({Scope.PUSH, Scope.READ_STATUS}), "Port", "", "p", 0, "account:a", now_us + 1)
    dead = replace(token, sensor="old", expires_us=now_us)
    reads = replace(token, sensor="reader", scopes=frozenset({Scope.READ_STATUS}))
    found = expected(folder, parse_config(folder.config, text), [token, dead, reads], NOW)
    assert [(each.id.organisation, each.id.name, each.way) for each in found] == [
        ("Ministry", "a", "/var/log/a"), ("Ministry", "fw", "syslog"), ("Port", "p", "push"),
    ]  # fmt: skip


def test_what_inputs_lost_adds_up_over_looks_and_sensors_that_nobody_expects_go(tmp_path: Path, store: Store) -> None:
    Catalog(tmp_path / "lake", create=True).close()
    lost, may = [3], [Expected(ID, "push")]
    sources = Sources(lambda now: tuple(may), dropped=lambda: {ID: lost[0]})
    watch = Watch(tmp_path / "lake", store, "node", AFTER, sources)
    watch.look()
    lost[0] = 5
    assert [each.dropped for each in watch.look().sensors] == [5]
    lost[0] = 1  # the node was started again
    again = Watch(tmp_path / "lake", store, "node", AFTER, sources)
    assert [each.dropped for each in again.look().sensors] == [6]
    assert [(each["sensor"], each["dropped"]) for each in again.told] == [("s1", 6)]
    may.clear()
    again.look()
    with store.read() as connection:
        assert sensors.sensors(connection) == []


class Clocks:
    """Both clocks of a machine: time passes on both, the time of day can jump."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time, self.ran = NOW, 1_000.0
        monkeypatch.setattr(clock, "now", lambda: self.time)
        monkeypatch.setattr(clock, "monotonic", lambda: self.ran)

    def run(self, minutes: int) -> None:
        self.time, self.ran = self.time + timedelta(minutes=minutes), self.ran + 60 * minutes


def test_a_clock_that_jumps_makes_nobody_silent(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    with closing(Catalog(tmp_path / "lake", create=True)) as catalog:

        def hear() -> None:
            heard = replace(source("s1", 0), ingested_at=clocks.time.isoformat())
            catalog.commit(Flush((), (), (heard,), {}, {}, ""))

        hear()
        watch = Watch(tmp_path / "lake", store, "node", AFTER)
        assert watch.look().notices == ()
        clocks.time += timedelta(days=3)
        assert watch.look().notices == ()
        clocks.run(20)
        hear()
        assert watch.look().notices == ()
        clocks.run(29)
        assert watch.look().notices == ()
        clocks.run(2)
        assert {notice.kind for notice in watch.look().notices} == {"sensor-silent", "node-hears-nothing"}


def test_a_pause_makes_nobody_silent(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks, since = Clocks(monkeypatch), [float("inf")]
    with closing(Catalog(tmp_path / "lake", create=True)) as catalog:
        heard = replace(source("s1", 0), ingested_at=clocks.time.isoformat())
        catalog.commit(Flush((), (), (heard,), {}, {}, ""))
        watch = Watch(tmp_path / "lake", store, "node", AFTER, Sources(since_pause=lambda: since[0]))
        assert watch.look().notices == ()
        clocks.run(31)
        for seconds in (0.0, AFTER.total_seconds() - 1):
            since[0] = seconds
            assert watch.look().notices == ()
        since[0] = AFTER.total_seconds()
        assert {notice.kind for notice in watch.look().notices} == {"sensor-silent", "node-hears-nothing"}


def test_a_node_that_hears_nothing_says_so(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks(monkeypatch)
    catalog = Catalog(tmp_path / "lake", create=True)
    watch = Watch(tmp_path / "lake", store, "node", AFTER)
    assert watch.look().notices == ()
    clocks.run(31)
    assert [notice.kind for notice in watch.look().notices] == ["node-hears-nothing"]
    assert watch.look().notices == ()
    catalog.commit(Flush((), (), (replace(source("s1", 0), ingested_at=clocks.time.isoformat()),), {}, {}, ""))
    catalog.close()
    assert [notice.kind for notice in watch.look().notices] == ["node-hears"]
    with store.read() as connection:
        assert [each.id.name for each in sensors.sensors(connection)] == ["s1"]
        assert outbox.counts(connection)
