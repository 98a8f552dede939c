"""Endpoints about accounts and machine tokens, for admins; auditors read."""

from http import HTTPStatus

from starlette.responses import Response

from tocsin.node.api.answers import done, said
from tocsin.node.api.context import Call
from tocsin.node.api.shapes import MachineToken, RoleNew, TokenNew, User, UserNew
from tocsin.node.people import account_changes, token_changes
from tocsin.node.people.account_changes import Given, NewAccount
from tocsin.node.people.accounts import role_named
from tocsin.node.people.token_changes import NewToken
from tocsin.node.people.tokens import scopes_named
from tocsin.node.store import people as rows


def users(call: Call) -> Response:
    """GET /users: all accounts."""
    with call.desk.store.read() as connection:
        found = rows.accounts(connection)
    return said({"users": [User.of(account) for account in found]})


def add_user(call: Call) -> Response:
    """POST /users: add an account; its first password is in the answer and nowhere else."""
    new = call.said(UserNew)
    account = NewAccount(new.name, role_named(new.role), new.organisation, new.external_id)
    return _given(account_changes.add_account(call.desk, call.person, account), HTTPStatus.CREATED)


def set_role(call: Call) -> Response:
    """POST /users/{id}/role: give another role."""
    role = role_named(call.said(RoleNew).role)
    return said({"user": User.of(account_changes.set_role(call.desk, call.person, call.parameters["id"], role))})


def disable(call: Call) -> Response:
    """POST /users/{id}/disable: close an account."""
    return said({"user": User.of(account_changes.disable(call.desk, call.person, call.parameters["id"]))})


def enable(call: Call) -> Response:
    """POST /users/{id}/enable: open it again."""
    return said({"user": User.of(account_changes.enable(call.desk, call.person, call.parameters["id"]))})


def reset(call: Call) -> Response:
    """POST /users/{id}/reset: a new first password, and no second factor."""
    return _given(account_changes.reset(call.desk, call.person, call.parameters["id"]), HTTPStatus.OK)


def end_sessions(call: Call) -> Response:
    """POST /users/{id}/logout: end all sessions of an account."""
    return said({"user": User.of(account_changes.end_sessions(call.desk, call.person, call.parameters["id"]))})


def tokens(call: Call) -> Response:
    """GET /tokens: all machine tokens, without their secrets."""
    with call.desk.store.read() as connection:
        found = rows.tokens(connection)
    return said({"tokens": [MachineToken.of(token) for token in found]})


def add_token(call: Call) -> Response:
    """POST /tokens: make a machine token; its secret is in the answer and nowhere else."""
    new = call.said(TokenNew)
    wanted = NewToken(new.label, scopes_named(new.scopes), new.organisation, new.network, new.sensor, new.seconds)
    shown = token_changes.add_token(call.desk, call.person, wanted)
    return said({"token": MachineToken.of(shown.token), "secret": shown.secret}, HTTPStatus.CREATED)


def revoke_token(call: Call) -> Response:
    """POST /tokens/{id}/revoke: end a machine token for ever."""
    token_changes.revoke_token(call.desk, call.person, call.parameters["id"])
    return done()


def _given(given: Given, status: HTTPStatus) -> Response:
    told: dict[str, object] = {"user": User.of(given.account)}
    if given.password:
        told["password"] = given.password
    return said(told, status)
