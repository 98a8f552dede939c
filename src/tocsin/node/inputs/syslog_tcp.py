"""Syslog over TCP (RFC 6587) and TLS (RFC 5425).

Rules:
1. Who is not listed is let go before a byte is read. Over TLS the certificate may say who it is, after the handshake.
2. Connections are bounded, all and of one address; so are handshakes, idle time, and the time that one message takes.
3. A connection is read again only when what it sent before is durable: so the sender waits, by TCP's own flow
   control, while the journal is full or its share is taken. Its order is kept and nothing of it is lost here.
4. A message that has not ended when its connection ends is a reject. Bytes that have no framing end the connection.
5. When other senders are taken over, a connection goes on whose sender stays the same; all others end.
"""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tocsin import clock, limits
from tocsin.errors import ConfigError, StateError
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.framing import Framed, Framer
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.sender import Certificate, Senders, SyslogInput, plain_address
from tocsin.node.inputs.syslog_tls import certificate_of, server_context
from tocsin.node.inputs.syslog_udp import WAY
from tocsin.node.journal.records import Stream

_ACCEPT_SECONDS = 0.2  # between two tries when the process has no more files to open
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 20), (socket.TCP_KEEPCNT, 3))  # finds half-open ones


@dataclass(frozen=True, slots=True)
class SyslogBounds:
    """Each as in `limits` under SYSLOG, so that a test can make them small."""

    message_bytes: int = limits.SYSLOG_MESSAGE_BYTES
    read_bytes: int = limits.SYSLOG_READ_BYTES
    connections: int = limits.SYSLOG_CONNECTIONS
    connections_of_one_address: int = limits.SYSLOG_CONNECTIONS_OF_ONE_ADDRESS
    idle_seconds: float = limits.SYSLOG_IDLE_SECONDS
    message_seconds: float = limits.SYSLOG_MESSAGE_SECONDS
    tls_seconds: float = limits.SYSLOG_TLS_SECONDS
    close_seconds: float = limits.SYSLOG_CLOSE_SECONDS
    retry_seconds: float = limits.SYSLOG_RETRY_SECONDS


DEFAULT_BOUNDS = SyslogBounds()


@dataclass(slots=True, eq=False)
class _Client:
    """Who sends over a connection, and how it was known. `leaving` when nothing more is to be read."""

    host: str
    certificate: Certificate | None
    stream: Stream
    leaving: asyncio.Event = field(default_factory=asyncio.Event)


