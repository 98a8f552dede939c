"""A list of assets that somebody sends to the node, taken into its lake beside the engine.

Rules:
1. It is read as `tocsin asset import` reads a file (lake.facts.assets); errors name the sender's file and its lines.
2. Errands are done one at a time (limits.ERRANDS_AT_ONCE), and a file of facts is whole or not there: so nobody reads
   half a list, and no other import comes between.
3. The ledger has who took which list in: its SHA-256 and its number of rows. Findings made from then on know of it.
"""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tocsin import limits
from tocsin.errors import FactsError
from tocsin.lake.facts import AssetImport, import_assets
from tocsin.lake.facts.assets import AssetChange
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.store import ledger
from tocsin.node.upkeep.shell import OpenNode


@dataclass(frozen=True, slots=True)
class Told:
    """What is answered to who sent a list."""

    name: str
    rows: int
    counts: Mapping[str, int]
    added: tuple[str, ...]
    changed: tuple[AssetChange, ...]
    removed: tuple[str, ...]


_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_CHARACTERS = 100


def take_assets(node: OpenNode, name: str, text: str, actor: str, time: datetime, *, dry_run: bool) -> AssetImport:
    """Take a list in, or only say what that would change. FactsError with file and line."""
    node.folder.spool.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="assets-", dir=node.folder.spool) as folder:
        path = Path(folder) / file_name(name)
        path.write_text(text, "utf-8")
        try:
            done = import_assets(node.folder.lake, path, dry_run=dry_run)
        except FactsError as error:
            raise FactsError(str(error).replace(f"{folder}/", ""), error.advice()) from error
    if not dry_run:
        detail: dict[str, Value] = {"change": "assets imported", "sha256": done.record.sha256, "rows": done.record.rows}
        draft = Draft(Kind.CONFIGURATION_CHANGE, actor, "node", detail)
        node.store.transact(lambda connection: ledger.record(connection, draft, time))
    return done


def file_name(name: str) -> str:
    """The last part of a path as a name of a file, whoever wrote it.

    >>> file_name("../../etc/our assets.csv"), file_name("..")
    ('our_assets.csv', 'assets.csv')
    """
    plain = _UNFIT.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip("._-")[-_NAME_CHARACTERS:]
    return plain or "assets.csv"


def told(done: AssetImport) -> Told:
    """Everything counted, and at most limits.API_ASSET_CHANGES of each kind of change told."""
    most = limits.API_ASSET_CHANGES
    counts = {"added": len(done.added), "changed": len(done.changed), "removed": len(done.removed)}
    record = done.record
    return Told(record.name, record.rows, counts, done.added[:most], done.changed[:most], done.removed[:most])
