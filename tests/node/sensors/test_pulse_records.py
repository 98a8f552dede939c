"""Counting what the lake has: a function of the lake, whatever was merged, taken away or lost meanwhile."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin import limits
from tocsin.lake.append import write_batch
from tocsin.lake.catalog import Catalog, Flush, Origin
from tocsin.lake.compact import compact
from tocsin.model import Chunk
from tocsin.node.found import microseconds
from tocsin.node.sensors.gaps import minute_of
from tocsin.node.sensors.pulse import of_minutes
from tocsin.node.sensors.pulse_records import PULSES, count, read
from tocsin.node.store.sensors import SensorId
from tocsin.telemetry.builder import BatchBuilder

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
ONE = SensorId("Ministry", "office", "s1")


def add(lake: Path, name: str, times: Sequence[datetime], sensor: str = "s1") -> None:
    """Rows of one sensor as a file of the lake."""
    builder = BatchBuilder("things")
    rows = [{"n": str(number), "_time_us": microseconds(time)} for number, time in enumerate(times)]
    builder.add(Chunk("things", range(1, len(rows) + 1), rows), name)
    origin = Origin("Ministry", "office", sensor)
    with closing(Catalog(lake, create=True)) as catalog, catalog.writing():
        files = write_batch(lake, builder.build(), name, {name: origin}, NOW)
        catalog.commit(Flush(tuple(files), (), (), {}, {}, ""))


def ago(*minutes: int) -> list[datetime]:
    return [NOW - timedelta(minutes=each) for each in minutes]


def test_events_are_counted_in_their_minutes_by_sensor(tmp_path: Path) -> None:
    lake, cache = tmp_path / "lake", tmp_path / "cache"
    assert read(cache, NOW).counted is None
    add(lake, "a", ago(0, 0, 61))
    add(lake, "b", ago(5), "s2")
    assert count(lake, cache, NOW) == 0
    found = read(cache, NOW)
    assert found.counted == NOW
    minute = minute_of(NOW)
    assert found.of[ONE] == of_minutes([(minute, 2), (minute - 61, 1)])
    assert found.of[SensorId("Ministry", "office", "s2")] == of_minutes([(minute - 5, 1)])


def test_what_is_too_old_or_of_the_future_does_not_count(tmp_path: Path) -> None:
    lake, cache = tmp_path / "lake", tmp_path / "cache"
    add(lake, "a", [NOW - timedelta(days=limits.PULSE_DAYS + 1), NOW + timedelta(hours=2), NOW + timedelta(days=9)])
    count(lake, cache, NOW)
    assert read(cache, NOW).of == {}
    assert list(read(cache, NOW + timedelta(hours=2)).of) == [ONE]  # its hour has come


def test_merged_files_late_events_and_a_lost_cache_change_nothing_else(tmp_path: Path) -> None:
    lake, cache = tmp_path / "lake", tmp_path / "cache"
    for number in range(4):
        add(lake, f"f{number}", ago(number, 30, 500))
        count(lake, cache, NOW)
    before = read(cache, NOW)
    with closing(Catalog(lake)) as catalog, catalog.writing():
        compact(catalog)
    count(lake, cache, NOW)
    assert read(cache, NOW) == before
    (cache / PULSES).unlink()
    count(lake, cache, NOW)
    assert read(cache, NOW) == before
    add(lake, "late", ago(499))
    count(lake, cache, NOW)
    minute = minute_of(NOW)
    assert sum(hour.events for hour in read(cache, NOW).of[ONE].values()) == 13
    assert read(cache, NOW).of[ONE][(minute - 499) // 60].events == before.of[ONE][(minute - 500) // 60].events + 1


def test_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    lake, cache = tmp_path / "lake", tmp_path / "cache"
    add(lake, "a", ago(1))
    cache.mkdir()
    (cache / PULSES).write_bytes(b"nothing that SQLite reads" * 100)
    count(lake, cache, NOW)
    assert list(read(cache, NOW).of) == [ONE]


def test_a_large_lake_is_counted_in_portions_and_told_when_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, cache = tmp_path / "lake", tmp_path / "cache"
    for number in range(3):
        add(lake, f"f{number}", ago(number))
    monkeypatch.setattr(limits, "PULSE_FILES", 2)
    assert count(lake, cache, NOW) == 1
    assert read(cache, NOW).counted is None
    assert count(lake, cache, NOW) == 0
    assert sum(hour.events for hour in read(cache, NOW).of[ONE].values()) == 3
