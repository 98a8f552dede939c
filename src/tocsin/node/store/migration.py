"""The version of the tables, and how older ones are brought to this one (Alembic, scripts in `migrations/`).

An upgrade is one transaction: it happens as a whole or not at all, on both databases.
"""

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tocsin.errors import StateError

MIGRATIONS = Path(__file__).with_name("migrations")
_ONE_AT_A_TIME = Lock()  # Alembic hands the scripts what they work on in a variable of its module
_UPGRADE_LOCK = 0x70C51  # any number that nobody else in this database locks


def newest() -> str:
    """The version that this Tocsin works with."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def known() -> frozenset[str]:
    """All versions that this Tocsin can upgrade."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def version(connection: Connection) -> str | None:
    """The version of the tables; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection, to: str = "head") -> str:
    """Bring the tables to a version, the newest by default, inside the caller's transaction; returns that version."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
    config = _config()
    config.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(config, to)
    return newest() if to == "head" else to


def check_known(found: str, name: str) -> None:
    """Raise StateError where a newer Tocsin made the tables."""
    if found not in known():
        raise StateError(
            f"the state database {name} has version {found}, which this Tocsin does not know",
            "A newer Tocsin made it: use that one.",
        )


def check_current(found: str, name: str) -> None:
    """Raise StateError where the tables are not of the version that this Tocsin works with."""
    check_known(found, name)
    if found != newest():
        raise StateError(
            f"the state database {name} has version {found}, this Tocsin needs {newest()}",
            "Run `tocsin node upgrade`: it makes a backup first.",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
