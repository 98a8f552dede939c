"""Changes that an admin makes to accounts: add, role, disable, enable, reset.

Rules:
1. Each change is one transaction with its ledger entry, which names accounts by id only.
2. Every change of role, every disabling and every reset ends the account's sessions (OWASP ASVS 5 V7).
3. A given password is random, shown once, opens the account for `limits.ONE_TIME_PASSWORD_SECONDS` and has to be
   changed first. A reset takes the second factor away too: who lost the telephone sets it up anew.
4. There is always an active admin: the last one cannot be disabled or given another role.
5. Who sees one organisation only cannot be an admin or an auditor: both reach what belongs to all.
6. An account is never removed, only disabled: the ledger's ids stay answerable.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin import limits
from tocsin.errors import Conflict, UsageError
from tocsin.node.people import passwords
from tocsin.node.people.accounts import Account, Role, account_name
from tocsin.node.people.desk import SECOND_US, Desk, account_draft, now_us
from tocsin.node.people.principal import Person
from tocsin.node.store import ledger
from tocsin.node.store import people as rows

NODE = "node"
FIRST_ACCOUNTS = (("admin", Role.ADMIN), ("lead", Role.LEAD))
"""Names and roles of the accounts that `init` makes: two people, so that what needs two can be done."""
_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an admin says about a new account."""

    name: str
    role: Role
    organisation: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """An account with the password that opens it, to be shown once; empty for one that an issuer vouches for."""

    account: Account
    password: str


def first_accounts(desk: Desk) -> list[Given]:
    """Make the first two accounts of a node; Conflict when it has accounts."""
    given = [_given(_new(NewAccount(name, role), "")) for name, role in FIRST_ACCOUNTS]
    hashes = [passwords.hashed(each.password, desk.cost) for each in given]

    def work(connection: Connection) -> None:
        if rows.accounts(connection):
            raise Conflict("the node has accounts already", "Log in as one of its admins.")
        for each, stored in zip(given, hashes, strict=True):
            rows.add_account(connection, each.account, stored, _until_us())
            ledger.record(connection, account_draft(NODE, each.account.id, "added", role=each.account.role))

    desk.store.transact(work)
    return given


def add_account(desk: Desk, actor: Person, new: NewAccount) -> Given:
    """Add an account; Conflict when the name is taken."""
    account = _new(new, actor.account.id)
    given = Given(account, "") if account.external_id else _given(account)
    stored = passwords.hashed(given.password, desk.cost) if given.password else None

    def work(connection: Connection) -> None:
        rows.add_account(connection, account, stored, _until_us())
        ledger.record(connection, account_draft(actor.actor, account.id, "added", role=account.role))

    desk.store.transact(work)
    return given


def set_role(desk: Desk, actor: Person, account_id: str, role: Role) -> Account:
    """Give an account another role and end its sessions."""
    return _change(desk, actor, account_id, "role", {"role": role})


def disable(desk: Desk, actor: Person, account_id: str) -> Account:
    """Close an account and end its sessions."""
    return _change(desk, actor, account_id, "disabled", {"active": False})


def enable(desk: Desk, actor: Person, account_id: str) -> Account:
    """Open a disabled account again."""
    return _change(desk, actor, account_id, "enabled", {"active": True})


def end_sessions(desk: Desk, actor: Person, account_id: str) -> Account:
    """End all sessions of an account, which may log in again."""
    return _change(desk, actor, account_id, "sessions ended", {})


def reset(desk: Desk, actor: Person, account_id: str) -> Given:
    """Give an account a new password and take its second factor away; its owner sets both anew. Rule 3."""
    if account_id == actor.account.id:
        raise UsageError("you cannot reset your own account", "Change your password, or ask another admin.")
    password = passwords.one_time_password()
    values = {
        "password": passwords.hashed(password, desk.cost), "password_until_us": _until_us(), "must_change": True,
        "totp": None, "totp_offered": None, "reset_us": now_us(), "reset_by": actor.account.id,
    }  # fmt: skip
    return Given(_change(desk, actor, account_id, "reset", values), password)


def _change(desk: Desk, actor: Person, account_id: str, change: str, values: Mapping[str, object]) -> Account:
    def work(connection: Connection) -> Account:
        found = rows.account(connection, account_id)  # says so when there is none
        if found.external_id and "password" in values:
            raise UsageError("this account logs in through an issuer", "Its password is reset there.")
        before = rows.lock_accounts(connection)
        if values:
            rows.set_account(connection, account_id, values)
        after = rows.account(connection, account_id)
        _keep_an_admin(before, after)
        _check_reach(after)
        rows.end_sessions(connection, account_id)
        ledger.record(connection, account_draft(actor.actor, account_id, change, role=after.role))
        return after

    return desk.store.transact(work)


def _keep_an_admin(before: list[Account], after: Account) -> None:
    """Rule 4."""
    admins = {account.id for account in before if account.active and account.role is Role.ADMIN} - {after.id}
    if not admins and not (after.active and after.role is Role.ADMIN):
        raise Conflict("this is the last active admin", "Make another account an admin first.")


def _check_reach(account: Account) -> None:
    """Rule 5."""
    if account.organisation and account.role in {Role.ADMIN, Role.AUDITOR}:
        raise UsageError(
            "an account of one organisation cannot have this role",
            "Leave the organisation out, or choose another role.",
        )


def _new(new: NewAccount, made_by: str) -> Account:
    given = not new.external_id
    for text in (new.organisation, new.external_id):
        if len(text) > limits.LABEL_CHARACTERS:
            raise UsageError("a text is too long", f"Use at most {limits.LABEL_CHARACTERS} characters.")
    account = Account(
        secrets.token_hex(_ID_BYTES), account_name(new.name), new.role, True, now_us(), made_by, must_change=given,
        external_id=new.external_id, organisation=new.organisation,
    )  # fmt: skip
    _check_reach(account)
    return account


def _given(account: Account) -> Given:
    return Given(account, passwords.one_time_password())


def _until_us() -> int:
    return now_us() + limits.ONE_TIME_PASSWORD_SECONDS * SECOND_US
