"""Endpoints about the node itself: whether it is there, and how it is."""

from starlette.responses import Response

from tocsin.node.api.answers import said
from tocsin.node.api.context import Call


def healthz(call: Call) -> Response:
    """GET /healthz: the node answers. Nothing else is told to whom nobody knows."""
    return said({"ok": True})


def status(call: Call) -> Response:
    """GET /status: inputs, rates, what was dropped, the switches."""
    return said(call.context.status())
