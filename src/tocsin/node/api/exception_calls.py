"""Endpoints about exceptions: what an incident offers, writing one, the second person, ending one, the list.

Rules:
1. An exception drawn from an incident that the caller may not see does not exist for the caller.
2. Whose an exception is has to be an active analyst or lead. What hides findings of level high or stronger counts once
   a second person has agreed, and only if it still hides no confirmed attack then.
3. What a choice would have hidden is told by incident, as far as the caller may see it; the rest is a number.
"""

from http import HTTPStatus

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock, limits
from tocsin.errors import NotFound
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.incident_calls import visible_incident, worker_named
from tocsin.node.api.shapes import ExceptionNew, ReasonGiven
from tocsin.node.api.switch_calls import counted_as_two
from tocsin.node.store import exceptions, people
from tocsin.node.store.exceptions import Exempt, Order
from tocsin.node.tuning import Offer, check_still, chosen, offers


def offered(call: Call) -> Response:
    """GET /incidents/{id}/exceptions: what could be excepted, and what each would have hidden."""
    with call.desk.store.read() as connection:
        state = visible_incident(connection, call)
        found = offers(connection, state, clock.now())
        told = [_offer(connection, call, number, each) for number, each in enumerate(found.offers, start=1)]
    return said({"choices": told, "why": found.why, "days": limits.EXCEPTION_BACK_DAYS, "version": state.version})


def add(call: Call) -> Response:
    """POST /incidents/{id}/exceptions: write the exceptions of one choice."""
    wanted, actor, now = call.said(ExceptionNew), call.person.actor, clock.now()

    def work(connection: Connection) -> list[Exempt]:
        state = visible_incident(connection, call)
        choice = chosen(connection, state, wanted.choice, now).choice
        owner = worker_named(connection, wanted.owner)
        order = Order(state.id, owner.actor, actor, wanted.why, wanted.expires)
        return exceptions.add(connection, order, choice.exceptions, now)

    made = call.desk.store.transact(work)
    with call.desk.store.read() as connection:
        told = _told(connection, made)
    return said({"exceptions": told}, HTTPStatus.CREATED)


def listed(call: Call) -> Response:
    """GET /exceptions: all of them, the next to run out first, what has ended last."""
    with call.desk.store.read() as connection:
        now = clock.now()
        standing = exceptions.standing(connection, now)
        known = {each.id for each in standing}
        ended = [each for each in exceptions.listed(connection, limits.EXCEPTIONS) if each.id not in known]
        seen = [each for each in (*standing, *ended) if _sees(connection, call, each)]
        told = _told(connection, seen)
    return said({"exceptions": told})


def confirm(call: Call) -> Response:
    """POST /exceptions/{id}/confirm: the second person agrees. Rule 2."""
    id, actor, now = call.parameters["id"], call.person.actor, clock.now()

    def work(connection: Connection) -> Exempt:
        check_still(connection, _present(connection, call, id), now)
        return exceptions.confirm(connection, id, actor, counted_as_two(connection), now)

    return _answer(call, call.desk.store.transact(work))


def end(call: Call) -> Response:
    """POST /exceptions/{id}/end: end it before its time."""
    id, actor, why = call.parameters["id"], call.person.actor, call.said(ReasonGiven).why

    def work(connection: Connection) -> Exempt:
        _present(connection, call, id)
        return exceptions.end(connection, id, actor, why, clock.now())

    return _answer(call, call.desk.store.transact(work))


def _present(connection: Connection, call: Call, id: str) -> Exempt:
    """The exception; NotFound where there is none for the caller."""
    exempt = exceptions.present(connection, id)
    if not _sees(connection, call, exempt):
        raise NotFound(f"there is no exception {id[:80]}", "`tocsin tune list` names them.")
    return exempt


def _sees(connection: Connection, call: Call, exempt: Exempt) -> bool:
    """Rule 1."""
    try:
        visible_incident(connection, call, exempt.incident)
    except NotFound:
        return False
    return True


def _offer(connection: Connection, call: Call, number: int, offer: Offer) -> dict[str, object]:
    """One choice as it is told. Rule 3."""
    hidden, shown = offer.hidden, list[dict[str, object]]()
    for incident, findings in hidden.incidents[: limits.EXCEPTION_INCIDENTS_SHOWN]:
        try:
            state = visible_incident(connection, call, incident) if incident else None
        except NotFound:
            state = None
        if state is not None:
            shown.append({"id": state.id, "title": state.title, "status": state.status, "ruling": state.ruling,
                          "level": state.level, "findings": findings})  # fmt: skip
    return {
        "number": number, "key": offer.choice.key, "exceptions": offer.choice.exceptions,
        "needs_two": offer.choice.needs_two, "findings": hidden.findings, "high": hidden.high, "open": hidden.open,
        "incidents": shown, "other_incidents": len(hidden.incidents) - len(shown), "refused": hidden.refused,
    }  # fmt: skip


def _answer(call: Call, exempt: Exempt) -> Response:
    with call.desk.store.read() as connection:
        return said({"exception": _told(connection, [exempt])[0]})


def _told(connection: Connection, found: list[Exempt]) -> list[dict[str, object]]:
    """Exceptions with how they stand, and people by name; `owner_active` is whether the owner still works here."""
    accounts = {each.actor: each for each in people.accounts(connection)}
    now = clock.now()

    def named(actor: str) -> str:
        return accounts[actor].name if actor in accounts else actor

    return [
        {
            "id": each.id, "state": each.state(now), "incident": each.incident, "organisation": each.organisation,
            "rule": each.rule, "title": each.title, "same": each.same, "owner": named(each.owner),
            "owner_active": each.owner in accounts and accounts[each.owner].active, "by": named(each.actor),
            "why": each.why, "time": each.time, "expires": each.expires, "needs_two": each.needs_two,
            "confirmed_by": named(each.confirmed_by), "ended_by": named(each.ended_by), "ended_why": each.ended_why,
            "ended": each.ended,
        }
        for each in found
    ]  # fmt: skip
