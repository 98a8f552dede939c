"""The pulses of all sensors, counted from the lake and kept in one SQLite file of the node's cache.

Rules:
1. What is kept is a function of the lake: for every file of it the counts of its events. A file that is merged, expired
   or changed by an erasure is another file, so nothing counts twice and late events count in their hour. When the cache
   is lost it is counted anew.
2. Events of the last limits.PULSE_DAYS days count; those without a time do not, nor those of the future.
3. One process counts (the analyst), others read. `counted` says when everything was counted last.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.lake.catalog import Catalog, FileRecord
from tocsin.node.found import EPOCH, microseconds
from tocsin.node.sensors.pulse import HOUR_MINUTES, Hour, Pulse, joined, of_minutes
from tocsin.node.store.sensors import SensorId

PULSES = "pulses.sqlite"
_MINUTE_US = 60_000_000
_BUSY_SECONDS = 10
_AHEAD = timedelta(days=1)  # by which a sensor's clock may be ahead: such events are kept until their hour comes
_WHOSE = ["organisation", "network", "sensor"]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS counted_files (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hours (
    path TEXT NOT NULL, organisation TEXT NOT NULL, network TEXT NOT NULL, sensor TEXT NOT NULL, hour INTEGER NOT NULL,
    a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, d INTEGER NOT NULL, minutes INTEGER NOT NULL,
    PRIMARY KEY (path, organisation, network, sensor, hour)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted (one INTEGER PRIMARY KEY CHECK (one = 1), until_us INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Pulses:
    """The pulses by sensor, and up to when the lake was counted; None where it never was."""

    of: Mapping[SensorId, Pulse] = field(default_factory=dict)
    counted: datetime | None = None


def count(lake: Path, cache: Path, now: datetime) -> int:
    """Count files of the lake that were not counted, and forget those that are gone; returns how many wait still."""
    with closing(Catalog(lake)) as catalog:
        files = {file.path: file for file in catalog.files()}
    low = (now - timedelta(days=limits.PULSE_DAYS)).replace(minute=0, second=0, microsecond=0)
    with closing(_open(cache)) as database:
        known = {path for (path,) in database.execute("SELECT path FROM counted_files")}
        waiting = [file for path, file in files.items() if path not in known]
        new = waiting[: limits.PULSE_FILES]
        hours = [row for file in new for row in _rows(lake, file, low, now + _AHEAD)]
        with database:
            for table in ("counted_files", "hours"):
                database.executemany(f"DELETE FROM {table} WHERE path = ?", [(path,) for path in known - files.keys()])
            database.execute("DELETE FROM hours WHERE hour < ?", (_hour(low),))
            database.executemany("INSERT INTO hours VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", hours)
            database.executemany("INSERT INTO counted_files VALUES (?)", [(file.path,) for file in new])
            if len(new) == len(waiting):
                database.execute("INSERT OR REPLACE INTO counted VALUES (1, ?)", (microseconds(now),))
    return len(waiting) - len(new)


def read(cache: Path, now: datetime) -> Pulses:
    """All pulses; none before everything was counted once."""
    if not (cache / PULSES).exists():
        return Pulses()
    parts: dict[SensorId, list[tuple[int, Hour]]] = defaultdict(list)
    with closing(_open(cache)) as database:
        rows = database.execute(
            "SELECT organisation, network, sensor, hour, a, b, c, d, minutes FROM hours WHERE hour <= ?", (_hour(now),)
        )
        for organisation, network, sensor, hour, a, b, c, d, minutes in rows:
            parts[SensorId(organisation, network, sensor)].append((hour, Hour((a, b, c, d), minutes)))
        told = database.execute("SELECT until_us FROM counted").fetchone()
    if told is None:
        return Pulses()
    counted = EPOCH + timedelta(microseconds=told[0])
    return Pulses({sensor: joined(hours) for sensor, hours in parts.items()}, counted)


def _open(cache: Path) -> sqlite3.Connection:
    """The cache's database; a damaged one is made anew (rule 1)."""
    path = cache / PULSES
    try:
        return _opened(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
        return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = sqlite3.connect(path, timeout=_BUSY_SECONDS)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(_SCHEMA)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _rows(lake: Path, file: FileRecord, low: datetime, high: datetime) -> Iterator[tuple[str | int, ...]]:
    """What is kept of one file."""
    if file.max_time_us < microseconds(low) or file.min_time_us > microseconds(high):
        return
    for sensor, minutes in _minutes(lake / file.path, low, high).items():
        for hour, has in of_minutes(minutes).items():
            yield (
                file.path, sensor.organisation, sensor.network, sensor.name, hour, *has.quarters, has.minutes,
            )  # fmt: skip


def _minutes(path: Path, low: datetime, high: datetime) -> Mapping[SensorId, list[tuple[int, int]]]:
    """Events a minute by sensor; nothing of a file that is gone: the next look finds what took its place."""
    found: dict[SensorId, list[tuple[int, int]]] = defaultdict(list)
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(limits.PULSE_ROWS, columns=["time_us", *_WHOSE]):
                for organisation, network, sensor, minute, events in _counts(batch, low, high):
                    found[SensorId(organisation, network, sensor)].append((minute, events))
    except FileNotFoundError:
        return {}
    return found


def _counts(batch: pa.RecordBatch, low: datetime, high: datetime) -> Iterable[tuple[str, str, str, int, int]]:
    time = batch.column("time_us")
    meant = pc.and_(pc.greater_equal(time, microseconds(low)), pc.less_equal(time, microseconds(high)))
    kept = pa.table(
        [pc.divide(time, _MINUTE_US), *(batch.column(name).cast(pa.string()) for name in _WHOSE)],
        names=["minute", *_WHOSE],
    ).filter(meant)
    counted = kept.group_by([*_WHOSE, "minute"]).aggregate([([], "count_all")])
    return zip(*(counted.column(name).to_pylist() for name in (*_WHOSE, "minute", "count_all")), strict=True)


def _hour(moment: datetime) -> int:
    return microseconds(moment) // (_MINUTE_US * HOUR_MINUTES)
