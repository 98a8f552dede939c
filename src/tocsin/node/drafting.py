"""The draft of one step of a legal clock, from what the state database has of its incident."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from tocsin import limits
from tocsin.errors import NotFound
from tocsin.node.store import actions, findings
from tocsin.node.store.incident_places import with_parts
from tocsin.node.store.incident_state import IncidentState
from tocsin.triage.actions import Action
from tocsin.triage.clocks import Running, rows
from tocsin.triage.drafts import Told, facts_of, fill
from tocsin.words.dates import utc
from tocsin.words.messages import enumeration, say


def draft_of(
    connection: Connection, state: IncidentState, running: Running, step: str, now: datetime, entity: str = ""
) -> str:
    """The text; `entity` is whose node it is. NotFound for a step that is not there, or has no template."""
    wanted = running.clock.step(step)
    if not wanted.draft:
        raise NotFound(f"nothing is sent at the step {step}", "`tocsin clock list` says what it is for.")
    whole = with_parts(connection, [state.id])[state.id]
    found = tuple(each.finding for each in findings.strongest(connection, state.id, limits.API_FINDINGS, whole[1:]))
    due = next(row.due for row in rows(running, now) if row.step == step)
    measures = [_measure(each) for each in actions.of_incidents(connection, whole) if each.written is not None]
    told = Told(
        str(state.status), str(state.ruling or ""), measures, _earlier(running), running.aware, due, now, entity
    )
    return fill(wanted.draft, facts_of(replace(state.shown, id=state.id, findings=found), told))


def _measure(action: Action) -> str:
    few = enumeration(action.values[: limits.DRAFT_LINES])
    return say("{time}: {kind} of {values}, until {until}", time=utc(action.written), kind=action.kind, values=few,
               until=utc(action.until))  # fmt: skip


def _earlier(running: Running) -> list[str]:
    return [f"{running.clock.step(each.step).title}: {utc(each.time)}" for each in running.marks]
