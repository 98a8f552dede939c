"""Counting tries at rest: counted as failures first, taken back on success. The rules are those of `lockout`."""

from sqlalchemy import Connection

from tocsin.errors import TooManyTries
from tocsin.node.people import lockout
from tocsin.node.people.desk import now_us
from tocsin.node.people.keys import Keys
from tocsin.node.people.lockout import Counted
from tocsin.node.store import people as rows

Names = dict[Counted, str]
"""The counters of one account at one address."""


def counters_of(keys: Keys, account_name: str, address: str) -> Names:
    """The names of the counters: keyed digests, so that they tell neither a name nor an address."""
    network = lockout.network(address)
    texts = {Counted.PAIR: f"{network} {account_name}", Counted.ACCOUNT: account_name, Counted.ADDRESS: network}
    return {kind: keys.name_digest(kind, text) for kind, text in texts.items()}


def count(connection: Connection, names: Names) -> None:
    """Count a try as a failure; TooManyTries, and nothing is counted, when it has to wait."""
    moment_us = now_us()
    found = rows.lock_counters(connection, names.values())
    counters = {kind: found[name] for kind, name in names.items()}
    if seconds := lockout.wait_seconds(counters, moment_us):
        raise TooManyTries(seconds)
    for kind, counter in counters.items():
        rows.set_counter(connection, names[kind], lockout.failed(counter, moment_us))
    rows.forget_counters(connection, moment_us)


def take_back(connection: Connection, names: Names) -> None:
    """The counted try succeeded."""
    found = rows.lock_counters(connection, names.values())
    for kind, name in names.items():
        rows.set_counter(connection, name, lockout.succeeded(kind, found[name], now_us()))
