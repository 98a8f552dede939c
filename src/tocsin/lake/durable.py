"""Files that are whole or not there, also after a power cut.

Steps: 1. write each file under a dot-name; 2. sync them, several at once, since all wait for the same disk; 3. rename;
4. sync their folders, so that the names last too. Only then may the catalog name them.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tocsin import limits

_DICTIONARY_BYTES = 16 * limits.MIB  # above it a column chunk falls back to plain values
_PAGE_BYTES = 4 * limits.MIB
COMPRESSED_BYTES = 8 * limits.KIB  # a column chunk below it costs more to compress and to open than it saves
_PACKED = {"event_id": "DELTA_BYTE_ARRAY", "time_us": "DELTA_BINARY_PACKED"}
_SYNCED_AT_ONCE = 8


def write_parquet(path: Path, table: pa.Table, notes: Mapping[str, str] | None = None) -> int:
    """Write one table durably. Returns its size in bytes."""
    size = write_hidden(path, table, notes)
    settle([path])
    return size


def write_hidden(path: Path, table: pa.Table, notes: Mapping[str, str] | None = None) -> int:
    """Write a table under the dot-name of `path`, to be settled; what cannot be written whole leaves nothing behind.

    Returns its size in bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _write(path, table, notes)
    except OSError:
        hidden(path).unlink(missing_ok=True)
        raise


def write_in_groups(
    path: Path, schema: pa.Schema, groups: Iterable[pa.Table], large: Collection[str], notes: Mapping[str, str]
) -> int:
    """Write tables of one schema durably into one file, each as a row group; the columns in `large` are compressed.

    Holds one table at a time. Returns the file's size in bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        size = _write_groups(path, schema, groups, large, notes)
    except OSError:
        hidden(path).unlink(missing_ok=True)
        raise
    settle([path])
    return size


def _write(path: Path, table: pa.Table, notes: Mapping[str, str] | None) -> int:
    large = [name for name in table.column_names if table.column(name).nbytes >= COMPRESSED_BYTES]
    return _write_groups(path, table.schema, (table,), large, notes or {})


def _write_groups(
    path: Path, schema: pa.Schema, groups: Iterable[pa.Table], large: Collection[str], notes: Mapping[str, str]
) -> int:
    packed = {name: how for name, how in _PACKED.items() if name in schema.names}
    with hidden(path).open("wb") as file:
        with pq.ParquetWriter(
            file,
            schema,
            compression={name: "zstd" if name in large else "none" for name in schema.names},
            store_schema=False,
            write_statistics=[name for name in ("time", "time_us") if name in schema.names],
            use_dictionary=[field.name for field in schema if pa.types.is_dictionary(field.type)],
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
            data_page_size=_PAGE_BYTES,
            column_encoding=packed or None,
        ) as writer:
            for table in groups:
                writer.write_table(table, row_group_size=limits.BATCH_ROWS)
            writer.add_key_value_metadata(dict(notes))
        return file.tell()


def settle(paths: Sequence[Path]) -> None:
    """Give hidden files their names for good. Raises OSError when the disk does not take them."""
    folders = {folder for path in paths for folder in (path.parent, path.parent.parent)}
    with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:
        list(pool.map(sync, map(hidden, paths)))
        for path in paths:
            hidden(path).rename(path)
        list(pool.map(sync, folders))


def hidden(path: Path) -> Path:
    """The dot-name that a file has until it is settled."""
    return path.with_name(f".{path.name}")


def sync(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
