"""The beginning of a lake: its folders and its catalog, which is there whole or not at all.

A command that is ended while it begins a lake leaves none, never one that the next command cannot read.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

from tocsin.errors import LakeError
from tocsin.lake.durable import sync
from tocsin.lake.records import SCHEMA
from tocsin.lake.rollup_records import SCHEMA as ROLLUP_SCHEMA


def begin_lake(lake: Path, catalog: Path, folders: tuple[str, ...], version: int) -> None:
    """Make the lake's folders, and its catalog where it has none. Raises LakeError."""
    try:
        lake.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in folders:
            (lake / name).mkdir(exist_ok=True)
        if not catalog.exists():
            _put(catalog, _empty(version))
    except OSError as error:
        raise LakeError(
            f"the lake {lake} cannot be made: {error.strerror}", "Name a writable folder with --lake."
        ) from error


def _empty(version: int) -> bytes:
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(SCHEMA + ROLLUP_SCHEMA)
        made.execute("INSERT INTO meta VALUES ('version', ?)", (str(version),))
        made.commit()
        return made.serialize()


def _put(catalog: Path, content: bytes) -> None:
    """Two at once: the first one's stays."""
    aside = catalog.with_name(f".{catalog.name}.{uuid4().hex}")
    try:
        aside.write_bytes(content)
        sync(aside)
        with suppress(FileExistsError):
            os.link(aside, catalog)
    finally:
        aside.unlink(missing_ok=True)
    sync(catalog.parent)
