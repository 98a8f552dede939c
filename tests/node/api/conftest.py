"""A desk over an empty state database, on SQLite: what differs between databases is tested below the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from people_desk import Wall, desk_over, wall

from tocsin.node.people.desk import Desk
from tocsin.node.store.database import open_store

__all__ = ["wall"]


@pytest.fixture
def desk(tmp_path: Path, wall: Wall) -> Iterator[Desk]:
    """A desk over an empty database."""
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    yield desk_over(store)
    store.close()
