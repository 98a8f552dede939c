"""`tocsin node status`: what needs somebody first, then the sensors with their rhythm and gaps."""

from datetime import UTC, datetime, timedelta

from tocsin.cli.node_status import told
from tocsin.node.sensors.telling import sensors_told
from tocsin.node.store.sensors import Gap, Quiet, Rhythm, Sensor, SensorId, Way

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


def test_many_sensors_are_counted_and_the_first_shown() -> None:
    many = [Sensor(SensorId("o", "n", f"s{number:03d}"), "push", NOW) for number in range(60)]
    lines = list(told(True, {"server": {"sensors": sensors_told(many)}}))
    assert "Sensors: 60." in lines and "  10 more: --json" in lines


def test_a_state_that_cannot_be_read_shows_no_sensor() -> None:
    assert not any("Sensors" in line for line in told(True, {"server": {"sensors": [{"gaps": "x"}]}}))
