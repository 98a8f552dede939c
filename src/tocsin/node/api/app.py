"""The node's HTTP API: one table of routes, each with a row in the table of permissions.

A route without such a row is a fault of the program and stops the node from starting; a row without a handler answers
nothing. Inputs bring their own rows (`more`), checked like all others.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.node.api import (
    action_calls,
    asset_calls,
    clock_calls,
    constituent_calls,
    duty_calls,
    evidence_calls,
    exception_calls,
    explain_calls,
    hunt_calls,
    incident_calls,
    incident_life_calls,
    indicator_calls,
    ledger_calls,
    node_calls,
    notify_calls,
    openid_calls,
    own_calls,
    playbook_calls,
    rule_calls,
    sensor_calls,
    switch_calls,
    telling_calls,
    ticket_calls,
    upkeep_calls,
    user_calls,
)
from tocsin.node.api.context import ApiContext
from tocsin.node.api.endpoint import Endpoint, Gate, answer
from tocsin.node.api.front import Front
from tocsin.node.api.problems import problem
from tocsin.node.people.permissions import PERMISSIONS

PREFIX = "/api/v1"
_ADVICE = {
    HTTPStatus.NOT_FOUND: "docs/api.md lists the endpoints.",
    HTTPStatus.METHOD_NOT_ALLOWED: "docs/api.md lists the methods of each endpoint.",
}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/healthz", "healthz", node_calls.healthz),
    Endpoint("GET", f"{PREFIX}/status", "status", node_calls.status),
    Endpoint("GET", f"{PREFIX}/sensors", "sensors.list", sensor_calls.listed),
    Endpoint("POST", f"{PREFIX}/sensors/retire", "sensors.retire", sensor_calls.retire_it),
    Endpoint("POST", f"{PREFIX}/sensors/return", "sensors.return", sensor_calls.return_it),
    Endpoint("POST", f"{PREFIX}/login", "login", own_calls.login, hashes=True),
    Endpoint("POST", f"{PREFIX}/logout", "logout", own_calls.logout),
    Endpoint("GET", f"{PREFIX}/me", "me", own_calls.me),
    Endpoint("POST", f"{PREFIX}/password", "password", own_calls.password, hashes=True),
    Endpoint("GET", f"{PREFIX}/sessions", "sessions.list", own_calls.own_sessions),
    Endpoint("POST", f"{PREFIX}/sessions/end", "sessions.end", own_calls.end_sessions),
    Endpoint("POST", f"{PREFIX}/totp/enrol", "totp.enrol", own_calls.totp_enrol),
    Endpoint("POST", f"{PREFIX}/totp/confirm", "totp.confirm", own_calls.totp_confirm),
    Endpoint("GET", f"{PREFIX}/openid/start", "openid.start", openid_calls.start),
    Endpoint("GET", f"{PREFIX}/openid/callback", "openid.callback", openid_calls.callback),
    Endpoint("GET", f"{PREFIX}/users", "users.list", user_calls.users),
    Endpoint("POST", f"{PREFIX}/users", "users.add", user_calls.add_user, hashes=True),
    Endpoint("POST", f"{PREFIX}/users/{{id}}/role", "users.role", user_calls.set_role),
    Endpoint("POST", f"{PREFIX}/users/{{id}}/disable", "users.disable", user_calls.disable),
    Endpoint("POST", f"{PREFIX}/users/{{id}}/enable", "users.enable", user_calls.enable),
    Endpoint("POST", f"{PREFIX}/users/{{id}}/reset", "users.reset", user_calls.reset, hashes=True),
    Endpoint("POST", f"{PREFIX}/users/{{id}}/logout", "users.logout", user_calls.end_sessions),
    Endpoint("GET", f"{PREFIX}/tokens", "tokens.list", user_calls.tokens),
    Endpoint("POST", f"{PREFIX}/tokens", "tokens.add", user_calls.add_token),
    Endpoint("POST", f"{PREFIX}/tokens/{{id}}/revoke", "tokens.revoke", user_calls.revoke_token),
    Endpoint("GET", f"{PREFIX}/switches", "switches.list", switch_calls.listed),
    Endpoint("POST", f"{PREFIX}/switches/{{id}}/stop", "switches.stop", switch_calls.stop),
    Endpoint("POST", f"{PREFIX}/switches/{{id}}/request", "switches.request", switch_calls.request_start),
    Endpoint("POST", f"{PREFIX}/switches/{{id}}/confirm", "switches.confirm", switch_calls.confirm_start),
    Endpoint("GET", f"{PREFIX}/incidents", "incidents.list", incident_calls.listed),
    Endpoint("GET", f"{PREFIX}/incidents/{{id}}", "incidents.show", incident_calls.show),
    Endpoint("GET", f"{PREFIX}/incidents/{{id}}/history", "incidents.history", incident_calls.told),
    Endpoint("POST", f"{PREFIX}/incidents", "incidents.new", incident_life_calls.open_new),
    Endpoint(
        "POST", f"{PREFIX}/incidents/{{id}}/acknowledge", "incidents.acknowledge", incident_life_calls.acknowledge
    ),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/close", "incidents.close", incident_life_calls.close),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/reopen", "incidents.reopen", incident_life_calls.reopen),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/merge", "incidents.merge", incident_life_calls.merge),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/split", "incidents.split", incident_life_calls.split),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/assign", "incidents.assign", incident_calls.assign),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/status", "incidents.status", incident_calls.set_status),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/note", "incidents.note", incident_calls.note),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/restrict", "incidents.restrict", incident_calls.restrict),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/undo", "incidents.undo", incident_calls.undo),
    Endpoint("GET", f"{PREFIX}/handover", "duty.handover", duty_calls.handed_over),
    Endpoint("GET", f"{PREFIX}/report", "duty.report", duty_calls.counted),
    Endpoint("GET", f"{PREFIX}/incidents/{{id}}/acting", "acting", playbook_calls.acting),
    Endpoint("GET", f"{PREFIX}/playbooks", "playbooks.list", playbook_calls.listed),
    Endpoint("GET", f"{PREFIX}/playbooks/{{name}}", "playbooks.show", playbook_calls.show),
    Endpoint("GET", f"{PREFIX}/incidents/{{id}}/playbooks", "playbooks.for", playbook_calls.fitting),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/playbooks", "playbooks.start", playbook_calls.start),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/playbooks/step", "playbooks.step", playbook_calls.step),
    Endpoint("GET", f"{PREFIX}/actions", "actions.list", action_calls.listed),
    Endpoint("GET", f"{PREFIX}/actions/{{id}}", "actions.show", action_calls.show),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/actions", "actions.propose", action_calls.propose, errand=True),
    Endpoint("POST", f"{PREFIX}/actions/{{id}}/approve", "actions.approve", action_calls.approve),
    Endpoint("POST", f"{PREFIX}/actions/{{id}}/withdraw", "actions.withdraw", action_calls.withdraw),
    Endpoint("POST", f"{PREFIX}/actions/{{id}}/write", "actions.write", action_calls.write, errand=True),
    Endpoint("POST", f"{PREFIX}/actions/{{id}}/undo", "actions.undo", action_calls.undone),
    Endpoint("GET", f"{PREFIX}/clocks", "clocks.list", clock_calls.listed),
    Endpoint("GET", f"{PREFIX}/clocks/kinds", "clocks.kinds", clock_calls.kinds),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/clocks", "clocks.start", clock_calls.start),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/clocks/{{clock}}/done", "clocks.done", clock_calls.done),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/clocks/{{clock}}/stop", "clocks.stop", clock_calls.stop),
    Endpoint("GET", f"{PREFIX}/incidents/{{id}}/clocks/{{clock}}/draft", "clocks.draft", clock_calls.draft),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/mark", "incidents.mark", telling_calls.mark),
    Endpoint("GET", f"{PREFIX}/incidents/{{id}}/telling", "tellings.preview", telling_calls.preview),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/telling", "tellings.ask", telling_calls.ask),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/telling/release", "tellings.release", telling_calls.release),
    Endpoint("GET", f"{PREFIX}/constituents", "constituents.list", constituent_calls.listed),
    Endpoint("GET", f"{PREFIX}/constituents/{{id}}", "constituents.show", constituent_calls.show),
    Endpoint(
        "POST",
        f"{PREFIX}/constituents",
        "constituents.import",
        constituent_calls.take_in,
        body_bytes=limits.API_CONSTITUENTS_BYTES,
    ),
    Endpoint("GET", f"{PREFIX}/assets", "assets.list", asset_calls.listed),
    Endpoint(
        "POST",
        f"{PREFIX}/assets",
        "assets.import",
        asset_calls.take_in,
        errand=True,
        body_bytes=limits.API_ASSETS_BYTES,
    ),
    Endpoint("GET", f"{PREFIX}/incidents/{{id}}/exceptions", "exceptions.offer", exception_calls.offered),
    Endpoint("POST", f"{PREFIX}/incidents/{{id}}/exceptions", "exceptions.add", exception_calls.add),
    Endpoint("GET", f"{PREFIX}/exceptions", "exceptions.list", exception_calls.listed),
    Endpoint("POST", f"{PREFIX}/exceptions/{{id}}/confirm", "exceptions.confirm", exception_calls.confirm),
    Endpoint("POST", f"{PREFIX}/exceptions/{{id}}/end", "exceptions.end", exception_calls.end),
    Endpoint("GET", f"{PREFIX}/findings/{{id}}", "findings.show", explain_calls.finding),
    Endpoint(
        "POST", f"{PREFIX}/findings/{{id}}/explain", "findings.explain", explain_calls.finding_explained, errand=True
    ),
    Endpoint("POST", f"{PREFIX}/explain", "explain", explain_calls.explained, errand=True),
    Endpoint("GET", f"{PREFIX}/ledger/export", "ledger.export", ledger_calls.export),
    Endpoint("GET", f"{PREFIX}/ledger/verify", "ledger.verify", ledger_calls.verified),
    Endpoint("GET", f"{PREFIX}/ledger/rescues", "ledger.rescues", ledger_calls.told_rescues),
    Endpoint("GET", f"{PREFIX}/keys", "keys.list", upkeep_calls.keys),
    Endpoint("POST", f"{PREFIX}/keys/rotate", "keys.rotate", upkeep_calls.rotate_key),
    Endpoint("POST", f"{PREFIX}/keys/{{id}}/revoke", "keys.revoke", upkeep_calls.revoke_key),
    Endpoint("GET", f"{PREFIX}/evidence", "evidence.list", evidence_calls.listed),
    Endpoint("POST", f"{PREFIX}/evidence/{{id}}/hold", "evidence.hold", evidence_calls.hold_it),
    Endpoint("POST", f"{PREFIX}/evidence/{{id}}/release", "evidence.release", evidence_calls.release_it),
    Endpoint("POST", f"{PREFIX}/evidence/{{id}}/export", "evidence.export", evidence_calls.export, errand=True),
    Endpoint("POST", f"{PREFIX}/privacy/find", "privacy.find", upkeep_calls.find_value, errand=True),
    Endpoint("POST", f"{PREFIX}/privacy/erase", "privacy.erase", upkeep_calls.erase_value, errand=True, alone=True),
    Endpoint("GET", f"{PREFIX}/check", "check", upkeep_calls.check),
    Endpoint("POST", f"{PREFIX}/hunt", "hunt", hunt_calls.hunt, errand=True, body_bytes=limits.API_HUNT_BYTES),
    Endpoint(
        "POST",
        f"{PREFIX}/rules/review",
        "rules.review",
        rule_calls.review,
        errand=True,
        body_bytes=limits.API_RULES_BYTES,
    ),
    Endpoint("POST", f"{PREFIX}/rules", "rules.place", rule_calls.place, errand=True),
    Endpoint("GET", f"{PREFIX}/notify/oncall", "notify.oncall", notify_calls.oncall_list),
    Endpoint("POST", f"{PREFIX}/notify/oncall", "notify.change", notify_calls.change),
    Endpoint("GET", f"{PREFIX}/notify/messages", "notify.messages", notify_calls.told),
    Endpoint("POST", f"{PREFIX}/notify/test", "notify.test", notify_calls.test),
    Endpoint("POST", f"{PREFIX}/tickets/{{id}}", "tickets.answer", ticket_calls.answer),
    Endpoint("POST", f"{PREFIX}/indicators/list", "indicators.list", indicator_calls.listed, errand=True),
    Endpoint(
        "POST",
        f"{PREFIX}/indicators",
        "indicators.import",
        indicator_calls.import_them,
        errand=True,
        body_bytes=limits.API_INDICATORS_BYTES,
    ),
    Endpoint("POST", f"{PREFIX}/indicators/remove", "indicators.remove", indicator_calls.remove, errand=True),
)
"""The table of routes."""


def create_app(context: ApiContext, more: Sequence[Endpoint] = ()) -> Starlette:
    """The application; ConfigError when a route has no row in the table of permissions, or a name stands twice."""
    endpoints = (*ENDPOINTS, *more)
    names = [endpoint.name for endpoint in endpoints]
    for endpoint in endpoints:
        if endpoint.name not in PERMISSIONS or names.count(endpoint.name) > 1:
            raise ConfigError(
                f"the route {endpoint.name} is not in the table of permissions, or there twice",
                "This is a fault of Tocsin: please report it.",
            )
    gate = Gate()
    app = Starlette(
        routes=[_route(endpoint, context, gate) for endpoint in endpoints],
        middleware=[Middleware(Front, context=context)],
        exception_handlers={HTTPException: _unrouted},
    )
    app.router.redirect_slashes = False
    return app


def _route(endpoint: Endpoint, context: ApiContext, gate: Gate) -> Route:
    handle: Callable[[Request], Awaitable[Response]] = partial(answer, endpoint, context, gate)
    return Route(endpoint.path, handle, methods=[endpoint.method], name=endpoint.name)


async def _unrouted(request: Request, error: Exception) -> Response:
    """What no endpoint answers: no such path, or no such method."""
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    request_id = str(request.scope.get("tocsin.request", ""))
    advice = _ADVICE.get(status, "")
    return problem(status, status.phrase.lower(), advice, request_id, error.headers)
