"""The one way from every input into the journal: appended, acknowledged, counted."""

import asyncio
import sqlite3
from datetime import datetime

from tocsin.errors import StateError
from tocsin.node.inputs.counters import Counters
from tocsin.node.inputs.shares import Shares
from tocsin.node.journal.records import Stream
from tocsin.node.journal.writer import Journal, Receipt


class Intake:
    """What all inputs of a node share. For one event loop."""

    def __init__(self, journal: Journal, counters: Counters | None = None, shares: Shares | None = None) -> None:
        self.counters = counters or Counters()
        self.shares = shares or Shares()
        self._journal = journal
        self._known: set[str] = set()

    async def know(self, stream: Stream) -> None:
        """Make a stream known to the journal; off the loop, since it may have to write. StateError when it cannot."""
        if stream.id in self._known:
            return
        try:
            await asyncio.to_thread(self._journal.add_stream, stream)
        except sqlite3.Error as error:
            raise StateError(f"the journal cannot be written: {error}", "Check the disk.") from error
        self._known.add(stream.id)

    async def append(
        self, input_name: str, stream: Stream, data: bytes, lines: int, key: str | None = None,
        last_event: datetime | None = None,
    ) -> Receipt:  # fmt: skip
        """Make whole lines durable and count them. Raises JournalFull or StateError when nothing was added."""
        await self.know(stream)
        receipt = await asyncio.wrap_future(self._journal.append(stream.id, data, key))
        self.counters.accepted(input_name, stream, lines, len(data), repeated=receipt.repeated, last_event=last_event)
        return receipt
