"""What a migration can change, set aside byte for byte, so that it can be put back: the state database and the catalog.

Rules:
1. The node is stopped, so its SQLite files are copied as they are, each with the journal beside it (`-wal`).
2. A snapshot is on the disk before it is relied on; one that is not whole has no `complete`.
3. A state database on a server is a file that the old version's program writes and puts back (`state_aside`).
4. Files that are put back belong to the owner of the node's folder, and so does the snapshot's folder.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL

from tocsin.errors import UpgradeError
from tocsin.lake.catalog import CATALOG
from tocsin.lake.durable import hidden, sync
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store.address import is_file, read_url

FOLDER = "before-upgrade"
COMPLETE = "complete"
STATE = "state.ndjson"
Server = Callable[[Path], object]
"""Writes the state of a server to a file, or puts it back from there. Raises UpgradeError."""
_BESIDE = ("", "-wal", "-shm")  # of one SQLite database


def take_snapshot(node: Path, from_server: Server) -> None:
    """Set aside what a migration can change, in place of an older snapshot."""
    drop_snapshot(node)
    aside, owner = node / FOLDER, node.stat()
    aside.mkdir(mode=0o700)
    os.chown(aside, owner.st_uid, owner.st_gid)
    for path in _files(node):
        if path.is_file():
            _copy(path, aside / path.name)
    if not is_file(_address(node)):
        from_server(aside / STATE)
    (aside / COMPLETE).touch()
    sync(aside)
    sync(node)


def put_back(node: Path, to_server: Server) -> None:
    """Put everything back as it was; may be done again. Raises UpgradeError when there is no whole snapshot."""
    aside = node / FOLDER
    if not (aside / COMPLETE).is_file():
        raise UpgradeError(f"{aside} is not there, or not whole")
    owner = node.stat()
    for path in _files(node):
        kept = aside / path.name
        if kept.is_file():
            _copy(kept, hidden(path))
            os.chown(hidden(path), owner.st_uid, owner.st_gid)
            hidden(path).rename(path)
        else:
            path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync(path.parent)
    if not is_file(_address(node)):
        to_server(aside / STATE)


def drop_snapshot(node: Path) -> None:
    """Remove the snapshot; nothing where there is none."""
    aside = node / FOLDER
    if aside.exists():
        (aside / COMPLETE).unlink(missing_ok=True)
        shutil.rmtree(aside)


def _address(node: Path) -> URL:
    folder = NodeFolder(node)
    return read_url(state_url(folder, load_config(folder.config)))


def _files(node: Path) -> list[Path]:
    address = _address(node)
    databases = [NodeFolder(node).lake / CATALOG, *([Path(str(address.database))] if is_file(address) else [])]
    return [database.with_name(database.name + ending) for database in databases for ending in _BESIDE]


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    shutil.copyfile(source, target)
    target.chmod(source.stat().st_mode & 0o777)
    sync(target)
