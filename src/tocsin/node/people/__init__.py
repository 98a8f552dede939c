"""Who may do what: accounts, second factors, sessions, tokens, roles."""

from tocsin.node.people.accounts import Account, Role, Stage
from tocsin.node.people.keys import Keys
from tocsin.node.people.permissions import PERMISSIONS, Access, Verdict, sees, verdict
from tocsin.node.people.principal import Machine, Nobody, Person, Principal
from tocsin.node.people.sessions import Session
from tocsin.node.people.tokens import Scope, Token
from tocsin.node.people.two_people import two_people

__all__ = [
    "PERMISSIONS", "Access", "Account", "Keys", "Machine", "Nobody", "Person", "Principal", "Role", "Scope", "Session",
    "Stage", "Token", "Verdict", "sees", "two_people", "verdict",
]  # fmt: skip
