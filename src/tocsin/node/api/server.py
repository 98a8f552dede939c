"""The HTTP server in the node's server process: uvicorn, started by the program and bounded by `protocol`.

Rules:
1. Nothing but loopback is bound without TLS; TLS is 1.2 or newer, with the ciphers of RFC 9325 §4.2 for 1.2.
2. A client certificate is asked for where a CA for it is configured, and required where the configuration says so.
3. Headers of proxies are not believed. The server does not say what it is.
4. Signals belong to the process that runs it.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.node.api.bounds import Bounds
from tocsin.node.api.context import is_loopback
from tocsin.node.api.protocol import BoundedProtocol

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # RFC 9325 §4.2; TLS 1.3 has its own list
_GRACE_SECONDS = 10  # for requests that run when the server is stopped


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key of the node, and the CA of clients where certificates identify them."""

    certificate: Path
    key: Path
    client_ca: Path | None = None
    clients_need_certificate: bool = False


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the server listens and how."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: Tls | None = None
    bounds: Bounds = field(default_factory=Bounds)


class ApiServer:
    """Serves one application. `bind` first, then `serve` in the event loop, `stop` from anywhere in it."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        if settings.tls is None and not is_loopback(settings.host):
            raise ConfigError(
                f"the API would listen on {settings.host} without TLS",
                "Name a certificate and a key in the configuration, or listen on 127.0.0.1.",
            )
        self._settings = settings
        self._socket: socket.socket | None = None
        self._server = _Server(_config(app, settings), settings)

    def bind(self) -> int:
        """Take the port; returns its number. ConfigError when it is taken or not allowed."""
        host, port = self._settings.host, self._settings.port
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
        except OSError as error:
            listening.close()
            raise ConfigError(
                f"the API cannot listen on {host} port {port}: {error.strerror}",
                "Choose another port in the configuration, or end the program that has it.",
            ) from error
        self._socket = listening
        return int(listening.getsockname()[1])

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`; `ready` is called once connections are taken."""
        if self._socket is None:
            self.bind()
        assert self._socket is not None
        self._server.ready = ready
        await self._server.serve(sockets=[self._socket])

    def stop(self) -> None:
        """End: no new connections, running requests get some seconds."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn's server, without its signals, and with a bound on TLS handshakes."""

    def __init__(self, config: uvicorn.Config, settings: ServerSettings) -> None:
        super().__init__(config)
        self._settings = settings
        self.ready: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen on the sockets."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            raise ConfigError("the API could not start", "Look into the node's log.")
        loop = asyncio.get_running_loop()
        seconds = None if self.config.ssl is None else self._settings.bounds.tls_seconds
        self.servers = [
            await loop.create_server(
                self._protocol, sock=listening, ssl=self.config.ssl, backlog=limits.HTTP_BACKLOG,
                ssl_handshake_timeout=seconds, ssl_shutdown_timeout=seconds,
            )
            for listening in sockets or []
        ]  # fmt: skip
        self.started = True
        self.ready()

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        return made

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Rule 4."""
        yield


def _config(app: ASGIApp, settings: ServerSettings) -> uvicorn.Config:
    protocol = type("BoundedProtocol", (BoundedProtocol,), {"bounds": settings.bounds})
    context = None if settings.tls is None else tls_context(settings.tls)
    return uvicorn.Config(
        app, settings.host, settings.port, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False,
        proxy_headers=False, server_header=False, timeout_keep_alive=settings.bounds.idle_seconds,  # type: ignore[arg-type]
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_context_factory=None if context is None else lambda _config, _default: context,
    )  # fmt: skip


def tls_context(tls: Tls) -> ssl.SSLContext:
    """The TLS settings of the server; ConfigError when a file cannot be used. Rules 1 and 2."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        if tls.client_ca is not None:
            context.load_verify_locations(tls.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED if tls.clients_need_certificate else ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"the TLS certificate or key cannot be used: {error.strerror or error}",
            "Name PEM files of a certificate and its key that the node may read.",
        ) from error
    return context
