"""A fair share of memory for every sender, so that one at ten times its rate delays no other.

Rules:
1. What is received and not yet durable is held. All senders together hold at most `most` bytes.
2. A sender holds at most its share, and takes no more when it then held more than what is still free. So whatever a
   few greedy ones do, there is room for the next (Choudhury and Hahne, "Dynamic queue length thresholds", 1998).
3. Who finds no room is told so at once, or waits; waiting senders get their turn in the order in which they came,
   each judged by its own share only.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from tocsin import limits
from tocsin.errors import LimitExceeded


class ShareTaken(LimitExceeded):
    """A sender holds all that it may: what it sent before has to become durable first."""


class Hold:
    """What one message, batch or body of a sender holds. It grows while the body comes in."""

    def __init__(self, shares: "Shares", sender: str) -> None:
        self._shares, self._sender = shares, sender
        self.size = 0

    def grow(self, size: int) -> None:
        """Hold more. Raises ShareTaken when there is no room."""
        if not self._shares.fits(self._sender, size):
            raise ShareTaken("what you sent before is not on the disk yet", "Send it again in a while.")
        self._shares.take(self._sender, size)
        self.size += size


class Shares:
    """Bytes in flight by sender; for one event loop."""

    def __init__(self, most: int = limits.INPUT_IN_FLIGHT_BYTES, share: int = limits.INPUT_SENDER_BYTES) -> None:
        self._most, self._share = most, share
        self._held: dict[str, int] = {}
        self._all = 0
        self._waiting: list[tuple[str, int, asyncio.Future[None]]] = []

    def held(self, sender: str) -> int:
        """Bytes that a sender holds."""
        return self._held.get(sender, 0)

    def fits(self, sender: str, size: int) -> bool:
        """Rules 1 and 2."""
        return self.held(sender) + size <= min(self._share, self._most - self._all - size)

    def take(self, sender: str, size: int) -> None:
        """Hold bytes; whoever asks has made sure that they fit."""
        self._held[sender] = self.held(sender) + size
        self._all += size

    @contextmanager
    def hold(self, sender: str, size: int = 0) -> Iterator[Hold]:
        """Hold bytes for as long as the block runs. Raises ShareTaken when there is no room."""
        hold = Hold(self, sender)
        try:
            hold.grow(size)
            yield hold
        finally:
            self._give_back(sender, hold.size)

    @asynccontextmanager
    async def turn(self, sender: str, size: int) -> AsyncIterator[None]:
        """The same for who can wait. `size` has to be at most half of `most`, and at most the share."""
        if not self.fits(sender, size):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            entry = (sender, size, turn)
            self._waiting.append(entry)
            try:
                await turn
            except asyncio.CancelledError:
                self._leave(entry)
                raise
        else:
            self.take(sender, size)
        try:
            yield
        finally:
            self._give_back(sender, size)

    def _leave(self, entry: tuple[str, int, "asyncio.Future[None]"]) -> None:
        """Who stops waiting gives back a turn that it was given meanwhile."""
        sender, size, turn = entry
        if entry in self._waiting:
            self._waiting.remove(entry)
        elif turn.done() and not turn.cancelled():
            self._give_back(sender, size)

    def _give_back(self, sender: str, size: int) -> None:
        self._all -= size
        left = self.held(sender) - size
        if left:
            self._held[sender] = left
        else:
            self._held.pop(sender, None)
        self._next_turns()

    def _next_turns(self) -> None:
        """Rule 3: a sender that has to wait longer stops its own later ones only."""
        stopped: set[str] = set()
        for entry in list(self._waiting):
            sender, size, turn = entry
            if sender in stopped or not self.fits(sender, size):
                stopped.add(sender)
            else:
                self._waiting.remove(entry)
                if not turn.done():
                    self.take(sender, size)
                    turn.set_result(None)
