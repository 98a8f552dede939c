"""Analytics in a child process: the same answer, and an end at once."""

import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scans import event, run, write_events

from tocsin import limits
from tocsin.detect.analytics import AnalyticSet, load_analytics
from tocsin.errors import TocsinError
from tocsin.lake.catalog import Catalog
from tocsin.lake.database import bound_process, connect
from tocsin.node.analyst.behaviour import Aside, Look, Tidied, Tidy, look, tidy

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def asked(tmp_path: Path) -> Look:
    run(tmp_path, write_events(tmp_path / "log.json", [event(number, minute=number) for number in range(20)]))
    return Look(tmp_path / "lake", load_analytics(()).chosen({"log-clearing"}), FIRST)


def test_a_look_aside_says_what_a_look_says(asked: Look) -> None:
    aside = Aside(nice=0)
    try:
        assert aside.look(asked) == look(asked)
        assert aside.look(asked).ran
    finally:
        aside.close()


def test_what_fails_is_told_and_the_next_look_works(asked: Look, tmp_path: Path) -> None:
    aside = Aside(nice=0)
    try:
        with pytest.raises(TocsinError, match="there is no lake"):
            aside.look(Look(tmp_path / "nowhere", AnalyticSet({}), FIRST))
        assert aside.look(asked).ran
    finally:
        aside.close()


def test_closing_ends_a_look_that_is_under_way(asked: Look) -> None:
    aside = Aside(nice=0)
    said: list[str] = []

    def looks() -> None:
        try:
            while True:
                aside.look(asked)
        except TocsinError as error:
            said.append(str(error))

    thread = threading.Thread(target=looks)
    thread.start()
    time.sleep(0.5)
    aside.close()
    thread.join(20)
    assert not thread.is_alive() and len(said) == 1


def test_small_files_that_were_looked_at_become_one_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        run(tmp_path, write_events(tmp_path / f"{number}.json", [event(number, minute=number)]))
    with closing(Catalog(tmp_path / "lake")) as catalog:
        paths = sorted(catalog.paths())
        monkeypatch.setattr(limits, "LIVE_SMALL_FILES", 2)
        done = tidy(Tidy(tmp_path / "lake", frozenset(paths[:2]), frozenset()))
        assert len(done.tables) == 1 and not done.hits
        assert catalog.paths() == {paths[2], *done.tables}
        assert sum(file.rows for file in catalog.files()) == 3


def test_a_child_tidies_a_lake_as_well(asked: Look) -> None:
    aside = Aside(nice=0)
    try:
        assert aside.tidy(Tidy(asked.lake, frozenset(), frozenset())) == Tidied()
    finally:
        aside.close()


def test_a_process_that_is_bounded_takes_no_more_for_any_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tocsin.lake.database._bounds", [])
    bound_process(64 * limits.MIB, 1)
    with connect(limits.QUERY_BYTES, 2, None) as connection:
        query = "SELECT current_setting('memory_limit'), current_setting('threads')"
        assert connection.sql(query).fetchall() == [("64.0 MiB", 1)]
