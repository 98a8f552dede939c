"""Endpoints that explain: a finding with its rule and events, and every test of a rule on an event of the lake.

Rules:
1. A finding of an incident that the caller may not see does not exist for the caller; one in no incident is for who may
   look at the whole node.
2. Any rule on any event looks into the lake like a hunt, and is entered in the ledger as one.
"""

import json

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock, limits
from tocsin.errors import NotFound
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.incident_calls import visible_incident
from tocsin.node.api.shapes import EventExplained
from tocsin.node.people.permissions import verdict
from tocsin.node.store import findings, ledger
from tocsin.node.store.findings import StoredFinding
from tocsin.node.upkeep.errands import ExplainEvents


def finding(call: Call) -> Response:
    """GET /findings/{id}: one finding, with its incident and whether it is still true."""
    with call.desk.store.read() as connection:
        stored = _visible(connection, call)
    return said({"finding": stored.finding, "incident": stored.incident, "seen": stored.seen, "gone": stored.gone})


def finding_explained(call: Call) -> Response:
    """POST /findings/{id}/explain: every test of its rule on its first events, or what else made it."""
    with call.desk.store.read() as connection:
        stored = _visible(connection, call)
    events = stored.finding.event_ids[: limits.EXPLAINED_EVENTS]
    return _explained(call, ExplainEvents(stored.finding.rule.id, events))


def explained(call: Call) -> Response:
    """POST /explain: every test of a rule (its id or title) on one event. Rule 2."""
    asked = call.said(EventExplained)
    digest = call.desk.keys.name_digest("hunt", call.body.decode("utf-8", "surrogateescape"))
    draft = Draft(Kind.HUNT, call.person.actor, "node", {"by": "explain", "asked": digest})
    call.desk.store.transact(lambda connection: ledger.record(connection, draft, clock.now()))
    return _explained(call, ExplainEvents(asked.rule, (asked.event,), strict=True))


def _explained(call: Call, errand: ExplainEvents) -> Response:
    return said({"explained": json.loads(str(call.errand(errand)["explained"]))})


def _visible(connection: Connection, call: Call) -> StoredFinding:
    """Rule 1."""
    id = call.parameters["id"]
    stored = findings.one(connection, id)
    unknown = NotFound(f"there is no finding {id[:80]}", "`tocsin incident show ID --json` names the findings of one.")
    if stored is None:
        raise unknown
    try:
        if stored.incident:
            visible_incident(connection, call, stored.incident)
            return stored
    except NotFound as error:
        raise unknown from error
    if not verdict("hunt", call.principal).allowed:
        raise unknown
    return stored
