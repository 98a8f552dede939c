"""Endpoints of the two switches: anybody who works here stops them, two people start them again."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.responses import Response

from tocsin import clock
from tocsin.errors import Denied, NotFound
from tocsin.node.api.answers import said
from tocsin.node.api.context import Call
from tocsin.node.api.shapes import Why
from tocsin.node.people.two_people import two_people
from tocsin.node.store import people, switches
from tocsin.node.store.switches import Switch, SwitchState, TwoPeople


def listed(call: Call) -> Response:
    """GET /switches: how both stand."""
    with call.desk.store.read() as connection:
        return said({"switches": switches.states(connection)})


def stop(call: Call) -> Response:
    """POST /switches/{id}/stop: stop at once, with a reason."""
    switch, why = _switch(call), call.said(Why).why
    return _moved(call, lambda c: switches.stop(c, switch, call.person.actor, why, clock.now()))


def request_start(call: Call) -> Response:
    """POST /switches/{id}/request: ask to start again."""
    switch, why = _switch(call), call.said(Why).why
    return _moved(call, lambda c: switches.ask_to_start(c, switch, call.person.actor, why, clock.now()))


def confirm_start(call: Call) -> Response:
    """POST /switches/{id}/confirm: the second person says yes."""
    switch = _switch(call)
    return _moved(call, lambda c: switches.confirm_start(c, switch, call.person.actor, counted_as_two(c), clock.now()))


def counted_as_two(connection: Connection) -> TwoPeople:
    """The rule of two people over the accounts of the database; Denied, with the reason, where it is not met."""

    def counted(first: str, second: str) -> bool:
        one, other = (people.account(connection, actor.removeprefix("account:")) for actor in (first, second))
        everybody = {account.id: account for account in people.accounts(connection)}
        if reason := two_people(one, other, everybody, clock.now()):
            raise Denied("these do not count as two people", reason)
        return True

    return counted


def _moved(call: Call, work: Callable[[Connection], SwitchState]) -> Response:
    state = call.desk.store.transact(work)
    call.context.switched()
    return said({"switch": state})


def _switch(call: Call) -> Switch:
    try:
        return Switch(call.parameters["id"])
    except ValueError as error:
        raise NotFound("there is no such switch", f"Switches are: {', '.join(Switch)}.") from error
