"""An incident that goes on is written seldom, and in the end as it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.model import Finding, Incident, RuleInfo, ScorePart, Step
from tocsin.node.analyst.board import Board
from tocsin.node.analyst.growth import rest
from tocsin.node.store import incidents
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.incident_rows import history
from tocsin.node.store.incident_state import Event, Opened, derive
from tocsin.node.store.incidents import Decision

NOW = datetime(2026, 11, 30, 9, 15, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
STEP = Step("execution", "A rule", "high", NOW, NOW + timedelta(hours=5), ("PC-1",), 9)


def shown(title: str = "Something happened", points: int = 50, level: str = "high") -> Incident:
    """What the node says of an incident, without its findings."""
    return Incident(
        "I-0", title, level, ("PC-1",), ("anna",), NOW, NOW, (), (ScorePart("level", points, "it is high"),),
        ("T1059",), ("execution",), ("why",), ("against",), stages=(replace(STEP, last=NOW),),
    )  # fmt: skip


BEGUN = derive([Event("I-1", 1, NOW, "node", Opened(shown(), ("f-1",)))])
OLD = replace(BEGUN, changed=NOW + timedelta(days=1))


class Clock:
    """A clock that the test turns on."""

    def __init__(self) -> None:
        self.time = NOW

    def turn(self, by: timedelta) -> None:
        self.time += by

    def monotonic(self) -> float:
        return (self.time - NOW).total_seconds()


@pytest.fixture
def turned(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(clock, "now", lambda: made.time)
    monkeypatch.setattr(clock, "monotonic", made.monotonic)
    return made


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Store]:
    made = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    yield made
    made.close()


def going(last: datetime, rule: str = "rule-1", level: str = "high") -> Finding:
    """A finding of one occasion, with an event a second."""
    count = int((last - NOW).total_seconds()) + 1
    return Finding(RuleInfo(rule, "A rule", level), "PC-1", "anna", count, NOW, last, (f"e-{rule}",))


def group(board: Board, *, whole: bool = False) -> int:
    return board.group(list, lambda _keys: {}, whole=whole)


def events(state: Store) -> list[list[Event]]:
    with state.read() as connection:
        return [history(connection, each.id) for each in incidents.listed(connection, "node", 10, merged=True)]


def exact(board: Board) -> list[Incident]:
    return [replace(each, id="", findings=()) for each in board.groups(list, lambda _keys: {})]


def written(state: Store) -> list[Incident]:
    return [replace(derive(each).shown, id="") for each in events(state)]


def test_a_finding_that_goes_on_for_hours_makes_few_events_and_ends_exact(turned: Clock, state: Store) -> None:
    board = Board(state)
    for _ in range(2 * 360):
        board.say([going(turned.time)], (), None)
        group(board)
        turned.turn(10 * SECOND)
    assert exact(board) != written(state)
    assert board.due is False
    turned.turn(15 * MINUTE)
    assert board.due  # though nothing new came
    assert group(board) == 1
    assert not board.due
    assert exact(board) == written(state)
    assert 8 < len(events(state)[0]) < 25


def test_a_restart_forgets_nothing_that_waited(turned: Clock, state: Store) -> None:
    board = Board(state)
    for _ in range(100):
        board.say([going(turned.time)], (), None)
        group(board)
        turned.turn(10 * SECOND)
    assert exact(board) != written(state)
    board = Board(state)
    group(board)
    turned.turn(15 * MINUTE)
    assert board.due
    group(board)
    assert exact(board) == written(state)


def test_everything_at_once_is_written_where_it_is_asked_for(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([going(NOW)], (), None)
    group(board)
    turned.turn(SECOND)
    board.say([going(NOW + SECOND)], (), None)
    group(board)
    board.say([going(NOW + 2 * SECOND)], (), None)
    assert group(board) == 0
    assert group(board, whole=True) == 1
    assert exact(board) == written(state)


def test_new_findings_of_an_older_incident_come_together_within_a_minute(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([going(NOW)], (), None)
    group(board)
    turned.turn(10 * MINUTE)
    for number in range(60):
        board.say([going(turned.time, f"rule-{number + 2}")], (), None)
        group(board)
        turned.turn(2 * SECOND)
    turned.turn(MINUTE)
    group(board)
    (told,) = events(state)
    assert len(derive(told).findings) == 61
    assert 3 <= len(told) <= 5


def test_a_graver_level_is_written_at_once(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([going(NOW, level="medium")], (), None)
    group(board)
    turned.turn(10 * MINUTE)
    board.say([going(turned.time, level="medium")], (), None)
    group(board)
    turned.turn(SECOND)
    board.say([going(turned.time, "rule-2", "critical")], (), None)
    assert group(board) == 1
    assert written(state)[0].level == "critical"


def test_a_finding_that_proves_untrue_leaves_at_once(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([going(NOW), going(NOW, "rule-2")], (), None)
    group(board)
    turned.turn(10 * MINUTE)
    board.say([going(turned.time), going(turned.time, "rule-2")], (), None)
    group(board)
    turned.turn(SECOND)
    board.say([], board.rules({"rule-2"}), None)
    assert group(board) == 1
    assert len(derive(events(state)[0]).findings) == 1


def test_what_a_person_split_off_is_not_added_again_and_again(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([going(NOW), going(NOW, "rule-2")], (), None)
    group(board)
    (told,) = events(state)
    whole, part = derive(told), derive(told).findings[0]
    with state.write() as connection:
        incidents.split(
            connection, Decision(whole.id, 1, "account:anna", turned.time), "I-new", Opened(shown(), (part,))
        )
    for _ in range(5):
        turned.turn(20 * MINUTE)
        board.say([going(turned.time), going(NOW, "rule-2")], (), None)
        group(board)
    before = len(next(each for each in events(state) if each[0].incident == whole.id))
    for _ in range(5):
        turned.turn(20 * MINUTE)
        assert group(board) == 0
    assert len(next(each for each in events(state) if each[0].incident == whole.id)) == before


def test_a_split_stays_after_a_restart(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([going(NOW), going(NOW, "rule-2")], (), None)
    group(board)
    (told,) = events(state)
    whole, (part, rest_of_it) = derive(told), derive(told).findings
    with state.write() as connection:
        decision = Decision(whole.id, 1, "account:anna", turned.time)
        incidents.split(connection, decision, "A-new", Opened(shown(), (part,)))
    board = Board(state)
    for _ in range(3):
        turned.turn(20 * MINUTE)
        board.say([going(turned.time), going(turned.time, "rule-2")], (), None)
        group(board)
    found = {each[0].incident: derive(each) for each in events(state)}
    assert (found["A-new"].findings, found["A-new"].level) == ((part,), "high")
    assert (found[whole.id].findings, found[whole.id].level) == ((rest_of_it,), "high")
    assert len(found) == 2


def test_an_incident_of_which_nothing_is_true_leaves_the_queue_and_comes_back(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([going(NOW)], (), None)
    group(board)
    turned.turn(MINUTE)
    board.say([], board.rules({"rule-1"}), None)
    assert (group(board), group(board)) == (1, 0)
    assert not written(state)[0].queued
    board = Board(state)
    assert group(board) == 0
    board.say([going(NOW)], (), None)
    assert (group(board), group(board)) == (1, 0)
    assert exact(board) == written(state)
    assert written(state)[0].queued


@pytest.mark.parametrize(
    ("now", "added", "seconds"),
    [
        (shown(), (), 900),
        (replace(shown(), stages=(STEP,), last=STEP.last, why=("9 times",)), (), 900),
        (shown(points=59), (), 900),
        (shown(points=61), (), 60),
        (shown("Something worse happened"), (), 60),
        (replace(shown(), hosts=("PC-1", "PC-2")), (), 60),
        (replace(shown(), users=("anna", "boris")), (), 60),
        (replace(shown(), attack=("T1059", "T1003")), (), 60),
        (shown(), ("f-2",), 60),
        (shown(level="critical"), (), 0),
        (replace(shown(), told_once=True), (), 0),
        (replace(shown(), excepted=("Excepted by X-1.",)), (), 0),
    ],
)
def test_how_long_a_change_waits(now: Incident, added: tuple[str, ...], seconds: int) -> None:
    assert rest(OLD, now, added, at_once=False, now=OLD.changed) == timedelta(seconds=seconds)


def test_a_clock_that_was_set_back_makes_nothing_wait() -> None:
    assert not rest(OLD, shown(), ("f-2",), at_once=False, now=OLD.changed - SECOND)


def test_no_change_waits_longer_than_the_incident_was_old() -> None:
    young = replace(OLD, changed=OLD.opened + 7 * SECOND)
    assert rest(young, shown(), (), at_once=False, now=young.changed) == 7 * SECOND
    assert not rest(young, shown(), (), at_once=False, now=young.changed + 7 * SECOND)
