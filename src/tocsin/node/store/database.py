"""The state database: SQLite in one file, or PostgreSQL by URL; the same tables, the same rules.

Rules:
1. What belongs together is one transaction: `with store.write() as connection`. `store.transact(work)` does the same
   and repeats the work where PostgreSQL asks for it (SQLSTATE 40001, 40P01).
2. SQLite: WAL, synchronous FULL, foreign keys. A writing transaction takes the lock at its start (BEGIN IMMEDIATE), so
   it never fails in its middle because another wrote first.
3. PostgreSQL: writes run at READ COMMITTED and lock the rows that they change in one order: incidents by id,
   findings by id, the head of the ledger last. Reads see one moment (REPEATABLE READ).
4. A reading transaction cannot write, on both databases.
5. A lock that lasts is a StateError with advice. No error tells the URL's password, or the values of a statement.
"""

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tocsin import clock, limits
from tocsin.errors import MissingExtra, StateError
from tocsin.node.store import faults, migration
from tocsin.node.store.address import POSTGRESQL, is_file, read_url, shown
from tocsin.node.store.faults import Collision

Done = TypeVar("Done")

_READING = "tocsin_reading"  # execution option: what the transaction is for
_MILLISECONDS = 1_000


class Store:
    """An open state database. Threads may share it; a forked child must open its own."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name  # what people are told, without secrets

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, rolled back on any error."""
        with self._told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one moment and cannot write."""
        with self._told(), self._engine.connect() as connection:
            if self.kind == POSTGRESQL:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            else:
                connection.execution_options(**{_READING: True})
            yield connection

    def transact(self, work: Callable[[Connection], Done]) -> Done:
        """The result of `work` in one writing transaction, repeated with a pause after a Collision.

        `work` may run several times: it must do nothing that a rollback does not take back.
        """
        for attempt in range(1, limits.STATE_TRIES):
            try:
                with self.write() as connection:
                    return work(connection)
            except Collision:
                time.sleep(limits.STATE_PAUSE_SECONDS * attempt)
        with self.write() as connection:
            return work(connection)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise faults.locked(self.name) from error
        except DBAPIError as error:
            told = faults.told(error, self.name)
            if told is None:
                raise
            raise told from None  # the driver's text may repeat options of the URL


def open_store(url: str, *, create: bool = False) -> Store:
    """Open a state database; with `create`, make its file and its tables where there are none.

    ConfigError where the URL is none; StateError where there is no database, or one of another version.
    """
    address = read_url(url)
    name = shown(address)
    if is_file(address):
        _prepare_file(address, name, create)
    store = Store(_engine(address), name)
    try:
        _prepare_tables(store, create)
    except BaseException:
        store.close()
        raise
    return store


@dataclass(frozen=True, slots=True)
class Versions:
    """The version of a database's tables, and that of the server where it has one, else empty."""

    tables: str
    server: str = ""


def versions(url: str) -> Versions:
    """What a database is, also one that this Tocsin does not work with; StateError where there is none."""
    with _reached(url, create=False) as store, store.read() as connection:
        tables = migration.version(connection)
        server = connection.dialect.server_version_info if store.kind == POSTGRESQL else None
        if tables is None:
            raise _missing(store.name)
    return Versions(tables, ".".join(map(str, server or ())))


def upgrade_store(url: str) -> tuple[str, str]:
    """Bring the tables of an existing database to this version; returns the versions before and after."""
    with _reached(url, create=False) as store, store.write() as connection:
        before = migration.version(connection)
        if before is None:
            raise _missing(store.name)
        migration.check_known(before, store.name)
        return before, migration.upgrade(connection)


@contextmanager
def fill_store(url: str) -> Iterator[Connection]:
    """A writing transaction in a database that is not there yet or empty, for whoever puts a copy into it."""
    with _reached(url, create=True) as store, store.write() as connection:
        yield connection


@contextmanager
def _reached(url: str, *, create: bool) -> Iterator[Store]:
    """A database whatever tables it has; with `create` a file may be new."""
    address = read_url(url)
    if is_file(address):
        _prepare_file(address, shown(address), create)
    store = Store(_engine(address), shown(address))
    try:
        yield store
    finally:
        store.close()


def _missing(name: str) -> StateError:
    return StateError(f"there is no state database at {name}", "Run `tocsin node init DIR` first.")


def _prepare_file(address: URL, name: str, create: bool) -> None:
    path = Path(str(address.database))
    if path.is_file():
        return
    if not create:
        raise _missing(name)
    try:
        _make_file(path)
    except OSError as error:
        raise StateError(
            f"the state database {name} cannot be made: {error.strerror}", "Name a folder that can be written to."
        ) from error


def _make_file(path: Path) -> None:
    """An empty database that is in WAL mode when it appears, for its owner only.

    Two connections that switch one file to WAL at once each wait for the other's lock until both give up.
    """
    with tempfile.TemporaryDirectory(prefix=".making-", dir=path.parent) as folder:
        made = Path(folder) / path.name
        os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(made)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        with suppress(FileExistsError):  # somebody else was first
            os.link(made, path)


def _prepare_tables(store: Store, create: bool) -> None:
    with store.read() as connection:
        found = migration.version(connection)
    if found is None and create:
        with store.write() as connection:
            found = migration.upgrade(connection)
    if found is None:
        raise _missing(store.name)
    migration.check_current(found, store.name)


def _engine(address: URL) -> Engine:
    try:
        engine = create_engine(
            address,
            hide_parameters=True,
            pool_size=limits.STATE_CONNECTIONS,
            max_overflow=0,
            pool_timeout=limits.STATE_LOCK_SECONDS,
            pool_pre_ping=not is_file(address),
            connect_args=_connect_args(address),
        )
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "PostgreSQL needs the package psycopg", "Install Tocsin with the extra `postgres`: tocsin[postgres]."
        ) from error
    if is_file(address):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _connect_args(address: URL) -> dict[str, object]:
    if is_file(address):
        return {"timeout": limits.STATE_LOCK_SECONDS, "isolation_level": None}
    return {"connect_timeout": limits.STATE_CONNECT_SECONDS}


def _prepare_sqlite(connection: Any, _: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = bool(connection.get_execution_options().get(_READING))
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reading)}")
    if reading:
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_writing(connection)


def _begin_writing(connection: Connection) -> None:
    """Begin a writing transaction as soon as nobody else writes.

    SQLite's own waiting asks ever more seldom, up to every 0.1 s, so that who has waited longest comes last. Asking
    evenly gives all the same chance. Where it does not come to pass in time, the last BEGIN says why.
    """
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    deadline = clock.monotonic() + limits.STATE_LOCK_SECONDS
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while clock.monotonic() < deadline and _is_busy(driver):
            time.sleep(limits.STATE_POLL_SECONDS)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {int(limits.STATE_LOCK_SECONDS * _MILLISECONDS)}")


def _is_busy(driver: sqlite3.Connection) -> bool:
    """Whether a try to begin found somebody else writing."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorname.startswith("SQLITE_BUSY")
    return False


def _prepare_postgresql(connection: Any, _: object) -> None:
    connection.execute(f"SET lock_timeout = {int(limits.STATE_LOCK_SECONDS * _MILLISECONDS)}")
    connection.commit()
