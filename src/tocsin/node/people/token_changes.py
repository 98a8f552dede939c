"""Making and revoking machine tokens, each in one transaction with its ledger entry."""

from dataclasses import dataclass

from sqlalchemy import Connection

from tocsin import limits
from tocsin.errors import NotFound, UsageError
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.people import tokens
from tocsin.node.people.desk import Desk, now_us
from tocsin.node.people.principal import Person
from tocsin.node.people.tokens import Scope, Token
from tocsin.node.store import ledger
from tocsin.node.store import people as rows


@dataclass(frozen=True, slots=True)
class NewToken:
    """What an admin says about a new token."""

    label: str
    scopes: frozenset[Scope]
    organisation: str
    network: str
    sensor: str
    seconds: int


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """A token with its secret text, to be shown once."""

    token: Token
    secret: str


def add_token(desk: Desk, actor: Person, new: NewToken) -> Shown:
    """Make a token; UsageError when a text or its life is over a bound."""
    for text in (new.label, new.organisation, new.network, new.sensor):
        if not 0 < len(text) <= limits.LABEL_CHARACTERS:
            raise UsageError(
                "a token needs a label, an organisation, a network and a sensor",
                f"Give each 1 to {limits.LABEL_CHARACTERS} characters.",
            )
    moment_us, token_id = now_us(), tokens.new_id()
    token = Token(
        token_id, new.label, new.scopes, new.organisation, new.network, new.sensor, moment_us, actor.account.id,
        tokens.end_us(new.seconds, moment_us),
    )  # fmt: skip
    secret = tokens.new_secret(token_id)

    def work(connection: Connection) -> None:
        rows.add_token(connection, token, tokens.mac_of(desk.keys.tokens, secret))
        ledger.record(connection, _draft(actor, token_id, "added", " ".join(sorted(token.scopes))))

    desk.store.transact(work)
    return Shown(token, secret)


def revoke_token(desk: Desk, actor: Person, token_id: str) -> None:
    """Revoke a token; NotFound when there is none that counts."""

    def work(connection: Connection) -> None:
        if not rows.revoke_token(connection, token_id, now_us()):
            raise NotFound("there is no such token, or it is revoked", "`tocsin user token list` shows them.")
        ledger.record(connection, _draft(actor, token_id, "revoked"))

    desk.store.transact(work)


def _draft(actor: Person, token_id: str, change: str, scopes: str = "") -> Draft:
    detail = {"change": change, **({"scopes": scopes} if scopes else {})}
    return Draft(Kind.TOKEN_CHANGE, actor.actor, f"token:{token_id}", detail)
