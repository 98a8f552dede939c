"""A client of a node's API (docs/api.md), for one command's run.

Rules:
1. What the node refuses becomes the error that says the same here, with the node's own advice (RFC 9457).
2. Nothing but the node is spoken to: no proxy, no redirect. Certificates are verified.
3. An answer is bounded in size and time; one that is no JSON or lacks what is asked for is told, never guessed.
4. Neither session nor password is ever part of an error.
"""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from tocsin import limits
from tocsin.cli.node_address import node_url
from tocsin.cli.node_sessions import session_at
from tocsin.errors import (
    Conflict,
    Denied,
    LimitExceeded,
    NodeUnreachable,
    NotFound,
    TocsinError,
    TooManyTries,
    UsageError,
)

PREFIX = "/api/v1"
_LOG_IN = "Run `tocsin login`."
_OTHER_VERSION = "Compare `tocsin --version` here and at the node; `tocsin node check` says how the node is."
_ERRORS: Mapping[int, Callable[[str, str], TocsinError]] = {
    HTTPStatus.UNAUTHORIZED: Denied,
    HTTPStatus.FORBIDDEN: Denied,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.PRECONDITION_FAILED: Conflict,
}
Wanted = TypeVar("Wanted")


class NotLoggedIn(Denied):
    """Nobody is logged in to the node here, or the session has ended."""


class NoNode(NodeUnreachable):
    """Nothing answers where the node should."""


