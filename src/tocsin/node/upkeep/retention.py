"""Retention of a node: old days leave the lake and their original lines the disk, but for what a hold keeps.

Rules:
1. `lake.keep_days` of the configuration says how long; 0 is for ever.
2. The original lines of a source go when the lake has no row of it left and no hold names one of its events; of a
   source that never gave a row, such as one read by the wrong reader, when it is as old as the days that go.
3. A lake that lies in a node's folder is the node's: whoever expires it by hand asks the node's holds too.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tocsin.lake.catalog import Catalog
from tocsin.lake.expire import Expired, expire
from tocsin.node.live.segments import raw_file
from tocsin.node.service.config import Config, NodeFolder
from tocsin.node.store.database import Store
from tocsin.node.store.holds import Held, held
from tocsin.node.upkeep.shell import open_node

DAY_CHARACTERS = len("2026-11-30")


@dataclass(frozen=True, slots=True)
class Retained:
    """What a run of retention removed: from the lake, and files of original lines."""

    lake: Expired
    originals: int


def retain(folder: NodeFolder, config: Config, store: Store, catalog: Catalog, today: date) -> Retained | None:
    """Let go of what is older than `lake.keep_days`; None where all is kept. Needs `Catalog.adding`."""
    if not config.lake.keep_days:
        return None
    with store.read() as connection:
        keeping = held(connection)
    gone = expire(catalog, today - timedelta(days=config.lake.keep_days), held=keeping.days)
    return Retained(gone, remove_originals(folder, catalog, keeping, today - timedelta(days=config.lake.keep_days)))


def remove_originals(folder: NodeFolder, catalog: Catalog, keeping: Held, before: date) -> int:
    """Remove original lines by rule 2; returns how many files. `before` is the first day that stays."""
    named = {event.rpartition("-")[0] for event in keeping.events}
    live = {source for file in catalog.files() for source in file.sources} | named
    removed = 0
    for source in catalog.sources():
        path = raw_file(folder.path, source.id)
        old = bool(source.records) or (source.done and source.ingested_at[:DAY_CHARACTERS] < before.isoformat())
        if old and source.id not in live and path.is_file():
            path.unlink()
            removed += 1
    return removed


def held_in(lake: Path) -> frozenset[str]:
    """The days that the holds of the lake's node keep; none where the lake is no node's."""
    folder = NodeFolder(lake.resolve().parent)
    if folder.lake != lake.resolve() or not folder.config.is_file():
        return frozenset()
    with open_node(folder.path) as node, node.store.read() as connection:
        return held(connection).days
