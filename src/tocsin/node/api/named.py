"""What people are told the accounts are called that an answer mentions. Machines are not told."""

from collections.abc import Iterable

from sqlalchemy import Connection

from tocsin.node.api.context import Call
from tocsin.node.people.principal import Machine
from tocsin.node.store import people

ACCOUNT = "account:"
"""How the names of accounts as actors begin."""


def names_of(connection: Connection, call: Call, actors: Iterable[str]) -> dict[str, str]:
    """The names of the accounts among actors."""
    wanted = {actor for actor in actors if actor.startswith(ACCOUNT)}
    if not wanted or isinstance(call.principal, Machine):
        return {}
    return {each.actor: each.name for each in people.accounts(connection) if each.actor in wanted}
