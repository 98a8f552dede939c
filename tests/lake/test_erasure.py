"""Rows that hold a value leave the lake and its rollups; everything else stays as it was."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from rollup_lakes import CALLS, NEWEST, TODAY, Lake, call

from tocsin.lake.erasure import Places, erase_value, find_value
from tocsin.lake.value import Value

BAD, LIKE_IT = "10.0.0.5", "10.0.0.55"


def erased(lake: Lake, kept: frozenset[str] = frozenset()) -> Places:
    with lake.writing() as catalog:
        return erase_value(catalog, Value(BAD), TODAY, kept, [CALLS])


def found(lake: Lake) -> Places:
    with lake.writing() as catalog:
        return find_value(catalog, Value(BAD))


def test_rollups_with_raw_rows_are_as_if_the_value_had_never_been_there(tmp_path: Path) -> None:
    events = [call(NEWEST, BAD), call(NEWEST, LIKE_IT), call(NEWEST, "a", BAD), call(NEWEST - 60, BAD), call(NEWEST)]
    lake, other = Lake(tmp_path / "lake"), Lake(tmp_path / "other")
    lake.add(events)
    lake.update()
    assert found(lake).tables == {"zeek_conn": 3} and found(lake).rollups == {"calls": 3}
    assert erased(lake).tables == {"zeek_conn": 3}
    other.add([event for event in events if BAD not in event.values()])
    other.update()
    assert lake.rows() == other.rows()
    assert found(lake) == Places(rollups={"calls": 0})
    assert lake.update().periods == 0


def test_a_rollup_whose_events_have_expired_loses_its_rows_and_late_events_still_count_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST - 3, BAD), call(NEWEST - 3, "a"), call(NEWEST, BAD)])
    lake.update()
    lake.expire(NEWEST - 1)
    assert erased(lake).rollups["calls"] == 2
    assert [(row["src"], row["n"]) for row in lake.rows()] == [("a", 1)]
    lake.add([call(NEWEST - 3, "a", hour=3)])
    lake.update()
    assert [(row["src"], row["n"]) for row in lake.rows()] == [("a", 2)]
    with lake.writing() as catalog:
        assert sorted(file.path for file in catalog.rollups.files()) == lake.files()
        assert sum(period.rows for period in catalog.rollups.periods() if period.path) == 1


def test_an_event_that_is_kept_stays_with_what_it_counts_for(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST, BAD), call(NEWEST, BAD)])
    gone = erased(lake, frozenset({"s1-2"}))
    assert (gone.tables, gone.kept) == ({"zeek_conn": 1}, 1)
    assert found(lake).tables == {"zeek_conn": 1}


SOURCES = st.sampled_from([BAD, LIKE_IT, "a", "x-10.0.0.5", "b"])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), SOURCES, SOURCES), min_size=1, max_size=12))
def test_what_is_left_is_what_was_there_without_the_rows_that_hold_it(
    tmp_path_factory: object, events: list[tuple[int, str, str]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("lake")  # type: ignore[attr-defined]
    rows = [call(NEWEST - back, src, dst) for back, src, dst in events]
    holding = sum(BAD in src.split("-") or BAD in dst.split("-") for _, src, dst in events)
    lake = Lake(folder)
    lake.add(rows)
    assert sum(erased(lake).tables.values()) == holding
    with lake.writing() as catalog:
        assert sum(file.rows for file in catalog.files()) == len(rows) - holding
    assert found(lake).tables == {}
