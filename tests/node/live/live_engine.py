"""An engine in a test: a lake, a journal, rules of the tests, and what came out of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from scans import write_rules

from tocsin import limits
from tocsin.detect.sigma import RuleSet, load_rules
from tocsin.lake.catalog import Catalog, Origin
from tocsin.node.evaluation import Evaluator
from tocsin.node.journal.records import JournalRecords, Stream
from tocsin.node.journal.writer import Journal, stream_id
from tocsin.node.live import followed
from tocsin.node.live.engine import Engine, Feeder, Rules
from tocsin.node.live.segments import SegmentFeeder
from tocsin.node.live.watching import Watched, WatchFeeder

SENSOR = Stream(stream_id("push", "1"), "push/sensor-1", Origin("Ministry", "office", "sensor-1"))
SECONDS = 20


def wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let watched files be read at once, and count as settled."""
    monkeypatch.setattr(followed, "BEGIN_SECONDS", 0.0)
    monkeypatch.setattr(limits, "FOLLOW_IDLE_SECONDS", 0.0)
    monkeypatch.setattr(limits, "FOLLOW_SETTLED_SECONDS", 0.0)
    monkeypatch.setattr("tocsin.node.live.watching.LOOK_SECONDS", 0.0)


class Node:
    """A lake and a journal in one folder; `engine()` opens both as the engine process does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lake = folder, folder / "lake"
        self.rules: RuleSet = load_rules((write_rules(folder / "rules"),), cache_dir=None)

    @contextmanager
    def engine(self, watched: Sequence[Watched] = ()) -> Iterator[Engine]:
        catalog = Catalog(self.lake, create=True)
        records = JournalRecords(self.folder / "journal")
        with catalog.writing_beside():
            segments = SegmentFeeder(self.folder, records, catalog)
            feeders: list[Feeder] = [segments, WatchFeeder(watched, catalog, self.folder / "spool")]
            yield Engine(catalog, feeders, Rules(self.rules.fingerprint, Evaluator(self.rules).hits))
            segments.close()
        records.close()
        catalog.close()

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        journal = Journal(self.folder / "journal")
        journal.add_stream(SENSOR)
        yield journal
        journal.close()

    def push(self, *bodies: bytes) -> None:
        with self.journal() as journal:
            for body in bodies:
                journal.append(SENSOR.id, body).result(SECONDS)


def run_down(engine: Engine) -> None:
    """Rounds until nothing new is read, then write."""
    while engine.step():
        pass
    engine.flush()
    engine.step()


def run_until(engine: Engine, come: Callable[[], bool]) -> None:
    """Rounds until something has come that a thread beside the engine does."""
    end = time.monotonic() + SECONDS
    while not come():
        assert time.monotonic() < end, "it did not come"
        run_down(engine)


def stored(lake: Path) -> list[dict[str, object]]:
    """Every row of the lake without what differs from one ingest to the next, in order."""
    catalog = Catalog(lake)
    rows = []
    for file in catalog.files():
        for row in pq.ParquetFile(lake / file.path).read().to_pylist():
            own = {name: value for name, value in row.items() if value is not None}
            record = int(str(own.pop("event_id")).rpartition("-")[2])
            for name in ("ingest_time", "source", "day", "organisation", "network", "sensor"):
                own.pop(name, None)
            rows.append({"table": file.table, "record": record, **own})
    catalog.close()
    return sorted(rows, key=lambda row: (row["table"], row["record"], repr(sorted(row.items(), key=repr))))


def hits(lake: Path) -> list[tuple[object, ...]]:
    """Every stored hit: rule, record, host."""
    catalog = Catalog(lake)
    found = []
    for file in catalog.all_hit_files():
        for row in pq.ParquetFile(lake / file.path).read().to_pylist():
            found.append((row["rule"], row["record"], row["host"]))
    catalog.close()
    return sorted(found, key=repr)


__all__ = ["SENSOR", "Node", "hits", "run_down", "stored"]
