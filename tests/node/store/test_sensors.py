"""Sensors in the state database."""

from dataclasses import replace
from datetime import timedelta

from state_samples import NOW

from tocsin.node.store import sensors
from tocsin.node.store.database import Store
from tocsin.node.store.sensors import Gap, Quiet, Rhythm, Sensor, SensorId, Way

ID = SensorId("Ministry", "office", "suricata-1")
RHYTHM = Rhythm(
    Quiet.LOW, NOW, 3, 120.5, NOW, (0, 15), 7, (Gap(NOW, None), Gap(NOW, NOW, True)), (Way("push", NOW, NOW, 10),)
)
FULL = Sensor(ID, "http", NOW, NOW, NOW, 10, 2, 1, -3.5, RHYTHM)


def test_what_is_known_of_a_sensor_is_read_back(store: Store) -> None:
    bare = Sensor(SensorId("Ministry", "lab\x00\ud800", "x"), "syslog", NOW)
    with store.write() as connection:
        sensors.put(connection, [FULL, bare])
    with store.read() as connection:
        assert sorted(sensors.sensors(connection), key=lambda s: s.id.network) == [bare, FULL]


def test_when_a_sensor_was_first_seen_stays(store: Store) -> None:
    later = replace(FULL, first_seen=NOW + timedelta(days=1), events=99, last_event=None)
    with store.write() as connection:
        sensors.put(connection, [FULL])
        sensors.put(connection, [later])
        assert sensors.sensors(connection) == [replace(later, first_seen=NOW)]


def test_a_sensor_is_forgotten(store: Store) -> None:
    with store.write() as connection:
        sensors.put(connection, [FULL])
        assert not sensors.forget(connection, SensorId("Ministry", "office", "other"))
        assert sensors.forget(connection, ID)
        assert sensors.sensors(connection) == []
