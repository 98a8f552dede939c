"""Who writes to a lake beside another keeps what it has not committed yet: only who has the lake alone sweeps."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest

from tocsin.errors import LakeError
from tocsin.lake.append import write_batch
from tocsin.lake.batches import read_batches
from tocsin.lake.catalog import Catalog, Flush, Origin
from tocsin.model import Chunk
from tocsin.telemetry.builder import BatchBuilder

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FILES = 3
MERGING = """\
import sys
from pathlib import Path
from tocsin.lake.catalog import Catalog
from tocsin.lake.compact import compact_some

class Slow(Catalog):
    def replace_files(self, old, new):
        print("written", flush=True)
        sys.stdin.readline()
        super().replace_files(old, new)

catalog = Slow(Path(sys.argv[1]))
with catalog.adding():
    compact_some(catalog, lambda file: True, 2)
print("done", flush=True)
"""  # stops between what is written and its commit, until it is told to go on


def filled(lake: Path) -> Catalog:
    catalog = Catalog(lake, create=True)
    for number in range(FILES):
        builder = BatchBuilder("things")
        builder.add(Chunk("things", range(1, 2), [{"a": str(number), "_time_us": 1}]), f"s{number}")
        files = write_batch(lake, builder.build(), f"f{number}", {f"s{number}": Origin()}, NOW)
        catalog.commit(Flush(tuple(files), (), (), {}, {}, ""))
    return catalog


def rows(catalog: Catalog) -> int:
    return sum(len(batch) for batch in read_batches(catalog.lake, catalog.files()))


def parquet(lake: Path) -> int:
    return len(list(lake.rglob("*.parquet")))


@contextmanager
def merging(lake: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, as the node's analyst, that has merged and not committed."""
    child = subprocess.Popen(
        [sys.executable, "-c", MERGING, str(lake)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert said(child.stdout) == "written"
        yield child
    finally:
        child.kill()
        child.communicate()


def said(pipe: IO[str] | None) -> str:
    assert pipe is not None
    return pipe.readline().strip()


def go_on(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()
    assert said(child.stdout) == "done"


def test_an_engine_that_starts_during_a_merge_removes_nothing_of_it(tmp_path: Path) -> None:
    catalog = filled(tmp_path)
    with merging(tmp_path) as child:
        with catalog.writing_beside():
            assert parquet(tmp_path) == FILES + 1
            go_on(child)
        assert (parquet(tmp_path), rows(catalog)) == (1, FILES)
    catalog.close()


def test_who_wants_the_lake_alone_waits_for_a_merge_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tocsin.lake.catalog._LAST_SECONDS", 0.2)
    catalog = filled(tmp_path)
    with merging(tmp_path) as child:
        with pytest.raises(LakeError, match="another Tocsin"), catalog.writing():
            pass
        go_on(child)
        with catalog.writing():
            assert rows(catalog) == FILES
    catalog.close()


def test_what_a_killed_merge_left_is_swept(tmp_path: Path) -> None:
    catalog = filled(tmp_path)
    with merging(tmp_path):
        assert parquet(tmp_path) == FILES + 1
    with catalog.writing_beside():
        assert (parquet(tmp_path), rows(catalog)) == (FILES, FILES)
    catalog.close()


def test_nothing_is_merged_while_somebody_has_the_lake_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.lake.catalog._ADDING_SECONDS", 0.2)
    catalog, other = filled(tmp_path), Catalog(tmp_path)
    with catalog.writing(), pytest.raises(LakeError, match="another Tocsin"), other.adding():
        pass
    with catalog.writing_beside(), other.adding():
        pass
    other.close()
    catalog.close()
