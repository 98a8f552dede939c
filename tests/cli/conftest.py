"""A node on loopback, and a person's own folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_clients import api_of
from keepers import Keeper
from keepers import keeper as keeper_in
from nodes import Node, serving
from people_desk import Wall, desk_over, wall

from tocsin.node.store.database import open_store

__all__ = ["wall"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder for configuration, and no node named in the environment."""
    for name in ("TOCSIN_NODE", "TOCSIN_NODE_URL", "TOCSIN_NODE_CA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def node(home: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """A node that the command line speaks to."""
    store = open_store(f"sqlite:///{home}/state.sqlite", create=True)
    api = api_of(desk_over(store))
    with serving(api.app) as port:
        url = f"http://127.0.0.1:{port}"
        monkeypatch.setenv("TOCSIN_NODE_URL", url)
        yield Node(api, url)
    store.close()


@pytest.fixture
def keeper(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    """A node with a folder, a lake and keys that the command line speaks to."""
    with keeper_in(home / "keeper") as made:
        monkeypatch.setenv("TOCSIN_NODE_URL", made.url)
        yield made
