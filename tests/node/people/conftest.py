"""A desk over an empty state database, on SQLite and on PostgreSQL."""

import pytest
from people_desk import Wall, desk_over, wall

from tocsin.node.people.desk import Desk
from tocsin.node.store.database import Store

__all__ = ["wall"]


@pytest.fixture
def desk(store: Store, wall: Wall) -> Desk:
    """A desk over an empty database."""
    return desk_over(store)
