"""One more source in a node's configuration, by whoever has the shell.

Rules:
1. A configuration that would be wrong changes nothing, and the ledger has nothing of it.
2. The ledger has who added a source, and to which table, before the file changes; where it cannot be written, nothing
   changes. A change that fails then is entered as failed. What stands in the table, the ledger has as a keyed digest
   when the node takes it over (`service.in_use`).
"""

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.ledger.entry import Draft, Kind, Value
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.config_edit import replace_text, with_tables
from tocsin.node.store import ledger
from tocsin.node.upkeep.shell import OpenNode, open_node, shell_actor


def add_source(folder: NodeFolder, table: str, text: str) -> None:
    """Add a source (TOML text). ConfigError or StateError, and the file as it was."""
    changed = with_tables(folder, text)
    with open_node(folder.path) as node:
        _enter(node, table)
        try:
            replace_text(folder, changed)
        except TocsinError:
            _enter(node, table, failed=True)
            raise


def _enter(node: OpenNode, table: str, *, failed: bool = False) -> None:
    detail: dict[str, Value] = {"change": "source added", "table": table}
    if failed:
        detail["failed"] = True
    draft = Draft(Kind.CONFIGURATION_CHANGE, shell_actor(), "node", detail)
    node.store.transact(lambda connection: ledger.record(connection, draft, clock.now()))
