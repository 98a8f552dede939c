"""Endpoints of legal clocks: which there are, which run, what was done, and drafts of what a law wants told.

Who may not see an incident sees none of its clocks.
"""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock as wall
from tocsin import limits
from tocsin.errors import NotFound
from tocsin.node.api.acting_shapes import ClockStarted, ClockStepDone
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.evidence_calls import may_see
from tocsin.node.api.incident_calls import visible_incident, whole_ids
from tocsin.node.api.shapes import Why
from tocsin.node.data_files import DataFiles, read_files
from tocsin.node.drafting import draft_of
from tocsin.node.store import legal_clocks
from tocsin.triage.clocks import Clock, Running, parse_clock, rows


def kinds(call: Call) -> Response:
    """GET /clocks/kinds: the clocks that can be started, and the files that cannot be used."""
    found = clock_files(call)
    told: list[dict[str, object]] = [
        {"clock": each.id, "title": each.title, "law": each.law, "starts": each.starts,
         "steps": [{"step": step.id, "title": step.title, "source": step.source} for step in each.steps]}
        for each in found.read.values()
    ]  # fmt: skip
    told.sort(key=lambda each: str(each["clock"]))
    return said({"kinds": told, "refused": found.refused})


def listed(call: Call) -> Response:
    """GET /clocks?incident=…: the clocks that run, or all of one incident, with what is due when."""
    now, incident = wall.now(), call.query.get("incident")
    with call.desk.store.read() as connection:
        if incident is None:
            found = [each for each in legal_clocks.running(connection) if may_see(connection, call, each.incident)]
        else:
            state = visible_incident(connection, call, incident)
            found = legal_clocks.of_incidents(connection, whole_ids(connection, call, state))
    return said({"clocks": [told(each) for each in found], "rows": [row for each in found for row in rows(each, now)]})


def start(call: Call) -> Response:
    """POST /incidents/{id}/clocks: let a clock run from when somebody became aware."""
    asked = call.said(ClockStarted)
    kind = clock_files(call).named(asked.clock, "clock")
    actor = call.person.actor

    def begun(connection: Connection, incident: str) -> Running:
        return legal_clocks.start(connection, incident, kind, asked.aware, actor, asked.why, wall.now())

    return _changed(call, begun, HTTPStatus.CREATED)


def done(call: Call) -> Response:
    """POST /incidents/{id}/clocks/{clock}/done: a step was done."""
    asked, actor, now = call.said(ClockStepDone), call.person.actor, wall.now()
    kind, at = call.parameters["clock"], asked.at or now
    return _changed(call, lambda c, i: legal_clocks.done(c, i, kind, asked.step, at, actor, asked.note, now))


def stop(call: Call) -> Response:
    """POST /incidents/{id}/clocks/{clock}/stop: nothing is due on it any more, and why."""
    why, actor, kind = call.said(Why).why, call.person.actor, call.parameters["clock"]
    return _changed(call, lambda c, i: legal_clocks.stop(c, i, kind, actor, why, wall.now()))


def draft(call: Call) -> Response:
    """GET /incidents/{id}/clocks/{clock}/draft?step=…: the text of a step, filled with what is known."""
    kind, step = call.parameters["clock"], call.query.get("step", "")
    with call.desk.store.read() as connection:
        state = visible_incident(connection, call)
        mine = [each for each in legal_clocks.of_incidents(connection, [state.id]) if each.clock.id == kind]
        if not mine:
            raise NotFound(f"no clock {kind[:80]!r} runs for {state.id}", "Start it: `tocsin clock start`.")
        newest = max(mine, key=lambda each: each.started)
        entity = call.context.node.config.node.organisation if call.context.node else ""
        return said({"draft": draft_of(connection, state, newest, step, wall.now(), entity)})


def clock_files(call: Call) -> DataFiles[Clock]:
    """The clocks that came with Tocsin, and those of the node's folder."""
    folder: Path | None = call.context.node.folder.clocks if call.context.node else None
    return read_files("triage/clocks", ".toml", folder, parse_clock, limits.CLOCK_FILE_BYTES)


def told(running: Running) -> dict[str, object]:
    """A clock as it is told, without its templates."""
    return {
        "id": running.id, "incident": running.incident, "clock": running.clock.id, "title": running.clock.title,
        "law": running.clock.law, "to": running.clock.to, "aware": running.aware, "actor": running.actor,
        "started": running.started, "why": running.why, "marks": running.marks, "stopped": running.stopped,
        "stopped_by": running.stopped_by, "stopped_why": running.stopped_why,
    }  # fmt: skip


def _changed(call: Call, change: Callable[[Connection, str], Running], status: HTTPStatus = HTTPStatus.OK) -> Response:
    def work(connection: Connection) -> Running:
        return change(connection, visible_incident(connection, call).id)

    after = call.desk.store.transact(work)
    return said({"clock": told(after), "rows": rows(after, wall.now())}, status)
