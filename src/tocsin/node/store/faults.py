"""What a database's own error means to people: locked, full, gone; never its statement, values or URL."""

from sqlalchemy.exc import DBAPIError

from tocsin import limits
from tocsin.errors import StateError

_REPEAT = frozenset({"40001", "40P01"})  # PostgreSQL: serialization failure, deadlock
_LOCKED = frozenset({"55P03"})  # PostgreSQL: lock_timeout passed
_FULL = frozenset({"53100"})  # PostgreSQL: disk full
_GONE = ("08", "28", "3D", "53", "57", "58")  # PostgreSQL: connection, login, database, resources, shutdown, system
_SQLITE_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_SQLITE_FULL = "SQLITE_FULL"
_SQLITE_GONE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")


class Collision(StateError):
    """PostgreSQL ended a transaction in favour of another; the same work can be done again."""


def told(error: DBAPIError, name: str) -> StateError | None:
    """The error as people are told it; None where it is a fault of the program and no state of the database."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    code = str(getattr(error.orig, "sqlite_errorname", ""))
    if state in _REPEAT:
        return Collision(f"two changes of the state database {name} got into each other's way", "Try again.")
    if state in _LOCKED or code.startswith(_SQLITE_LOCKED):
        return locked(name)
    if state in _FULL or code == _SQLITE_FULL:
        return StateError(f"there is no space left for the state database {name}", "Free space on its disk.")
    if state.startswith(_GONE) or code.startswith(_SQLITE_GONE) or error.connection_invalidated:
        return StateError(f"the state database {name} cannot be used: {_sentence(error)}", _CHECK)
    if not state and not code:  # the driver did not get as far as the database
        return StateError(f"the state database {name} cannot be reached", _REACH)
    return None


def locked(name: str) -> StateError:
    """What is told when a lock, or all connections of the pool, lasted."""
    return StateError(
        f"the state database {name} was locked for more than {limits.STATE_LOCK_SECONDS} seconds",
        "Another program holds it: end that program, then try again.",
    )


_CHECK = "Check that it runs, its disk and its permissions."
_REACH = "Check that it runs, that host, port and name are right, and the options of its URL."


def _sentence(error: DBAPIError) -> str:
    """The database's own sentence, without the statement and its values."""
    return next(iter(str(error.orig).splitlines()), type(error.orig).__name__)
