"""Syslog over UDP (RFC 5426): a datagram is a message, and nobody can be told to wait.

Rules:
1. Listed addresses only; all others are counted and named.
2. Datagrams of one sender are gathered for a moment and appended together.
3. What has no room (the sender's share, the journal) is dropped and counted. What the kernel dropped because we were
   slow is asked of the kernel itself (SO_MEMINFO of Linux) and counted too.
4. The socket is read some datagrams at a time, so that other inputs get their turn.
"""

import asyncio
import socket
import struct
import threading
from dataclasses import dataclass, field

from tocsin import limits
from tocsin.errors import ConfigError, TocsinError
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.framing import one_line
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.sender import Senders, SyslogInput, plain_address
from tocsin.node.inputs.shares import ShareTaken
from tocsin.node.journal.records import Stream

WAY = "syslog"
_SO_MEMINFO = 55  # asm-generic/socket.h, since Linux 4.12
_MEMINFO_DROPS = 8  # index in linux/sock_diag.h
_MEMINFO = struct.Struct("=9I")
_WRAP = 2**32


@dataclass(slots=True)
class _Batch:
    """Datagrams of one sender that wait for each other."""

    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class SyslogUdp:
    """One UDP listener."""

    def __init__(self, settings: SyslogInput, intake: Intake) -> None:
        self._settings, self._intake = settings, intake
        self._senders = Senders(WAY, settings.senders)
        self._streams: dict[str, Stream | None] = {}
        self._batches: dict[str, _Batch] = {}
        self._by_id: dict[str, Stream] = {}
        self._flushing: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._asking = threading.Lock()
        self._kernel_drops = 0
        self._socket: socket.socket | None = None

    @property
    def settings(self) -> SyslogInput:
        """As it is in use."""
        return self._settings

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return 0 if self._socket is None else int(self._socket.getsockname()[1])

    @property
    def receive_bytes(self) -> int:
        """The size of the kernel's buffer as the kernel gave it."""
        return 0 if self._socket is None else self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    async def start(self) -> None:
        """Listen. Raises ConfigError when the address cannot be had."""
        await self._expect()
        self._socket = _bound(self._settings.host, self._settings.port)
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    async def take(self, other: "SyslogUdp") -> None:
        """Hear the senders of another listener of the same address from now on."""
        self._settings, self._senders = other._settings, other._senders
        self._streams = {}
        await self._expect()

    async def _expect(self) -> None:
        self._intake.counters.expect(self._settings.name, self._senders.streams)
        for stream in self._senders.streams:
            await self._intake.know(stream)

    async def stop(self) -> None:
        """Listen no more, and append what was gathered."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._read()
            self.note_kernel_drops()
            with self._asking:
                self._socket.close()
                self._socket = None
        self._flush()
        await asyncio.gather(*self._tasks)

    def note_kernel_drops(self) -> None:
        """Count what the kernel dropped since the last time (rule 3); call it before a snapshot, in any thread."""
        with self._asking:
            if self._socket is None:
                return
            told = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
            drops = _MEMINFO.unpack(told)[_MEMINFO_DROPS]
            self._intake.counters.dropped_by_kernel(self._settings.name, (drops - self._kernel_drops) % _WRAP)
            self._kernel_drops = drops

    def _read(self) -> None:
        """Rule 4."""
        assert self._socket is not None
        for _ in range(limits.SYSLOG_ROUND_DATAGRAMS):
            try:
                datagram, address = self._socket.recvfrom(limits.SYSLOG_DATAGRAM_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            self._take(datagram, address[0])

    def _take(self, datagram: bytes, address: str) -> None:
        stream = self._stream(address)
        if stream is None:
            self._intake.counters.unlisted(self._settings.name, plain_address(address))
            return
        line = one_line(datagram)
        if not line:
            self._intake.counters.received(self._settings.name, stream, 1)
            self._intake.counters.rejected(self._settings.name, stream, Reason.EMPTY)
            return
        self._gather(stream, line + b"\n")

    def _stream(self, address: str) -> Stream | None:
        """Rule 1. Who was looked up is remembered, listed addresses only: their number is bounded by who they are."""
        stream = self._streams.get(address)
        if stream is None:
            stream = self._senders.of(plain_address(address))
            if stream is not None and len(self._streams) < limits.SYSLOG_ADDRESSES:
                self._streams[address] = stream
        return stream

    def _gather(self, stream: Stream, line: bytes) -> None:
        """Rule 2."""
        batch = self._batches.get(stream.id)
        if batch is None:
            batch = self._batches[stream.id] = _Batch()
            self._by_id[stream.id] = stream
        batch.lines.append(line)
        batch.size += len(line)
        if len(batch.lines) >= limits.SYSLOG_BATCH_DATAGRAMS or batch.size >= limits.SYSLOG_BATCH_BYTES:
            self._hand_over(stream, self._batches.pop(stream.id))
        elif self._flushing is None:
            loop = asyncio.get_running_loop()
            self._flushing = loop.call_later(limits.SYSLOG_BATCH_SECONDS, self._flush)

    def _flush(self) -> None:
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        batches, self._batches = self._batches, {}
        for stream, batch in batches.items():
            self._hand_over(self._by_id[stream], batch)
        self.note_kernel_drops()

    def _hand_over(self, stream: Stream, batch: _Batch) -> None:
        self._intake.counters.received(self._settings.name, stream, len(batch.lines))
        task = asyncio.get_running_loop().create_task(self._append(stream, batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _append(self, stream: Stream, batch: _Batch) -> None:
        """Rule 3."""
        try:
            with self._intake.shares.hold(stream.id, batch.size):
                await self._intake.append(self._settings.name, stream, b"".join(batch.lines), len(batch.lines))
        except (ShareTaken, TocsinError):
            self._intake.counters.dropped(self._settings.name, stream, len(batch.lines))


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens, with as large a buffer as the kernel gives."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
        )[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"{host} is no address to listen on: {error}", "Give an IP address of the node.") from error
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, limits.SYSLOG_RECEIVE_BYTES)
        opened.bind(address)
    except OSError as error:
        opened.close()
        raise ConfigError(
            f"cannot listen on {host} port {port} (UDP): {error.strerror}", "Choose another address or port."
        ) from error
    return opened