class SyslogTcp:
    """One listener, over TCP or TLS as its settings say."""

    def __init__(self, settings: SyslogInput, intake: Intake, bounds: SyslogBounds = DEFAULT_BOUNDS) -> None:
        if (settings.protocol == "tls") != (settings.tls is not None):
            raise ConfigError(
                f"{settings.name}: TLS needs a certificate, and TCP none", "Give `certificate` and `key`."
            )
        self._settings, self._intake, self._bounds = settings, intake, bounds
        self._senders = Senders(WAY, settings.senders)
        self._tls = None if settings.tls is None else server_context(settings.tls)
        self._listening: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._addresses: Counter[str] = Counter()
        self._clients: set[_Client] = set()
        self._stopping = False

    @property
    def settings(self) -> SyslogInput:
        """As it is in use."""
        return self._settings

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return 0 if self._listening is None else int(self._listening.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._serving)

    async def start(self) -> None:
        """Listen. Raises ConfigError when the address cannot be had."""
        await self._expect()
        self._listening = _bound(self._settings.host, self._settings.port)
        self._accepting = asyncio.get_running_loop().create_task(self._accept(self._listening))

    async def take(self, other: "SyslogTcp") -> None:
        """Hear the senders of another listener of the same address from now on (rule 5)."""
        self._settings, self._senders, self._tls = other._settings, other._senders, other._tls
        await self._expect()
        for client in self._clients:
            if self._senders.of(client.host, client.certificate) != client.stream:
                client.leaving.set()

    async def _expect(self) -> None:
        self._intake.counters.expect(self._settings.name, self._senders.streams)
        for stream in self._senders.streams:
            await self._intake.know(stream)

    async def stop(self) -> None:
        """Accept and read no more, write what was read, close."""
        self._stopping = True
        for client in self._clients:
            client.leaving.set()
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait([self._accepting])
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._serving:
            _, late = await asyncio.wait(self._serving, timeout=self._bounds.close_seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    # --- connections

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listening)
            except OSError:  # no more files, or the client is gone already
                await asyncio.sleep(_ACCEPT_SECONDS)
                continue
            host = plain_address(address[0])
            if self._lets_in(host):
                self._addresses[host] += 1
                task = loop.create_task(self._serve(accepted, host))
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
            else:
                accepted.close()

    def _lets_in(self, host: str) -> bool:
        """Rules 1 and 2."""
        if not self._senders.may_come(host):
            self._intake.counters.unlisted(self._settings.name, host)
            return False
        many = len(self._serving) >= self._bounds.connections
        if many or self._addresses[host] >= self._bounds.connections_of_one_address:
            stream = self._senders.of(host)
            self._intake.counters.rejected(self._settings.name, stream, Reason.CONNECTIONS)
            return False
        return True

    async def _serve(self, accepted: socket.socket, host: str) -> None:
        try:
            async with self._opened(accepted) as (reader, certificate):
                stream = self._senders.of(host, certificate)
                if stream is None:
                    self._intake.counters.unlisted(self._settings.name, host)
                elif not self._stopping:
                    await self._received(reader, _Client(host, certificate, stream))
        except (OSError, TimeoutError):  # the handshake failed, before anything was received
            self._intake.counters.rejected(self._settings.name, self._senders.of(host), Reason.TLS)
        finally:
            self._addresses[host] -= 1
            if not self._addresses[host]:
                del self._addresses[host]

    async def _received(self, reader: asyncio.StreamReader, client: _Client) -> None:
        self._clients.add(client)
        try:
            await self._receive(reader, client)
        finally:
            self._clients.discard(client)

    @asynccontextmanager
    async def _opened(self, accepted: socket.socket) -> AsyncIterator[tuple[asyncio.StreamReader, Certificate | None]]:
        """A connection after its handshake; closed at the end without waiting for the other side."""
        for option, value in _KEEPALIVE:
            accepted.setsockopt(socket.IPPROTO_TCP, option, value)
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=self._bounds.read_bytes, loop=loop)
        seconds = None if self._tls is None else self._bounds.tls_seconds
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: asyncio.StreamReaderProtocol(reader, loop=loop), accepted, ssl=self._tls,
                ssl_handshake_timeout=seconds, ssl_shutdown_timeout=seconds,
            )  # fmt: skip
        except BaseException:
            accepted.close()
            raise
        try:
            secured = transport.get_extra_info("ssl_object")
            yield reader, None if secured is None else certificate_of(secured)
        finally:
            transport.abort()

    # --- messages

    async def _receive(self, reader: asyncio.StreamReader, client: _Client) -> None:
        """Rule 3, and rule 4 at the end."""
        stream = client.stream
        framer = Framer(self._bounds.message_bytes)
        spent = 0.0  # seconds that were waited for the message that has begun, without those that it waited for us
        while not client.leaving.is_set() and not framer.damaged:
            begun = clock.monotonic()
            try:
                async with asyncio.timeout(self._patience(framer, spent)):
                    data = await self._read(reader, client)
            except TimeoutError:
                self._intake.counters.rejected(self._settings.name, stream, Reason.IDLE)
                break
            if not data:
                break
            framed = framer.feed(data)
            spent = 0.0 if framed.lines or not framer.unfinished else spent + clock.monotonic() - begun
            await self._keep(stream, framed)
        self._end(framer, stream)

    def _patience(self, framer: Framer, spent: float) -> float:
        """How long the next bytes may take."""
        if not framer.unfinished:
            return self._bounds.idle_seconds
        return max(0.0, self._bounds.message_seconds - spent)

    async def _read(self, reader: asyncio.StreamReader, client: _Client) -> bytes:
        """The next bytes; none at the connection's end, however it ended, and when nothing more is to be read."""
        reading = asyncio.ensure_future(reader.read(self._bounds.read_bytes))
        leaving = asyncio.ensure_future(client.leaving.wait())
        try:
            await asyncio.wait([reading, leaving], return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else b""
        except OSError:  # reset by the other side
            return b""
        finally:
            reading.cancel()
            leaving.cancel()

    async def _keep(self, stream: Stream, framed: Framed) -> None:
        """Make messages durable, however long it takes."""
        counters, name = self._intake.counters, self._settings.name
        counters.rejected(name, stream, Reason.TOO_LONG, framed.too_long)
        if framed.lines + framed.too_long:
            counters.received(name, stream, framed.lines + framed.too_long)
        if not framed.lines:
            return
        async with self._intake.shares.turn(stream.id, len(framed.data)):
            while True:
                try:
                    await self._intake.append(name, stream, framed.data, framed.lines)
                    return
                except StateError:  # the journal is full, or the disk: rule 3
                    counters.deferred(name, stream)
                    await asyncio.sleep(self._bounds.retry_seconds)

    def _end(self, framer: Framer, stream: Stream) -> None:
        if framer.damaged:
            self._intake.counters.rejected(self._settings.name, stream, Reason.FRAMING)
        elif framer.unfinished:
            self._intake.counters.rejected(self._settings.name, stream, Reason.UNFINISHED)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
        )[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"{host} is no address to listen on: {error}", "Give an IP address of the node.") from error
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(limits.SYSLOG_BACKLOG)
    except OSError as error:
        opened.close()
        raise ConfigError(
            f"cannot listen on {host} port {port} (TCP): {error.strerror}", "Choose another address or port."
        ) from error
    return opened
