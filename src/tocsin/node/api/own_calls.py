"""Endpoints about the caller: login, logout, own account, password, one-time codes."""

from http import HTTPStatus

from starlette.responses import Response

from tocsin.errors import Denied, TooManyTries
from tocsin.node.api.answers import done, said
from tocsin.node.api.context import Call
from tocsin.node.api.problems import Refused
from tocsin.node.api.shapes import CodeShown, Login, PasswordChange, User
from tocsin.node.people import own_changes, sessions
from tocsin.node.people.desk import now_us
from tocsin.node.people.login import Attempt, LoggedIn, log_in, log_out
from tocsin.node.people.principal import Person
from tocsin.node.people.sessions import Form, Session
from tocsin.node.store import people as rows
from tocsin.node.store.times import moment


def login(call: Call) -> Response:
    """POST /login: begin a session. 401 for whatever was wrong, 429 while the caller has to wait."""
    shown = call.said(Login)
    form = Form.COOKIE if shown.cookie else Form.BEARER
    try:
        begun = log_in(call.desk, Attempt(shown.name, shown.password, shown.code, call.address, form))
    except TooManyTries:
        raise
    except Denied as error:
        raise Refused(HTTPStatus.UNAUTHORIZED, str(error), error.advice()) from error
    return begun_session(call, begun)


def begun_session(call: Call, begun: LoggedIn) -> Response:
    """The answer that hands over a session in its form. The session that the call itself came in ends."""
    if isinstance(call.principal, Person):
        log_out(call.desk, call.principal)
    told: dict[str, object] = {"user": User.of(begun.person.account)}
    if begun.person.session.form is Form.COOKIE:
        told["csrf"] = sessions.csrf_token(call.desk.keys.csrf, begun.person.session.digest)
        return said(told, headers={"Set-Cookie": sessions.cookie_value(begun.secret)})
    return said({**told, "token": begun.secret})


def logout(call: Call) -> Response:
    """POST /logout: end the caller's session."""
    log_out(call.desk, call.person)
    answer = done()
    if call.person.session.form is Form.COOKIE:
        answer.headers["Set-Cookie"] = sessions.ended_cookie_value()
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def me(call: Call) -> Response:
    """GET /me: the caller's account, and the CSRF token of a cookie session."""
    person = call.person
    told: dict[str, object] = {"user": User.of(person.account)}
    if person.session.form is Form.COOKIE:
        told["csrf"] = sessions.csrf_token(call.desk.keys.csrf, person.session.digest)
    return said(told)


def password(call: Call) -> Response:
    """POST /password: change the caller's password and end the other sessions."""
    change = call.said(PasswordChange)
    own_changes.change_password(call.desk, call.person, change.old, change.new, call.address)
    return done()


def own_sessions(call: Call) -> Response:
    """GET /sessions: the caller's sessions, without anything that opens them."""
    with call.desk.store.read() as connection:
        found = rows.sessions_of(connection, call.person.account.id)
    alive = [each for each in found if sessions.alive(each, now_us())]
    return said({"sessions": [_session(each, call.person) for each in alive]})


def end_sessions(call: Call) -> Response:
    """POST /sessions/end: end the caller's other sessions by showing a one-time code."""
    ended = own_changes.end_other_sessions(call.desk, call.person, call.said(CodeShown).code, call.address)
    return said({"ended": ended})


def totp_enrol(call: Call) -> Response:
    """POST /totp/enrol: offer one-time codes; who has codes shows one of them."""
    offered = own_changes.offer_totp(call.desk, call.person, call.said(CodeShown).code, call.address)
    return said({"secret": offered.secret, "uri": offered.uri})


def totp_confirm(call: Call) -> Response:
    """POST /totp/confirm: make the offered codes count by showing one."""
    own_changes.confirm_totp(call.desk, call.person, call.said(CodeShown).code)
    return done()


def _session(session: Session, person: Person) -> dict[str, object]:
    return {
        "form": session.form,
        "begun": moment(session.created_us),
        "seen": moment(session.seen_us),
        "this": session.digest == person.session.digest,
    }
