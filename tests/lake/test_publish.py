import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_files import write_table

from tocsin.errors import LakeError
from tocsin.lake import publish as publishing
from tocsin.lake.catalog import FileRecord
from tocsin.lake.publish import LOG, Published, publish, replay
from tocsin.lake.rollup_records import RollupFile

NOW = datetime(2026, 1, 3, tzinfo=UTC)
FOLDER = Path("tables") / "zeek_dns"


def actions(lake: Path, version: int) -> list[dict[str, dict[str, object]]]:
    text = (lake / FOLDER / LOG / f"{version:020}.json").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def only(found: list[dict[str, dict[str, object]]], kind: str) -> list[dict[str, object]]:
    return [action[kind] for action in found if kind in action]


def part(lake: Path, name: str, columns: tuple[str, ...] = ("query",), day: str = "2026-01-02") -> FileRecord:
    return write_table(lake, "zeek_dns", [dict.fromkeys(columns, "x")], name, day)


def test_the_first_version_holds_protocol_schema_and_every_file(tmp_path: Path) -> None:
    record = part(tmp_path, "one", ("id.orig_h",))
    assert publish(tmp_path, [record], NOW) == [Published("zeek_dns", 0, 1, 0)]
    found = actions(tmp_path, 0)
    assert only(found, "protocol") == [{"minReaderVersion": 1, "minWriterVersion": 2}]
    [metadata] = only(found, "metaData")
    assert metadata["partitionColumns"] == ["day"]
    assert metadata["configuration"] == {}
    fields = {field["name"]: field["type"] for field in json.loads(str(metadata["schemaString"]))["fields"]}
    assert fields["day"] == "date"
    assert (fields["time"], fields["time_us"], fields["id.orig_h"]) == ("timestamp", "long", "string")
    [add] = only(found, "add")
    assert add["path"] == "day=2026-01-02/one.parquet"
    assert add["partitionValues"] == {"day": "2026-01-02"}
    assert add["size"] == (tmp_path / record.path).stat().st_size
    stats = json.loads(str(add["stats"]))
    assert stats["numRecords"] == 1
    assert stats["minValues"] == {"time_us": record.min_time_us}


def test_a_later_version_holds_the_difference_only(tmp_path: Path) -> None:
    one, two, three = (part(tmp_path, name) for name in ("one", "two", "three"))
    publish(tmp_path, [one, two], NOW)
    assert publish(tmp_path, [two, three], NOW) == [Published("zeek_dns", 1, 1, 1)]
    found = actions(tmp_path, 1)
    assert [add["path"] for add in only(found, "add")] == ["day=2026-01-02/three.parquet"]
    assert [remove["path"] for remove in only(found, "remove")] == ["day=2026-01-02/one.parquet"]
    assert only(found, "metaData") == only(found, "protocol") == []


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    record = part(tmp_path, "one")
    publish(tmp_path, [record], NOW)
    assert publish(tmp_path, [record], NOW) == [Published("zeek_dns", None, 0, 0)]
    assert len(list((tmp_path / FOLDER / LOG).iterdir())) == 1


def test_a_table_that_left_the_catalog_becomes_empty(tmp_path: Path) -> None:
    publish(tmp_path, [part(tmp_path, "one")], NOW)
    assert publish(tmp_path, [], NOW) == [Published("zeek_dns", 1, 0, 1)]
    assert replay(tmp_path / FOLDER).live == set()


def test_a_new_column_grows_the_schema_and_keeps_the_order_of_the_old_ones(tmp_path: Path) -> None:
    one, two = part(tmp_path, "one", ("b", "a")), part(tmp_path, "two", ("A", "c"))
    publish(tmp_path, [one], NOW)
    before = list(replay(tmp_path / FOLDER).schema)
    publish(tmp_path, [one, two], NOW)
    assert list(replay(tmp_path / FOLDER).schema) == [*before, "c"]


