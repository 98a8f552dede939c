"""A lake begins whole or not at all, wherever its making is ended."""

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tocsin.errors import LakeError
from tocsin.lake import new_catalog
from tocsin.lake.catalog import CATALOG, VERSION, Catalog
from tocsin.lake.transactions import transaction


@pytest.mark.parametrize("step", ["sync", "os.link"])
def test_an_ended_beginning_leaves_no_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(f"{new_catalog.__name__}.{step}", ended)
        Catalog(tmp_path / "lake", create=True)
    assert not list((tmp_path / "lake").glob("*.sqlite*")) and not list((tmp_path / "lake").glob(".*"))
    with pytest.raises(LakeError, match="there is no lake"):
        Catalog(tmp_path / "lake")
    Catalog(tmp_path / "lake", create=True).close()
    Catalog(tmp_path / "lake").close()


def test_whoever_sees_a_new_catalog_sees_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, seen = os.link, []

    def look(source: Path, target: Path) -> None:
        link(source, target)
        with closing(sqlite3.connect(target)) as database:
            seen.append(database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()[0])
            seen.append(database.execute("SELECT count(*) FROM files").fetchone()[0])
            seen.append(database.execute("SELECT count(*) FROM rollup_periods").fetchone()[0])

    monkeypatch.setattr(f"{new_catalog.__name__}.os.link", look)
    Catalog(tmp_path / "lake", create=True).close()
    assert seen == [str(VERSION), 0, 0]


def test_a_lake_that_is_there_is_not_begun_again(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path / "lake", create=True)) as first:
        first.own(tmp_path)
    with closing(Catalog(tmp_path / "lake", create=True)) as second:
        assert second.owner == str(tmp_path)


def test_of_two_beginnings_at_once_one_stays(tmp_path: Path) -> None:
    def begin(number: int) -> None:
        with closing(Catalog(tmp_path / "lake", create=True)) as catalog, transaction(catalog._db):
            catalog._db.execute("INSERT INTO meta VALUES (?, '')", (f"mark-{number}",))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, range(8)))
    with closing(sqlite3.connect(tmp_path / "lake" / CATALOG)) as database:
        assert database.execute("SELECT count(*) FROM meta WHERE key LIKE 'mark-%'").fetchone() == (8,)
