"""Files that are merged some at a time: the same values as merged at once, whatever columns each of them has."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tocsin import limits
from tocsin.lake.append import write_batch
from tocsin.lake.batches import read_batches
from tocsin.lake.catalog import Catalog, Flush, Origin
from tocsin.lake.compact import compact, compact_some
from tocsin.model import Chunk
from tocsin.telemetry.builder import BatchBuilder

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TIME_US = 20_000 * 86_400_000_000
LONG = "x" * 9_000  # compressed
FILES: Sequence[Sequence[Mapping[str, object]]] = (
    [{"a": "1", "long": LONG}, {"a": "2"}],
    [{"b": ["x", "y"], "A": "3"}],
    [{"c": str(number), "long": f"{number}{LONG}"} for number in range(300)],  # too many values for a dictionary
    [{"c": "1", "b": "plain"}],
)


def filled(lake: Path) -> Catalog:
    catalog = Catalog(lake, create=True)
    for number, rows in enumerate(FILES):
        builder = BatchBuilder("things")
        timed = [{**row, "_time_us": TIME_US} for row in rows]
        builder.add(Chunk("things", range(1, len(rows) + 1), timed), f"s{number}")
        origins = {f"s{number}": Origin("Ministry", "office", "sensor")}
        files = write_batch(lake, builder.build(), f"f{number}", origins, NOW)
        catalog.commit(Flush(tuple(files), (), (), {}, {}, ""))
    return catalog


def values(catalog: Catalog) -> dict[str, dict[str, tuple[str, bool]]]:
    """Event id → column, folded → its text, and whether the column holds lists."""
    return {
        batch.event_id(row): {
            name.lower(): (text, column.lists)
            for name, column in batch.columns.items()
            if (text := column.text(row)) is not None
        }
        for batch in read_batches(catalog.lake, catalog.files())
        for row in range(len(batch))
    }


def texts(catalog: Catalog) -> dict[str, dict[str, str]]:
    return {id: {name: text for name, (text, _) in row.items()} for id, row in values(catalog).items()}


def test_files_that_are_merged_one_by_one_give_what_they_give_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, apart = filled(tmp_path / "at_once"), filled(tmp_path / "apart")
    before = texts(apart)
    with at_once.writing(), apart.writing():
        assert compact(at_once) == (len(FILES), 1)
        monkeypatch.setattr(limits, "MERGED_GROUP_BYTES", 1)
        assert compact(apart) == (len(FILES), 1)
    (one,), (several,) = at_once.files(), apart.files()
    assert pq.read_metadata(at_once.lake / one.path).num_row_groups == 1
    assert pq.read_metadata(apart.lake / several.path).num_row_groups == len(FILES)
    assert values(apart) == values(at_once)
    assert texts(apart) == before
    assert (several.rows, several.columns, several.sources) == (one.rows, one.columns, one.sources)
    at_once.close()
    apart.close()


def test_a_node_merges_a_quarter_of_a_file_at_a_time(tmp_path: Path) -> None:
    catalog = filled(tmp_path)
    with catalog.writing():
        (merged,) = compact_some(catalog, lambda file: True, least=3, target=8)
    assert len(merged.old) == 3
    assert pq.read_metadata(tmp_path / merged.new).num_row_groups == 2, "two rows at a time"
    catalog.close()
