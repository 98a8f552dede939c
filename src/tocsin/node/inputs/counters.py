"""What came in, what was refused and what was lost, by input and sender.

Rules:
1. Every message, line or record that was received is counted once more: as accepted (durable), repeated, rejected
   (with the reason) or dropped. A refused connection, handshake or body is one reject, whatever it would have held.
   What a sender was told to send again counts as deferred.
2. A snapshot is a copy: later counting does not change it. Counting and snapshots may happen in any thread.
3. Who is not listed has no sender of his own: all such count under the sender '', and the first addresses are named.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tocsin import clock, limits
from tocsin.lake.catalog import Origin
from tocsin.node.journal.records import Stream


class Reason(StrEnum):
    """Why something was not taken."""

    UNLISTED = "sender is not listed"
    TOO_LONG = "line or message too long"
    TOO_DEEP = "nested too deeply"
    UNFINISHED = "message unfinished at the end of its connection"
    FRAMING = "bad framing"
    IDLE = "connection idle for too long"
    CONNECTIONS = "too many connections"
    TLS = "TLS handshake failed"
    BODY = "body cannot be read"
    LARGE = "body too large"
    EMPTY = "nothing in it"


@dataclass(frozen=True, slots=True)
class Counts:
    """What is known of one sender at one input. `sender` is the stream's id, '' for all that are not listed."""

    input: str
    sender: str
    name: str
    received: int = 0
    """Messages, lines or records."""
    accepted: int = 0
    """Of those, durable."""
    repeated: int = 0
    """Of those, durable before, under the same idempotency key: nothing was added."""
    bytes: int = 0
    """Accepted, unpacked."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    dropped: int = 0
    """Lost here because there was no room."""
    dropped_by_kernel: int = 0
    """Lost before they could be read; the kernel knows no sender, so only under ''."""
    deferred: int = 0
    """Times that the sender was told to wait or to send again."""
    last_received: datetime | None = None
    last_event: datetime | None = None
    """The newest time inside what was accepted, where the protocol carries it apart from the text (OTLP)."""
    addresses: Mapping[str, int] = field(default_factory=dict)
    """Of unlisted senders."""
    origin: Origin | None = None
    """Whose it is; None for all that are not listed."""


@dataclass(slots=True)
class _Tally:
    """What is still counted."""

    name: str
    origin: Origin | None
    received: int = 0
    accepted: int = 0
    repeated: int = 0
    bytes: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    dropped_by_kernel: int = 0
    deferred: int = 0
    last_received: datetime | None = None
    last_event: datetime | None = None
    addresses: dict[str, int] = field(default_factory=dict)


class Counters:
    """All counts of this run of the node."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tallies: dict[tuple[str, str], _Tally] = {}

    def expect(self, input_name: str, streams: Iterable[Stream]) -> None:
        """Show senders before they send anything."""
        with self._lock:
            for stream in streams:
                self._of(input_name, stream)

    def received(self, input_name: str, stream: Stream, count: int) -> None:
        """Messages of a sender came in."""
        with self._lock:
            tally = self._of(input_name, stream)
            tally.received += count
            tally.last_received = clock.now()

    def accepted(
        self, input_name: str, stream: Stream, count: int, size: int, *, repeated: bool = False,
        last_event: datetime | None = None,
    ) -> None:  # fmt: skip
        """Messages of a sender are durable."""
        with self._lock:
            tally = self._of(input_name, stream)
            if repeated:
                tally.repeated += count
                return
            tally.accepted += count
            tally.bytes += size
            if last_event is not None:
                tally.last_event = max(last_event, tally.last_event or last_event)

    def rejected(self, input_name: str, stream: Stream | None, reason: Reason, count: int = 1) -> None:
        """Messages or connections were not taken, for a reason; None where the sender is not known."""
        if count:
            with self._lock:
                rejected = self._of(input_name, stream).rejected
                rejected[reason] = rejected.get(reason, 0) + count

    def unlisted(self, input_name: str, address: str) -> None:
        """Somebody who is not listed sent a message or wanted a connection."""
        with self._lock:
            tally = self._of(input_name, None)
            tally.received += 1
            tally.last_received = clock.now()
            tally.rejected[Reason.UNLISTED] = tally.rejected.get(Reason.UNLISTED, 0) + 1
            if address in tally.addresses or len(tally.addresses) < limits.INPUT_UNLISTED_SHOWN:
                tally.addresses[address] = tally.addresses.get(address, 0) + 1

    def dropped(self, input_name: str, stream: Stream, count: int) -> None:
        """Messages were lost because there was no room for them."""
        with self._lock:
            self._of(input_name, stream).dropped += count

    def dropped_by_kernel(self, input_name: str, count: int) -> None:
        """The kernel lost messages before they could be read."""
        if count:
            with self._lock:
                self._of(input_name, None).dropped_by_kernel += count

    def deferred(self, input_name: str, stream: Stream) -> None:
        """A sender was told to wait or to send again."""
        with self._lock:
            self._of(input_name, stream).deferred += 1

    def snapshot(self) -> tuple[Counts, ...]:
        """All counts as of now, by input and sender's name."""
        with self._lock:
            found = [_counts(*key, tally) for key, tally in self._tallies.items()]
        return tuple(sorted(found, key=lambda each: (each.input, each.name, each.sender)))

    def _of(self, input_name: str, stream: Stream | None) -> _Tally:
        key = (input_name, "" if stream is None else stream.id)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally(stream.name if stream else "", stream.origin if stream else None)
        return tally


def _counts(input_name: str, sender: str, tally: _Tally) -> Counts:
    return Counts(
        input_name, sender, tally.name, tally.received, tally.accepted, tally.repeated, tally.bytes,
        dict(tally.rejected), tally.dropped, tally.dropped_by_kernel, tally.deferred,
        tally.last_received, tally.last_event, dict(tally.addresses), tally.origin,
    )  # fmt: skip
