"""Logging in through the configured issuer: from what the browser brings back to a session."""

from hmac import compare_digest

from sqlalchemy import Connection

from tocsin.errors import Denied
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.people import lockout
from tocsin.node.people.desk import Desk
from tocsin.node.people.issuer import Issuer
from tocsin.node.people.login import LoggedIn, begin_session
from tocsin.node.people.openid import refused
from tocsin.node.people.sessions import Form
from tocsin.node.store import ledger
from tocsin.node.store import people as rows


def log_in_through(desk: Desk, issuer: Issuer, state: str, bound_state: str, code: str, address: str) -> LoggedIn:
    """Begin a session for who the issuer names; Denied otherwise, with a ledger entry.

    `bound_state` is what the browser's cookie holds: a login begun in another browser does not end in this one.
    """
    try:
        if not state or not compare_digest(state.encode(), bound_state.encode()):
            raise refused("it was begun in another browser")
        subject = issuer.finish(state, code)
        return desk.store.transact(lambda connection: _begun(connection, subject))
    except Denied:
        draft = _failure(desk, address)
        desk.store.transact(lambda connection: ledger.record(connection, draft))
        raise


def _begun(connection: Connection, subject: str) -> LoggedIn:
    account = rows.account_outside(connection, subject)
    if account is None or not account.active:
        raise refused("no account that is usable here belongs to this person")
    done = begin_session(connection, account, Form.COOKIE)
    ledger.record(connection, Draft(Kind.LOGIN, account.actor, account.actor, {"by": "openid"}))
    return done


def _failure(desk: Desk, address: str) -> Draft:
    subject = desk.keys.name_digest("address", lockout.network(address))
    return Draft(Kind.LOGIN_FAILED, "node", subject, {"by": "openid"})
