"""What a database's own errors mean to people."""

import sqlite3
import tempfile
from pathlib import Path

import psycopg
import pytest
from postgresql import SUPERUSER, server
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from tocsin import limits
from tocsin.errors import StateError
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.store import faults, ledger
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.faults import Collision

A_DRAFT = Draft(Kind.START, "node", "node")


def told(error: Exception) -> StateError | None:
    return faults.told(OperationalError("SELECT 'secret'", {"a": "secret"}, error), "state.sqlite")


def sqlite_error(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (sqlite_error("SQLITE_BUSY_SNAPSHOT"), "locked"),
        (sqlite_error("SQLITE_FULL"), "space"),
        (sqlite_error("SQLITE_IOERR_WRITE"), "what SQLite says"),
        (sqlite_error("SQLITE_CORRUPT"), "what SQLite says"),
        (psycopg.errors.LockNotAvailable("x"), "locked"),
        (psycopg.errors.DiskFull("x"), "space"),
        (psycopg.errors.AdminShutdown("terminating\nmore"), "terminating"),
        (psycopg.errors.DeadlockDetected("x"), "way"),
        (psycopg.errors.SerializationFailure("x"), "way"),
        (psycopg.OperationalError("password=secret"), "reached"),
    ],
)
def test_an_error_of_the_database_is_told_with_advice_and_without_values(error: Exception, word: str) -> None:
    found = told(error)
    assert found is not None
    assert word in str(found)
    assert "secret" not in str(found) + found.advice()
    assert found.advice()
    assert isinstance(found, Collision) == (word == "way")


@pytest.mark.parametrize("error", [sqlite_error("SQLITE_ERROR"), psycopg.errors.UndefinedColumn("x")])
def test_a_fault_of_the_program_stays_one(error: Exception) -> None:
    assert told(error) is None


def test_a_fault_of_the_program_goes_through_a_transaction(store: Store) -> None:
    with pytest.raises(DBAPIError), store.write() as connection:
        connection.execute(text("SELECT no_such_column"))


def test_a_statement_that_fails_does_not_tell_its_values(store: Store) -> None:
    with pytest.raises(DBAPIError) as failed, store.write() as connection:
        connection.execute(text("SELECT no_such_column WHERE :value = 'x'"), {"value": "secret"})
    assert "secret" not in str(failed.value)


def test_a_full_disk_is_told_and_the_ledger_is_as_before(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'state.sqlite'}", create=True)
    with store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateError, match="no space") as full, store.write() as connection:
        for _ in range(1_000):
            ledger.record(connection, A_DRAFT)
    assert full.value.advice()
    with store.read() as connection:
        assert ledger.head(connection).sequence == 0
    store.close()


def test_all_connections_in_use_is_told_as_locked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STATE_CONNECTIONS", 1)
    monkeypatch.setattr(limits, "STATE_LOCK_SECONDS", 0.1)
    store = open_store(url, create=True)
    with store.read(), pytest.raises(StateError, match="locked"), store.read():
        pass
    store.close()


def test_a_connection_that_was_lost_is_told_and_the_next_one_is_used(postgresql_socket: Path) -> None:
    with server(Path(tempfile.mkdtemp(prefix="tocsin-pg-"))) as socket:
        store = open_store(f"postgresql+psycopg://{SUPERUSER}@/postgres?host={socket}", create=True)
        with pytest.raises(StateError), store.write() as connection:
            ledger.record(connection, A_DRAFT)
            with psycopg.connect(host=str(socket), user=SUPERUSER, dbname="postgres", autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            ledger.record(connection, A_DRAFT)
        with store.write() as connection:
            assert ledger.record(connection, A_DRAFT).sequence == 1
    with pytest.raises(StateError, match="reached") as gone, store.read():
        pass
    assert gone.value.advice()
    store.close()
