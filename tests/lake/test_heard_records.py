"""What was heard of each stream, counted by the catalog: the same as of all its sources, in few records."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tocsin.lake.catalog import Catalog, Origin, SourceRecord
from tocsin.lake.records import Flush

SOURCE = SourceRecord("", "", "zeek", 1, "h", "d", 1, 9, True, 10, 1)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog(tmp_path / "lake", create=True)) as opened:
        yield opened


def put(catalog: Catalog, *sources: SourceRecord) -> None:
    with catalog.writing():
        catalog.commit(Flush((), (), sources, {}, {}, ""))


def source(name: str, hour: int, sensor: str = "s1", **more: int | None) -> SourceRecord:
    at = f"2026-11-30T{hour:02d}:00:00+00:00"
    named = replace(SOURCE, id=f"{sensor}-{name}-{hour}", name=name, ingested_at=at, origin=Origin("o", "n", sensor))
    return replace(named, **more)  # type: ignore[arg-type]


def test_a_stream_is_told_by_two_records_however_many_segments_it_has(catalog: Catalog) -> None:
    segments = [source(f"push/s1/{hour:08d}", hour, first_us=hour, last_us=100 - hour) for hour in range(1, 20)]
    put(catalog, *segments)
    everything, newest = catalog.streams_heard()
    assert (everything.records, everything.rejects) == (190, 19)
    assert (everything.first_us, everything.last_us, everything.ingested_at) == (1, 99, segments[0].ingested_at)
    assert (newest.records, newest.rejects, newest.last_us) == (0, 0, 81)
    assert newest.ingested_at == segments[-1].ingested_at
    assert everything.name.startswith("push/s1/0") and newest.origin == Origin("o", "n", "s1")


def test_streams_files_and_sensors_stay_apart(catalog: Catalog) -> None:
    put(
        catalog, source("push/s1/00000001", 1), source("push/s1/00000002", 2), source("otlp/s1/00000001", 1),
        source("/var/log/a.log", 3), source("/var/log/a.log", 4), source("/var/log/b.log", 5),
        source("push/s1/00000001", 6, sensor="s2"),
    )  # fmt: skip
    counted = {(each.origin.sensor, each.name[:11]): each.records for each in catalog.streams_heard() if each.records}
    assert counted == {
        ("s1", "push/s1/000"): 20, ("s1", "otlp/s1/000"): 10, ("s1", "/var/log/a."): 20, ("s1", "/var/log/b."): 10,
        ("s2", "push/s1/000"): 10,
    }  # fmt: skip


def test_what_has_no_time_is_heard_all_the_same(catalog: Catalog) -> None:
    put(catalog, source("push/s1/00000001", 1), source("push/s1/00000002", 2, last_us=50))
    everything, newest = catalog.streams_heard()
    assert (everything.last_us, newest.last_us) == (50, 50)


def test_an_empty_lake_heard_nothing(catalog: Catalog) -> None:
    assert catalog.streams_heard() == []
