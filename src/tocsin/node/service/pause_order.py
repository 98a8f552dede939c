"""The order to pause: the server asks its supervisor to end the engine and the analyst for a while, by a file.

Rules:
1. The order is a file of the node's alone, there whole or not at all. It says why, and nothing of what was asked.
2. It counts only while the server process that gave it runs, and for limits.PAUSE_SECONDS from when the supervisor
   first saw it: a server that is killed, or stuck, leaves no node paused.
3. The server takes it back. What a killed one left counts for nothing; the next one removes it at its start.
"""

import msgspec

from tocsin import clock, limits
from tocsin.node.service.config import NodeFolder
from tocsin.node.upkeep.private_files import write_private

ORDER = "pause.json"


class Order(msgspec.Struct, frozen=True):
    """One order. `server` is the process that gave it."""

    id: str
    server: int
    why: str


def give(folder: NodeFolder, order: Order) -> None:
    """Put the order where the supervisor looks. OSError where the disk does not take it."""
    write_private(folder.run / ORDER, msgspec.json.encode(order))


def take_back(folder: NodeFolder) -> None:
    """No longer ask for it."""
    (folder.run / ORDER).unlink(missing_ok=True)


def given(folder: NodeFolder) -> Order | None:
    """The order as it lies there; None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((folder.run / ORDER).read_bytes(), type=Order)
    except (OSError, msgspec.DecodeError):
        return None


class Orders:
    """The supervisor's view: which order counts at this moment. Rule 2."""

    def __init__(self, folder: NodeFolder, seconds: float = limits.PAUSE_SECONDS) -> None:
        self._folder, self._seconds = folder, seconds
        self._seen, self._since = "", 0.0

    def standing(self, server: int | None) -> Order | None:
        """The order that counts, given the process of the server that runs."""
        order = given(self._folder)
        if order is None or order.server != server:
            return None
        now = clock.monotonic()
        if order.id != self._seen:
            self._seen, self._since = order.id, now
        return order if now - self._since < self._seconds else None
