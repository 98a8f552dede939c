"""Answers that succeeded."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

from tocsin.node.store.codec import encode

JSON = "application/json"


def said(value: object, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON in ASCII: texts out of logs may hold what UTF-8 cannot."""
    return Response(encode(value), status, headers, JSON)


def done() -> Response:
    """It is done, and there is nothing to say."""
    return Response(status_code=HTTPStatus.NO_CONTENT)
