"""The URL of a state database: read, and told to people without what could be a secret."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tocsin.errors import ConfigError

SQLITE = "sqlite"
POSTGRESQL = "postgresql"

_DRIVERS = {(SQLITE, "pysqlite"), (POSTGRESQL, "psycopg")}
_ADVICE = "Use sqlite:////folder/state.sqlite or postgresql+psycopg://user@host/database."


def read_url(url: str) -> URL:
    """The parts of a URL; ConfigError, which does not repeat it, where it names no database that Tocsin can use."""
    try:
        address = make_url(url)
        known = (address.get_backend_name(), address.get_driver_name()) in _DRIVERS
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise ConfigError("the URL of the state database cannot be read", _ADVICE) from None
    if not known or (is_file(address) and address.database in {None, "", ":memory:"}):
        raise ConfigError("the URL of the state database names no database that Tocsin can use", _ADVICE)
    return address


def is_file(address: URL) -> bool:
    """Whether it is a SQLite file."""
    return address.get_backend_name() == SQLITE


def shown(address: URL) -> str:
    """A database as people are told it: its file, or kind, host and name; no user, no password, no option."""
    if is_file(address):
        return str(address.database)
    return f"{address.get_backend_name()}://{address.host or 'local'}/{address.database or ''}"
