"""Endpoints of playbooks, and what is done about one incident at a glance.

Who may not see an incident sees none of its playbooks.
"""

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock, limits
from tocsin.node.api.acting_shapes import PlaybookNamed, PlaybookStepped
from tocsin.node.api.answers import said
from tocsin.node.api.clock_calls import told as clock_told
from tocsin.node.api.context import Call
from tocsin.node.api.incident_calls import visible_incident, whole_ids
from tocsin.node.api.named import names_of
from tocsin.node.data_files import DataFiles, read_files
from tocsin.node.store import actions, findings, legal_clocks, playbook_runs
from tocsin.node.store.playbook_runs import Run
from tocsin.triage import actions as action_steps
from tocsin.triage.clocks import rows
from tocsin.triage.playbooks import Playbook, parse_playbook, playbooks_for


def listed(call: Call) -> Response:
    """GET /playbooks: those that can be begun, and the files that cannot be used."""
    found = playbook_files(call)
    told: list[dict[str, object]] = [
        {"name": each.name, "title": each.title, "description": each.description, "steps": len(each.steps)}
        for each in found.read.values()
    ]
    told.sort(key=lambda each: str(each["name"]))
    return said({"playbooks": told, "refused": found.refused})


def show(call: Call) -> Response:
    """GET /playbooks/{name}: its steps."""
    return said({"playbook": playbook_files(call).named(call.parameters["name"], "playbook")})


def fitting(call: Call) -> Response:
    """GET /incidents/{id}/playbooks: those that fit it, the best first, and why."""
    with call.desk.store.read() as connection:
        state = visible_incident(connection, call)
        ids = whole_ids(connection, call, state)
        kept = findings.strongest(connection, state.id, limits.API_FINDINGS, ids[1:])
    whole = replace(state.shown, findings=tuple(each.finding for each in kept))
    found = playbooks_for(whole, playbook_files(call).read.values())
    told = [{"name": each.playbook.name, "title": each.playbook.title, "why": each.why} for each in found]
    return said({"playbooks": told})


def start(call: Call) -> Response:
    """POST /incidents/{id}/playbooks: begin one."""
    wanted = playbook_files(call).named(call.said(PlaybookNamed).playbook, "playbook")
    actor = call.person.actor

    def begun(connection: Connection) -> Run:
        return playbook_runs.start(connection, visible_incident(connection, call).id, wanted, actor, clock.now())

    return _told(call, call.desk.store.transact(begun), HTTPStatus.CREATED)


def step(call: Call) -> Response:
    """POST /incidents/{id}/playbooks/step: a step was done, or skipped."""
    asked, actor = call.said(PlaybookStepped), call.person.actor
    state = "skipped" if asked.skipped else "done"

    def stepped(connection: Connection) -> Run:
        incident = visible_incident(connection, call).id
        now = clock.now()
        return playbook_runs.step(connection, incident, asked.playbook, asked.step, state, asked.note, actor, now)

    return _told(call, call.desk.store.transact(stepped), HTTPStatus.OK)


def acting(call: Call) -> Response:
    """GET /incidents/{id}/acting: its playbooks, actions and clocks, and those of incidents merged into it."""
    now = clock.now()
    with call.desk.store.read() as connection:
        state = visible_incident(connection, call)
        ids = whole_ids(connection, call, state)
        runs = playbook_runs.of_incidents(connection, ids)
        proposed = actions.of_incidents(connection, ids)
        clocks = legal_clocks.of_incidents(connection, ids)
        actors = [*(each.owner for each in proposed), *(step.actor for run in runs for step in run.steps)]
        names = names_of(connection, call, [*actors, *(run.actor for run in runs), *(each.actor for each in clocks)])
    told = {
        "playbooks": runs,
        "actions": [{"action": each, "state": action_steps.state(each, now)} for each in proposed],
        "clocks": [clock_told(each) for each in clocks],
        "rows": [row for each in clocks for row in rows(each, now)],
        "people": names,
    }
    return said(told)


def _told(call: Call, run: Run, status: HTTPStatus) -> Response:
    with call.desk.store.read() as connection:
        names = names_of(connection, call, [run.actor, *(step.actor for step in run.steps)])
    return said({"run": run, "people": names}, status)


def playbook_files(call: Call) -> DataFiles[Playbook]:
    """The playbooks that came with Tocsin, and those of the node's folder."""
    folder: Path | None = call.context.node.folder.playbooks if call.context.node else None
    return read_files("triage/playbooks", ".json", folder, parse_playbook, limits.PLAYBOOK_FILE_BYTES)
