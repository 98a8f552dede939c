"""Compaction: many small files of one day become few large ones; the rows stay exactly the same.

Readers go by the catalog, so they see either the old files or the new ones. The old files are removed after the
commit; a kill in between leaves orphans, which the next writing run sweeps.
"""

import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.lake.append import LISTS, PLAIN, write_parquet
from tocsin.lake.batches import noted
from tocsin.lake.catalog import TABLES, Catalog, FileRecord

TARGET_ROWS = 4 * limits.BATCH_ROWS  # rows of a compacted file
_SEPARATOR = "\x00"
_PLAIN = frozenset({"time", "time_us", "ingest_time", "event_id"})


def compact(catalog: Catalog) -> tuple[int, int]:
    """Merge what is small; returns the number of table files before and after. Needs the write lock."""
    before = after = 0
    for (table, day), group in groupby(catalog.files(), key=lambda file: (file.table, file.day)):
        files = list(group)
        before += len(files)
        after += sum(1 for _ in _merge_day(catalog, table, day, files))
    return before, after


def _merge_day(catalog: Catalog, table: str, day: str, files: Sequence[FileRecord]) -> Iterator[FileRecord]:
    for group in _groups(files):
        if len(group) == 1:
            yield group[0]
            continue
        merged = _merge(catalog.lake, table, day, group)
        catalog.replace_files([file.path for file in group], [merged])
        for file in group:
            (catalog.lake / file.path).unlink(missing_ok=True)
        yield merged


def _groups(files: Sequence[FileRecord]) -> Iterator[list[FileRecord]]:
    group: list[FileRecord] = []
    for file in files:
        if group and sum(member.rows for member in group) + file.rows > TARGET_ROWS:
            yield group
            group = []
        group.append(file)
    if group:
        yield group


def _merge(lake: Path, table: str, day: str, files: Sequence[FileRecord]) -> FileRecord:
    spelling: dict[str, str] = {}
    lists: set[str] = set()
    pieces = []
    for file in files:
        piece, listed = _read(lake / file.path)
        names = [spelling.setdefault(name.lower(), name) for name in piece.column_names]
        pieces.append(piece.rename_columns(names))
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


def _read(path: Path) -> tuple[pa.Table, set[str]]:
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
