"""Answers that succeeded."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.responses import Response

JSON = "application/json"


def said(value: object, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON."""
    return Response(msgspec.json.encode(value), status, headers, JSON)


def done() -> Response:
    """It is done, and there is nothing to say."""
    return Response(status_code=HTTPStatus.NO_CONTENT)
