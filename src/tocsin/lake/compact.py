"""Compaction: many small files of one day become few large ones; the rows stay exactly the same.

Rules:
1. Readers go by the catalog, so they see either the old files or the new ones. The old files are removed after the
   commit; a kill in between leaves orphans, which the next writing run sweeps.
2. A table has one spelling of a column: the published one, else that of the first file. Two files may differ when they
   were written (`Port`, `port`); DuckDB does not mind, but engines that tell case apart would lose values, so files are
   respelled before the table is published.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin import limits
from tocsin.lake.append import LISTS, PLAIN
from tocsin.lake.batches import noted
from tocsin.lake.catalog import TABLES, Catalog, FileRecord
from tocsin.lake.durable import COMPRESSED_BYTES, write_in_groups
from tocsin.lake.hits import write_hits
from tocsin.lake.publish import replay

TARGET_ROWS = 4 * limits.BATCH_ROWS  # rows of a compacted file
_GROUPS = 4  # row groups of a merged file, each read and written alone
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

    For the one process that removes files of a lake that is being written to (`Catalog.adding`).
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
                new = _replace(catalog, few, spellings[table], target // _GROUPS)
                done.append(Merged(tuple(file.path for file in few), new))
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


def _replace(
    catalog: Catalog, files: Sequence[FileRecord], spelling: Mapping[str, str], held_rows: int = limits.BATCH_ROWS
) -> str:
    """Put one file in place of some, holding so many rows at a time; returns its path."""
    merged = _merge(catalog.lake, files, spelling, held_rows)
    catalog.replace_files([file.path for file in files], [merged])
    for file in files:
        (catalog.lake / file.path).unlink(missing_ok=True)
    pa.default_memory_pool().release_unused()  # or many merges hold what each of them took
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


@dataclass(frozen=True, slots=True)
class _Piece:
    """A file that is merged, before its rows are read: what its footer says. Names as the table spells them."""

    path: Path
    names: tuple[str, ...]
    plain: frozenset[str]
    lists: frozenset[str]
    bytes: Mapping[str, int]


def _merge(lake: Path, files: Sequence[FileRecord], spelling: Mapping[str, str], held_rows: int) -> FileRecord:
    table, day = files[0].table, files[0].day
    pieces = [_piece(lake / file.path, spelling) for file in files]
    lists = frozenset[str]().union(*(piece.lists for piece in pieces))
    schema = _schema(pieces)
    plain = [field.name for field in schema if pa.types.is_string(field.type) and field.name not in _PLAIN]
    notes = {LISTS: _SEPARATOR.join(sorted(lists)), PLAIN: _SEPARATOR.join(plain)}
    sizes = {name: sum(piece.bytes.get(name, 0) for piece in pieces) for name in schema.names}
    large = [name for name, size in sizes.items() if size >= COMPRESSED_BYTES]
    relative = Path(TABLES) / table / f"day={day}" / f"{uuid.uuid4().hex[:12]}-c.parquet"
    size = write_in_groups(lake / relative, schema, _in_groups(pieces, schema, held_rows), large, notes)
    own = dict.fromkeys(spelling[name.lower()] for file in files for name in file.columns)
    return FileRecord(
        str(relative),
        table,
        day,
        sum(file.rows for file in files),
        size,
        min(file.min_time_us for file in files),
        max(file.max_time_us for file in files),
        tuple(own),
        tuple(dict.fromkeys(source for file in files for source in file.sources)),
    )


def _piece(path: Path, spelling: Mapping[str, str]) -> _Piece:
    metadata = pq.read_metadata(path)

    def spelled(names: Iterable[str]) -> frozenset[str]:
        return frozenset(spelling.get(name.lower(), name) for name in names)

    sizes: dict[str, int] = {}
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            column = metadata.row_group(group).column(place)
            name = spelling.get(column.path_in_schema.lower(), column.path_in_schema)
            sizes[name] = sizes.get(name, 0) + column.total_uncompressed_size
    names = tuple(spelling.get(name.lower(), name) for name in metadata.schema.to_arrow_schema().names)
    return _Piece(path, names, spelled(noted(metadata, PLAIN)), spelled(noted(metadata, LISTS)), sizes)


def _schema(pieces: Sequence[_Piece]) -> pa.Schema:
    """Of all pieces together. A column that is plain text in one becomes plain text in all."""
    plain = frozenset[str]().union(*(piece.plain for piece in pieces))
    fields: dict[str, pa.Field] = {}
    for piece in pieces:
        if not fields.keys() >= set(piece.names):
            for name, field in zip(piece.names, _stored_schema(piece.path), strict=True):
                kind = pa.string() if name in plain else field.type
                fields.setdefault(name, pa.field(name, kind))
    return pa.schema(list(fields.values()))


def _in_groups(pieces: Sequence[_Piece], schema: pa.Schema, most_rows: int) -> Iterator[pa.Table]:
    """The rows, some files at a time."""
    held: list[pa.Table] = []
    for piece in pieces:
        table = read_stored(piece.path)[0]
        rows, size = sum(each.num_rows for each in held), sum(each.nbytes for each in held)
        if held and (rows + table.num_rows > most_rows or size + table.nbytes > limits.MERGED_GROUP_BYTES):
            yield _joined(held)
            held = []
        held.append(_alike(table.rename_columns(list(piece.names)), schema))
    yield _joined(held)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries()


def _alike(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """With all columns of the schema, in its order and types."""
    there = set(table.column_names)
    columns = [
        table.column(field.name).cast(field.type) if field.name in there else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def read_stored(path: Path) -> tuple[pa.Table, set[str]]:
    """A file of a table, and the names of its columns that hold JSON lists."""
    with _stored(path) as file:
        return file.read(use_threads=False), noted(file.metadata, LISTS)


def _stored_schema(path: Path) -> pa.Schema:
    with _stored(path) as file:
        return file.schema_arrow


def _stored(path: Path) -> pq.ParquetFile:
    """The file, its texts as dictionaries but those that are plain."""
    metadata = pq.read_metadata(path)
    plain = noted(metadata, PLAIN) | _PLAIN
    names = [name for name in metadata.schema.to_arrow_schema().names if name not in plain]
    return pq.ParquetFile(path, metadata=metadata, read_dictionary=names)
