"""An endpoint, and the way of a request into its handler.

Steps for every request:
1. Who asks is found out from `Authorization` or the cookie, in a thread.
2. The permission table is asked by the endpoint's name. Nobody known: 401; not allowed: 403.
3. A cookie session that changes something has to show its CSRF token.
4. The body is read within its bound and has to be JSON, then the handler runs in a thread. Few handlers at a time
   compute password hashes or let errands be done; few calls wait for that, more are told to come back. What is done
   `alone` is refused while another call of it is done, or waits.
A streaming endpoint gets the request itself after step 3, and bounds its own body.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import cast

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tocsin import limits
from tocsin.errors import Conflict, TocsinError
from tocsin.node.api.context import ApiContext, Call
from tocsin.node.api.log import log
from tocsin.node.api.problems import Refused, answer_to, status_of
from tocsin.node.people import sessions
from tocsin.node.people.identity import identify
from tocsin.node.people.permissions import verdict
from tocsin.node.people.principal import Person, Principal
from tocsin.node.people.sessions import Form

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 §9.2.1
CSRF_HEADER = "X-CSRF-Token"
_LENGTH_DIGITS = 12  # of a Content-Length that is read as a number
Handler = Callable[[Call], Response]
Stream = Callable[[Request, ApiContext, Principal], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the table of routes. Exactly one of `handler` and `stream` is given."""

    method: str
    path: str
    name: str
    handler: Handler | None = None
    stream: Stream | None = None
    hashes: bool = False
    """Whether a call computes a password hash."""
    errand: bool = False
    """Whether a call lets an errand be done."""
    alone: bool = False
    """Whether a second call at the same time is refused."""
    body_bytes: int = limits.API_BODY_BYTES
    """The longest body."""


class Gate:
    """Lets few calls at a time do what costs much, and few wait for it. Long bodies share a bounded room."""

    def __init__(self) -> None:
        self._hashes = CapacityLimiter(limits.API_PASSWORD_CALLS)
        self._errands = CapacityLimiter(limits.ERRANDS_AT_ONCE)
        self._alone: set[str] = set()
        self._held = 0  # bytes of long bodies

    @contextmanager
    def room(self, endpoint: Endpoint, request: Request) -> Iterator[None]:
        """Room for the body until its call is done; Refused while long bodies of others take it."""
        wanted = _announced(request, endpoint.body_bytes)
        if wanted <= limits.API_BODY_BYTES:
            yield
            return
        if self._held + wanted > limits.API_LONG_BODIES_BYTES:
            raise _busy("too many long requests are held at this moment")
        self._held += wanted
        try:
            yield
        finally:
            self._held -= wanted

    async def run(self, endpoint: Endpoint, work: Callable[[], Response]) -> Response:
        """The result of the work; Refused when too many wait already, Conflict for a second one of what is alone."""
        if not endpoint.alone:
            return await self._run(endpoint, work)
        if endpoint.name in self._alone:
            raise Conflict("somebody else does this at the moment", "Try again when that is over.")
        self._alone.add(endpoint.name)
        try:
            return await self._run(endpoint, work)
        finally:
            self._alone.discard(endpoint.name)

    async def _run(self, endpoint: Endpoint, work: Callable[[], Response]) -> Response:
        if endpoint.hashes:
            _refuse_crowd(self._hashes, limits.API_PASSWORD_CALLS_WAITING, "too many people log in at this moment")
            return await run_sync(work, limiter=self._hashes)
        if endpoint.errand:
            _refuse_crowd(self._errands, limits.ERRANDS_WAITING, "too many hunts and exports wait at this moment")
            return await run_sync(work, limiter=self._errands)
        return await run_sync(work)


def _refuse_crowd(limiter: CapacityLimiter, most: int, told: str) -> None:
    if limiter.statistics().tasks_waiting >= most:
        raise _busy(told)


def _busy(told: str) -> Refused:
    headers = {"Retry-After": str(limits.API_BUSY_SECONDS)}
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, told, "Try again in some seconds.", headers)


def _announced(request: Request, most: int) -> int:
    """How long a body says that it is; the most where it does not say so in a way that counts."""
    declared = request.headers.get("Content-Length", "")
    if request.method in SAFE or not (declared or "Transfer-Encoding" in request.headers):
        return 0
    return min(int(declared), most) if declared.isdecimal() and len(declared) <= _LENGTH_DIGITS else most


async def answer(endpoint: Endpoint, context: ApiContext, gate: Gate, request: Request) -> Response:
    """The answer to one request."""
    request_id = str(request.scope.get("tocsin.request", ""))
    request.scope["tocsin.endpoint"] = endpoint.name
    try:
        principal = await run_sync(partial(_principal, context, request))
        request.scope["tocsin.actor"] = principal.actor
        check(endpoint, context, principal, request)
        if endpoint.stream is not None:
            request.scope["tocsin.stream"] = True
            return await endpoint.stream(request, context, principal)
        with gate.room(endpoint, request):
            call = await _call(endpoint, context, principal, request)
            return await gate.run(endpoint, partial(cast(Handler, endpoint.handler), call))
    except TocsinError as error:
        if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log(
                "refused",
                logging.WARNING,
                request=request_id,
                endpoint=endpoint.name,
                error=type(error).__name__,
                told=str(error),
            )
        return answer_to(error, request_id)


def check(endpoint: Endpoint, context: ApiContext, principal: Principal, request: Request) -> None:
    """Steps 2 and 3; Refused when the call is not allowed."""
    found = verdict(endpoint.name, principal)
    if not found.allowed:
        status = HTTPStatus.UNAUTHORIZED if found.unknown else HTTPStatus.FORBIDDEN
        headers = {"WWW-Authenticate": "Bearer"} if found.unknown else {}  # RFC 6750 §3
        raise Refused(status, "this is not allowed", found.reason, headers)
    by_cookie = isinstance(principal, Person) and principal.session.form is Form.COOKIE
    if by_cookie and request.method not in SAFE:
        shown = request.headers.get(CSRF_HEADER, "")
        if not sessions.csrf_matches(context.desk.keys.csrf, cast(Person, principal).session.digest, shown):
            raise Refused(HTTPStatus.FORBIDDEN, "the CSRF token is missing or wrong", "Load the page again.")


def _principal(context: ApiContext, request: Request) -> Principal:
    authorizations = request.headers.getlist("Authorization")
    if len(authorizations) > 1:
        raise Refused(HTTPStatus.BAD_REQUEST, "two Authorization headers", "Send one.")
    return identify(context.desk, next(iter(authorizations), None), request.cookies.get(sessions.COOKIE))


async def _call(endpoint: Endpoint, context: ApiContext, principal: Principal, request: Request) -> Call:
    body = b"" if request.method in SAFE else await read_body(request, endpoint.body_bytes)
    if body and request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is not JSON", "Send Content-Type: application/json.")
    address = request.client.host if request.client else ""
    return Call(context, principal, request.path_params, dict(request.query_params), request.headers, address, body)


async def read_body(request: Request, most: int) -> bytes:
    """The body, at most so long; Refused when it is longer."""
    too_large = Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long", f"At most {most} bytes are read here."
    )
    declared = request.headers.get("Content-Length", "0")
    if not declared.isdecimal() or int(declared) > most:
        raise too_large
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > most:
                raise too_large
    except ClientDisconnect as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "the body ended early", "Send it again.") from error
    return bytes(body)
