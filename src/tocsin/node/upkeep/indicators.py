"""Indicators of a node: what an errand does in its lake, with the entry that the ledger gets before.

An entry tells who, how many, a digest of the file, and the names of the sources, which are organisations or feeds; of
what else somebody writes it has a keyed digest, for that may name a person.
"""

import hashlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from time import sleep
from typing import cast

import msgspec

from tocsin import clock, limits
from tocsin.lake.catalog import Catalog
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.indicator_asked import Import
from tocsin.node.indicator_import import Imported, import_indicators
from tocsin.node.indicator_list import removed
from tocsin.node.people.keys import Keys
from tocsin.node.service.indicators_in_use import LOOK_SECONDS
from tocsin.node.store import ledger
from tocsin.node.upkeep.keys import load_secret
from tocsin.node.upkeep.shell import OpenNode

TAKEN_UP_SECONDS = LOOK_SECONDS + 2.0  # what the engine evaluated before it looked is in the lake by then
_SUBJECT = "node:indicators"


def import_into(node: OpenNode, path: Path, asked: Import, actor: str) -> Mapping[str, object]:
    """Take a file into the node's lake. Raises UsageError, LimitExceeded, LakeError."""
    data = path.read_bytes()

    def entered(told: Imported) -> None:
        detail: dict[str, Value] = {
            "did": "imported",
            "file": hashlib.sha256(data).hexdigest(),
            "sources": ", ".join(sorted(told.sources))[: limits.INDICATOR_NOTE],
            "taken": told.taken,
            "new": told.new,
        }
        _enter(node, actor, detail)

    with closing(Catalog(node.folder.lake, create=True)) as catalog:
        done = import_indicators(catalog, data, asked, actor, clock.now(), entered, lambda: sleep(TAKEN_UP_SECONDS))
    return cast("Mapping[str, object]", msgspec.to_builtins(done))


def remove_from(node: OpenNode, what: str, actor: str) -> int:
    """Remove a source or a value from the node's lake. Raises NotFound, LakeError."""
    keys = Keys.derived(load_secret(node.folder))
    _enter(node, actor, {"did": "removed", "what": keys.name_digest("indicators", what)})
    return removed(node.folder.lake, what)


def _enter(node: OpenNode, actor: str, detail: Mapping[str, Value]) -> None:
    draft = Draft(Kind.INDICATORS, actor, _SUBJECT, detail)
    node.store.transact(lambda connection: ledger.record(connection, draft, clock.now()))