def test_a_name_that_delta_forbids_turns_on_column_mapping_by_native_names(tmp_path: Path) -> None:
    one, two = part(tmp_path, "one"), part(tmp_path, "two", ("Process Name",))
    publish(tmp_path, [one], NOW)
    publish(tmp_path, [one, two], NOW)
    found = actions(tmp_path, 1)
    assert only(found, "protocol") == [{"minReaderVersion": 2, "minWriterVersion": 5}]
    [metadata] = only(found, "metaData")
    fields = json.loads(str(metadata["schemaString"]))["fields"]
    assert metadata["configuration"] == {
        "delta.columnMapping.mode": "name",
        "delta.columnMapping.maxColumnId": str(len(fields)),
    }
    assert {field["metadata"]["delta.columnMapping.physicalName"] == field["name"] for field in fields} == {True}
    ids = [field["metadata"]["delta.columnMapping.id"] for field in fields]
    publish(tmp_path, [one, two, part(tmp_path, "three", ("new",))], NOW)
    again = json.loads(str(only(actions(tmp_path, 2), "metaData")[0]["schemaString"]))["fields"]
    assert [field["metadata"]["delta.columnMapping.id"] for field in again][: len(ids)] == ids


def test_two_publishers_at_once_cannot_both_win(tmp_path: Path) -> None:
    publish(tmp_path, [part(tmp_path, "one")], NOW)
    with pytest.raises(LakeError, match="same time"):
        publishing._write_version(tmp_path / FOLDER, 0, [{"commitInfo": {}}])
    assert only(actions(tmp_path, 0), "add")


def test_what_a_killed_publish_left_behind_is_not_part_of_the_log(tmp_path: Path) -> None:
    record = part(tmp_path, "one")
    log = tmp_path / FOLDER / LOG
    log.mkdir(parents=True)
    (log / f".{0:020}.json.99").write_text('{"add": {"path": "half')
    assert publish(tmp_path, [record], NOW) == [Published("zeek_dns", 0, 1, 0)]


def test_a_rollup_is_published_beside_the_tables_without_a_partition(tmp_path: Path) -> None:
    folder = tmp_path / "rollups" / "host_days"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"day": pa.array([1], pa.int64()), "n": pa.array([2], pa.int64())}), folder / "one.parquet")
    file = RollupFile(str(folder / "one.parquet"), "host_days", 1, 300, ("day", "n"))
    record = part(tmp_path, "one")
    assert publish(tmp_path, [record], NOW, {"host_days": [file]}) == [
        Published("zeek_dns", 0, 1, 0),
        Published("host_days", 0, 1, 0),
    ]
    state = replay(folder)
    assert state.live == {"one.parquet"}
    assert state.schema == {"day": "long", "n": "long"}
    assert publish(tmp_path, [record], NOW, {})[1] == Published("host_days", 1, 0, 1)
    assert publish(tmp_path, [record], NOW) == [Published("zeek_dns", None, 0, 0)]


def test_odd_file_names_are_percent_encoded(tmp_path: Path) -> None:
    publish(tmp_path, [part(tmp_path, "a b%ë")], NOW)
    assert replay(tmp_path / FOLDER).live == {"day=2026-01-02/a%20b%25%C3%AB.parquet"}


@settings(max_examples=15, deadline=None)
@given(st.lists(st.frozensets(st.integers(0, 5)), min_size=1, max_size=6))
def test_replaying_the_log_gives_exactly_the_live_files_after_any_history(
    tmp_path_factory: pytest.TempPathFactory, history: list[frozenset[int]]
) -> None:
    lake = tmp_path_factory.mktemp("lake")
    records = [part(lake, f"part{number}") for number in range(6)]
    for live in history:
        publish(lake, [records[number] for number in live], NOW)
        wanted = {str(Path(records[number].path).relative_to(FOLDER)) for number in live}
        assert replay(lake / FOLDER).live == wanted
