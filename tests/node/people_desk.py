"""A desk over an empty state database, with cheap hashes and a clock that the test turns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.node.people.desk import Desk
from tocsin.node.people.keys import Keys
from tocsin.node.people.passwords import Cost
from tocsin.node.store.database import open_store

CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
SECRET = bytes(range(32))


class Wall:
    """A clock on the wall: stands still until it is turned."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def turn(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """The clock that all of the node reads."""
    wall = Wall()
    monkeypatch.setattr(clock, "now", wall.now)
    return wall


@pytest.fixture
def desk(tmp_path: Path, wall: Wall) -> Iterator[Desk]:
    """A desk over an empty database."""
    store = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    yield Desk(store, Keys.derived(SECRET), CHEAP, ("examplia",))
    store.close()


__all__ = ["CHEAP", "SECRET", "Wall", "desk", "wall"]
