"""Legal clocks that run for incidents (`triage.clocks`), and what was done on them. Rules: `papers`.

One clock of a kind runs for an incident at a time; one that was stopped may be started anew.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from tocsin.errors import Conflict, NotFound
from tocsin.ledger.entry import Draft, Kind, Value, spelled
from tocsin.node.store import incident_rows, ledger, papers
from tocsin.node.store.codec import prepare
from tocsin.triage import clocks
from tocsin.triage.clocks import Clock, Running

CLOCKS = papers.paper_table("legal_clocks")
prepare(Running)


def start(
    connection: Connection, incident: str, clock: Clock, aware: datetime, actor: str, why: str, time: datetime
) -> Running:
    """Let a clock run. Conflict where one of its kind runs already."""
    incident_rows.locked(connection, [incident])  # so that nobody else starts it at the same time
    if _standing(connection, incident, clock.id) is not None:
        raise Conflict(f"the clock {clock.id} runs for {incident} already", "`tocsin clock list` shows it.")
    made = clocks.begin(papers.new_id("C"), incident, clock, aware, actor, time, why)
    _keep(connection, made, time)
    ledger.record(connection, _draft(made, actor, "started", aware=spelled(made.aware)), time)
    return made


def done(
    connection: Connection, incident: str, clock: str, step: str, at: datetime, actor: str, note: str, time: datetime
) -> Running:
    """A step was done at a time."""
    after = clocks.mark(_running(connection, incident, clock), step, at, actor, time, note)
    _keep(connection, after, time)
    ledger.record(connection, _draft(after, actor, "done", step=step, at=spelled(at)), time)
    return after


def stop(connection: Connection, incident: str, clock: str, actor: str, why: str, time: datetime) -> Running:
    """The clock is due no more."""
    after = clocks.stop(_running(connection, incident, clock), actor, time, why)
    _keep(connection, after, time)
    ledger.record(connection, _draft(after, actor, "stopped"), time)
    return after


def running(connection: Connection, skip: int = 0) -> list[Running]:
    """The clocks that run, a page of them."""
    return papers.listed(connection, CLOCKS, Running, standing=True, skip=skip)


def of_incidents(connection: Connection, incidents: Sequence[str]) -> list[Running]:
    """All clocks of these incidents, also those that were stopped."""
    return papers.of_incidents(connection, CLOCKS, incidents, Running)


def _running(connection: Connection, incident: str, clock: str) -> Running:
    found = _standing(connection, incident, clock)
    if found is None:
        raise NotFound(f"no clock {clock[:80]!r} runs for {incident}", "`tocsin clock list` shows those that run.")
    return found


def _standing(connection: Connection, incident: str, clock: str) -> Running | None:
    mine = (CLOCKS.c.incident == incident) & (CLOCKS.c.name == clock) & CLOCKS.c.standing
    found = connection.scalar(select(CLOCKS.c.id).where(mine))
    return None if found is None else papers.locked(connection, CLOCKS, str(found), Running)


def _keep(connection: Connection, made: Running, time: datetime) -> None:
    standing = made.stopped is None
    papers.keep(connection, CLOCKS, made.id, made.incident, made.clock.id, standing, time, made)


def _draft(made: Running, actor: str, change: str, **detail: Value) -> Draft:
    told: dict[str, Value] = {"change": change, "clock": made.clock.id, "incident": made.incident, **detail}
    return Draft(Kind.DECISION, actor, f"clock:{made.id}", told)