class Problem(msgspec.Struct, frozen=True):
    """What an answer that refuses says (RFC 9457 §3.1), with Tocsin's `advice` and `request`."""

    title: str = ""
    detail: str = ""
    advice: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the node said."""

    content: Mapping[str, object] = field(repr=False)
    version: int = 0
    """Of the incident that the answer tells (its ETag), 0 for any other."""

    def part(self, name: str, kind: type[Wanted]) -> Wanted:
        """One member as that type; NodeUnreachable when the answer does not hold it."""
        try:
            return msgspec.convert(self.content[name], kind)
        except (KeyError, ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
            raise NodeUnreachable(f"the node's answer has no {name} that is known here", _OTHER_VERSION) from error


class NodeClient:
    """Calls one node. Use it as a context manager."""

    def __init__(
        self, url: str, token: str = "", authority: Path | None = None, seconds: float = limits.CLIENT_SECONDS
    ) -> None:
        self.url = url
        headers = {"Accept-Encoding": "identity", "User-Agent": "tocsin"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(
            base_url=url,
            headers=headers,
            timeout=httpx.Timeout(seconds, connect=limits.CLIENT_CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
            verify=_trusting(authority) if url.startswith("https:") else False,
        )

    def __enter__(self) -> "NodeClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def carry(self, token: str) -> None:
        """Call in this session from now on."""
        self._http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: str | int) -> Answer:
        """Ask for something."""
        return self._call("GET", path, query=query)

    def post(self, path: str, said: Mapping[str, object] | None = None, version: int | None = None) -> Answer:
        """Change something; `version` is that of the incident which is decided on."""
        headers = {} if version is None else {"If-Match": f'"v{version}"'}
        return self._call("POST", path, said=said, headers=headers)

    def raw(self, path: str) -> bytes:
        """An answer as the node wrote it, such as a signed document."""
        with self._answer("GET", path) as answer:
            return _bounded(answer)

    @contextmanager
    def receive(
        self, method: str, path: str, most: int, said: Mapping[str, object] | None = None
    ) -> Iterator[Iterator[bytes]]:
        """The parts of a long answer as they come, at most so many bytes; LimitExceeded beyond."""
        with self._answer(method, path, said=said) as answer:
            yield _parts(answer, most)

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None = None,
        said: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        with self._answer(method, path, query, said, headers) as answer:
            content = _bounded(answer)
        return Answer(_read(content) if content else {}, _version(answer.headers.get("ETag", "")))

    @contextmanager
    def _answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None = None,
        said: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[httpx.Response]:
        """An answer that grants what was asked, while it is read; what refuses it, and what breaks it, as an error."""
        body = None if said is None else json.dumps(said).encode()
        sent = dict(headers or {}) | ({} if body is None else {"Content-Type": "application/json"})
        try:
            with self._http.stream(method, PREFIX + path, params=query, content=body, headers=sent) as answer:
                if not answer.is_success:
                    raise refusal(answer.status_code, _bounded(answer), answer.headers.get("Retry-After", ""))
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(self.url, method, error) from error


def connect(node: str | None, authority: Path | None, seconds: float = limits.CLIENT_SECONDS) -> NodeClient:
    """A client of the node with the session that is kept here; `seconds` are between two parts of an answer.

    NotLoggedIn where there is no session.
    """
    url = node_url(node)
    kept = session_at(url)
    if kept is None:
        raise NotLoggedIn(f"nobody is logged in to {url}", _LOG_IN)
    return NodeClient(url, kept.token, authority, seconds)


def segment(text: str) -> str:
    """A name as one segment of a path (RFC 3986 §3.3). UsageError for what cannot be one.

    >>> segment("I-1/../../users")
    'I-1%2F..%2F..%2Fusers'
    """
    if text in ("", ".", "..") or not text.isprintable() or len(text) > limits.LABEL_CHARACTERS:
        raise UsageError("this is no id", "Copy it from the list.")
    return quote(text, safe="")


def refusal(status: int, content: bytes, retry_after: str = "") -> TocsinError:
    """The error that says what a refusing answer says. Rule 1."""
    problem = _problem(content)
    detail = problem.detail or problem.title or f"the node answers with status {status}"
    if status == HTTPStatus.TOO_MANY_REQUESTS and retry_after.isdecimal():
        return TooManyTries(int(retry_after))
    if status == HTTPStatus.UNAUTHORIZED and problem.detail == "this is not allowed":
        return NotLoggedIn("your session has ended, or there is none", _LOG_IN)
    if status in _ERRORS:
        return _ERRORS[status](detail, problem.advice)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return UsageError(detail, problem.advice)
    where = f"The node's log has more under request {problem.request}." if problem.request else ""
    return NodeUnreachable(detail, " ".join(part for part in (problem.advice or _OTHER_VERSION, where) if part))


def _problem(content: bytes) -> Problem:
    try:
        return msgspec.json.decode(content, type=Problem)
    except msgspec.DecodeError:
        return Problem()  # not a node, or something before it: the status alone speaks


def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) > limits.CLIENT_ANSWER_BYTES:
            raise NodeUnreachable(
                f"the node's answer is longer than {limits.CLIENT_ANSWER_BYTES // limits.MIB} MiB",
                "Ask for less, or look whether this is a node.",
            )
    return bytes(body)


def _parts(answer: httpx.Response, most: int) -> Iterator[bytes]:
    read = 0
    for part in answer.iter_raw():
        read += len(part)
        if read > most:
            raise LimitExceeded(f"the node sends more than {most // limits.MIB:,} MiB", "Ask for less at once.")
        yield part


def _read(content: bytes) -> Mapping[str, object]:
    """An object of JSON; Python's own reader takes the lone surrogates of logs."""
    try:
        read = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NodeUnreachable("what answers is not a node: this is no JSON", _OTHER_VERSION) from error
    if not isinstance(read, dict):
        raise NodeUnreachable("what answers is not a node: this is no object of JSON", _OTHER_VERSION)
    return read


def _version(etag: str) -> int:
    number = etag.removeprefix('"v').removesuffix('"')
    return int(number) if number.isdecimal() else 0


def _unreachable(url: str, method: str, error: Exception) -> NodeUnreachable:
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        advice = "Name the PEM file of its certificate or authority with --ca, or set TOCSIN_NODE_CA."
        return NodeUnreachable(f"the certificate of {url} is not trusted", advice)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.InvalidURL):
        return NoNode(f"no node answers at {url}", "Start it with `tocsin node run DIR`, or name another with --node.")
    done = "Look whether it was done before you repeat it." if method == "POST" else "Try again."
    return NodeUnreachable(f"the connection to {url} broke: {type(error).__name__}", done)


def _trusting(authority: Path | None) -> ssl.SSLContext:
    """TLS that trusts this machine's authorities, or the given file alone. UsageError when it cannot be read."""
    try:
        context = ssl.create_default_context(cafile=None if authority is None else str(authority))
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"--ca: {authority}: {error}", "Name a PEM file with certificates.") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
