"""People at rest: accounts, sessions, machine tokens, counters of failed logins.

Rules:
1. Nothing here is a secret in the clear: passwords are argon2id hashes, one-time-code secrets are sealed, sessions are
   digests, tokens are MACs, counters are named by keyed digests.
2. Decisions are made elsewhere (`node.people`); this module reads and writes rows inside the caller's transaction.
3. What must happen once at most (a code is used, a token is revoked) is one conditional UPDATE that says whether
   it was first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from tocsin import limits
from tocsin.errors import Conflict, NotFound, StateError
from tocsin.node.people.accounts import Account, Role
from tocsin.node.people.lockout import Counter
from tocsin.node.people.sessions import Form, Session
from tocsin.node.people.tokens import Scope, Token
from tocsin.node.store.schema import METADATA, ForeignText

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(limits.ACCOUNT_NAME_CHARACTERS), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("organisation", ForeignText, nullable=False),
    Column("external_id", ForeignText, nullable=True, unique=True),
    Column("created_us", BigInteger, nullable=False),
    Column("created_by", String(32), nullable=False),
    Column("reset_us", BigInteger, nullable=False),
    Column("reset_by", String(32), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("password", Text, nullable=True),
    Column("password_until_us", BigInteger, nullable=False),
    Column("totp", LargeBinary, nullable=True),
    Column("totp_offered", LargeBinary, nullable=True),
    Column("totp_step", BigInteger, nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("account", String(32), ForeignKey(ACCOUNTS.c.id), nullable=False, index=True),
    Column("form", String(10), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("seen_us", BigInteger, nullable=False),
)
TOKENS = Table(
    "tokens",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("mac", LargeBinary, nullable=False),
    Column("label", ForeignText, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("organisation", ForeignText, nullable=False),
    Column("network", ForeignText, nullable=False),
    Column("sensor", ForeignText, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("created_by", String(32), nullable=False),
    Column("expires_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger, nullable=False),
)
COUNTERS = Table(
    "login_counters",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("known_until_us", BigInteger, nullable=False),
    Index("ix_login_counters_age", "known_until_us", "last_us"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What an account proves itself with."""

    password: str | None
    password_until_us: int
    totp: bytes | None
    totp_offered: bytes | None
    totp_step: int

    def __repr__(self) -> str:
        return "Secrets(…)"


# --- accounts


def add_account(connection: Connection, account: Account, password: str | None, password_until_us: int) -> None:
    """Add an account; Conflict when its name or its external id is taken, StateError when there are too many."""
    if connection.execute(select(func.count()).select_from(ACCOUNTS)).scalar_one() >= limits.ACCOUNTS:
        raise StateError("the node has as many accounts as it can have", "Give an unused account to the new person.")
    taken = ACCOUNTS.c.name == account.name
    if account.external_id:
        taken = taken | (ACCOUNTS.c.external_id == account.external_id)
    if connection.execute(select(ACCOUNTS.c.id).where(taken)).first() is not None:
        raise Conflict("there is an account of that name already", "Choose another name; names are never used twice.")
    connection.execute(
        insert(ACCOUNTS).values(
            id=account.id, name=account.name, role=account.role, active=account.active,
            organisation=account.organisation, external_id=account.external_id or None, created_us=account.created_us,
            created_by=account.created_by, reset_us=account.reset_us, reset_by=account.reset_by,
            must_change=account.must_change, password=password, password_until_us=password_until_us, totp_step=0,
        )
    )  # fmt: skip


def account(connection: Connection, account_id: str) -> Account:
    """The account of that id; NotFound when there is none."""
    row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == account_id)).first()
    if row is None:
        raise NotFound("there is no such account", "`tocsin user list` shows the accounts.")
    return _account(row)


def account_named(connection: Connection, name: str) -> Account | None:
    """The account of that name."""
    row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.name == name)).first()
    return None if row is None else _account(row)


