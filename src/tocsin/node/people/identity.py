"""From what a request shows to who is asking.

Rules:
1. `Authorization: Bearer` (RFC 6750 §2.1) carries a session of the command line or a machine token; a cookie carries
   a session of a browser. A request that shows both, or a session in the other's form, is nobody's.
2. What does not count any more (ended, disabled, revoked, expired) is nobody's, without saying which it was.
"""

from tocsin import limits
from tocsin.node.people import sessions, tokens
from tocsin.node.people.desk import Desk, now_us
from tocsin.node.people.principal import Machine, Nobody, Person, Principal
from tocsin.node.people.sessions import Form
from tocsin.node.store import people as rows

_SCHEME = "bearer "


def identify(desk: Desk, authorization: str | None, cookie: str | None) -> Principal:
    """Who shows these two; `cookie` is the value of the session cookie alone."""
    if authorization is None:
        return Nobody() if cookie is None else _person(desk, cookie, Form.COOKIE)
    shown = authorization[len(_SCHEME) :]
    if cookie is not None or authorization[: len(_SCHEME)].lower() != _SCHEME:
        return Nobody()
    if (token_id := tokens.id_of(shown)) is not None:
        return _machine(desk, token_id, shown)
    return _person(desk, shown, Form.BEARER)


def _machine(desk: Desk, token_id: str, shown: str) -> Principal:
    with desk.store.read() as connection:
        found = rows.token(connection, token_id)
    if found is None:
        return Nobody()
    token, mac = found
    if not tokens.matches(desk.keys.tokens, shown, mac) or not token.alive(now_us()):
        return Nobody()
    return Machine(token)


def _person(desk: Desk, secret: str, form: Form) -> Principal:
    if not secret.startswith(sessions.PREFIX) or len(secret) > limits.CREDENTIAL_CHARACTERS:
        return Nobody()
    digest, moment_us = sessions.digest_of(secret), now_us()
    with desk.store.read() as connection:
        found = rows.session(connection, digest)
    if found is None:
        return Nobody()
    session, account = found
    if session.form is not form or not account.active or not sessions.alive(session, moment_us):
        return Nobody()
    if sessions.needs_touch(session, moment_us):
        desk.store.transact(lambda connection: rows.touch_session(connection, digest, moment_us))
    return Person(account, session)
