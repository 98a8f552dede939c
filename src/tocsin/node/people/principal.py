"""Who is asking: a person in a session, a machine with a token, or nobody known."""

from dataclasses import dataclass

from tocsin.node.people.accounts import Account
from tocsin.node.people.sessions import Session
from tocsin.node.people.tokens import Token


@dataclass(frozen=True, slots=True)
class Nobody:
    """Somebody who showed nothing that counts."""

    @property
    def actor(self) -> str:
        """How the ledger and the log name this one."""
        return "nobody"


@dataclass(frozen=True, slots=True)
class Person:
    """An account in a session."""

    account: Account
    session: Session

    @property
    def actor(self) -> str:
        """How the ledger and the log name this one."""
        return self.account.actor


@dataclass(frozen=True, slots=True)
class Machine:
    """The holder of a machine token."""

    token: Token

    @property
    def actor(self) -> str:
        """How the ledger and the log name this one."""
        return f"token:{self.token.id}"


Principal = Nobody | Person | Machine