def account_outside(connection: Connection, external_id: str) -> Account | None:
    """The account whose person an OpenID Connect issuer names so."""
    row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.external_id == external_id)).first()
    return None if row is None else _account(row)


def accounts(connection: Connection) -> list[Account]:
    """All accounts by name."""
    return [_account(row) for row in connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name))]


def lock_accounts(connection: Connection) -> list[Account]:
    """All accounts, which nobody else changes until this transaction ends."""
    return [_account(row) for row in connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.id).with_for_update())]


def secrets_of(connection: Connection, account_id: str) -> Secrets:
    """What the account proves itself with; NotFound when there is no such account."""
    c = ACCOUNTS.c
    query = select(c.password, c.password_until_us, c.totp, c.totp_offered, c.totp_step).where(c.id == account_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("there is no such account", "`tocsin user list` shows the accounts.")
    return Secrets(*row)


def set_account(connection: Connection, account_id: str, values: Mapping[str, object]) -> None:
    """Change columns of an account."""
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(**values))


def use_totp_step(connection: Connection, account_id: str, step: int) -> bool:
    """Use up a one-time code's step; False when it, or a later one, was used before. Rule 3."""
    c = ACCOUNTS.c
    used = connection.execute(update(ACCOUNTS).where(c.id == account_id, c.totp_step < step).values(totp_step=step))
    return used.rowcount == 1


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(
        row.id, row.name, Role(row.role), row.active, row.created_us, row.created_by, row.reset_us, row.reset_by,
        row.must_change, row.totp is not None, row.external_id or "", row.organisation,
    )  # fmt: skip


# --- sessions


def add_session(connection: Connection, session: Session) -> None:
    """Begin a session; the account's oldest ones end when it has too many."""
    c = SESSIONS.c
    kept = select(c.digest).where(c.account == session.account).order_by(c.created_us.desc(), c.digest)
    kept = kept.limit(limits.SESSIONS_OF_ONE_ACCOUNT - 1)
    staying = connection.execute(kept).scalars().all()
    connection.execute(delete(SESSIONS).where(c.account == session.account, c.digest.not_in(staying)))
    connection.execute(
        insert(SESSIONS).values(
            digest=session.digest, account=session.account, form=session.form, created_us=session.created_us,
            seen_us=session.seen_us,
        )
    )  # fmt: skip


def session(connection: Connection, digest: str) -> tuple[Session, Account] | None:
    """The session of that digest with its account."""
    query = select(SESSIONS, ACCOUNTS).join(ACCOUNTS, SESSIONS.c.account == ACCOUNTS.c.id)
    columns = [SESSIONS.c.form, SESSIONS.c.created_us.label("begun_us"), SESSIONS.c.seen_us, *ACCOUNTS.c]
    row = connection.execute(query.with_only_columns(*columns).where(SESSIONS.c.digest == digest)).first()
    if row is None:
        return None
    return Session(digest, row.id, Form(row.form), row.begun_us, row.seen_us), _account(row)


def sessions_of(connection: Connection, account_id: str) -> list[Session]:
    """The sessions of an account, the newest first, ended ones among them until they are removed."""
    c = SESSIONS.c
    query = select(SESSIONS).where(c.account == account_id).order_by(c.created_us.desc(), c.digest)
    return [Session(r.digest, r.account, Form(r.form), r.created_us, r.seen_us) for r in connection.execute(query)]


def touch_session(connection: Connection, digest: str, now_us: int) -> None:
    """Write down that a session was used."""
    connection.execute(update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen_us=now_us))


