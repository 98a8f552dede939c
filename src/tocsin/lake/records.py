"""What the catalog records, and its tables in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.model import Reject

IMPOSSIBLE_DAY = "1970-01-01"  # of rows without a possible time

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sources (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, reader TEXT NOT NULL, size INTEGER NOT NULL,
    head TEXT NOT NULL, digest TEXT NOT NULL, digest_size INTEGER NOT NULL,
    position INTEGER NOT NULL, done INTEGER NOT NULL, records INTEGER NOT NULL, rejects INTEGER NOT NULL,
    untimed INTEGER NOT NULL, first_us INTEGER, last_us INTEGER, problem TEXT NOT NULL, notes TEXT NOT NULL,
    ingested_at TEXT NOT NULL, organisation TEXT NOT NULL DEFAULT '', network TEXT NOT NULL DEFAULT '',
    sensor TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sources_head ON sources (head);
CREATE INDEX IF NOT EXISTS sources_digest ON sources (digest);
CREATE TABLE IF NOT EXISTS source_tables (
    source_id TEXT NOT NULL, table_name TEXT NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (source_id, table_name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, table_name TEXT NOT NULL, day TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL,
    min_time_us INTEGER NOT NULL, max_time_us INTEGER NOT NULL, columns TEXT NOT NULL, sources TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_table ON files (table_name, day);
CREATE TABLE IF NOT EXISTS rejects (
    source_id TEXT NOT NULL, position INTEGER NOT NULL, byte_offset INTEGER, reason TEXT NOT NULL, sample TEXT NOT NULL,
    PRIMARY KEY (source_id, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hit_files (
    path TEXT PRIMARY KEY, rules TEXT NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hit_files_rules ON hit_files (rules);
CREATE TABLE IF NOT EXISTS evaluated (
    source_id TEXT NOT NULL, rules TEXT NOT NULL, PRIMARY KEY (source_id, rules)
) WITHOUT ROWID;
"""


SECOND_VERSION = tuple(
    f"ALTER TABLE sources ADD COLUMN {name} TEXT NOT NULL DEFAULT ''" for name in ("organisation", "network", "sensor")
)
"""What makes a catalog of version 1 one of version 2."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What the lake writes beside every row: who saw it, where."""

    organisation: str = ""
    network: str = ""
    sensor: str = ""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A Parquet file of a table. `path` is relative to the lake; `sources` are the ids of the rows' sources."""

    path: str
    table: str
    day: str
    rows: int
    bytes: int
    min_time_us: int
    max_time_us: int
    columns: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HitFile:
    """A Parquet file of rule hits; `rules` is the fingerprint of the rule set that made them."""

    path: str
    rules: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """What the lake knows of one source. `position` is the last record read, times are microseconds UTC."""

    id: str
    name: str
    reader: str
    size: int
    head: str  # digest of the first limits.SNIFF_BYTES
    digest: str  # digest of the first `digest_size` bytes, for recognising a grown file
    digest_size: int
    position: int
    done: bool
    records: int
    rejects: int
    untimed: int = 0
    first_us: int | None = None
    last_us: int | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()
    ingested_at: str = ""
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Flush:
    """Everything that one transaction makes part of the lake."""

    files: tuple[FileRecord, ...]
    hit_files: tuple[HitFile, ...]
    sources: tuple[SourceRecord, ...]
    table_rows: Mapping[tuple[str, str], int]  # (source id, table) → rows added
    rejects: Mapping[str, Sequence[Reject]]
    rules: str
    partly: frozenset[str] = frozenset()  # sources whose earlier records were evaluated with other rules
    hits_gone: tuple[str, ...] = ()  # hit files that these take the place of


def source_record(row: sqlite3.Row | dict[str, object]) -> SourceRecord:
    """A row of `sources`."""
    values: dict[str, Any] = dict(row)
    values["done"] = bool(values["done"])
    values["notes"] = tuple(note for note in values["notes"].split("\n") if note)
    values["origin"] = Origin(*(values.pop(name, "") for name in ("organisation", "network", "sensor")))
    return SourceRecord(**values)


def file_record(row: sqlite3.Row) -> FileRecord:
    """A row of `files`."""
    return FileRecord(
        row["path"],
        row["table_name"],
        row["day"],
        row["rows"],
        row["bytes"],
        row["min_time_us"],
        row["max_time_us"],
        tuple(row["columns"].split("\x00")),
        tuple(row["sources"].split()),
    )
