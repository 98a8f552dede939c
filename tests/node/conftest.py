"""Every test of the store runs on SQLite, and under make test-slow on a PostgreSQL server that the tests start."""

import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from postgresql import ADVICE, SUPERUSER, programs, server

from tocsin.node.store.database import Store, open_store

_numbers = count(1)


@pytest.fixture(scope="session")
def postgresql_socket() -> Iterator[Path]:
    """The socket of one server for all tests of a run."""
    if programs() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(ADVICE)
    with server(Path(tempfile.mkdtemp(prefix="tocsin-pg-"))) as socket:
        yield socket


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of its own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.sqlite'}"
    socket = request.getfixturevalue("postgresql_socket")
    schema = f"tocsin_{next(_numbers)}"  # made in a fraction of the time of a database
    with psycopg.connect(host=str(socket), user=SUPERUSER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"postgresql+psycopg://{SUPERUSER}@/postgres?host={socket}&options=-csearch_path%3D{schema}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open, empty store."""
    opened = open_store(url, create=True)
    yield opened
    opened.close()
