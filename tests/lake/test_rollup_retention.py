"""Raw rows and rollups expire apart from each other; what expired is gone, what stays counts late rows once."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollup_lakes import NEWEST, TEXT, Lake, call, expected

from tocsin.lake.catalog import Origin
from tocsin.lake.rollup_files import load_rollups, parse_rollup
from tocsin.lake.rollup_records import day_of
from tocsin.lake.rollups import expire_rollups

OLD = NEWEST - 7 * 15  # a Monday, and long a week
DAYS = st.sampled_from([NEWEST, NEWEST - 1, NEWEST - 20, NEWEST - 36, OLD, OLD + 2, OLD + 5, OLD + 9])
EVENTS = st.builds(call, DAYS, st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 9), st.integers(0, 23))
STEPS = st.lists(
    st.one_of(st.lists(EVENTS, min_size=1, max_size=4), st.sampled_from([OLD + 2, OLD + 3, OLD + 8, NEWEST - 5])),
    min_size=1,
    max_size=7,
)


@settings(max_examples=30)
@given(STEPS, st.data())
def test_with_raw_rows_expiring_at_any_time_every_event_counts_exactly_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[dict[str, object]] | int], data: st.DataObject
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    anchor = [call(NEWEST, "anchor")]
    lake.add(anchor)
    lake.update()
    events = [*anchor]
    for step in steps:
        if isinstance(step, int):
            lake.expire(step)
        else:
            lake.add(step)
            events += step
            if data.draw(st.booleans(), label="update"):
                lake.update()
    lake.update()
    assert lake.rows() == sorted(expected(events, NEWEST), key=str)
    assert lake.update().periods == 0


def test_a_rollup_outlives_its_raw_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(OLD), call(NEWEST)])
    lake.expire(NEWEST)  # brings the rollups up to date first
    with lake.writing() as catalog:
        assert [file.day for file in catalog.files()] == [day_of(NEWEST).isoformat()]
    assert [row["day"] for row in lake.rows()] == [OLD, NEWEST]
    assert lake.update(rebuild=True).periods == 1
    assert [row["day"] for row in lake.rows()] == [OLD, NEWEST]


def test_expiry_of_rollups_removes_whole_periods_and_they_do_not_come_back(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(OLD), call(OLD + 7), call(NEWEST - 1), call(NEWEST)])
    lake.update()
    with lake.writing() as catalog:
        assert expire_rollups(catalog, day_of(OLD + 8), lake.rollups) == 1  # the week of OLD + 7 is not over by then
        assert expire_rollups(catalog, day_of(NEWEST), lake.rollups) == 2
    lake.add([call(NEWEST - 1)])
    lake.update(rebuild=True)
    assert [row["day"] for row in lake.rows()] == [NEWEST]


def test_rollups_of_an_older_form_keep_what_they_have_and_that_is_said(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(OLD, size=3), call(NEWEST, size=3)])
    lake.expire(NEWEST)
    newer = TEXT.replace("-- column: least BIGINT min: the least at once", "-- column: twice BIGINT sum: two of it")
    lake.rollups = (parse_rollup("calls", newer.replace("min(traffic_bytes_out) AS least", "count(*) * 2 AS twice")),)
    assert [(row["bytes"], row["twice"]) for row in lake.rows()] == [(3, 0), (3, 0)]  # before the update
    assert lake.update().kept == 1
    assert [(row["bytes"], row["twice"]) for row in lake.rows()] == [(3, 0), (3, 2)]
    lake.add([call(OLD, size=1)])
    assert lake.update().kept == 0  # a period with raw rows again is of the new form, its base of the old one
    assert [(row["bytes"], row["twice"]) for row in lake.rows()] == [(4, 2), (3, 2)]


def test_a_rollup_that_tocsin_does_not_know_goes_as_a_whole(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(OLD), call(NEWEST)])
    lake.update()
    with lake.writing() as catalog:
        expire_rollups(catalog, day_of(NEWEST), ())
        assert catalog.rollups.periods() == []
    assert lake.files() == []


def test_expiry_really_deletes(tmp_path: Path) -> None:
    lake = Lake(tmp_path, load_rollups())
    secret = Origin("a", "b", "marked-sensor-77")
    lake.add([call(OLD, "198.51.100.77", "192.0.2.1"), call(OLD + 1, "198.51.100.77", "192.0.2.1")], origin=secret)
    lake.add([call(NEWEST, "203.0.113.1", "192.0.2.1")])
    lake.update()
    assert {"198.51.100.77", "marked-sensor-77"} <= set(_texts(tmp_path))
    lake.expire(NEWEST)
    assert "198.51.100.77" in set(_texts(tmp_path / "rollups"))
    assert "198.51.100.77" not in set(_texts(tmp_path / "tables"))
    with lake.writing() as catalog:
        expire_rollups(catalog, day_of(NEWEST))
    assert not {"198.51.100.77", "marked-sensor-77"} & set(_texts(tmp_path))
    assert "203.0.113.1" in set(_texts(tmp_path))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"198.51.100.77" in path.read_bytes()]


def _texts(folder: Path) -> Iterator[str]:
    """Every text in every Parquet file below a folder, whatever the catalog says."""
    for path in folder.rglob("*.parquet"):
        for column in pq.ParquetFile(path).read().columns:
            yield from (value for value in column.to_pylist() if isinstance(value, str))
