"""Analytics in a child process: the same answer, and an end at once."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scans import event, run, write_events

from tocsin.detect.analytics import AnalyticSet, load_analytics
from tocsin.errors import TocsinError
from tocsin.node.analyst.behaviour import Aside, Look, look

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
