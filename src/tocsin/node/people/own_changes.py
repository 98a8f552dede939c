"""Changes that a person makes to the own account: password and second factor.

Rules:
1. A new password needs the old one (OWASP ASVS 5 §6.2.3), which is counted like a login, so a stolen session does not
   help to guess it.
2. One-time codes are offered first and count from the moment that a code of theirs was shown. Who has codes already
   shows one of the old to get new ones.
3. Each change ends all other sessions of the account.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin import clock
from tocsin.errors import Denied, UsageError
from tocsin.node.people import passwords, seal, totp, tries
from tocsin.node.people.desk import Desk, own_draft
from tocsin.node.people.login import TOTP_CONTEXT, unsealed_totp
from tocsin.node.people.principal import Person
from tocsin.node.people.tries import Names
from tocsin.node.store import ledger
from tocsin.node.store import people as rows
from tocsin.node.store.people import Secrets
from tocsin.words.messages import say

_NAME_PARTS = re.compile("[._-]")


@dataclass(frozen=True, slots=True, repr=False)
class Offered:
    """A second factor to set up: the secret, and the address that an authenticator app reads."""

    secret: str
    uri: str


def change_password(desk: Desk, person: Person, old: str, new: str, address: str) -> None:
    """Set a new password; UsageError with the reason when it is refused, Denied when the old one is wrong."""
    if reason := _refusal(desk, person, old, new):
        raise UsageError("this password is refused", reason)
    names = tries.counters_of(desk.keys, person.account.name, address)
    stored = desk.store.transact(lambda connection: _counted_secrets(connection, person, names)).password
    if not passwords.verified(stored, old, desk.cost).right:
        raise Denied("the present password is wrong", "Type the password that you log in with.")
    renewed = passwords.hashed(new, desk.cost)

    def work(connection: Connection) -> None:
        tries.take_back(connection, names)
        _set(connection, person, "password changed", {"password": renewed, "must_change": False})

    desk.store.transact(work)


def offer_totp(desk: Desk, person: Person, code: str, address: str) -> Offered:
    """Offer a new second factor. Rule 2. UsageError for an account whose issuer sees to it."""
    if person.account.external_id:
        raise UsageError("this account logs in through an issuer", "Set up the second factor there.")
    names = tries.counters_of(desk.keys, person.account.name, address)
    secret = totp.new_secret()
    sealed = seal.seal(desk.keys.sealing, TOTP_CONTEXT.format(person.account.id), secret.encode())
    kept = desk.store.transact(lambda connection: _counted_secrets(connection, person, names))
    step = None if kept.totp is None else _step(desk, person, kept.totp, code, kept.totp_step)

    def work(connection: Connection) -> None:
        if step is not None and not rows.use_totp_step(connection, person.account.id, step):
            raise _wrong_code()
        tries.take_back(connection, names)
        rows.set_account(connection, person.account.id, {"totp_offered": sealed})

    desk.store.transact(work)
    return Offered(secret, totp.enrolment_uri(secret, person.account.name))


def end_other_sessions(desk: Desk, person: Person, code: str, address: str) -> int:
    """End all other sessions of the account, for who shows a one-time code; returns how many ended.

    An account of an issuer has no codes here and needs none for this.
    """
    names = tries.counters_of(desk.keys, person.account.name, address)
    kept = desk.store.transact(lambda connection: _counted_secrets(connection, person, names))
    step = None if kept.totp is None else _step(desk, person, kept.totp, code, kept.totp_step)

    def work(connection: Connection) -> int:
        if step is not None and not rows.use_totp_step(connection, person.account.id, step):
            raise _wrong_code()
        tries.take_back(connection, names)
        ended = rows.end_sessions(connection, person.account.id, but=person.session.digest)
        ledger.record(connection, own_draft(person, "other sessions ended"))
        return ended

    return desk.store.transact(work)


def confirm_totp(desk: Desk, person: Person, code: str) -> None:
    """Make the offered second factor the account's; Denied when the code is not one of its codes."""
    with desk.store.read() as connection:
        offered = rows.secrets_of(connection, person.account.id).totp_offered
    if offered is None:
        raise UsageError("no one-time codes were offered", "Begin with `tocsin user totp`.")
    step = _step(desk, person, offered, code, last_step=0)

    def work(connection: Connection) -> None:
        if rows.secrets_of(connection, person.account.id).totp_offered != offered:
            raise _wrong_code()
        _set(connection, person, "second factor set", {"totp": offered, "totp_offered": None, "totp_step": step})

    desk.store.transact(work)


def _counted_secrets(connection: Connection, person: Person, names: Names) -> Secrets:
    tries.count(connection, names)
    return rows.secrets_of(connection, person.account.id)


def _refusal(desk: Desk, person: Person, old: str, new: str) -> str:
    if new == old:
        return say("The new password is the old one.")
    return passwords.refusal(new, (*desk.words, *_NAME_PARTS.split(person.account.name)))


def _step(desk: Desk, person: Person, sealed: bytes, code: str, last_step: int) -> int:
    step = totp.accepted_step(unsealed_totp(desk, person.account.id, sealed), code, clock.now(), last_step)
    if step is None:
        raise _wrong_code()
    return step


def _wrong_code() -> Denied:
    return Denied("the one-time code is wrong or was used", "Wait for the next code and check the device's clock.")


def _set(connection: Connection, person: Person, change: str, values: Mapping[str, object]) -> None:
    """Rule 3, with the ledger's entry."""
    rows.set_account(connection, person.account.id, values)
    rows.end_sessions(connection, person.account.id, but=person.session.digest)
    ledger.record(connection, own_draft(person, change))
