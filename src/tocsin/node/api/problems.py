"""Errors as answers: problem details (RFC 9457) with the advice that every Tocsin error carries.

The answer says what was wrong with the call and what to do; an internal fault says only its request id, under which
the log has the rest (OWASP ASVS 5 V16).
"""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from tocsin.errors import (
    Conflict,
    Denied,
    FactsError,
    HuntError,
    LimitExceeded,
    NotFound,
    RuleError,
    SinkError,
    StateError,
    TocsinError,
    TooManyTries,
    UsageError,
)
from tocsin.node.store.incidents import Impossible

CONTENT_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[TocsinError], HTTPStatus], ...] = (
    (TooManyTries, HTTPStatus.TOO_MANY_REQUESTS),
    (Denied, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (Impossible, HTTPStatus.CONFLICT),
    (LimitExceeded, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UsageError, HTTPStatus.BAD_REQUEST),
    (HuntError, HTTPStatus.BAD_REQUEST),
    (RuleError, HTTPStatus.BAD_REQUEST),
    (FactsError, HTTPStatus.BAD_REQUEST),
    (SinkError, HTTPStatus.BAD_REQUEST),
    (NotFound, HTTPStatus.NOT_FOUND),
    (StateError, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The first class that fits decides; every other TocsinError is a 500."""


class Refused(TocsinError):
    """A call that is answered with a problem of its own status."""

    def __init__(
        self, status: HTTPStatus, message: str, advice: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, advice)
        self.status = status
        self.headers = dict(headers or {})


def status_of(error: TocsinError) -> HTTPStatus:
    """The status that answers an error."""
    if isinstance(error, Refused):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_to(error: TocsinError, request_id: str) -> Response:
    """The answer to an error. A 5xx does not tell the error's text, which may name files of the node."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, Refused):
        told = (
            "the node could not do this",
            "Look into the node's log under this request id, or run `tocsin node check`.",
        )
        return problem(status, *told, request_id)
    headers = dict(error.headers) if isinstance(error, Refused) else {}
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.seconds)
    return problem(status, str(error), error.advice(), request_id, headers)


def problem(
    status: HTTPStatus, detail: str, advice: str, request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    """One problem (RFC 9457 §3.1) with the member `advice`."""
    members = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "advice": advice,
        "request": request_id,
    }
    return Response(msgspec.json.encode(members), status, headers, CONTENT_TYPE)
