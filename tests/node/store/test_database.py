"""Opening, transactions and locks of the state database."""

import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tocsin import limits
from tocsin.errors import ConfigError, StateError
from tocsin.ledger.entry import Draft, Kind
from tocsin.node.store import ledger, migration
from tocsin.node.store.database import Store, open_store, upgrade_store, versions
from tocsin.node.store.faults import Collision
from tocsin.node.store.migration import newest

SECRET = "hunter2"
A_DRAFT = Draft(Kind.START, "node", "node")


def test_a_store_that_was_made_opens_again(store: Store, url: str) -> None:
    again = open_store(url)
    with again.write() as connection:
        ledger.record(connection, A_DRAFT)
    again.close()
    with store.read() as connection:
        assert ledger.head(connection).sequence == 1


def test_many_who_make_the_same_store_at_once_get_one(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: open_store(url, create=True), range(4)))
    for number, store in enumerate(stores, start=1):
        with store.write() as connection:
            assert ledger.record(connection, A_DRAFT).sequence == number
        store.close()


def test_a_missing_store_says_how_to_make_one(url: str) -> None:
    with pytest.raises(StateError) as told:
        open_store(url)
    assert "node init" in told.value.advice()
    with pytest.raises(StateError):
        upgrade_store(url)


@pytest.mark.parametrize(("version", "advice"), [("9999", "newer Tocsin"), ("0001x", "newer Tocsin")])
def test_a_store_of_an_unknown_version_is_left_alone(store: Store, url: str, version: str, advice: str) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    for opened in (open_store, upgrade_store):
        with pytest.raises(StateError) as told:
            opened(url)
        assert advice in told.value.advice()


def test_the_versions_of_a_store_are_told_also_of_an_unknown_one(store: Store, url: str) -> None:
    found = versions(url)
    assert (found.tables, bool(found.server)) == (newest(), store.kind == "postgresql")
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert versions(url).tables == "9999"


def test_a_store_that_is_not_there_has_no_versions(url: str) -> None:
    with pytest.raises(StateError):
        versions(url)


def test_a_current_store_is_upgraded_to_what_it_is(store: Store, url: str) -> None:
    assert upgrade_store(url) == (newest(), newest())


def test_a_reading_transaction_cannot_write(store: Store) -> None:
    with store.read() as connection, pytest.raises((DBAPIError, StateError)):
        ledger.record(connection, A_DRAFT)
    with store.write() as connection:
        assert ledger.record(connection, A_DRAFT).sequence == 1


def test_a_reader_sees_one_moment(store: Store) -> None:
    with store.read() as reader:
        assert ledger.head(reader).sequence == 0
        with store.write() as writer:
            ledger.record(writer, A_DRAFT)
        assert ledger.head(reader).sequence == 0
    with store.read() as reader:
        assert ledger.head(reader).sequence == 1


def test_a_lock_that_lasts_is_told_with_advice(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STATE_LOCK_SECONDS", 0.1)
    store = open_store(url, create=True)
    with store.write() as first:
        ledger.record(first, A_DRAFT)
        with pytest.raises(StateError) as told, store.write() as second:
            ledger.record(second, A_DRAFT)
    assert "locked" in str(told.value)
    assert told.value.advice()
    store.close()


def test_work_that_collides_is_done_again(store: Store) -> None:
    tries = []

    def work(connection: object) -> int:
        tries.append(connection)
        if len(tries) < limits.STATE_TRIES:
            raise Collision("two changes", "Try again.")
        return len(tries)

    assert store.transact(work) == limits.STATE_TRIES
    tries.clear()

    def hopeless(connection: object) -> None:
        tries.append(connection)
        raise Collision("two changes", "Try again.")

    with pytest.raises(Collision):
        store.transact(hopeless)
    assert len(tries) == limits.STATE_TRIES


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://anna:{SECRET}@127.0.0.1:1/state",
        f"postgresql+psycopg://anna@127.0.0.1:1/state?password={SECRET}",
        f"postgresql+psycopg://anna@127.0.0.1:1/state?{SECRET}=1",
    ],
)
def test_no_error_tells_a_password(url: str) -> None:
    with pytest.raises(StateError) as told:
        open_store(url)
    error: BaseException | None = told.value
    assert SECRET not in str(error) + told.value.advice()
    assert "127.0.0.1" in str(error)


@pytest.mark.parametrize(
    "url", [f"nonsense {SECRET}", f"mysql://u:{SECRET}@h/d", "sqlite://", "sqlite:///:memory:", f"odd://:{SECRET}@h"]
)
def test_a_url_of_no_usable_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        open_store(url, create=True)
    assert SECRET not in str(told.value)
    assert told.value.__cause__ is None


def test_an_upgrade_that_fails_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    open_store(url, create=True).close()
    scripts = tmp_path / "scripts"
    shutil.copytree(migration.MIGRATIONS, scripts)
    (scripts / "versions" / "v9999_broken.py").write_text(
        f"from alembic import op\nrevision = '9999'\ndown_revision = '{newest()}'\n"
        "def upgrade() -> None:\n    op.drop_table('ledger')\n    op.execute('SELECT no_such_column')\n"
    )
    current = newest()
    with monkeypatch.context() as patched:
        patched.setattr(migration, "MIGRATIONS", scripts)
        with pytest.raises(StateError, match="needs 9999") as told:
            open_store(url)
        assert "upgrade" in told.value.advice()
        with pytest.raises(DBAPIError):
            upgrade_store(url)
    again = open_store(url)
    with again.write() as connection:
        assert migration.version(connection) == current
        assert ledger.record(connection, A_DRAFT).sequence == 1
    again.close()


def test_a_sqlite_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    open_store(f"sqlite:///{path}", create=True).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_file_that_is_no_database_is_told_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(StateError) as told:
        open_store(f"sqlite:///{path}", create=True)
    assert told.value.advice()


def test_a_folder_that_is_missing_is_told_with_advice(tmp_path: Path) -> None:
    with pytest.raises(StateError) as told:
        open_store(f"sqlite:///{tmp_path}/none/state.sqlite", create=True)
    assert told.value.advice()
