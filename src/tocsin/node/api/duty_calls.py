"""Endpoints about the daily work as a whole: the hand-over of a shift, and counts over a period.

Both tell only what the caller may see, and read the incidents a page at a time, at most limits.DUTY_INCIDENTS.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock, limits
from tocsin.errors import UsageError
from tocsin.node.analyst.knowledge import IN_FORCE
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.evidence_calls import may_see
from tocsin.node.api.incident_calls import reader_name, visible_to
from tocsin.node.api.named import names_of
from tocsin.node.duty.handover import ClockRow, Decided, Owed, actions_owed, handover
from tocsin.node.duty.report import By, count
from tocsin.node.duty.worked import Worked, worked
from tocsin.node.sensors.telling import sensor_told
from tocsin.node.store import actions, exceptions, findings, incident_lists, legal_clocks, retirements, switches
from tocsin.node.store.incident_places import organisations
from tocsin.node.store.incident_rows import decisions
from tocsin.node.store.incident_state import Absorbed, Event, Noted, Opened
from tocsin.node.store.incident_words import what
from tocsin.node.store.sensors import Quiet, sensors
from tocsin.triage.actions import Action
from tocsin.triage.clocks import clock_rows
from tocsin.triage.exceptions import SOON

SHIFT = timedelta(hours=12)


def handed_over(call: Call) -> Response:
    """GET /handover?since=…: what the next shift has to know, by default of the last twelve hours."""
    now = clock.now()
    since = _moment(call, "since", now - SHIFT)
    with call.desk.store.read() as connection:
        cases, cut = _worked(connection, call, since)
        titles = {case.id: case.title for case in cases}
        events = [
            event
            for event in decisions(connection, sorted(titles), since, limits.HANDOVER_DECISIONS)
            if not _is_echo(event)
        ]
        decided = [_decided(event, titles[event.incident]) for event in events]
        told = handover(cases, decided, _clocks(connection, call, now), since, now)
        owed = actions_owed(_actions(connection, call), now)
        ending = tuple(_exceptions(connection, call, now))
        off = [each for each in switches.states(connection) if each.stopped]
        out = {gone.sensor for gone in retirements.standing(connection)}
        silent = [each for each in sensors(connection) if each.rhythm.quiet is not Quiet.NOT and each.id not in out]
        actors = [
            *(each.actor for each in told.decided),
            *(case.owner for case in cases),
            *(each.actor for each in off),
        ]
        called = names_of(connection, call, actors)
    shown = [sensor_told(each) for each in silent[: limits.SENSORS_TOLD]]
    told = replace(told, cut=cut, actions=owed, exceptions=ending)
    return said({"handover": told, "switches": off, "silent": shown, "people": called})


def _clocks(connection: Connection, call: Call, now: datetime) -> list[ClockRow]:
    """What is owed on legal clocks of incidents that the caller may see."""
    running = [each for each in legal_clocks.running(connection) if may_see(connection, call, each.incident)]
    owed = ((row, row.due) for row in clock_rows(running, now))
    return [ClockRow(row.incident, f"{row.clock}: {row.title}", due, row.done) for row, due in owed if due]


def _actions(connection: Connection, call: Call) -> Iterator[Action]:
    """The actions that nobody ended, of incidents that the caller may see."""
    read = 0
    while page := actions.listed(connection, standing=True, skip=read):
        yield from (each for each in page if may_see(connection, call, each.incident))
        read += len(page)


def _exceptions(connection: Connection, call: Call, now: datetime) -> Iterator[Owed]:
    """The exceptions that end soon or lack a second person, the first to end first."""
    for each in exceptions.standing(connection, now):
        stands = each.state(now)
        if (stands != IN_FORCE or each.expires <= now + SOON) and may_see(connection, call, each.incident):
            yield Owed(each.id, each.incident, each.title, stands, each.expires)


def counted(call: Call) -> Response:
    """GET /report?since=…&until=…&by=…: counts over a period, by class, constituent, rule or analyst."""
    now = clock.now()
    since, until = _moment(call, "since", now - timedelta(days=7)), _moment(call, "until", now)
    if not since < until or until - since > timedelta(days=limits.REPORT_DAYS):
        raise UsageError("this is no period of a report", f"It has at most {limits.REPORT_DAYS} days.")
    by = _by(call.query.get("by", By.CLASS))
    with call.desk.store.read() as connection:
        cases, cut = _worked(connection, call, since, titled=by is By.RULE)
        made = count(cases, since, until, by, now)
        called = names_of(connection, call, made.rows if by is By.ANALYST else ())
    return said({"report": replace(made, cut=cut), "by": by, "people": called})


def _worked(connection: Connection, call: Call, since: datetime, *, titled: bool = False) -> tuple[list[Worked], bool]:
    """The incidents that people are or were asked to look at, and whether there are more than are read."""
    found: list[Worked] = []
    reader, after, read = reader_name(call.principal), "", 0
    while read < limits.DUTY_INCIDENTS:
        page = incident_lists.worked_on(connection, reader, since, limits.DUTY_PAGE, after)
        ids = [state.id for state in page]
        places, rules = organisations(connection, ids), findings.rules_of(connection, ids)
        titles = findings.titles(connection, ids) if titled else {}
        found += [
            worked(state, places[state.id], rules[state.id], titles)
            for state in page
            if visible_to(call, state, places[state.id])
        ]
        read += len(page)
        if len(page) < limits.DUTY_PAGE:
            return found, False
        after = ids[-1]
    return found, True


def _is_echo(event: Event) -> bool:
    """Whether it tells in a second incident what is told in the first: of a merge, of a split."""
    return isinstance(event.body, Absorbed) or (isinstance(event.body, Opened) and not event.body.reported)


def _decided(event: Event, title: str) -> Decided:
    told = event.body.text if isinstance(event.body, Noted) else event.why
    return Decided(event.incident, title, event.version, event.time, event.actor, what(event.body), told)


def _moment(call: Call, name: str, otherwise: datetime) -> datetime:
    """A time of the query, in UTC where it names no zone."""
    text = call.query.get(name)
    if text is None:
        return otherwise
    try:
        told = datetime.fromisoformat(text)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{name} is no time", "Write it like 2026-11-23T14:30:00Z.") from error


def _by(text: str) -> By:
    try:
        return By(text)
    except ValueError as error:
        raise UsageError("there is no such division", f"It is one of: {', '.join(By)}.") from error
