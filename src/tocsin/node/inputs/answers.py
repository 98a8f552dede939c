"""What an HTTP sender is told, apart from the web framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from tocsin import limits
from tocsin.errors import TocsinError

PROBLEM = "application/problem+json"  # RFC 9457
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: HTTPStatus
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class NotTaken(TocsinError):
    """A body that is not taken, with the status that says why."""

    def __init__(self, status: HTTPStatus, message: str, advice: str = "") -> None:
        super().__init__(message, advice)
        self.status = status

    @property
    def headers(self) -> Mapping[str, str]:
        """`Retry-After` where sending it again will help (RFC 9110 §10.2.3), and what can be sent instead."""
        if self.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            return {"Retry-After": str(limits.INPUT_RETRY_SECONDS)}
        if self.status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            return {"Accept-Encoding": "gzip, zstd, deflate"}  # RFC 9110 §12.5.3
        return {}


def problem(error: NotTaken) -> Answer:
    """The answer to what was not taken."""
    members = {
        "type": "about:blank",
        "title": error.status.phrase,
        "status": int(error.status),
        "detail": str(error),
        "advice": error.advice(),
    }
    return Answer(error.status, msgspec.json.encode(members), PROBLEM, error.headers)
