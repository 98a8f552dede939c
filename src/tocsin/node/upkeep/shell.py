"""The shell's way into a node's folder, past its API: a rescue, or upkeep that needs the files themselves.

Rules:
1. Who acts this way is named by the number of the machine's user (`shell:1000`), because there is no login.
2. `rescue` leaves an entry in the ledger before anything else is done: who, what, and a keyed digest of why. The
   reason itself stands beside the ledger (`reasons`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tocsin import clock
from tocsin.errors import ConfigError
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.people.keys import Keys
from tocsin.node.service.config import Config, NodeFolder, load_config, state_url
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.reasons import check_reason, record_with_reason
from tocsin.node.upkeep.keys import load_secret


@dataclass(frozen=True, slots=True)
class OpenNode:
    """A node's folder with what is in it."""

    folder: NodeFolder
    config: Config
    store: Store


@contextmanager
def open_node(path: Path) -> Iterator[OpenNode]:
    """The node in a folder. ConfigError or StateError where there is none."""
    folder = node_folder(path)
    config = load_config(folder.config)
    store = open_store(state_url(folder, config))
    try:
        yield OpenNode(folder, config, store)
    finally:
        store.close()


def node_folder(path: Path) -> NodeFolder:
    """The folder of a node; ConfigError where there is none."""
    folder = NodeFolder(path)
    if not folder.config.is_file():
        raise ConfigError(f"there is no node in {path}", "Name its folder with --node, or set TOCSIN_NODE.")
    return folder


def shell_actor() -> str:
    """How the ledger names whoever acts at the shell."""
    return f"shell:{os.getuid()}"


def rescue(node: OpenNode, what: str, why: str) -> None:
    """Enter that somebody at the shell does something past the API. UsageError without a reason."""
    check_reason(why)
    digest = Keys.derived(load_secret(node.folder)).name_digest("reason", why)
    draft = Draft(Kind.RESCUE, shell_actor(), "node", {"what": what, "why": digest})
    node.store.transact(lambda connection: record_with_reason(connection, draft, why, clock.now()))
