"""Bring a node's data to this version: the state database first, then the lake, then an entry in the ledger.

An upgrade runs this with the new version's program. Run again, it changes nothing. The entry is made where the state
database was of another version, or the last one tells of another Tocsin; without it the upgrade does not go on.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from tocsin import __version__, clock
from tocsin.lake.catalog import CATALOG, Catalog
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store import ledger
from tocsin.node.store.database import open_store, upgrade_store
from tocsin.node.upkeep.shell import shell_actor


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was done: the versions of the state database before and after, and whether there is a lake."""

    before: str
    after: str
    lake: bool


def migrate(node: Path) -> Migrated:
    """Migrate state and lake of the node in a folder. Raises ConfigError, StateError or LakeError."""
    folder = NodeFolder(node)
    url = state_url(folder, load_config(folder.config))
    before, after = upgrade_store(url)
    has_lake = (folder.lake / CATALOG).is_file()
    if has_lake:
        Catalog(folder.lake, create=True).close()
    done = Migrated(before, after, has_lake)
    _enter(url, done)
    return done


def _enter(url: str, done: Migrated) -> None:
    detail = {"before": done.before, "after": done.after, "tocsin": __version__}

    def work(connection: Connection) -> None:
        last = ledger.last_of(connection, Kind.UPGRADE)
        if done.before != done.after or last is None or last.detail.get("tocsin") != __version__:
            ledger.record(connection, Draft(Kind.UPGRADE, shell_actor(), "node", detail), clock.now())

    store = open_store(url)
    try:
        store.transact(work)
    finally:
        store.close()
