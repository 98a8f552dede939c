"""Rollups are what their raw rows say, in whatever order and pieces these came, and stay when the raw rows are gone."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rollup_lakes import CALLS, DAY_US, NEWEST, TEXT, TODAY, Lake, call, expected

from tocsin import limits
from tocsin.lake.catalog import Catalog
from tocsin.lake.rollup_build import make, open_workshop
from tocsin.lake.rollup_files import load_rollups, parse_rollup
from tocsin.lake.rollup_plan import Plan
from tocsin.lake.rollup_raw import Raw
from tocsin.lake.rollups import pending, stored

OLD = NEWEST - 100
DAYS = st.sampled_from(
    [NEWEST, NEWEST - 1, NEWEST - 34, NEWEST - 35, NEWEST - 41, NEWEST - 42, OLD, OLD + 1, OLD - 200]
)
EVENTS = st.builds(
    call, DAYS, st.sampled_from("abc"), st.sampled_from("xy"), st.integers(0, 9), st.integers(0, 23),
    st.sampled_from(["53", "443"]),
)  # fmt: skip
SCANS = st.lists(st.lists(EVENTS, min_size=1, max_size=6), min_size=1, max_size=5)


@settings(max_examples=25)
@given(SCANS, st.data())
def test_any_order_and_splitting_of_scans_gives_the_rows_of_one_scan(
    tmp_path_factory: pytest.TempPathFactory, scans: list[list[dict[str, object]]], data: st.DataObject
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    for scan in scans:
        lake.add(scan)
        if data.draw(st.booleans(), label="update"):
            lake.update()
    lake.update()
    events = [event for scan in scans for event in scan]
    newest = max(int(str(event["_time_us"])) // DAY_US for event in events)
    assert lake.rows() == sorted(expected(events, newest), key=str)
    assert lake.update().periods == 0


def test_every_rollup_is_there_with_its_columns_and_no_rows_on_an_empty_lake(tmp_path: Path) -> None:
    lake = Lake(tmp_path, load_rollups())
    for rollup in load_rollups():
        assert lake.rows(rollup.name) == []
        names = ", ".join(f'"{column.name}"' for column in rollup.columns)
        assert lake.rows(rollup.name, names) == []


def test_what_an_update_would_make_is_known_before(tmp_path: Path) -> None:
    lake = Lake(tmp_path, load_rollups())
    lake.add([call(NEWEST), call(NEWEST - 1)])
    for expected_pending in (True, False):
        with lake.writing() as catalog:
            assert (pending(catalog, TODAY) > 0) is expected_pending
        lake.update()


def test_late_data_makes_only_its_day_anew(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST), call(NEWEST - 1), call(OLD)])
    assert lake.update().periods == 3
    lake.add([call(NEWEST - 1, size=5)])
    assert lake.update().periods == 1
    assert [row["bytes"] for row in lake.rows() if row["day"] == NEWEST - 1] == [6]


def test_rows_of_other_tables_touch_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST)])
    lake.update()
    lake.add([{"_time_us": NEWEST * DAY_US + 1, "query": "a.example"}], "zeek_dns")
    assert lake.update().periods == 0


def test_rows_without_a_time_are_in_no_rollup(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST), call(0) | {"_time_us": 0}])
    lake.update()
    assert [row["day"] for row in lake.rows()] == [NEWEST]


def test_a_day_of_the_future_does_not_make_the_present_old(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST), call(NEWEST - 1), call(NEWEST + 900)])
    lake.update()
    assert [row["day"] for row in lake.rows()] == [NEWEST - 1, NEWEST, NEWEST + 900]


def test_days_become_weeks_without_reading_their_raw_rows_again(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    monday = NEWEST - 7 * 10
    events = [call(monday + number, size=number) for number in range(7)]
    lake.add(events)
    lake.update()
    assert len(lake.rows()) == 7
    lake.add([call(NEWEST)])
    assert lake.update().rows_read == 7 + 1  # seven rows of the rollup and the new event
    [week, _] = lake.rows()
    assert (week["day"], week["days"], week["bytes"], week["weekdays"]) == (monday, 7, 21, 127)
    assert (week["first_us"], week["last_us"]) == (events[0]["_time_us"], events[6]["_time_us"])


def test_a_file_holds_a_run_of_days_and_small_files_are_merged(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST - number) for number in range(30)])
    lake.update()
    assert len(lake.files()) == 1
    for number in range(1, 21):
        lake.add([call(NEWEST + number)])
        lake.update()
    assert len(lake.files()) <= limits.ROLLUP_SMALL_FILES + 2
    assert len(lake.rows()) > 40


def test_periods_of_one_file_that_are_made_anew_in_several_runs_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    events = [call(NEWEST - number, size=number) for number in range(60)]
    lake.add(events)
    lake.update()
    assert len(lake.files()) == 1
    monkeypatch.setattr(limits, "ROLLUP_CHUNK_ROWS", 1)
    lake.update(rebuild=True)
    assert lake.rows() == sorted(expected(events, NEWEST), key=str)


def test_a_large_file_ends_with_a_period(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROLLUP_FILE_ROWS", 10)
    lake = Lake(tmp_path)
    lake.add([call(NEWEST - number // 4, src=str(number)) for number in range(40)])
    lake.update()
    with Catalog(tmp_path).writing() as catalog:
        files, periods = catalog.rollups.files(), catalog.rollups.periods()
    assert [file.rows for file in files] == [12, 12, 12, 4]
    assert len({period.path for period in periods}) == 4
    assert len(lake.rows()) == 40


def test_many_days_are_made_in_runs_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROLLUP_CHUNK_ROWS", 5)
    lake = Lake(tmp_path)
    events = [call(NEWEST - number) for number in range(12)]
    lake.add(events)
    lake.update()
    assert lake.rows() == sorted(expected(events, NEWEST), key=str)


def test_a_missing_key_is_empty_and_merges_with_an_empty_one(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST, src="") | {"id.resp_p": "-"}, {"_time_us": NEWEST * DAY_US, "id.resp_h": "b"}])
    lake.update()
    [row] = lake.rows()
    assert (row["src"], row["port"], row["n"], row["bytes"]) == ("", 0, 2, 1)


def test_sums_stop_at_the_largest_number_instead_of_failing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    largest = 2**63 - 1
    lake.add([call(OLD, size=largest), call(OLD, size=largest), call(OLD + 1, size=largest), call(NEWEST)])
    lake.update()
    assert {row["bytes"] for row in lake.rows()} == {largest, 1}


def test_what_one_entity_has_too_much_of_becomes_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROLLUP_ENTITY_ROWS", 3)
    lake = Lake(tmp_path)
    lake.add([call(NEWEST, "scanner", f"d{number}") for number in range(50)])
    lake.add([call(NEWEST, "scanner", "d7", size=10), call(NEWEST, "client", "d7")])
    lake.update()
    rows = {(row["src"], row["dst"]): (row["n"], row["port"]) for row in lake.rows()}
    assert rows == {
        ("scanner", "d7"): (2, 443), ("scanner", "d0"): (1, 443), ("scanner", "d1"): (1, 443),
        ("scanner", "*"): (47, -1), ("client", "d7"): (1, 443),
    }  # fmt: skip


def test_a_flood_from_many_sources_folds_the_sources_and_keeps_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ROLLUP_SHARED_ROWS", 2)
    lake = Lake(tmp_path)
    lake.add([call(NEWEST, f"s{number:02d}", "site") for number in range(20)] + [call(NEWEST, "s05", "site")])
    lake.update()
    rows = {(row["src"], row["dst"]): row["n"] for row in lake.rows()}
    assert rows == {("s05", "site"): 2, ("s00", "site"): 1, ("*", "site"): 18}


def test_a_network_has_a_bound_for_a_day_and_no_event_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ROLLUP_DAY_ROWS", 5)
    lake = Lake(tmp_path)
    lake.add([call(day, f"s{number}", f"d{number}") for number in range(20) for day in (NEWEST, OLD, OLD + 1)])
    lake.update()
    rows = lake.rows()
    assert len(rows) == 12 and sum(int(str(row["n"])) for row in rows) == 60
    assert {row["n"] for row in rows if row["src"] == "*"} == {15, 30}


def test_killed_before_the_commit_the_old_rows_stand(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST)])
    lake.update()
    before, files = lake.rows(), lake.files()
    lake.add([call(NEWEST, size=9)])
    with lake.writing() as catalog, closing(open_workshop(catalog.lake)) as database:
        raw = catalog.rollups.raw_rows()
        works = Plan(raw, NEWEST, None).works(CALLS, catalog.rollups.periods())
        make(
            CALLS, stored(catalog, database, "calls", Raw(catalog.files())), works, "killed"
        )  # written, and never committed
    assert len(lake.files()) == 2
    assert lake.rows() == before
    with lake.writing():
        assert lake.files() == files  # the next run swept what nobody names
    lake.update()
    assert [row["bytes"] for row in lake.rows()] == [10]


def test_another_definition_makes_the_rollup_anew(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST), call(OLD)])
    lake.update()
    lake.rollups = (parse_rollup("calls", TEXT.replace("sum(traffic_bytes_out)", "sum(traffic_bytes_out * 2)")),)
    assert lake.update().periods == 2
    assert {row["bytes"] for row in lake.rows()} == {2}


def test_rebuilding_gives_the_same_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.add([call(NEWEST), call(OLD), call(OLD + 1)])
    lake.update()
    before = lake.rows()
    assert lake.update(rebuild=True).periods == 2
    assert lake.rows() == before


def test_compaction_of_raw_files_makes_nothing_anew(tmp_path: Path) -> None:
    from tocsin.lake.compact import compact

    lake = Lake(tmp_path)
    for number in range(3):
        lake.add([call(NEWEST, size=number)])
    lake.update()
    with lake.writing() as catalog:
        assert compact(catalog) == (3, 1)
    assert lake.update(TODAY).periods == 0
