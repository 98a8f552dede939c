"""Batches into Parquet and back: every value, every row, by day."""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.lake.append import write_batch
from tocsin.lake.batches import read_batches
from tocsin.lake.catalog import CATALOG, Catalog, Flush, Origin, SourceRecord
from tocsin.lake.compact import compact, respell
from tocsin.lake.expire import expire
from tocsin.lake.lookup import find_event
from tocsin.lake.records import IMPOSSIBLE_DAY
from tocsin.model import Batch, Chunk
from tocsin.telemetry.builder import BatchBuilder

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY_US = 86_400_000_000
ORIGINS: Mapping[str, Origin] = defaultdict(lambda: Origin("Ministry", "office", "sensor-1"))

ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", "long name", "x.y"]),
        st.one_of(st.text(max_size=8), st.none(), st.lists(st.text(max_size=3), max_size=2)),
        max_size=4,
    ).map(dict),
    min_size=1,
    max_size=40,
)
DAYS = st.lists(st.sampled_from([0, 9_000, 9_000, 20_000, 20_001]), min_size=40, max_size=40)


def built(rows: list[dict[str, object]], source: str = "s1") -> Batch:
    builder = BatchBuilder("things")
    builder.add(Chunk("things", range(1, len(rows) + 1), rows), source)
    return builder.build()


def cells(batch: Batch) -> dict[str, dict[str, str]]:
    """Event id → present values."""
    return {
        batch.event_id(row): {name: text for name, c in batch.columns.items() if (text := c.text(row)) is not None}
        for row in range(len(batch))
    }


@settings(max_examples=60, deadline=None)
@given(ROWS, DAYS)
def test_what_is_written_is_read_back(tmp_path_factory, rows: list[dict[str, object]], days: list[int]) -> None:  # type: ignore[no-untyped-def]
    lake = tmp_path_factory.mktemp("lake")
    timed = [row | {"_time_us": day * DAY_US + 7 if day else 0} for row, day in zip(rows, days, strict=False)]
    batch = built(timed)
    files = write_batch(lake, batch, "f", ORIGINS, NOW)
    found: dict[str, dict[str, str]] = {}
    for again in read_batches(lake, files):
        found |= cells(again)
        for name, column in again.columns.items():
            marked = {column.text(row) for row in range(len(again)) if int(column.codes[row]) in column.lists}
            source = batch.columns[name]
            listed = {source.text(row) for row in range(len(batch)) if int(source.codes[row]) in source.lists}
            assert listed <= marked | {None} or not listed & {column.text(row) for row in range(len(again))}
    assert found == cells(batch)
    assert sum(file.rows for file in files) == len(rows)
    assert {file.day for file in files} == {
        f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}" for day in days[: len(rows)]
    }


def test_a_file_holds_only_its_own_columns_and_sources(tmp_path: Path) -> None:
    builder = BatchBuilder("things")
    builder.add(Chunk("things", [1], [{"a": "1", "_time_us": 20_000 * DAY_US}]), "one")
    builder.add(Chunk("things", [1], [{"b": "2", "_time_us": 20_001 * DAY_US}]), "two")
    first, second = write_batch(tmp_path, builder.build(), "f", ORIGINS, NOW)
    assert (first.columns, first.sources) == (("a",), ("one",))
    assert (second.columns, second.sources) == (("b",), ("two",))
    names = pq.read_schema(tmp_path / first.path).names
    assert names == [
        *("time", "time_us", "ingest_time", "event_id", "source", "sensor", "organisation", "network"),
        "a",
    ]


def test_rows_without_a_possible_time_go_to_day_zero(tmp_path: Path) -> None:
    (file,) = write_batch(tmp_path, built([{"a": "1"}]), "f", ORIGINS, NOW)
    assert file.day == IMPOSSIBLE_DAY


