"""A node's folder with keys, configuration and an empty state database."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.ledger.entry import Draft, Kind
from tocsin.node.service.config import Config, NodeFolder, load_config, state_url
from tocsin.node.store import ledger
from tocsin.node.store.database import Store, open_store
from tocsin.node.upkeep.keys import make_keys
from tocsin.node.upkeep.shell import OpenNode

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
Maker = Callable[..., OpenNode]


def make_folder(path: Path, text: str = "") -> tuple[NodeFolder, Config, str]:
    """A folder with configuration and keys, and the recovery key."""
    path.mkdir(mode=0o700, exist_ok=True)
    folder = NodeFolder(path)
    folder.config.write_text(text, "utf-8")
    return folder, load_config(folder.config), make_keys(folder, "examplia")


@pytest.fixture
def make_node(tmp_path: Path) -> Iterator[Maker]:
    """Makes a node in a folder of its own from the text of its configuration."""
    made: list[Store] = []

    def make(text: str = "") -> OpenNode:
        folder, config, _ = make_folder(tmp_path / f"node{len(made)}", text)
        made.append(open_store(state_url(folder, config), create=True))
        return OpenNode(folder, config, made[-1])

    yield make
    for store in made:
        store.close()


@pytest.fixture
def node(make_node: Maker) -> OpenNode:
    """A node with nothing configured."""
    return make_node()


def enter(store: Store, times: int = 1) -> None:
    """Add entries to the ledger."""
    for number in range(times):
        with store.write() as connection:
            ledger.record(connection, Draft(Kind.START, "node", "node", {"number": number}), NOW)


__all__ = ["NOW", "Maker", "enter", "make_folder", "make_node", "node"]
