"""What a ticket system answers of an incident: its number, a note, that somebody has taken it, that it is closed.

Rules, in the order in which they are asked:
1. A machine token of the scope `tickets` shows who sends; it sees unrestricted incidents of its organisation only.
2. The request is signed with the shared secret (`upkeep.signature`), in these minutes. What is signed is the body, so
   the body names the incident too: nobody moves a signed message to another one.
3. The same message counts once, however often it comes; a second time is answered as done.
4. Only what the configuration allows is done; the number is always taken. What is not allowed is refused as a whole.
5. Only incidents of which the ticket system has heard can be answered.
6. Whatever changes is an event of the incident under the token's name, and in the ledger like any decision.
"""

from collections.abc import Iterator
from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock
from tocsin.errors import NotFound, UsageError
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.incident_calls import visible_incident
from tocsin.node.api.problems import Refused
from tocsin.node.api.shapes import TicketAnswer
from tocsin.node.service.calling import acknowledged
from tocsin.node.service.config import notices
from tocsin.node.store import incidents, tickets
from tocsin.node.store.incident_state import Acknowledged, IncidentState, Noted, Status, StatusSet
from tocsin.node.store.incidents import Decision
from tocsin.node.upkeep.notify_settings import Asked, TicketSettings
from tocsin.node.upkeep.signature import check_signature
from tocsin.sinks.terminal import safe
from tocsin.words.messages import say


def answer(call: Call) -> Response:
    """POST /tickets/{id}: what the ticket system says of that incident."""
    settings, now = _settings(call), clock.now()
    check_signature(settings.secret, call.headers, call.body, now)
    wanted = call.said(TicketAnswer)
    if wanted.incident != call.parameters["id"]:
        raise UsageError("the path and the signed body name two incidents", "Say the same `incident` in both.")
    _check_allowed(wanted, settings)

    def work(connection: Connection) -> dict[str, object]:
        state = visible_incident(connection, call)
        known = tickets.ticket(connection, state.id)
        if known is None:
            raise NotFound(f"the ticket system never heard of {state.id}", "It answers what it was told of.")
        if not tickets.is_new(connection, wanted.id, now):
            return {"incident": state.id, "done": [], "again": True}
        done = []
        for name, body in _changes(wanted, state, known.number):
            decision = Decision(state.id, state.version, call.principal.actor, now, wanted.why)
            state = incidents.change(connection, decision, body)
            done.append(name)
        if wanted.number:
            tickets.set_number(connection, state.id, wanted.number)
        return {"incident": state.id, "done": done, "again": False}

    return said(call.desk.store.transact(work))


def _changes(
    wanted: TicketAnswer, state: IncidentState, number: str
) -> Iterator[tuple[str, Noted | StatusSet | Acknowledged]]:
    """The events that an answer makes. What is so already makes none."""
    if wanted.number and wanted.number != number:
        yield "number", Noted(say("Its ticket is {number}.", number=safe(wanted.number)))
    if wanted.note:
        yield str(Asked.NOTE), Noted(wanted.note)
    if wanted.close is not None:
        if state.status is not Status.CLOSED:
            yield str(Asked.CLOSE), StatusSet(Status.CLOSED, wanted.close)
    elif wanted.acknowledge and not acknowledged(state):
        yield str(Asked.ACKNOWLEDGE), Acknowledged()


def _check_allowed(wanted: TicketAnswer, settings: TicketSettings) -> None:
    asked = {
        Asked.NOTE: bool(wanted.note), Asked.ACKNOWLEDGE: wanted.acknowledge, Asked.CLOSE: wanted.close is not None,
    }  # fmt: skip
    refused = sorted(each for each, wants in asked.items() if wants and each not in settings.allow)
    if refused:
        told = f"the ticket system may not do this here: {', '.join(refused)}"
        raise Refused(HTTPStatus.FORBIDDEN, told, "Add it to `allow` below [notify.tickets].")
    if wanted.close is not None and not wanted.why:
        raise UsageError("closing needs a reason", "Say it as `why`.")


def _settings(call: Call) -> TicketSettings:
    settings = notices(call.node.folder, call.node.config).tickets
    if settings is None:
        raise NotFound("this node has no ticket system", "Set [notify.tickets] in tocsin.toml.")
    return settings
