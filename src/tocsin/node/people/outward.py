"""The only way out for a login: HTTP to one origin, bounded in time and size, without redirects or proxies.

It trusts the authorities that the machine trusts, so an organisation's own is enough.
"""

import ssl
from urllib.parse import SplitResult, urlsplit

import httpx

from tocsin import limits
from tocsin.errors import Denied, LimitExceeded


def client_for(origin: str) -> httpx.Client:
    """A client that reaches this origin and no other."""
    return httpx.Client(
        transport=_OneOrigin(origin),
        timeout=limits.OPENID_SECONDS,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
    )


class _OneOrigin(httpx.BaseTransport):
    """Refuses other origins before a connection is made, and long or packed answers while they are read."""

    def __init__(self, origin: str) -> None:
        self._origin = _origin(urlsplit(origin))
        self._inner = httpx.HTTPTransport(verify=ssl.create_default_context(), trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, read whole."""
        if _origin(urlsplit(str(request.url))) != self._origin:
            raise Denied(
                "the issuer names an address at another origin", "Only the configured issuer's origin is called."
            )
        answer = self._inner.handle_request(request)
        try:
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise LimitExceeded("the issuer's answer is packed", "The node asks for it unpacked.")
            return httpx.Response(answer.status_code, headers=answer.headers, content=_bounded(answer))
        finally:
            answer.close()

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()


def _bounded(answer: httpx.Response) -> bytes:
    body = bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) > limits.OPENID_ANSWER_BYTES:
            raise LimitExceeded(
                "the issuer's answer is too long", f"At most {limits.OPENID_ANSWER_BYTES} bytes are read."
            )
    return bytes(body)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
