"""Bring a node's data to this version: the state database first, then the lake.

An upgrade runs this with the new version's program. Run again, it changes nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from tocsin.lake.catalog import CATALOG, Catalog
from tocsin.node.service.config import NodeFolder, load_config, state_url
from tocsin.node.store.database import upgrade_store


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was done: the versions of the state database before and after, and whether there is a lake."""

    before: str
    after: str
    lake: bool


def migrate(node: Path) -> Migrated:
    """Migrate state and lake of the node in a folder. Raises ConfigError, StateError or LakeError."""
    folder = NodeFolder(node)
    before, after = upgrade_store(state_url(folder, load_config(folder.config)))
    has_lake = (folder.lake / CATALOG).is_file()
    if has_lake:
        Catalog(folder.lake, create=True).close()
    return Migrated(before, after, has_lake)
