"""A desk over an empty state database, with cheap hashes and a clock that the test turns."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin import clock
from tocsin.node.people.desk import Desk
from tocsin.node.people.keys import Keys
from tocsin.node.people.passwords import Cost
from tocsin.node.store.database import Store

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


def desk_over(store: Store) -> Desk:
    """A desk with cheap hashes."""
    return Desk(store, Keys.derived(SECRET), CHEAP, ("examplia",))


__all__ = ["CHEAP", "SECRET", "Wall", "desk_over", "wall"]
