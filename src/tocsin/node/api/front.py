"""The first thing every request meets, before any route: who it says it calls, from where, and how it is answered.

Rules:
1. The Host is one that the operator allows, also on loopback, so that a page of somebody else cannot reach the node by
   a name of its own (DNS rebinding).
2. A request that changes something and tells its Origin, or Sec-Fetch-Site, comes from the node's own pages.
3. Query and number of headers are bounded; the server bounds their bytes before (`protocol`).
4. Every answer carries a request id and the security headers; a request is one line of the log without what was sent.
5. A fault is answered with its request id and nothing else.
"""

import logging
import secrets
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin import clock, limits
from tocsin.node.api.context import ApiContext
from tocsin.node.api.endpoint import SAFE
from tocsin.node.api.log import log, log_fault
from tocsin.node.api.problems import Refused, answer_to, problem

REQUEST_ID = "X-Request-Id"
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
_ID_BYTES = 8
_MILLISECONDS = 1_000


class Front:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, context: ApiContext) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, hand on, and see to the answer's headers. Anything but HTTP is not served."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, begun, status = secrets.token_hex(_ID_BYTES), clock.monotonic(), 0
        scope["tocsin.request"] = request_id

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message, request_id)
            await send(message)

        try:
            refused = _refusal(scope, self._context)
            app = self._app if refused is None else answer_to(refused, request_id)
            await app(scope, receive, send_with_headers)
        except Exception:
            log_fault("fault", request=request_id, endpoint=str(scope.get("tocsin.endpoint", "")))
            if status:
                raise  # the answer has begun: the server closes the connection
            told = "the node made a mistake", "Look into the node's log under this request id, and report it."
            fault = problem(HTTPStatus.INTERNAL_SERVER_ERROR, *told, request_id)
            await fault(scope, receive, send_with_headers)
        finally:
            log(
                "request", _level(scope, status),
                request=request_id, method=scope["method"], endpoint=str(scope.get("tocsin.endpoint", "")),
                actor=str(scope.get("tocsin.actor", "")), status=status,
                milliseconds=round((clock.monotonic() - begun) * _MILLISECONDS),
            )  # fmt: skip

    def _dress(self, message: Message, request_id: str) -> None:
        headers = MutableHeaders(scope=message)
        headers[REQUEST_ID] = request_id
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        if self._context.secure:
            headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)


def _level(scope: Scope, status: int) -> int:
    """What went well is DEBUG, and so is what an input refuses or puts off: it is counted for its sender."""
    stream = bool(scope.get("tocsin.stream"))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not (stream and status == HTTPStatus.SERVICE_UNAVAILABLE):
        return logging.WARNING
    return logging.DEBUG if stream or 0 < status < HTTPStatus.BAD_REQUEST else logging.INFO


def _refusal(scope: Scope, context: ApiContext) -> Refused | None:
    """Rules 1 to 3."""
    headers = Headers(scope=scope)
    if len(scope["headers"]) > limits.HTTP_HEADERS or len(scope["query_string"]) > limits.API_QUERY_CHARACTERS:
        return Refused(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too many headers, or too long a query", "Send less."
        )
    hosts = headers.getlist("Host")
    if len(hosts) != 1 or _name(hosts[0]) not in context.hosts:
        return Refused(
            HTTPStatus.MISDIRECTED_REQUEST,
            "this node is not called so",
            "Add the name to `names` below [api] in tocsin.toml.",
        )
    if scope["method"] not in SAFE and not _from_here(headers, hosts[0], context.secure):
        return Refused(HTTPStatus.FORBIDDEN, "the request comes from another site", "Use the node's own pages.")
    return None


def _name(host: str) -> str:
    """`node.example:8443` → `node.example`, `[::1]:80` → `[::1]`; empty when it is neither."""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host.lower()
    return name.lower() if port.isdecimal() else ""


def _from_here(headers: Headers, host: str, secure: bool) -> bool:
    site = headers.get("Sec-Fetch-Site", "same-origin")
    origins = headers.getlist("Origin")
    if site not in {"same-origin", "none"} or len(origins) > 1:
        return False
    if not origins:
        return True
    own = ("https" if secure else "http", host.lower())
    try:
        origin = urlsplit(origins[0])
    except ValueError:
        return False
    return (origin.scheme, origin.netloc.lower()) == own
