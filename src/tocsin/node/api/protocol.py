"""The HTTP protocol of the server: uvicorn's, with bounds on everything a client can hold back or send too much of.

| what | bound | what happens |
|---|---|---|
| connections, and those of one address | `connections`, `connections_of_one_address` | 503, closed |
| headers of one request: number and bytes, request line with them | `headers`, `header_bytes` | 431, closed |
| time from the first byte of a request to the end of its headers | `header_seconds` | 408, closed |
| time between requests, and before the first | `idle_seconds` | closed |
| rate of a body, judged every `body_seconds` while the node reads | `body_bytes_per_second` | 408, closed |
| a body's chunk sizes and trailers beside its bytes | `header_bytes` and a ratio | 400, closed |
| a body that goes on after its answer | `limits.HTTP_UNREAD_BYTES` | closed |
| time in which a client takes nothing of an answer | `write_seconds` | cut off |

A body that the node itself does not read (its journal is full) is not the client's fault and is not judged.
The peer's certificate (DER), where TLS asked for one, is put into the scope: `scope["extensions"]["tocsin.peer"]`.
Upgrades (WebSocket, HTTP/2) are not spoken.
"""

import asyncio
from asyncio import TimerHandle
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tocsin import limits
from tocsin.node.api.bounds import Bounds
from tocsin.node.api.log import log

PEER = "tocsin.peer"


class BoundedProtocol(HttpToolsProtocol):
    """One connection of one client."""

    bounds = Bounds()  # a server with other bounds makes a subclass (`server`)

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._timer: TimerHandle | None = None
        self._writing: TimerHandle | None = None
        self._in_headers = False
        self._in_body = False
        self._header_bytes = 0
        self._body_bytes = 0

        self._framing_bytes = 0
        self._unread_bytes = 0
        self._paused_before = False

    @property
    def host(self) -> str:
        """The client's address; empty where it has none."""
        return self.client[0] if self.client else ""

    # --- connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection in, or turn it away when there are too many."""
        super().connection_made(transport)
        host = self.host
        same = sum(isinstance(other, BoundedProtocol) and other.host == host for other in self.connections)
        if len(self.connections) > self.bounds.connections or same > self.bounds.connections_of_one_address:
            self._turn_away(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")
            return
        self._wait(self.bounds.idle_seconds, self._idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of all timers."""
        self._stop()
        self._stop_writing()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        """Judge the bytes of a head before they are parsed, then parse."""
        if self.transport.is_closing():
            return
        if not self._in_body and not self._in_headers:
            self._begin_headers()
        if self._in_headers:
            self._header_bytes += len(data)
        elif self._in_body:
            self._framing_bytes += len(data)
        super().data_received(data)
        if self._in_body and self._framing_bytes > self.bounds.header_bytes:
            self._turn_away(HTTPStatus.BAD_REQUEST, "chunks or trailers too long")
        if self._in_headers and self._header_bytes > self.bounds.header_bytes:
            self._turn_away(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers too long")

    # --- parser

    def on_message_begin(self) -> None:
        """A request begins, perhaps right behind another one."""
        super().on_message_begin()
        if not self._in_headers:
            self._begin_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header while there are not too many."""
        if len(self.headers) >= self.bounds.headers:
            self._turn_away(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers")
            return
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request on, unless its head was over a bound."""
        self._in_headers = False
        self._stop()
        if self.transport.is_closing():
            return
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.bounds.header_bytes:
            self._turn_away(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers too long")
            return
        self._add_peer()
        super().on_headers_complete()
        self._in_body, self._body_bytes, self._framing_bytes, self._unread_bytes = True, 0, 0, 0
        self._await_body()

    def on_body(self, body: bytes) -> None:
        """Count what came."""
        if self.transport.is_closing() or self.cycle is None:
            return
        self._body_bytes += len(body)
        self._framing_bytes -= limits.HTTP_FRAMING_RATIO * len(body)
        if self.cycle.response_complete:
            self._unread_bytes += len(body)
            if self._unread_bytes > limits.HTTP_UNREAD_BYTES:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole; another may come."""
        self._in_body = False
        self._header_bytes = 0
        self._stop()
        if self.cycle is not None and not self.transport.is_closing():
            super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return False

    # --- writing

    def pause_writing(self) -> None:
        """The client takes nothing at the moment."""
        super().pause_writing()
        self._stop_writing()
        self._writing = self.loop.call_later(self.bounds.write_seconds, self._cut_off)

    def resume_writing(self) -> None:
        """The client takes again."""
        self._stop_writing()
        super().resume_writing()

    # --- timers

    def _begin_headers(self) -> None:
        self._in_headers, self._header_bytes = True, 0
        self._wait(self.bounds.header_seconds, self._late_headers)

    def _late_headers(self) -> None:
        self._turn_away(HTTPStatus.REQUEST_TIMEOUT, "headers too slow")

    def _judge_body(self) -> None:
        """Judge the rate of the last period, and the next one later."""
        needed = self.bounds.body_bytes_per_second * self.bounds.body_seconds
        paused = self._paused_before or self.flow.read_paused
        if self._body_bytes < needed and not paused:
            self._turn_away(HTTPStatus.REQUEST_TIMEOUT, "body too slow")
            return
        self._await_body()

    def _await_body(self) -> None:
        self._body_bytes, self._paused_before = 0, self.flow.read_paused
        self._wait(self.bounds.body_seconds, self._judge_body)

    def _idle(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _cut_off(self) -> None:
        log("cut off", why="answer not taken")
        self.transport.abort()

    def _wait(self, seconds: float, then: Any) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, then)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_writing(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    # --- endings

    def _turn_away(self, status: HTTPStatus, why: str) -> None:
        """Say why, unless an answer has begun, and close. What is in the buffers is not waited for."""
        self._stop()
        if self.transport.is_closing():
            return
        log("turned away", why=why, status=int(status))
        begun = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not begun:
            self.transport.write(
                f"HTTP/1.1 {int(status)} {status.phrase}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".encode()
            )
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _add_peer(self) -> None:
        secured = self.transport.get_extra_info("ssl_object")
        peer = None if secured is None else secured.getpeercert(binary_form=True)
        if peer is not None:
            extensions: dict[str, Any] = {PEER: {"certificate": peer}}
            self.scope["extensions"] = extensions
