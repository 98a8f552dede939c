"""Every route, every role, every scope: the table of permissions is what decides, and nothing is beside it."""

from dataclasses import replace
from http import HTTPStatus

import pytest
from api_clients import Api, api_of
from starlette.routing import Route

from tocsin.errors import ConfigError
from tocsin.node.api.app import ENDPOINTS, create_app
from tocsin.node.api.endpoint import Endpoint
from tocsin.node.api.node_calls import healthz
from tocsin.node.people.accounts import Account, Role, Stage
from tocsin.node.people.desk import Desk
from tocsin.node.people.permissions import PERMISSIONS, sees, verdict
from tocsin.node.people.principal import Machine, Nobody, Person
from tocsin.node.people.sessions import Form, Session
from tocsin.node.people.tokens import Scope, Token

CLOSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
INPUTS = {"push", "otlp"}
SESSION = Session("d", "a", Form.BEARER, 0, 0)


@pytest.fixture
def api(desk: Desk) -> Api:
    return api_of(desk)


def routes(api: Api) -> list[tuple[str, str, str]]:
    """Method, path and name of each route that the application really has."""
    found = [route for route in api.app.routes if isinstance(route, Route)]
    assert len(found) == len(api.app.routes)
    return [
        (method, route.path.replace("{id}", "0" * 16), route.name)
        for route in found
        for method in sorted(route.methods or set())
    ]


def refused_by_table(api: Api, method: str, path: str, headers: dict[str, str]) -> bool:
    """Whether the table of permissions refused the call; an empty body never gets far behind it."""
    answer = api.call(method, path, headers)
    return answer.status_code in CLOSED and (method == "HEAD" or answer.json()["detail"] == "this is not allowed")


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_what_the_table_gives_it_and_nothing_else(api: Api, role: Role) -> None:
    account = api.account(role)
    for method, path, name in routes(api):
        headers = {"Authorization": f"Bearer {api.session(account)}"}  # a new one: /logout ends it
        access = PERMISSIONS[name]
        allowed = access.everybody or role in access.roles
        assert refused_by_table(api, method, path, headers) is not allowed, (name, role)


@pytest.mark.parametrize("scope", Scope)
def test_each_scope_reaches_what_the_table_gives_it_and_nothing_else(api: Api, scope: Scope) -> None:
    headers = api.machine(scope)
    for method, path, name in routes(api):
        access = PERMISSIONS[name]
        allowed = access.everybody or scope in access.scopes
        assert refused_by_table(api, method, path, headers) is not allowed, (name, scope)


def test_nobody_reaches_only_what_is_for_everybody(api: Api) -> None:
    for headers in ({}, {"Authorization": "Bearer tocsin_session_x"}, {"Authorization": "Basic eDp4"}):
        for method, path, name in routes(api):
            answer = api.call(method, path, headers)
            if not PERMISSIONS[name].everybody:
                assert answer.status_code == HTTPStatus.UNAUTHORIZED, name
                assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("state", "stage"),
    [({"must_change": True, "totp": False}, Stage.PASSWORD), ({"totp": False}, Stage.SECOND_FACTOR)],
)
@pytest.mark.parametrize("role", Role)
def test_an_unready_account_reaches_only_what_makes_it_ready(
    api: Api, role: Role, state: dict[str, bool], stage: Stage
) -> None:
    reached = {Stage.PASSWORD: {"logout", "me", "password"}}
    reached[Stage.SECOND_FACTOR] = reached[Stage.PASSWORD] | {"totp.enrol", "totp.confirm"}
    account = api.account(role, **state)
    for method, path, name in routes(api):
        headers = {"Authorization": f"Bearer {api.session(account)}"}
        allowed = PERMISSIONS[name].everybody or name in reached[stage]
        assert refused_by_table(api, method, path, headers) is not allowed, (name, stage)


def test_every_row_of_the_table_has_a_route_but_for_the_inputs() -> None:
    assert {endpoint.name for endpoint in ENDPOINTS} | INPUTS == set(PERMISSIONS)


@pytest.mark.parametrize("name", ["elsewhere", "me"])
def test_a_route_that_is_not_in_the_table_stops_the_node(api: Api, name: str) -> None:
    with pytest.raises(ConfigError):
        create_app(api.context, [Endpoint("GET", "/x", name, healthz)])


def test_an_endpoint_without_a_row_is_denied_to_everybody() -> None:
    account = Person(_account(Role.ADMIN), SESSION)
    for principal in (Nobody(), account, Machine(_token(*Scope))):
        assert not verdict("elsewhere", principal).allowed


def test_auditors_change_nothing_but_their_own_account() -> None:
    changing = {endpoint.name for endpoint in ENDPOINTS if endpoint.method != "GET"}
    own = {"login", "logout", "password", "sessions.end", "totp.enrol", "totp.confirm"}
    assert {name for name in changing if Role.AUDITOR in PERMISSIONS[name].roles} <= own


def test_machines_reach_no_change_but_the_inputs_and_the_answers_of_a_ticket_system() -> None:
    changing = {endpoint.name for endpoint in ENDPOINTS if endpoint.method != "GET"}
    assert {name: PERMISSIONS[name].scopes for name in changing if PERMISSIONS[name].scopes} == {
        "tickets.answer": {Scope.TICKETS}
    }


def test_a_restricted_incident_is_seen_by_the_named_only_and_never_by_an_admin() -> None:
    analyst, admin = _account(Role.ANALYST), _account(Role.ADMIN)
    for account in (analyst, admin, _account(Role.LEAD), _account(Role.AUDITOR)):
        assert sees(Person(account, SESSION), {"examplia"}, (), 0)
        assert not sees(Person(account, SESSION), {"examplia"}, ("somebody",), 0)
    assert sees(Person(analyst, SESSION), {"examplia"}, ("account:a",), 0)
    assert not sees(Person(admin, SESSION), {"examplia"}, ("account:a",), 0)
    assert not sees(Machine(_token(Scope.READ_INCIDENTS)), {"examplia"}, ("a",), 0)
    assert not sees(Nobody(), {"examplia"}, (), 0)


def test_whose_account_was_reset_sees_what_named_him_before_no_more() -> None:
    reset = Person(replace(_account(Role.ANALYST), reset_us=5), SESSION)
    assert not sees(reset, {"examplia"}, ("account:a",), 5)
    assert sees(reset, {"examplia"}, ("account:a",), 6)
    assert sees(reset, {"examplia"}, (), 0)


def test_who_belongs_to_one_organisation_sees_no_other() -> None:
    guest = Person(_account(Role.ANALYST, "examplia"), SESSION)
    assert sees(guest, {"examplia"}, (), 0)
    assert not sees(guest, {"other"}, (), 0)
    assert not sees(guest, {"examplia", "other"}, (), 0)
    assert not sees(guest, (), (), 0)
    assert not sees(guest, {"other"}, ("a",), 0)
    machine = Machine(_token(Scope.READ_INCIDENTS))
    assert sees(machine, {"examplia"}, (), 0)
    assert not sees(machine, {"other"}, (), 0)


def _account(role: Role, organisation: str = "") -> Account:
    return Account("a", "ada", role, True, 0, has_totp=True, organisation=organisation)


def _token(*scopes: Scope) -> Token:
    return Token("t", "t", frozenset(scopes), "examplia", "office", "s", 0, "", 1)
