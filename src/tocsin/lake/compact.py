"""Compaction: many small files of one day become few large ones; the rows stay exactly the same.

Rules:
1. Readers go by the catalog, so they see either the old files or the new ones. The old files are removed after the
   commit; a kill in between leaves orphans, which the next writing run sweeps.
2. A table has one spelling of a column: the published one, else that of the first file. Two files may differ when they
   were written (`Port`, `port`); DuckDB does not mind, but engines that tell case apart would lose values, so files are
   respelled before the table is published.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.lake.append import LISTS, PLAIN
from tocsin.lake.batches import noted
from tocsin.lake.catalog import TABLES, Catalog, FileRecord
from tocsin.lake.durable import write_parquet
from tocsin.lake.hits import write_hits
from tocsin.lake.publish import replay

TARGET_ROWS = 4 * limits.BATCH_ROWS  # rows of a compacted file
_SEPARATOR = "\x00"
_PLAIN = frozenset({"time", "time_us", "ingest_time", "event_id"})


def compact(catalog: Catalog) -> tuple[int, int]:
    """Merge what is small; returns the number of table files before and after. Needs the write lock."""
    before = after = 0
    all_files = catalog.files()
    spellings = _spellings(catalog.lake, all_files)
    for (table, _day), group in groupby(all_files, key=lambda file: (file.table, file.day)):
        files = list(group)
        before += len(files)
        for few in _groups(files):
            after += 1
            if len(few) > 1:
                _replace(catalog, few, spellings[table])
    return before, after


@dataclass(frozen=True, slots=True)
class Merged:
    """Files that became one; paths are relative to the lake."""

    old: tuple[str, ...]
    new: str


def compact_some(
    catalog: Catalog, ready: Callable[[FileRecord], bool], least: int, target: int = TARGET_ROWS
) -> list[Merged]:
    """Merge files of one table and day where at least so many are small and ready, to at most `target` rows each.

    For the one process that removes files of a lake that is being written to.
    """
    files = [file for file in catalog.files() if file.rows < target // 2 and ready(file)]
    done: list[Merged] = []
    spellings: dict[str, dict[str, str]] = {}
    for (table, _day), group in groupby(files, key=lambda file: (file.table, file.day)):
        small = list(group)
        if len(small) < least:
            continue
        spellings = spellings or _spellings(catalog.lake, catalog.files())
        for few in _groups(small, target):
            if len(few) > 1:
                done.append(Merged(tuple(file.path for file in few), _replace(catalog, few, spellings[table])))
    return done


def compact_hits(catalog: Catalog, ready: Callable[[str], bool], least: int) -> list[Merged]:
    """The same for hit files of one rule set."""
    done: list[Merged] = []
    every = sorted(catalog.all_hit_files(), key=lambda file: (file.rules, file.path))
    for rules, group in groupby(every, key=lambda file: file.rules):
        small = [file for file in group if file.rows < TARGET_ROWS // 2 and ready(file.path)]
        if len(small) < least:
            continue
        tables = [pq.ParquetFile(catalog.lake / file.path).read() for file in small]
        new = write_hits(catalog.lake, rules, f"{uuid.uuid4().hex[:12]}-c", tables)
        old = tuple(file.path for file in small)
        catalog.swap_hits(old, [new] if new else [])
        for path in old:
            (catalog.lake / path).unlink(missing_ok=True)
        if new:
            done.append(Merged(old, new.path))
    return done


def respell(catalog: Catalog) -> int:
    """Write those files anew that spell a column otherwise than their table; returns how many. Needs the write lock."""
    files = catalog.files()
    spellings = _spellings(catalog.lake, files)
    odd = [file for file in files if any(spellings[file.table][name.lower()] != name for name in file.columns)]
    for file in odd:
        _replace(catalog, [file], spellings[file.table])
    return len(odd)


def _spellings(lake: Path, files: Sequence[FileRecord]) -> dict[str, dict[str, str]]:
    """Table → lower-cased column name → its spelling."""
    spellings: dict[str, dict[str, str]] = {}
    for file in files:
        known = spellings.get(file.table)
        if known is None:
            published = replay(lake / TABLES / file.table).schema
            known = spellings[file.table] = {name.lower(): name for name in published}
        for name in file.columns:
            known.setdefault(name.lower(), name)
    return spellings


def _replace(catalog: Catalog, files: Sequence[FileRecord], spelling: Mapping[str, str]) -> str:
    """Put one file in place of some; returns its path."""
    merged = _merge(catalog.lake, files, spelling)
    catalog.replace_files([file.path for file in files], [merged])
    for file in files:
        (catalog.lake / file.path).unlink(missing_ok=True)
    return merged.path


def _groups(files: Sequence[FileRecord], target: int = TARGET_ROWS) -> Iterator[list[FileRecord]]:
    group: list[FileRecord] = []
    for file in files:
        if group and sum(member.rows for member in group) + file.rows > target:
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def _merge(lake: Path, files: Sequence[FileRecord], spelling: Mapping[str, str]) -> FileRecord:
    table, day = files[0].table, files[0].day
    lists: set[str] = set()
    pieces = []
    for file in files:
        piece, listed = read_stored(lake / file.path)
        pieces.append(piece.rename_columns([spelling.get(name.lower(), name) for name in piece.column_names]))
        lists |= {spelling.get(name.lower(), name) for name in listed}
    merged = pa.concat_tables(_alike(pieces), promote_options="default").unify_dictionaries()
    plain = [field.name for field in merged.schema if pa.types.is_string(field.type) and field.name not in _PLAIN]
    notes = {LISTS: _SEPARATOR.join(sorted(lists)), PLAIN: _SEPARATOR.join(plain)}
    relative = Path(TABLES) / table / f"day={day}" / f"{uuid.uuid4().hex[:12]}-c.parquet"
    size = write_parquet(lake / relative, merged, notes)
    own = dict.fromkeys(spelling[name.lower()] for file in files for name in file.columns)
    return FileRecord(
        str(relative),
        table,
        day,
        merged.num_rows,
        size,
        min(file.min_time_us for file in files),
        max(file.max_time_us for file in files),
        tuple(own),
        tuple(dict.fromkeys(source for file in files for source in file.sources)),
    )


def read_stored(path: Path) -> tuple[pa.Table, set[str]]:
    """A file of a table, and the names of its columns that hold JSON lists."""
    metadata = pq.read_metadata(path)
    plain = noted(metadata, PLAIN) | _PLAIN
    with pq.ParquetFile(path, metadata=metadata) as file:
        names = [name for name in file.schema_arrow.names if name not in plain]
    with pq.ParquetFile(path, metadata=metadata, read_dictionary=names) as file:
        return file.read(), noted(metadata, LISTS)


def _alike(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """A column that is plain text in one table becomes plain text in all."""
    plain = {field.name for table in tables for field in table.schema if pa.types.is_string(field.type)}
    return [
        table.cast(
            pa.schema(
                [
                    pa.field(field.name, pa.string()) if field.name in plain else field.remove_metadata()
                    for field in table.schema
                ]
            )
        )
        for table in tables
    ]
