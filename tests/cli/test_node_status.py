"""`tocsin node status`: what needs somebody first, then the sensors with their rhythm and gaps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.cli.node_status import told
from tocsin.lake.catalog import Origin
from tocsin.node.inputs.counters import Counters, Reason
from tocsin.node.journal.records import Stream
from tocsin.node.sensors.telling import sensors_told
from tocsin.node.service.server_state import encoded
from tocsin.node.store.sensors import Gap, Mark, Quiet, Rhythm, Sensor, SensorId, Way
from tocsin.sinks.terminal import safe

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WELL = Sensor(
    SensorId("Ministry", "office", "a\x1b[31m"), "push", NOW, NOW, NOW, 9, skew_seconds=61.0,
    rhythm=Rhythm(measured=700, expected=60.0, ways=(Way("push", NOW), Way("syslog")), gaps=(Gap(NOW - HOUR, NOW),)),
)  # fmt: skip
LOW = Sensor(
    SensorId("Ministry", "office", "b"), "syslog", NOW, NOW, NOW - HOUR, 9,
    rhythm=Rhythm(Quiet.LOW, measured=3, expected=120.0, ways=(Way("syslog", NOW),), gaps=(Gap(NOW - HOUR),)),
)  # fmt: skip
NEVER = Sensor(SensorId("", "", ""), "push", NOW, rhythm=Rhythm(Quiet.SILENT, ways=(Way("push"),)))


def test_who_is_silent_comes_first_and_every_sensor_has_its_rhythm_and_gaps() -> None:
    lines = list(told(True, {"server": {"sensors": sensors_told([WELL, LOW, NEVER])}}))
    assert lines[1:3] == [
        "! sensor Ministry/office/b: far under its rhythm; last heard 2026-03-01 11:00:00 UTC",
        "! sensor without a name: silent; it was never heard",
    ]
    text = "\n".join(lines)
    assert "Ministry/office/b: last event 2026-03-01 12:00:00 UTC; 1/40 of its rhythm; by syslog" in text
    assert "    gap since 2026-03-01 11:00:00 UTC" in text
    assert "12 times its rhythm; its clock is 61 s ahead; push 2026-03-01 12:00:00 UTC, syslog nothing yet" in text
    assert "    gap from 2026-03-01 11:00:00 UTC to 2026-03-01 12:00:00 UTC" in text
    assert "\x1b" not in text


def test_a_sensor_whose_events_come_late_is_told_so_once_that_is_known() -> None:
    for late, told_so in (((120, 120, 120), True), ((120, 120), False), ((4, 4, 4), False)):
        sensor = replace(WELL, rhythm=Rhythm(late=late))
        text = "\n".join(told(True, {"server": {"sensors": sensors_told([sensor])}}))
        assert ("; its events come 120 min late, or its clock is behind" in text) is told_so


def test_what_is_stopped_comes_first_with_who_and_why() -> None:
    asked = {"actor": "account:1", "time": "2026-03-01T11:30:00Z", "why": "mended"}
    ai = {"switch": "ai", "stopped": True, "actor": "account:1", "time": "2026-03-01T11:00:00Z", "why": "odd\x1b[2J"}
    sharing = {"switch": "sharing", "stopped": False}
    lines = list(told(True, {"server": {"switches": [{**ai, "by": "anna"}, sharing], "inputs": [{"dropped": 1}]}}))
    assert lines[1].startswith("! AI is stopped since 2026-03-01 11:00:00 UTC, by anna: odd") and "\x1b" not in lines[1]
    assert "Not stopped: sharing." in lines
    lines = list(told(True, {"server": {"switches": [ai, {**sharing, "stopped": True, **ai, "request": asked}]}}))
    assert lines[2].endswith("(a start was asked for at 2026-03-01 11:30:00 UTC)")
    assert not any("Not stopped" in line for line in lines)
    assert list(told(True, {"server": {"switches": "x"}})) == list(told(True, {"server": {}}))


def test_what_was_lost_or_refused_and_who_is_not_listed_comes_before_all_else() -> None:
    counters = Counters()
    one = Stream("s1", "Ministry/\x1b[2Jfw", Origin("Ministry", "office", "fw"))
    counters.dropped_by_kernel("syslog-udp:5514", 1_207)
    for number in (7, 7, 8, 9, 10, 11, 12):
        counters.unlisted("syslog-udp:5514", f"192.0.2.{number}")
    counters.rejected("push", one, Reason.LARGE, 3)
    counters.dropped("push", one, 2)
    counters.deferred("push", one)
    counters.accepted("otlp", one, 5, 50)
    inputs = [encoded(each) for each in counters.snapshot()]
    state = {"server": {"inputs": inputs, "trouble": {"webhook": "gone"}, "sensors": sensors_told([LOW])}}
    lines = list(told(True, state))
    assert lines[1:4] == [
        "! input syslog-udp:5514, not listed: 1,207 lost by the kernel; refused: sender is not listed (7); "
        "sent without being listed: 192.0.2.7 (2), 192.0.2.10 (1), 192.0.2.11 (1), 192.0.2.12 (1), 192.0.2.8 (1), "
        "others",
        f"! input push, {safe(one.name)}: 2 lost by the node; refused: body too large (3); told to wait: 1",
        "! server: webhook: gone",
    ]
    assert not any("otlp" in line for line in lines)


def test_records_of_the_last_day_that_cannot_be_read_come_before_troubles() -> None:
    marks = (Mark(NOW, 5, 7),)
    broken = replace(WELL, rejected=1_207, rhythm=Rhythm(marks=marks))
    mended = replace(NEVER, rejected=7, rhythm=Rhythm(marks=marks))
    state = {"server": {"sensors": sensors_told([mended, LOW, broken]), "trouble": {"webhook": "gone"}}}
    lines = list(told(True, state))
    assert lines[1].startswith("! sensor Ministry/office/a") and lines[1].endswith(" of the last day: 1,200")
    assert lines[2] == "! server: webhook: gone"


def test_many_lossy_inputs_are_counted_and_inputs_that_cannot_be_read_hide_nothing() -> None:
    inputs = [{"input": "push", "sender": f"s{number}", "dropped": 1} for number in range(25)]
    lines = list(told(True, {"server": {"inputs": inputs}}))
    assert lines[21] == "! 5 more inputs with losses: --json"
    assert len(list(told(True, {"server": {"inputs": "x"}}))) == len(list(told(True, {"server": {}})))


def test_many_sensors_are_counted_and_the_first_shown() -> None:
    many = [Sensor(SensorId("o", "n", f"s{number:03d}"), "push", NOW) for number in range(60)]
    lines = list(told(True, {"server": {"sensors": sensors_told(many)}}))
    assert "Sensors: 60." in lines and "  10 more: --json" in lines


def test_a_state_that_cannot_be_read_shows_no_sensor() -> None:
    assert not any("Sensors" in line for line in told(True, {"server": {"sensors": [{"gaps": "x"}]}}))
