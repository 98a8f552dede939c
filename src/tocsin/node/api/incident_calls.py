"""Endpoints about incidents: the queue, one incident with its history, and what people decide about it.

Rules:
1. Every answer about one incident carries its version as an ETag (RFC 9110 §8.8.3). A decision names the version that
   it was made on by If-Match (§13.1.1): without it 428 (RFC 6585 §3), with an outdated one 412 and what happened since.
2. Who may not see an incident is told that there is none (`permissions.sees`).
3. Only who may restrict may undo a restriction.
4. People who read are told the names of the accounts in an answer (`people`); machines are not.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock, limits
from tocsin.errors import NotFound, UsageError
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.named import ACCOUNT, names_of
from tocsin.node.api.pages import number, page
from tocsin.node.api.problems import Refused
from tocsin.node.api.shapes import AssignedTo, NoteNew, ReadersNew, StatusNew, UndoneVersion
from tocsin.node.people.accounts import Account, Role
from tocsin.node.people.permissions import sees, verdict
from tocsin.node.people.principal import Principal
from tocsin.node.store import findings, incident_lists, incidents, people
from tocsin.node.store.holds import Hold, holds
from tocsin.node.store.incident_places import organisations, with_parts
from tocsin.node.store.incident_rows import history
from tocsin.node.store.incident_state import (
    Absorbed,
    Assigned,
    Divided,
    Event,
    IncidentState,
    Merged,
    Noted,
    Restricted,
    Status,
    StatusSet,
    Undone,
)
from tocsin.node.store.incident_words import IncidentChanged, what
from tocsin.node.store.incidents import Decision
from tocsin.node.store.times import microseconds

_ETAG = re.compile(r'"v([0-9]{1,9})"')
_NO_READER = "nobody"
"""Named by no restriction, so the store lists unrestricted incidents only."""


def listed(call: Call) -> Response:
    """GET /incidents?status=…&queued=…&owner=…&acknowledged=…&most=…&skip=…: what the caller may see, ranked."""
    most, skip = page(call.query)
    with call.desk.store.read() as connection:
        found: list[dict[str, object]] = []
        for state in _visible(connection, call):
            if skip:
                skip -= 1
            elif len(found) < most:
                found.append(_row(state))
            else:
                break
        called = names_of(connection, call, [str(row[name]) for row in found for name in ("owner", "acknowledged_by")])
    return said({"incidents": found, "people": called})


def show(call: Call) -> Response:
    """GET /incidents/{id}?most=…: all that is known of one incident, with at most so many of its findings."""
    most = number(call.query, "most", limits.API_FINDINGS)
    if most > limits.API_FINDINGS:
        raise UsageError("these are too many findings", f"Ask for at most {limits.API_FINDINGS}.")
    with call.desk.store.read() as connection:
        state = visible_incident(connection, call)
        parts = visible_parts(connection, call, state)
        whole = [state, *parts]
        kept = findings.strongest(connection, state.id, most, [each.id for each in parts])
        kept_by = [each for each in holds(connection) if each.incident in {one.id for one in whole}]
        called = names_of(connection, call, _mentioned(whole, kept_by))
    told = {
        "incident": state,
        "parts": [_part(each) for each in parts],
        "holds": kept_by,
        "found": [each.finding for each in kept],
        "found_ids": [each.id for each in kept],
        "left_out": max(sum(len(each.findings) for each in whole) - len(kept), 0),
        "people": called,
    }
    return said(told, headers={"ETag": etag_of(state.version)})


def _part(state: IncidentState) -> dict[str, object]:
    return {**_row(state), "notes": state.notes}


def _mentioned(whole: Iterable[IncidentState], kept_by: Iterable[Hold]) -> list[str]:
    """The actors that an answer about incidents names."""
    named = [each.actor for each in kept_by]
    for state in whole:
        named += [state.owner, state.acknowledged_by, *state.readers, *(note.author for note in state.notes)]
    return named


def told(call: Call) -> Response:
    """GET /incidents/{id}/history: who changed what, when and why."""
    with call.desk.store.read() as connection:
        state = visible_incident(connection, call)
        events = history(connection, state.id)
        called = names_of(connection, call, [event.actor for event in events])
    return said({"history": [_event(event) for event in events], "people": called})


def assign(call: Call) -> Response:
    """POST /incidents/{id}/assign: give it to an analyst or lead, or to nobody."""
    wanted = call.said(AssignedTo)

    def decided(connection: Connection, decision: Decision) -> IncidentState:
        owner = worker_named(connection, wanted.owner).actor if wanted.owner else ""
        return incidents.change(connection, decision, Assigned(owner))

    return decided_on(call, wanted.why, decided)


def set_status(call: Call) -> Response:
    """POST /incidents/{id}/status: how far people are with it."""
    wanted = call.said(StatusNew)
    body = StatusSet(wanted.status, wanted.ruling)
    return decided_on(call, wanted.why, lambda connection, decision: incidents.change(connection, decision, body))


def note(call: Call) -> Response:
    """POST /incidents/{id}/note: write something down."""
    body = Noted(call.said(NoteNew).text)
    return decided_on(call, "", lambda connection, decision: incidents.change(connection, decision, body))


def restrict(call: Call) -> Response:
    """POST /incidents/{id}/restrict: who alone may see it; admins cannot be named."""
    wanted = call.said(ReadersNew)

    def decided(connection: Connection, decision: Decision) -> IncidentState:
        readers = tuple(_reader(connection, reader).actor for reader in wanted.readers)
        return incidents.change(connection, decision, Restricted(readers))

    return decided_on(call, wanted.why, decided)


def undo(call: Call) -> Response:
    """POST /incidents/{id}/undo: make an earlier decision, or an undo, not count. Rule 3."""
    wanted = call.said(UndoneVersion)

    def decided(connection: Connection, decision: Decision) -> IncidentState:
        root = undone_root(history(connection, decision.incident), wanted.version)
        if root is not None and isinstance(root.body, Restricted):
            allowed = verdict("incidents.restrict", call.principal)
            if not allowed.allowed:
                raise Refused(HTTPStatus.FORBIDDEN, "this is not allowed", allowed.reason)
        if isinstance(root, Event) and isinstance(root.body, Merged | Absorbed | Divided):
            visible_incident(connection, call, root.body.other)
        return incidents.undo(connection, decision, wanted.version)

    return decided_on(call, wanted.why, decided)


def undone_root(events: list[Event], version: int) -> Event | None:
    """The decision that undoing a version makes count or not: behind undos of undos, the first of them."""
    by_version = {event.version: event for event in events}
    event = by_version.get(version)
    while event is not None and isinstance(event.body, Undone):
        event = by_version.get(event.body.version) if event.body.version < event.version else None
    return event


def decided_on(call: Call, why: str, decide: Callable[[Connection, Decision], IncidentState]) -> Response:
    """One decision in one transaction. Rules 1 and 2."""
    actor, version = call.person.actor, _version(call)

    def work(connection: Connection) -> IncidentState:
        state = visible_incident(connection, call)
        return decide(connection, Decision(state.id, version, actor, clock.now(), why))

    try:
        return told_state(call.desk.store.transact(work))
    except IncidentChanged as error:
        etag = {"ETag": etag_of(error.version)}
        raise Refused(HTTPStatus.PRECONDITION_FAILED, str(error), error.advice(), etag) from error


def visible_incident(connection: Connection, call: Call, incident: str = "") -> IncidentState:
    """The incident, by default the one that the path names; NotFound where there is none for the caller."""
    incident = incident or call.parameters["id"]
    state = incidents.present(connection, incident, reader_name(call.principal))
    if not visible_to(call, state, organisations(connection, [incident])[incident]):
        raise NotFound(f"there is no incident {incident}", "List them with `tocsin incident list`.")
    return state


def visible_parts(connection: Connection, call: Call, state: IncidentState) -> list[IncidentState]:
    """What people made a part of it, as far as the caller may see it."""
    ids = with_parts(connection, [state.id])[state.id][1:]
    places = organisations(connection, ids)
    reader = reader_name(call.principal)
    known = incident_lists.readable(connection, ids, reader)
    return [each for each in known if visible_to(call, each, places[each.id])]


def whole_ids(connection: Connection, call: Call, state: IncidentState) -> list[str]:
    """Its id, and those of its parts and their parts that the caller may see."""
    return [state.id, *(each.id for each in visible_parts(connection, call, state))]


def _visible(connection: Connection, call: Call) -> Iterator[IncidentState]:
    """What the caller asked for and may see, read a page at a time."""
    statuses = [_status(name) for name in call.query.get("status", "").split(",") if name]
    queued = {"true": True, "false": False}.get(call.query.get("queued", ""))
    reader, owner, read = reader_name(call.principal), _asked_owner(call), 0
    unseen = call.query.get("acknowledged") == "false"
    while True:
        page = incidents.listed(
            connection, reader, limits.API_PAGE_ROWS, statuses=statuses, owner=owner, queued=queued, skip=read
        )
        places = organisations(connection, [state.id for state in page])
        shown = (state for state in page if visible_to(call, state, places[state.id]))
        yield from (state for state in shown if not (unseen and state.acknowledged))
        read += len(page)
        if len(page) < limits.API_PAGE_ROWS:
            return


def visible_to(call: Call, state: IncidentState, places: Collection[str]) -> bool:
    since_us = microseconds(state.restricted) if state.restricted else 0
    return sees(call.principal, places, state.readers, since_us)


def reader_name(principal: Principal) -> str:
    """How the store knows who may read a restricted incident."""
    return principal.actor if principal.actor.startswith(ACCOUNT) else _NO_READER


def worker_named(connection: Connection, told: str) -> Account:
    """The active analyst or lead of that name or id. UsageError for everybody else."""
    account = people.account_named(connection, told) or people.account(connection, told)
    if not account.active or account.role not in {Role.ANALYST, Role.LEAD}:
        raise UsageError("this is for active analysts and leads to own", "Choose another account.")
    return account


def _reader(connection: Connection, told: str) -> Account:
    account = people.account_named(connection, told) or people.account(connection, told)
    if account.role is Role.ADMIN:
        raise UsageError("an admin cannot be among the readers", "Name the people who work on the incident.")
    return account


def _version(call: Call) -> int:
    shown = _ETAG.fullmatch(call.headers.get("If-Match", ""))
    if shown is None:
        raise Refused(
            HTTPStatus.PRECONDITION_REQUIRED,
            "the decision does not say which version it was made on",
            "Show the incident first and send its ETag as If-Match.",
        )
    return int(shown[1])


def _asked_owner(call: Call) -> str | None:
    owner = call.query.get("owner")
    return call.person.actor if owner == "me" else owner


def _status(name: str) -> Status:
    try:
        return Status(name)
    except ValueError as error:
        raise UsageError("there is no such status", f"It is one of: {', '.join(Status)}.") from error


def told_state(state: IncidentState) -> Response:
    return said({"incident": state}, headers={"ETag": etag_of(state.version)})


def etag_of(version: int) -> str:
    return f'"v{version}"'


def _row(state: IncidentState) -> dict[str, object]:
    return {
        "id": state.id, "version": state.version, "title": state.title, "level": state.level, "score": state.score,
        "status": state.status, "ruling": state.ruling, "owner": state.owner, "queued": state.queued,
        "hosts": state.shown.hosts, "first": state.shown.first, "last": state.shown.last, "opened": state.opened,
        "changed": state.changed, "findings": len(state.findings), "restricted": bool(state.readers),
        "reported": state.reported, "acknowledged": state.acknowledged, "acknowledged_by": state.acknowledged_by,
        "closed": state.closed, "parts": len(state.merged_from), "merged_into": state.merged_into,
    }  # fmt: skip


def _event(event: Event) -> dict[str, object]:
    return {
        "version": event.version, "time": event.time, "actor": event.actor, "kind": event.kind,
        "what": what(event.body), "why": event.why,
    }  # fmt: skip
