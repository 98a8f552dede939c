"""Pausing the node from its server: the lake for itself, while what is sent goes on into the journal.

Steps: 1. segments that hold what was sent so far are closed, and the engine has some time to take them in; 2. the
supervisor is ordered to let engine and analyst rest (`pause_order`); 3. the work is done; 4. the order is taken back,
whatever happened.
"""

import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tocsin import clock, limits
from tocsin.errors import Conflict, StateError
from tocsin.node.journal.writer import Journal
from tocsin.node.service.config import NodeFolder
from tocsin.node.service.pause_order import Order, give, take_back
from tocsin.node.service.processes import rests
from tocsin.node.upkeep.errands import ErrandEnded

LOOK_SECONDS = 0.1
NEVER = float("inf")


class Pauses:
    """The pauses that one server orders, one at a time."""

    def __init__(self, folder: NodeFolder, journal: Journal) -> None:
        self._folder, self._journal = folder, journal
        self._one = threading.Lock()
        self._ending = threading.Event()
        self._last = -NEVER

    @contextmanager
    def pause(self, why: str) -> Iterator[None]:
        """The node pauses meanwhile; its status says why.

        Conflict during another pause, ErrandEnded where the node does not pause or ends, StateError on a full disk.
        """
        if not self._one.acquire(blocking=False):
            raise Conflict("the node is paused already", "`tocsin node status` says why; try again when it is over.")
        try:
            self._take_in()
            order = Order(secrets.token_hex(8), os.getpid(), why)
            try:
                self._give(order)
                yield
            finally:
                take_back(self._folder)
                self._last = clock.monotonic()
        finally:
            self._one.release()

    def since(self) -> float:
        """Seconds since the node was paused: 0 while it is, NEVER where it never was."""
        return 0.0 if self._one.locked() else clock.monotonic() - self._last

    def end(self) -> None:
        """Wait for nothing any more: the node ends."""
        self._ending.set()

    def _take_in(self) -> None:
        """Step 1. What is not taken in by then, the caller finds in the journal."""
        before = self._journal.close_segments().result(limits.TAKE_IN_SECONDS)
        self._until(lambda: before.isdisjoint(self._journal.files()), limits.TAKE_IN_SECONDS)

    def _give(self, order: Order) -> None:
        """Step 2."""
        try:
            give(self._folder, order)
        except OSError as error:
            raise StateError(f"the order to pause cannot be written: {error}", "Check the disk.") from error
        if not self._until(lambda: rests(self._folder, order), limits.PAUSE_BEGIN_SECONDS):
            raise ErrandEnded(
                f"the node did not pause within {limits.PAUSE_BEGIN_SECONDS} seconds",
                "Look with `tocsin node status`, and try again.",
            )

    def _until(self, true: Callable[[], bool], seconds: float) -> bool:
        """Whether it came true in that time; ErrandEnded when the node ends meanwhile."""
        end = clock.monotonic() + seconds
        while not true():
            if self._ending.wait(LOOK_SECONDS):
                raise ErrandEnded("the node ends", "Ask again when it runs.")
            if clock.monotonic() >= end:
                return False
        return True
