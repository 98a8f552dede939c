"""What people merge, split and open by hand, and what the node makes of it when it groups anew."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin import clock
from tocsin.model import Evidence, Finding, Incident, RuleInfo, ScorePart
from tocsin.node.analyst.board import Board
from tocsin.node.store import findings, incidents
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.incident_state import IncidentState, Opened, Restricted
from tocsin.node.store.incidents import Decision

NOW = datetime(2026, 11, 30, 9, 15, tzinfo=UTC)
ANNA, BORIS = "account:anna", "account:boris"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=2))
    made = open_store(f"sqlite:///{tmp_path}/state.sqlite", create=True)
    yield made
    made.close()


def seen(host: str, rule: str, minute: int, user: str = "anna") -> Finding:
    """A strong finding; one account joins its hosts within an hour."""
    time = NOW + minute * MINUTE
    event = Evidence(f"e-{rule}", time, "a.evtx", 1, {})
    return Finding(RuleInfo(rule, rule, "high"), host, user, 1, time, time, (f"e-{rule}",), (event,))


ONE, TWO = seen("PC-1", "one", 0), seen("PC-2", "two", 10)


class Desk:
    """A board and the people beside it, who write into the same store from another process."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.board = Board(store)

    def look(self, *found: Finding) -> None:
        self.board.say(found, (), None)
        self.board.group(list, lambda _keys: {}, whole=True)

    def states(self) -> dict[str, IncidentState]:
        with self.store.read() as connection:
            return {each.id: each for each in incidents.listed(connection, "node", 99, merged=True)}

    def of(self, rule: str) -> IncidentState:
        """The incident that a finding of the rule is in, by its state and by its row."""
        with self.store.read() as connection:
            by_row = {each.finding.rule.id: each.incident for each in findings.seen_since(connection, NOW, 99)}
        (mine,) = [each for each in self.states().values() if set(each.findings) & self.ids(rule)]
        assert mine.id == by_row[rule]
        return mine

    def ids(self, *rules: str) -> set[str]:
        return {id for id, each in self.board.findings.items() if each.finding.rule.id in rules}

    def decision(self, incident: str) -> Decision:
        version = self.states()[incident].version
        return Decision(incident, version, ANNA, NOW + timedelta(hours=3, minutes=version))

    def split(self, incident: str, new: str, *rules: str) -> None:
        shown = replace(self.states()[incident].shown, title="Split off")
        opened = Opened(shown, tuple(sorted(self.ids(*rules))))
        decision = self.decision(incident)
        with self.store.write() as connection:
            incidents.split(connection, decision, new, opened)

    def merge(self, incident: str, into: str) -> None:
        decision = self.decision(incident)
        with self.store.write() as connection:
            incidents.merge(connection, decision, into)

    def undo_last(self, incident: str) -> None:
        decision = self.decision(incident)
        with self.store.write() as connection:
            incidents.undo(connection, decision, decision.version)

    def report(self, id: str = "I-hand") -> None:
        points = ScorePart("level", 15, "a person said so")
        shown = Incident(id, "A ransom note", "medium", ("PC-9",), (), None, None, (), (points,), (), (), (), ())
        with self.store.write() as connection:
            incidents.report(connection, Decision(id, 0, ANNA, NOW), Opened(shown, (), organisation="examplia"))


@pytest.fixture
def desk(state: Store) -> Desk:
    made = Desk(state)
    made.look(ONE, TWO)
    return made


def test_the_two_are_one_at_first(desk: Desk) -> None:
    assert desk.of("one").id == desk.of("two").id


def test_a_part_that_was_split_off_grows_under_its_own_id(desk: Desk) -> None:
    whole = desk.of("one").id
    desk.split(whole, "I-part", "two")
    desk.look(seen("PC-2", "three", 20))
    assert set(desk.of("three").findings) == desk.ids("two", "three")
    assert desk.of("three").id == "I-part"
    assert desk.of("one").id == whole
    assert desk.states()["I-part"].shown.hosts == ("PC-2",)
    assert desk.states()[whole].shown.hosts == ("PC-1",), "it is told without what was split off"
    assert len(desk.states()) == 2


def test_nothing_new_glues_together_what_a_person_parted(desk: Desk) -> None:
    desk.split(desk.of("one").id, "I-part", "two")
    for minute in range(3, 30, 3):
        desk.look(seen(f"PC-{1 + minute % 2}", f"more-{minute}", minute))
    assert desk.of("one").id != desk.of("two").id == "I-part"
    assert any("apart" in sentence for sentence in desk.of("one").shown.why)
    desk.board = Board(desk.store)
    desk.look(seen("PC-1", "again", 31))
    assert desk.of("one").id != desk.of("two").id, "not after a restart either"


def test_an_undo_of_the_split_lets_both_be_one_again(desk: Desk) -> None:
    whole = desk.of("one").id
    desk.split(whole, "I-part", "two")
    desk.look(seen("PC-2", "three", 20))
    split_at = next(each.version for each in _history(desk, whole) if each.kind == "split")
    decision = desk.decision(whole)
    with desk.store.write() as connection:
        incidents.undo(connection, decision, split_at)
    desk.look(seen("PC-2", "four", 25))
    assert desk.states()["I-part"].merged_into == whole
    assert desk.of("four").id == whole
    assert desk.states()[whole].shown.hosts == ("PC-1", "PC-2")