def end_session(connection: Connection, digest: str) -> None:
    """End one session."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest))


def end_sessions(connection: Connection, account_id: str, but: str = "") -> int:
    """End all sessions of an account, but one; returns how many."""
    c = SESSIONS.c
    return connection.execute(delete(SESSIONS).where(c.account == account_id, c.digest != but)).rowcount


def forget_sessions(connection: Connection, now_us: int) -> int:
    """Remove sessions that have ended; returns how many."""
    c = SESSIONS.c
    idle, whole = (now_us - 1_000_000 * bound for bound in (limits.SESSION_IDLE_SECONDS, limits.SESSION_SECONDS))
    return connection.execute(delete(SESSIONS).where((c.seen_us < idle) | (c.created_us < whole))).rowcount


# --- machine tokens


def add_token(connection: Connection, token: Token, mac: bytes) -> None:
    """Add a machine token; StateError when there are too many."""
    if connection.execute(select(func.count()).select_from(TOKENS)).scalar_one() >= limits.TOKENS:
        raise StateError("the node has as many tokens as it can have", "Ask its makers for a larger bound.")
    connection.execute(
        insert(TOKENS).values(
            id=token.id, mac=mac, label=token.label, scopes=" ".join(sorted(token.scopes)),
            organisation=token.organisation, network=token.network, sensor=token.sensor, created_us=token.created_us,
            created_by=token.created_by, expires_us=token.expires_us, revoked_us=0,
        )
    )  # fmt: skip


def token(connection: Connection, token_id: str) -> tuple[Token, bytes] | None:
    """The token of that id with its MAC."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.id == token_id)).first()
    return None if row is None else (_token(row), row.mac)


def tokens(connection: Connection) -> list[Token]:
    """All tokens, the newest first."""
    query = select(TOKENS).order_by(TOKENS.c.created_us.desc(), TOKENS.c.id)
    return [_token(row) for row in connection.execute(query)]


def revoke_token(connection: Connection, token_id: str, now_us: int) -> bool:
    """Revoke a token; False when there is none or it was revoked before. Rule 3."""
    c = TOKENS.c
    revoked = connection.execute(update(TOKENS).where(c.id == token_id, c.revoked_us == 0).values(revoked_us=now_us))
    return revoked.rowcount == 1


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        row.id, row.label, frozenset(map(Scope, row.scopes.split())), row.organisation, row.network, row.sensor,
        row.created_us, row.created_by, row.expires_us, row.revoked_us,
    )  # fmt: skip


# --- counters of failed logins


def lock_counters(connection: Connection, names: Iterable[str]) -> dict[str, Counter]:
    """The counters of those names, which nobody else changes until this transaction ends."""
    found: dict[str, Counter] = {}
    for name in sorted(names):
        _add_counter(connection, name)
        row = connection.execute(select(COUNTERS).where(COUNTERS.c.name == name).with_for_update()).one()
        found[name] = Counter(row.failures, row.last_us, row.known_until_us)
    return found


def set_counter(connection: Connection, name: str, counter: Counter) -> None:
    """Keep a counter."""
    connection.execute(
        update(COUNTERS)
        .where(COUNTERS.c.name == name)
        .values(failures=counter.failures, last_us=counter.last_us, known_until_us=counter.known_until_us)
    )


def forget_counters(connection: Connection, now_us: int) -> int:
    """Remove counters that say nothing any more, and the oldest above the bound; returns how many."""
    c = COUNTERS.c
    before = now_us - limits.LOGIN_FORGET_SECONDS * 1_000_000
    gone = connection.execute(delete(COUNTERS).where(c.last_us < before, c.known_until_us < now_us)).rowcount
    newest = select(c.name).order_by(c.known_until_us.desc(), c.last_us.desc()).offset(limits.LOGIN_COUNTERS)
    over = connection.execute(newest.limit(limits.LOGIN_COUNTERS)).scalars().all()
    return gone + (connection.execute(delete(COUNTERS).where(c.name.in_(over))).rowcount if over else 0)


def _add_counter(connection: Connection, name: str) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {"name": name, "failures": 0, "last_us": 0, "known_until_us": 0}
    connection.execute(dialect.insert(COUNTERS).values(row).on_conflict_do_nothing())
