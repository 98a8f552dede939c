"""Where rollups read many small files, they read a copy: the same rows, for a while, and not too many."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from rollup_lakes import CALLS, DAY_US, NEWEST, TEXT, Lake, Row, call
from view_cases_accounts import CASES

from tocsin import limits
from tocsin.lake.records import FileRecord
from tocsin.lake.rollup_files import Rollup, load_rollups, parse_rollup
from tocsin.lake.rollup_plan import Plan, Work
from tocsin.lake.rollup_raw import read_from, worth_for
from tocsin.lake.rollup_records import day_of

OTHERS = parse_rollup("others", TEXT.replace("FROM network_activity", "FROM network_activity\nWHERE time_us > 0"))
DAYS = (NEWEST, NEWEST - 1, NEWEST - 40, NEWEST - 38, NEWEST - 200)
MANY = limits.COPY_FILES


@pytest.fixture(scope="module")
def every_table(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with rows for every branch of every view, on several days."""
    lake = Lake(tmp_path_factory.mktemp("lake"), load_rollups())
    natives: dict[str, list[Row]] = {}
    for case in CASES:
        natives.setdefault(case.table, []).append(dict(case.native))
    for table, rows in natives.items():
        lake.add([row | {"_time_us": day * DAY_US + at} for day in DAYS for at, row in enumerate(rows)], table)
    return lake


@pytest.mark.parametrize("chunk_rows", [limits.ROLLUP_CHUNK_ROWS, 1], ids=["one run", "a run for each period"])
def test_rows_of_a_copy_give_what_they_give_where_they_lie(
    every_table: Lake, chunk_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = every_table
    assert lake.update(rebuild=True).rows_read > 0
    read_in_place = {rollup.name: lake.rows(rollup.name) for rollup in lake.rollups}
    monkeypatch.setattr(limits, "ROLLUP_CHUNK_ROWS", chunk_rows)
    monkeypatch.setattr(limits, "COPY_FILES", 1)
    lake.update(rebuild=True)
    assert all(read_in_place.values())
    assert {rollup.name: lake.rows(rollup.name) for rollup in lake.rollups} == read_in_place


def test_every_table_behind_several_rollups_is_read_from(every_table: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COPY_FILES", 1)
    with every_table.writing() as catalog:
        works = [(each, Plan(catalog.rollups.raw_rows(), NEWEST, None).works(each, [])) for each in load_rollups()]
        with read_from(every_table.path, works, catalog.files()) as raw:
            read_by = {table: sum(table in each.tables for each in load_rollups()) for table in raw.copies}
    assert {"windows", "zeek_conn", "web_iis"} <= set(read_by)
    assert min(read_by.values()) > 1
    assert all(
        sum(case.table in each.tables for each in load_rollups()) < 2 for case in CASES if case.table not in read_by
    )


def files(table: str, count: int, rows: int = 1) -> list[FileRecord]:
    """Records of files of one table, each of another day."""
    days = [str(day_of(NEWEST - number)) for number in range(count)]
    return [FileRecord(f"{table}-{day}", table, day, rows, 1, 0, 0, (), ()) for day in days]


def works(rollup: Rollup, raw: Sequence[FileRecord]) -> tuple[Rollup, list[Work]]:
    """What a first update makes of these files."""
    days = {NEWEST - number: {file.table: file.rows for file in raw} for number in range(len(raw))}
    return rollup, Plan(days, NEWEST, None).works(rollup, [])


@pytest.mark.parametrize(
    ("raw", "rollups", "copied_files"),
    [
        (files("zeek_conn", MANY), (CALLS, OTHERS), MANY),
        (files("zeek_conn", MANY), (CALLS,), 0),
        (files("zeek_conn", MANY - 1), (CALLS, OTHERS), 0),
        (files("zeek_conn", MANY, limits.COPY_FILE_ROWS), (CALLS, OTHERS), MANY),
        (files("zeek_conn", MANY, limits.COPY_FILE_ROWS + 1), (CALLS, OTHERS), 0),
        (files("zeek_dns", MANY), (CALLS, OTHERS), 0),
    ],
    ids=["many", "for one rollup", "few", "just small", "large", "of another table"],
)
def test_many_small_files_that_several_rollups_read_are_copied(
    raw: list[FileRecord], rollups: tuple[Rollup, ...], copied_files: int
) -> None:
    found = worth_for([works(each, raw) for each in rollups], raw)
    assert sum(map(len, found.values())) == copied_files


def test_only_the_days_that_are_made_are_copied() -> None:
    raw = files("zeek_conn", 3 * MANY)
    found = worth_for([works(each, raw[:MANY]) for each in (CALLS, OTHERS)], raw)
    assert found == {"zeek_conn": raw[:MANY]}


def test_copies_are_bounded_and_the_most_files_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    more, fewer = files("zeek_conn", MANY + 1), files("eve_flow", MANY)
    raw = [*fewer, *more]
    both = [works(each, raw) for each in (CALLS, OTHERS)]
    assert set(worth_for(both, raw)) == {"eve_flow", "zeek_conn"}
    monkeypatch.setattr(limits, "COPY_ROWS", len(raw) - 1)
    assert set(worth_for(both, raw)) == {"zeek_conn"}


def test_no_copy_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "COPY_FILES", 1)
    lake = Lake(tmp_path, (CALLS, OTHERS))
    lake.add([call(NEWEST), call(NEWEST - 1)])
    with lake.writing() as catalog:
        works = [(each, Plan(catalog.rollups.raw_rows(), NEWEST, None).works(each, [])) for each in lake.rollups]
        with pytest.raises(OSError, match="full"), read_from(tmp_path, works, catalog.files()) as raw:
            [left] = raw.copies.values()
            assert all(path.exists() for path in left.paths)
            raise OSError("the disk is full")
    assert lake.files() == []
    assert not any(path.exists() for path in left.paths)