def test_compaction_merges_spellings_and_keeps_every_value(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    with catalog.writing():
        for number, name in enumerate(("Port", "port", "Port")):
            rows = [
                {name: f"{number}-{row}", "kind": "k", "list": ["x"], "_time_us": 20_000 * DAY_US} for row in range(50)
            ]
            files = write_batch(tmp_path, built(rows, f"s{number}"), f"f{number}", ORIGINS, NOW)
            catalog.commit(Flush(tuple(files), (), (), {}, {}, ""))
        before = [cells(batch) for batch in read_batches(tmp_path, catalog.files())]
        assert compact(catalog) == (3, 1)
        (file,) = catalog.files()
        (after,) = read_batches(tmp_path, [file])
        assert {name.lower() for name in after.columns} == {"port", "kind", "list"}
        expected = {key: {n.lower(): v for n, v in row.items()} for part in before for key, row in part.items()}
        assert {key: {n.lower(): v for n, v in row.items()} for key, row in cells(after).items()} == expected
        assert after.columns["list"].lists
        assert len(list((tmp_path / "tables").rglob("*.parquet"))) == 1
    catalog.close()


def test_expiry_removes_whole_days_and_spares_the_undated(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    with catalog.writing():
        rows = [{"a": "old", "_time_us": 20_000 * DAY_US}, {"a": "new", "_time_us": 20_010 * DAY_US}, {"a": "undated"}]
        files = write_batch(tmp_path, built(rows), "f", ORIGINS, NOW)
        catalog.commit(Flush(tuple(files), (), (), {}, {}, ""))
        cutoff = datetime.fromtimestamp(20_005 * 86_400, UTC).date()
        assert expire(catalog, cutoff, dry_run=True).rows == 1
        assert len(catalog.files()) == 3
        assert expire(catalog, cutoff).rows == 1
        assert sorted(file.day for file in catalog.files())[0] == IMPOSSIBLE_DAY
        assert expire(catalog, cutoff, undated=True).rows == 1
    catalog.close()


def test_orphans_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    write_batch(tmp_path, built([{"a": "1"}]), "orphan", ORIGINS, NOW)
    with catalog.writing():
        assert not list((tmp_path / "tables").rglob("*.parquet"))
    catalog.close()


def test_an_event_is_found_with_its_lists(tmp_path: Path) -> None:
    from tocsin.lake.catalog import SourceRecord

    catalog = Catalog(tmp_path, create=True)
    with catalog.writing():
        files = write_batch(tmp_path, built([{"a": ["x", "y"]}, {"a": "[text"}], "ab"), "f", ORIGINS, NOW)
        source = SourceRecord("ab", "log", "r", 1, "h", "d", 1, 2, True, 2, 0)
        catalog.commit(Flush(tuple(files), (), (source,), {}, {}, ""))
    assert find_event(catalog, "ab-1")[1]["a"] == ["x", "y"]
    assert find_event(catalog, "ab-2")[1]["a"] == "[text"
    catalog.close()


def test_files_that_spell_a_column_otherwise_are_written_anew(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    with catalog.writing():
        for number, name in enumerate(("Port", "port", "Port")):
            batch = built([{name: str(number)}], f"s{number}")
            catalog.commit(Flush(tuple(write_batch(tmp_path, batch, f"f{number}", ORIGINS, NOW)), (), (), {}, {}, ""))
        assert respell(catalog) == 1
        assert {file.columns for file in catalog.files()} == {("Port",)}
        (batch,) = read_batches(tmp_path, catalog.files())
        assert sorted(values["Port"] for values in cells(batch).values()) == ["0", "1", "2"]
        assert respell(catalog) == 0
    catalog.close()


def test_rows_of_two_sources_in_one_file_keep_their_own_origin(tmp_path: Path) -> None:
    builder = BatchBuilder("t")
    builder.add(Chunk("t", [1, 2], [{"a": "1"}, {"a": "2"}]), "s1")
    builder.add(Chunk("t", [1], [{"a": "3"}]), "s2")
    origins = {"s1": Origin("Ministry", "office", "a"), "s2": Origin("Ministry", "field", "b")}
    (file,) = write_batch(tmp_path, builder.build(), "f", origins, NOW)
    rows = pq.read_table(tmp_path / file.path, columns=["organisation", "network", "sensor"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [("Ministry", "office", "a")] * 2 + [("Ministry", "field", "b")]


def test_a_catalog_of_the_first_version_is_brought_up_and_keeps_its_sources(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    catalog.commit(Flush((), (), (SourceRecord("ab", "log", "r", 1, "h", "d", 1, 2, True, 2, 0),), {}, {}, ""))
    catalog.close()
    with closing(sqlite3.connect(tmp_path / CATALOG)) as db:
        for name in ("organisation", "network", "sensor"):
            db.execute(f"ALTER TABLE sources DROP COLUMN {name}")
        db.execute("UPDATE meta SET value = '1' WHERE key = 'version'")
        db.commit()
    old = Catalog(tmp_path)
    assert [source.origin for source in old.sources()] == [Origin()]
    old.close()
    new = Catalog(tmp_path, create=True)
    new.commit(Flush((), (), (replace(new.sources()[0], origin=Origin("O", "n", "s")),), {}, {}, ""))
    assert [source.origin for source in new.sources()] == [Origin("O", "n", "s")]
    new.close()
