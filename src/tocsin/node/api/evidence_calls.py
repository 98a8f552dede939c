"""Endpoints of evidence: holds on what incidents rest on, and its export. Who may not see an incident sees no hold."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock
from tocsin.errors import NotFound
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.handing import TAR, handed, tar_parts
from tocsin.node.api.incident_calls import visible_incident
from tocsin.node.api.shapes import Why
from tocsin.node.store.holds import Hold, hold, holds, release
from tocsin.node.upkeep.errands import ExportEvidence


def listed(call: Call) -> Response:
    """GET /evidence: the holds on incidents that the caller may see, also those that were released."""
    with call.desk.store.read() as connection:
        return said({"holds": [each for each in holds(connection) if may_see(connection, call, each.incident)]})


def hold_it(call: Call) -> Response:
    """POST /evidence/{id}/hold: keep what the incident rests on."""
    why = call.said(Why).why
    return _changed(call, lambda c, actor: hold(c, call.parameters["id"], actor, why, clock.now()), HTTPStatus.CREATED)


def release_it(call: Call) -> Response:
    """POST /evidence/{id}/release: no longer keep it."""
    why = call.said(Why).why
    return _changed(call, lambda c, actor: release(c, call.parameters["id"], actor, why, clock.now()), HTTPStatus.OK)


def export(call: Call) -> Response:
    """POST /evidence/{id}/export: the original lines behind the incident as a tar, with a signed manifest."""
    with call.desk.store.read() as connection:
        incident = visible_incident(connection, call).id
    actor = call.person.actor

    def made(folder: Path) -> Iterator[bytes]:
        case = folder / "case"
        call.errand(ExportEvidence(incident, actor, str(case)))
        return tar_parts(case)

    return handed(call.node.folder, TAR, made)


def _changed(call: Call, change: Callable[[Connection, str], Hold], status: HTTPStatus) -> Response:
    actor = call.person.actor

    def work(connection: Connection) -> Hold:
        visible_incident(connection, call)
        return change(connection, actor)

    return said({"hold": call.desk.store.transact(work)}, status)


def may_see(connection: Connection, call: Call, incident: str) -> bool:
    """Whether there is such an incident for the caller."""
    try:
        visible_incident(connection, call, incident)
    except NotFound:
        return False
    return True
