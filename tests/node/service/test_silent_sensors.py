"""A sensor that falls silent is told once, and once more when it is back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.lake.catalog import Catalog, Flush, Origin, SourceRecord
from tocsin.node.service.silence import SILENT, Watch, heard, judge
from tocsin.node.store import outbox, sensors
from tocsin.node.store.database import Store

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
    (sensor,) = heard([source("s1", 90), source("s1", 5, ahead_seconds=60)], "", NOW)
    assert (sensor.events, sensor.rejected) == (20, 4)
    assert sensor.last_received == NOW - timedelta(minutes=5)
    assert sensor.skew_seconds == 60


def test_silence_is_told_once_and_its_end_once() -> None:
    quiet = heard([source("s1", 45)], "", NOW)
    first = judge(quiet, {}, NOW, AFTER)
    assert [notice.kind for notice in first.notices] == ["sensor-silent"]
    assert "45 minutes" in first.notices[0].text
    known = {each.id: each for each in first.sensors}
    assert judge(quiet, known, NOW + timedelta(minutes=5), AFTER).notices == ()
    loud = [replace(each, last_received=NOW) for each in quiet]
    back = judge(loud, known, NOW, AFTER)
    assert [notice.kind for notice in back.notices] == ["sensor-back"]
    assert not back.sensors[0].rhythm.get(SILENT)


def test_one_silent_sensor_does_not_touch_another() -> None:
    judged = judge(heard([source("s1", 45), source("s2", 1)], "", NOW), {}, NOW, AFTER)
    assert [notice.about["sensor"] for notice in judged.notices] == ["s1"]


def test_a_node_that_hears_nothing_says_so(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [NOW]
    monkeypatch.setattr(clock, "now", lambda: moments[-1])
    catalog = Catalog(tmp_path / "lake", create=True)
    watch = Watch(tmp_path / "lake", store, "node", AFTER)
    assert watch.look().notices == ()
    moments.append(NOW + timedelta(minutes=31))
    assert [notice.kind for notice in watch.look().notices] == ["node-hears-nothing"]
    assert watch.look().notices == ()
    catalog.commit(Flush((), (), (replace(source("s1", 0), ingested_at=moments[-1].isoformat()),), {}, {}, ""))
    catalog.close()
    assert [notice.kind for notice in watch.look().notices] == ["node-hears"]
    with store.read() as connection:
        assert [each.id.name for each in sensors.sensors(connection)] == ["s1"]
        assert outbox.counts(connection)
