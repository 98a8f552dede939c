"""The batch builder: rows in, columns out, nothing lost."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.model import Batch, Chunk
from tocsin.telemetry.builder import EXTRA, BatchBuilder

VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=20))
NESTED = st.recursive(
    VALUES, lambda inner: st.lists(VALUES, max_size=3) | st.dictionaries(st.text("ab.", max_size=3), inner, max_size=3)
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from(["a", "A", "b", "time", "x.y", "ü"]), NESTED, max_size=4), max_size=30
)


def build(rows: list[dict[str, object]], **options: object) -> Batch:
    builder = BatchBuilder("table")
    builder.add(Chunk("table", range(1, len(rows) + 1), rows, **options), "source")  # type: ignore[arg-type]
    return builder.build()


def texts(batch: Batch, name: str) -> list[str | None]:
    column = batch.columns[name]
    return [column.text(row) for row in range(len(batch))]


def test_sparse_records_become_columns_with_missing_values() -> None:
    batch = build([{"a": "x"}, {"b": "y"}, {"a": "x", "b": None}])
    assert texts(batch, "a") == ["x", None, "x"]
    assert texts(batch, "b") == [None, "y", None]


def test_objects_are_flattened_to_dotted_names_and_renamed() -> None:
    batch = build(
        [{"Event": {"EventData": {"Image": "a.exe"}, "n": 1}}], rename=lambda name: name.removeprefix("Event.")
    )
    assert texts(batch, "EventData.Image") == ["a.exe"]
    assert texts(batch, "n") == ["1"]


def test_lists_are_json_text_and_marked() -> None:
    batch = build([{"answers": ["1.1.1.1", "x"]}, {"answers": "[not a list"}])
    column = batch.columns["answers"]
    assert texts(batch, "answers") == ['["1.1.1.1","x"]', "[not a list"]
    assert column.lists == {int(column.codes[0])}


def test_numbers_and_booleans_keep_their_text() -> None:
    batch = build([{"v": 18446744073709551615}, {"v": True}, {"v": 1.5}, {"v": False}])
    assert texts(batch, "v") == ["18446744073709551615", "true", "1.5", "false"]


def test_a_colliding_spelling_goes_into_the_first_column_and_stays_in_extra() -> None:
    batch = build([{"Port": "1"}, {"port": "2"}, {"Port": "3", "port": "4"}])
    assert texts(batch, "Port") == ["1", "2", "3"]
    kept = [None if text is None else json.loads(text) for text in texts(batch, EXTRA)]
    assert kept == [None, {"port": "2"}, {"port": "4"}]


def test_a_field_named_like_a_lake_column_gets_an_underscore() -> None:
    assert texts(build([{"time": "noon", "Source": "x"}]), "time_") == ["noon"]
    assert texts(build([{"time": "noon", "Source": "x"}]), "Source_") == ["x"]


def test_columns_beyond_the_limit_go_to_extra() -> None:
    row = {f"c{number}": "v" for number in range(limits.TABLE_COLUMNS + 2)}
    batch = build([row])
    assert len(batch.columns) == limits.TABLE_COLUMNS + 1
    assert len(json.loads(texts(batch, EXTRA)[0] or "")) == 2


def test_the_first_readable_time_field_gives_the_time() -> None:
    rows = [{"t": "not a time", "u": "2026-01-02T03:04:05Z"}, {"t": "2026-01-02T03:04:05.5Z"}, {}]
    batch = build(rows, time_fields=("t", "u"))
    assert batch.time_us.tolist() == [1767323045000000, 1767323045500000, 0]


@pytest.mark.parametrize("impossible", [5, 2**63 - 1, 10**30, -1])
def test_an_impossible_time_from_a_reader_is_none(impossible: int) -> None:
    assert build([{"_time_us": impossible}]).time_us.tolist() == [0]


def test_a_time_from_the_reader_goes_first_and_is_no_column() -> None:
    own = 1_767_225_600_000_000
    batch = build([{"_time_us": own, "t": "2026-01-02T03:04:05Z"}], time_fields=("t",))
    assert batch.time_us.tolist() == [own]
    assert "_time_us" not in batch.columns


def test_sources_and_positions_survive_the_mixing_of_chunks() -> None:
    builder = BatchBuilder("table")
    builder.add(Chunk("table", [4, 9], [{"a": "1"}, {"a": "2"}]), "one")
    builder.add(Chunk("table", [1], [{"b": "3"}]), "two")
    batch = builder.build()
    assert [batch.event_id(row) for row in range(3)] == ["one-4", "one-9", "two-1"]
    assert builder.rows == 0


def test_nearly_unique_columns_keep_every_value() -> None:
    rows = [{"a": f"value {number}"} for number in range(5_000)]
    assert texts(build(rows), "a") == [row["a"] for row in rows]


@given(RECORDS)
def test_no_value_is_lost(rows: list[dict[str, object]]) -> None:
    batch = build(rows)
    assert len(batch) == len(rows)
    names = [name.lower() for name in batch.columns]
    assert len(names) == len(set(names))
    for index, row in enumerate(rows):
        seen = {column.text(index) for column in batch.columns.values()}
        kept = json.loads(batch.columns[EXTRA].text(index) or "{}") if EXTRA in batch.columns else {}
        for value in row.values():
            if isinstance(value, str):
                assert value in seen or value in kept.values()
    for column in batch.columns.values():
        assert column.codes.dtype == np.int32
        assert column.codes.max(initial=-1) < len(column.values)
