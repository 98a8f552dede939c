"""Endpoints of the login through an OpenID Connect issuer. Without a configured issuer they do not exist."""

from http import HTTPStatus

from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response

from tocsin import limits
from tocsin.errors import Denied
from tocsin.node.api.context import Call
from tocsin.node.api.own_calls import begun_session
from tocsin.node.api.problems import Refused
from tocsin.node.people.issuer import Issuer
from tocsin.node.people.openid import COOKIE
from tocsin.node.people.openid_login import log_in_through

_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"  # Lax: the issuer's redirect has to bring it back


def start(call: Call) -> Response:
    """GET /openid/start: send the browser to the issuer."""
    try:
        address, state = _issuer(call).begin()
    except Denied as error:
        raise Refused(HTTPStatus.BAD_GATEWAY, str(error), error.advice()) from error
    cookie = f"{COOKIE}={state}; Max-Age={limits.OPENID_PENDING_SECONDS}; {_ATTRIBUTES}"
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Set-Cookie": cookie})


def callback(call: Call) -> Response:
    """GET /openid/callback: take the issuer's answer and begin a session. 401 when it does not count."""
    issuer = _issuer(call)
    bound = cookie_parser(call.headers.get("Cookie", "")).get(COOKIE, "")
    state, code = call.query.get("state", ""), call.query.get("code", "")
    try:
        begun = log_in_through(call.desk, issuer, state, bound, code, call.address)
    except Denied as error:
        raise Refused(HTTPStatus.UNAUTHORIZED, str(error), error.advice()) from error
    answer = begun_session(call, begun)
    answer.headers.append("Set-Cookie", f"{COOKIE}=; Max-Age=0; {_ATTRIBUTES}")
    return answer


def _issuer(call: Call) -> Issuer:
    if call.context.issuer is None:
        raise Refused(HTTPStatus.NOT_FOUND, "no issuer is configured", "Log in with name, password and code.")
    return call.context.issuer
