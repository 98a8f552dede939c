"""What people decided comes back into the queue: closed incidents, exceptions, and their end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.detect.analytics import load_analytics
from tocsin.detect.sigma import load_rules
from tocsin.errors import StateError
from tocsin.model import Evidence, Finding, RuleInfo
from tocsin.node import tested
from tocsin.node.analyst.board import Board
from tocsin.node.analyst.knowledge import LOOK_SECONDS
from tocsin.node.store import exceptions, incidents, verdicts
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.incident_state import IncidentState, Ruling, Status, StatusSet
from tocsin.node.store.incidents import Decision
from tocsin.rules import PACK
from tocsin.triage.candidates import choices
from tocsin.triage.reliability import PART

NOW = datetime(2026, 11, 30, 9, 15, tzinfo=UTC)
ANNA, BORIS = "account:anna", "account:boris"
DAY = timedelta(days=1)


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


def found(host: str = "PC-1", rule: str = "rule-1", level: str = "medium", day: int = 0) -> Finding:
    at = NOW - day * DAY
    info = RuleInfo(rule, "A rule", level, status="stable")
    return Finding(info, host, f"user of {host}", 1, at, at, (f"e-{rule}-{host}-{day}",), organisation="ministry")


def group(board: Board) -> int:
    return board.group(list, lambda _keys: {}, whole=True)


def states(state: Store) -> dict[str, IncidentState]:
    """The incidents by their host."""
    with state.read() as connection:
        return {each.shown.hosts[0]: each for each in incidents.listed(connection, "node", 99, merged=True)}


def close(state: Store, host: str, ruling: Ruling, actor: str = ANNA) -> None:
    at = states(state)[host]
    with state.write() as connection:
        incidents.change(
            connection, Decision(at.id, at.version, actor, clock.now()), StatusSet(Status.CLOSED, ruling)
        )  # fmt: skip


def except_host(state: Store, host: str, days: int = 30) -> str:
    at = states(state)[host]
    with state.write() as connection:
        (wanted,) = (each for each in choices([found(host)]) if [s.name for s in each.exceptions[0].same] == ["host"])
        order = exceptions.Order(at.id, ANNA, ANNA, "the backup", clock.now() + days * DAY)
        return exceptions.add(connection, order, wanted.exceptions, clock.now())[0].id


def points(told: IncidentState) -> int:
    return sum(part.points for part in told.shown.parts if part.name == PART)


def test_close_reasons_move_the_rank_of_what_the_rule_finds_elsewhere(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([found(f"PC-{number}", day=3 * number) for number in range(4)], (), None)
    group(board)
    assert points(states(state)["PC-3"]) == 0 and not board.due
    assert "no closed incident with it yet" in states(state)["PC-3"].shown.reliability[0]
    for number, actor in enumerate((ANNA, BORIS, "account:carla")):
        close(state, f"PC-{number}", Ruling.FALSE_ALARM, actor)
    turned.turn(timedelta(seconds=LOOK_SECONDS + 1))
    assert board.due
    group(board)
    told = states(state)["PC-3"]
    assert points(told) < 0 and told.shown.queued
    assert "0 of 3 closed incidents with it were true, by 3 accounts" in told.shown.reliability[0]
    turned.turn(timedelta(seconds=LOOK_SECONDS + 1))
    assert not board.due and group(board) == 0


def test_votes_are_of_who_ruled_last_and_leave_out_what_is_undecided_undone_or_a_part(
    turned: Clock, state: Store
) -> None:  # fmt: skip
    board = Board(state)
    board.say([found(f"PC-{number}", day=3 * number) for number in range(4)], (), None)
    group(board)
    close(state, "PC-0", Ruling.HARMLESS)
    close(state, "PC-0", Ruling.ATTACK, BORIS)
    close(state, "PC-1", Ruling.UNDECIDED)
    close(state, "PC-2", Ruling.ATTACK)
    close(state, "PC-3", Ruling.ATTACK)
    by_host = states(state)
    with state.write() as connection:
        at = by_host["PC-2"]
        incidents.undo(connection, Decision(at.id, at.version, ANNA, clock.now()), at.version)
        at = by_host["PC-3"]
        incidents.merge(connection, Decision(at.id, at.version, ANNA, clock.now()), by_host["PC-0"].id)
    with state.read() as connection:
        told = verdicts.votes(connection)
        confirmed = verdicts.confirmed(connection)
    assert [(each.true, each.actor) for each in told["ministry", "rule-1"]] == [(True, BORIS)]
    assert confirmed == {by_host["PC-0"].id, by_host["PC-3"].id}


def test_a_confirmed_attack_stays_one_however_often_it_is_told_as_a_part(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([found(f"PC-{number}", day=3 * number) for number in range(4)], (), None)
    group(board)
    close(state, "PC-0", Ruling.ATTACK)
    ids = {host: each.id for host, each in states(state).items()}
    for part, whole in (("PC-0", "PC-1"), ("PC-3", "PC-1"), ("PC-1", "PC-2")):
        with state.write() as connection:
            at = incidents.present(connection, ids[part], "node")
            incidents.merge(connection, Decision(at.id, at.version, ANNA, clock.now()), ids[whole])
    with state.read() as connection:
        assert verdicts.confirmed(connection) == set(ids.values())


def test_an_exception_folds_and_what_it_hid_comes_back_when_it_ends(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([found(), found("PC-2")], (), None)
    group(board)
    id = except_host(state, "PC-1", days=10)
    turned.turn(timedelta(seconds=LOOK_SECONDS + 1))
    assert board.due
    group(board)
    told = states(state)
    assert not told["PC-1"].shown.queued and told["PC-2"].shown.queued
    assert told["PC-1"].findings and f"Excepted by {id}" in told["PC-1"].shown.excepted[0]
    turned.turn(10 * DAY)
    assert board.due
    group(board)
    assert states(state)["PC-1"].shown.queued


def test_an_exception_that_a_person_ends_hides_nothing_any_more(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([found()], (), None)
    group(board)
    id = except_host(state, "PC-1")
    group(board)
    assert not states(state)["PC-1"].shown.queued
    with state.write() as connection:
        exceptions.end(connection, id, BORIS, "it was none", clock.now())
    turned.turn(timedelta(seconds=LOOK_SECONDS + 1))
    assert board.due
    group(board)
    assert states(state)["PC-1"].shown.queued


def test_what_joins_a_confirmed_attack_is_not_hidden(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([found()], (), None)
    group(board)
    except_host(state, "PC-1")
    close(state, "PC-1", Ruling.ATTACK)
    board.say([found(), replace(found(), last=NOW + timedelta(minutes=5), count=2)], (), None)
    group(board)
    assert states(state)["PC-1"].shown.queued


def test_what_waits_for_a_second_person_hides_nothing(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say([found(level="high")], (), None)
    group(board)
    with state.write() as connection:
        order = exceptions.Order(states(state)["PC-1"].id, ANNA, ANNA, "x", clock.now() + DAY)
        (made,) = exceptions.add(connection, order, choices([found(level="high")])[0].exceptions, clock.now())
    group(board)
    assert states(state)["PC-1"].shown.queued
    with state.write() as connection:
        exceptions.confirm(connection, made.id, BORIS, lambda _one, _other: True, clock.now())
    group(board)
    assert not states(state)["PC-1"].shown.queued


def twice() -> list[Finding]:
    """One process start that Sysmon and the Security log recorded, told by one rule under two names of a host."""
    at, info = NOW, RuleInfo("rule-1", "A rule", "medium")
    records = []
    for event, number, image, process, host in (
        ("s-1", "1", "Image", "77", "PC-1.example.org"), ("m-1", "4688", "NewProcessName", "0x4d", "PC-1"),
    ):  # fmt: skip
        name = "ProcessId" if number == "1" else "NewProcessId"
        fields = {"EventID": number, image: "C:\\w.exe", name: process}
        shown = (Evidence(event, at, "a.evtx", 1, fields),)
        records.append(Finding(info, host, "anna", 1, at, at, (event,), shown, "ministry", table="windows"))
    return records


def test_findings_that_tell_of_one_act_are_all_in_its_incident(turned: Clock, state: Store) -> None:
    board = Board(state)
    board.say(twice(), (), None)
    group(board)
    (told,) = states(state).values()
    assert set(told.findings) == set(board.findings) and len(board.findings) == 2
    assert group(board) == 0


def test_findings_of_one_event_about_two_accounts_stay_two(turned: Clock, state: Store) -> None:
    board = Board(state)
    one = found()
    board.say([one, replace(one, user="another", host="PC-9")], (), None)
    group(board)
    held = [id for each in states(state).values() for id in each.findings]
    assert sorted(held) == sorted(board.findings) and len(held) == 2


def test_a_store_that_cannot_be_read_ends_no_thread_and_is_told(turned: Clock, state: Store, tmp_path: Path) -> None:
    board = Board(state)
    board.say([found()], (), None)
    group(board)
    state.close()
    for file in tmp_path.glob("state.sqlite*"):
        file.write_bytes(b"no database " * 1_000)
    turned.turn(timedelta(seconds=LOOK_SECONDS + 1))
    assert board.due
    with pytest.raises(StateError):
        group(board)


def test_rules_of_our_packs_say_how_they_were_tested() -> None:
    rules, analytics = load_rules((PACK,), cache_dir=None), load_analytics(())
    told = tested.tested_by(rules, analytics)
    assert all("captures of its own" in told[info.id] for info in rules.rules)
    assert told["kerberoast-burst"].startswith("EVTX-to-MITRE-ATT&CK")
    assert set(analytics.analytics) <= set(told)
    assert max(map(len, told.values())) <= 241
