"""The files of the lake, the journal and the original lines for a backup, of one moment, while the node goes on.

A file that the lists name is linked into the workshop (same disk, so no bytes are copied): then the node may remove
it. Where one is gone before it is linked, the lists are taken anew.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tocsin import limits
from tocsin.detect.indicators.collection import FOLDER as INDICATORS
from tocsin.errors import LakeError
from tocsin.lake.catalog import CATALOG
from tocsin.lake.facts.store import FACTS
from tocsin.node.journal.records import JOURNAL
from tocsin.node.live.segments import RAW
from tocsin.node.service.config import NodeFolder

_QUERY = "SELECT path FROM files UNION ALL SELECT path FROM hit_files UNION ALL SELECT path FROM rollup_files"


def gather_lake(folder: NodeFolder, workshop: Path) -> dict[str, Path]:
    """Name below the node's folder → a file that stays. LakeError where the lake changes faster than it is read."""
    for attempt in range(limits.BACKUP_TRIES):
        place = workshop / f"lake{attempt}"
        place.mkdir()
        try:
            return {**_journal(folder, place), **_lake(folder, place), **_raw(folder, place)}
        except FileNotFoundError:
            shutil.rmtree(place)
    raise LakeError("the lake changes faster than it can be backed up", "Try again when less comes in.")


def _journal(folder: NodeFolder, place: Path) -> dict[str, Path]:
    """The journal's records, and of each segment what was acknowledged."""
    if not (folder.journal / JOURNAL).is_file():
        return {}
    name = folder.journal.name
    records = _copied(folder.journal / JOURNAL, place / JOURNAL)
    found = {f"{name}/{JOURNAL}": records}
    with closing(sqlite3.connect(records)) as db:
        segments = db.execute("SELECT stream, number, committed FROM segments").fetchall()
    for stream, number, committed in segments:
        relative = f"{stream}/{number:08d}.log"
        target = place / f"{stream}-{number:08d}"
        _copy_beginning(folder.journal / relative, target, committed)
        found[f"{name}/{relative}"] = target
    return found


def _lake(folder: NodeFolder, place: Path) -> dict[str, Path]:
    if not (folder.lake / CATALOG).is_file():
        return {}
    name = folder.lake.name
    catalog = _copied(folder.lake / CATALOG, place / CATALOG)
    with closing(sqlite3.connect(catalog)) as db:
        paths = [str(row[0]) for row in db.execute(_QUERY)]
    facts = [path.relative_to(folder.lake).as_posix() for path in sorted((folder.lake / FACTS).glob("[!.]*"))]
    found = {f"{name}/{CATALOG}": catalog}
    kept = (folder.lake / INDICATORS).rglob("[!.]*")
    indicators = [path.relative_to(folder.lake).as_posix() for path in sorted(kept) if path.is_file()]
    for number, path in enumerate([*paths, *facts, *indicators]):
        found[f"{name}/{path}"] = _linked(folder.lake / path, place / f"file{number}")
    return found


def _raw(folder: NodeFolder, place: Path) -> dict[str, Path]:
    kept = sorted((folder.path / RAW).glob("*/[!.]*"))
    return {
        path.relative_to(folder.path).as_posix(): _linked(path, place / f"raw{number}")
        for number, path in enumerate(kept)
    }


def _copied(source: Path, target: Path) -> Path:
    """A copy of a SQLite database from one moment."""
    with closing(sqlite3.connect(source)) as db, closing(sqlite3.connect(target)) as copy:
        db.backup(copy)
    return target


def _linked(source: Path, target: Path) -> Path:
    os.link(source, target)
    return target


def _copy_beginning(source: Path, target: Path, size: int) -> None:
    """The first bytes of a file. A segment of which nothing was acknowledged may have no file yet."""
    with target.open("wb") as copy:
        if not size:
            return
        with source.open("rb") as file:
            while size and (part := file.read(min(size, limits.MIB))):
                copy.write(part)
                size -= len(part)
    if size:
        raise FileNotFoundError(source)