def _history(desk: Desk, incident: str) -> list[incidents.Event]:
    with desk.store.read() as connection:
        return incidents.told_history(connection, incident, "node")


FAR = seen("PC-7", "far", 5, "carla")


def test_what_continues_a_merged_incident_goes_to_the_one_that_stays(desk: Desk) -> None:
    desk.look(FAR)
    whole, part = desk.of("one").id, desk.of("far").id
    desk.merge(part, whole)
    desk.look(seen("PC-7", "farther", 12, "carla"))
    assert desk.of("farther").id == whole
    assert set(desk.states()[part].findings) == desk.ids("far"), "it keeps what it had"
    assert desk.states()[whole].shown.hosts == ("PC-1", "PC-2", "PC-7")
    assert desk.states()[whole].level == "high" and desk.states()[whole].queued
    desk.undo_last(part)
    desk.look(seen("PC-7", "farthest", 14, "carla"))
    assert desk.of("farthest").id == part
    assert desk.states()[whole].shown.hosts == ("PC-1", "PC-2")


def test_the_node_tells_of_a_decision_at_once(desk: Desk) -> None:
    desk.look(FAR)
    whole, part = desk.of("one").id, desk.of("far").id
    desk.board.decided()
    assert not desk.board.decided(), "nothing since"
    desk.merge(part, whole)
    assert desk.board.decided()
    desk.board.group(list, lambda _keys: {})
    assert desk.states()[whole].shown.hosts == ("PC-1", "PC-2", "PC-7")


def test_a_part_with_fewer_readers_goes_on_by_itself(desk: Desk) -> None:
    """What the whole tells of its parts must not reach more people than may see them."""
    desk.look(FAR)
    whole, part = desk.of("one").id, desk.of("far").id
    desk.merge(part, whole)
    decision = desk.decision(part)
    with desk.store.write() as connection:
        incidents.change(connection, decision, Restricted((ANNA,)))
    desk.look(seen("PC-7", "farther", 12, "carla"))
    assert desk.of("farther").id == part
    assert "PC-7" not in desk.states()[whole].shown.hosts


BRIDGES = seen("PC-7", "bridge", 12), seen("PC-7", "other-bridge", 13, "carla")
"""They join what is on PC-1 and PC-2 with what is on PC-7."""


def test_what_is_restricted_is_never_told_in_another(desk: Desk) -> None:
    """What joins both would otherwise show its findings to all who may see the other."""
    desk.look(FAR)
    whole, secret = desk.of("one").id, desk.of("far").id
    decision = desk.decision(secret)
    with desk.store.write() as connection:
        incidents.change(connection, decision, Restricted((ANNA,)))
    desk.look(*BRIDGES)
    assert desk.of("far").id == secret
    assert "carla" not in desk.states()[whole].shown.users
    desk.board = Board(desk.store)
    desk.look(seen("PC-1", "more", 14))
    assert desk.of("far").id == secret, "not after a restart either"


def test_no_incident_says_that_it_is_apart_from_a_restricted_one(desk: Desk) -> None:
    whole = desk.of("one").id
    desk.split(whole, "I-part", "two")
    desk.look()
    assert any("I-part" in sentence for sentence in desk.states()[whole].shown.why)
    decision = desk.decision("I-part")
    with desk.store.write() as connection:
        incidents.change(connection, decision, Restricted((ANNA,)))
    desk.look()
    assert not any("I-part" in sentence for sentence in desk.states()[whole].shown.why)
    assert any(whole in sentence for sentence in desk.states()["I-part"].shown.why)


def test_a_larger_incident_takes_nothing_from_what_people_split_off(desk: Desk) -> None:
    desk.look(FAR, seen("PC-7", "far-too", 6, "carla"))
    desk.split(desk.of("one").id, "I-part", "two")
    desk.look(seen("PC-2", "bridge", 12, "carla"))
    assert desk.of("two").id == desk.of("bridge").id == "I-part"


def test_one_that_a_person_opened_is_never_touched_or_emptied(desk: Desk) -> None:
    desk.report()
    before = desk.states()["I-hand"]
    desk.look(seen("PC-9", "three", 20))
    desk.board = Board(desk.store)
    desk.look(seen("PC-9", "four", 40))
    assert desk.states()["I-hand"] == before
    assert before.queued and before.reported and not before.findings


def test_one_that_a_person_opened_keeps_its_title_when_it_takes_findings_in(desk: Desk) -> None:
    desk.report()
    desk.look(FAR)
    part = desk.of("far").id
    desk.merge(part, "I-hand")
    desk.look(seen("PC-7", "farther", 12, "carla"))
    now = desk.states()["I-hand"]
    assert desk.of("farther").id == "I-hand"
    assert (now.title, now.shown.hosts, now.level) == ("A ransom note", ("PC-7", "PC-9"), "high")
    desk.undo_last(part)
    desk.look()
    again = desk.states()["I-hand"]
    assert (again.shown, again.findings) == (again.said, ()), "as the person told it"
    assert set(desk.states()[part].findings) == desk.ids("far", "farther")


def test_what_people_put_together_does_not_fall_apart_when_a_bridge_goes(desk: Desk) -> None:
    desk.look(seen("PC-3", "three", 20))
    whole = desk.of("one").id
    desk.split(whole, "I-part", "two")
    desk.look(seen("PC-4", "noise", 90, "boris"))
    assert set(desk.states()[whole].findings) == desk.ids("one", "three")
    assert len([each for each in desk.states().values() if each.queued]) == 3
