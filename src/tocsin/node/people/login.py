"""Logging in with name, password and one-time code; logging out.

Steps of a login (rules of waiting: `lockout`):
1. The try is counted as a failure, in a transaction of its own. Where a counter says wait, it is refused unread.
2. The password is verified, against a hash of nobody where there is no such account, or none that may log in.
3. The one-time code is verified where the account has one, and used up.
4. The counters are taken back, a session begins, and the ledger says so, in one transaction.

Whatever was wrong, the answer is the same, and so is the work before it (OWASP ASVS 5 §6.3.8). The ledger says that a
try failed, for which keyed digest of a name and of an address; never the name, and never why.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin import clock
from tocsin.errors import Denied
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.people import lockout, passwords, seal, sessions, totp, tries
from tocsin.node.people.accounts import Account
from tocsin.node.people.desk import Desk, now_us
from tocsin.node.people.principal import Person
from tocsin.node.people.sessions import Form, Session
from tocsin.node.people.tries import Names
from tocsin.node.store import ledger
from tocsin.node.store import people as rows
from tocsin.node.store.people import Secrets

TOTP_CONTEXT = "totp {}"
"""What a sealed one-time-code secret is bound to: the account's id."""


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """What somebody shows at the door."""

    name: str
    password: str
    code: str = ""
    address: str = ""
    form: Form = Form.BEARER


@dataclass(frozen=True, slots=True, repr=False)
class LoggedIn:
    """A session that has begun, with its secret, which is shown once."""

    person: Person
    secret: str


@dataclass(frozen=True, slots=True, repr=False)
class _Proof:
    """What was verified before the last transaction."""

    account: Account
    password: str  # the hash that matched
    renewed: str  # its successor where its parameters are outdated
    step: int | None


def log_in(desk: Desk, attempt: Attempt) -> LoggedIn:
    """Begin a session; Denied when something was wrong, TooManyTries when it is not the time to try."""
    names = tries.counters_of(desk.keys, attempt.name, attempt.address)
    account, secrets = desk.store.transact(lambda connection: _counted(connection, attempt, names))
    try:
        proof = _proof(desk, attempt, account, secrets)
        return desk.store.transact(lambda connection: _begun(connection, desk, attempt, names, proof))
    except Denied:
        desk.store.transact(lambda connection: ledger.record(connection, _failure(desk, attempt)))
        raise


def log_out(desk: Desk, person: Person) -> None:
    """End the person's session."""

    def work(connection: Connection) -> None:
        rows.end_session(connection, person.session.digest)
        ledger.record(connection, Draft(Kind.LOGOUT, person.actor, person.actor))

    desk.store.transact(work)


def wrong() -> Denied:
    """The answer to whatever was wrong."""
    return Denied(
        "name, password or one-time code is wrong, or the account is not usable",
        "Check all three. Leave the code out only while the account has none; a code works once.",
    )


def begin_session(connection: Connection, account: Account, form: Form) -> LoggedIn:
    """Begin a session of an account that has proved who it is."""
    secret, moment_us = sessions.new_secret(), now_us()
    session = Session(sessions.digest_of(secret), account.id, form, moment_us, moment_us)
    rows.forget_sessions(connection, moment_us)
    rows.add_session(connection, session)
    return LoggedIn(Person(account, session), secret)


def unsealed_totp(desk: Desk, account_id: str, sealed: bytes) -> str:
    """The secret behind an account's one-time codes."""
    return seal.unseal(desk.keys.sealing, TOTP_CONTEXT.format(account_id), sealed).decode()


def _counted(connection: Connection, attempt: Attempt, names: Names) -> tuple[Account | None, Secrets | None]:
    """Step 1, with what the account proves itself with."""
    tries.count(connection, names)
    account = rows.account_named(connection, attempt.name)
    return account, None if account is None else rows.secrets_of(connection, account.id)


def _proof(desk: Desk, attempt: Attempt, account: Account | None, secrets: Secrets | None) -> _Proof:
    """Steps 2 and 3, but for using up the code."""
    usable = account is not None and secrets is not None and _usable(account, secrets)
    stored = secrets.password if secrets is not None and usable else None
    verified = passwords.verified(stored, attempt.password, desk.cost)
    if account is None or secrets is None or stored is None or not verified.right:
        raise wrong()
    renewed = passwords.hashed(attempt.password, desk.cost) if verified.outdated else ""
    return _Proof(account, stored, renewed, _step(desk, attempt, account, secrets))


def _step(desk: Desk, attempt: Attempt, account: Account, secrets: Secrets) -> int | None:
    """The step of the code; None for an account that has no codes."""
    if secrets.totp is None:
        return None
    secret = unsealed_totp(desk, account.id, secrets.totp)
    step = totp.accepted_step(secret, attempt.code, clock.now(), secrets.totp_step)
    if step is None:
        raise wrong()
    return step


def _usable(account: Account, secrets: Secrets) -> bool:
    expired = account.must_change and secrets.password_until_us < now_us()
    return account.active and not expired and not account.external_id  # the issuer's second factor comes with it


def _begun(connection: Connection, desk: Desk, attempt: Attempt, names: Names, proof: _Proof) -> LoggedIn:
    """Step 4; Denied when the account changed meanwhile or the code was used by somebody else."""
    tries.take_back(connection, names)
    account = rows.account(connection, proof.account.id)
    if account != proof.account or rows.secrets_of(connection, account.id).password != proof.password:
        raise wrong()
    if proof.step is not None and not rows.use_totp_step(connection, account.id, proof.step):
        raise wrong()
    if proof.renewed:
        rows.set_account(connection, account.id, {"password": proof.renewed})
    done = begin_session(connection, account, attempt.form)
    ledger.record(connection, Draft(Kind.LOGIN, account.actor, account.actor, {"by": "password"}))
    return done


def _failure(desk: Desk, attempt: Attempt) -> Draft:
    address = desk.keys.name_digest("address", lockout.network(attempt.address))
    return Draft(Kind.LOGIN_FAILED, "node", desk.keys.name_digest("name", attempt.name), {"address": address})
