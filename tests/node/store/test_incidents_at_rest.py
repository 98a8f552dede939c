"""Incidents in the state database: decisions, conflicts, undo, and what the node may not undo."""

from dataclasses import replace
from datetime import timedelta

import pytest
from state_samples import ANNA, BORIS, CARLA, NOW, agrees, begin, decision, opened, shown

from tocsin import limits
from tocsin.errors import Conflict, LimitExceeded, StateError
from tocsin.ledger.entry import NODE
from tocsin.node.store import findings, incidents, ledger
from tocsin.node.store.database import Store
from tocsin.node.store.incident_state import (
    Assigned,
    Grown,
    IncidentState,
    Noted,
    Restricted,
    Ruling,
    Status,
    StatusSet,
)
from tocsin.node.store.incident_words import IncidentChanged, sentence

CLOSED = StatusSet(Status.CLOSED, Ruling.HARMLESS)


def decided(store: Store, made: incidents.Decision, body: Assigned | StatusSet | Noted | Restricted) -> IncidentState:
    with store.write() as connection:
        return incidents.change(connection, made, body)


def grown(store: Store, incident: str, *added: str, removed: tuple[str, ...] = ()) -> IncidentState:
    with store.write() as connection:
        return incidents.grow(connection, incident, Grown(shown("It grew", 90), added, removed), NOW)


def state(store: Store, incident: str = "I-1", reader: str = NODE) -> IncidentState:
    with store.read() as connection:
        return incidents.present(connection, incident, reader)


def test_decisions_make_the_state_and_stand_in_the_ledger(store: Store) -> None:
    begin(store, "I-1", "f-1", "f-2")
    decided(store, decision("I-1", 1), Assigned(BORIS))
    decided(store, decision("I-1", 2, BORIS), Noted("looks\x00odd \ud800"))
    after = decided(store, decision("I-1", 3, BORIS), CLOSED)
    assert (after.owner, after.status, after.ruling) == (BORIS, Status.CLOSED, Ruling.HARMLESS)
    assert [(note.author, note.text) for note in after.notes] == [(BORIS, "looks\x00odd \ud800")]
    assert after == state(store)
    assert agrees(store) == 4
    with store.read() as connection:
        told = [(entry.actor, entry.subject, entry.detail["change"]) for entry in ledger.newest(connection, 9)]
        assert told[::-1] == [(ANNA, "incident:I-1", "assigned"), (BORIS, "incident:I-1", "note"),
                              (BORIS, "incident:I-1", "status")]  # fmt: skip


def test_of_two_people_at_once_the_second_is_told_and_nothing_is_overwritten(store: Store) -> None:
    begin(store)
    decided(store, decision("I-1", 1, ANNA), CLOSED)
    with pytest.raises(IncidentChanged) as told:
        decided(store, decision("I-1", 1, BORIS), Assigned(BORIS))
    for word in (ANNA, "2026-11-30 09:16:00 UTC", "closed", "harmless"):
        assert word in str(told.value)
    assert told.value.advice()
    assert (told.value.version, len(told.value.changes)) == (2, 1)
    assert state(store).owner == ""
    assert agrees(store) == 2


def test_a_version_that_nobody_has_seen_is_a_conflict(store: Store) -> None:
    begin(store)
    with pytest.raises(Conflict):
        decided(store, decision("I-1", 5), Noted("text"))


def test_growth_refuses_a_judgement_and_no_note(store: Store) -> None:
    begin(store, "I-1", "f-1")
    grown(store, "I-1", "f-2")
    assert decided(store, decision("I-1", 1), Noted("text")).version == 3
    with pytest.raises(IncidentChanged) as told:
        decided(store, decision("I-1", 1, ANNA), CLOSED)
    assert "1 finding more" in str(told.value)


def test_the_node_does_not_undo_what_people_set(store: Store) -> None:
    begin(store, "I-1", "f-1", "f-2", "f-3")
    decided(store, decision("I-1", 1), Assigned(BORIS))
    with store.write() as connection:
        part = incidents.split(connection, decision("I-1", 2), "I-2", opened("f-2", title="Other"))
    assert (part.findings, part.split_from) == (("f-2",), "I-1")
    decided(store, decision("I-1", 3), CLOSED)
    after = grown(store, "I-1", "f-2", "f-4", removed=("f-3",))
    assert (after.findings, after.title, after.score) == (("f-1", "f-4"), "It grew", 90)
    assert (after.owner, after.status, after.grown_since_closed) == (BORIS, Status.CLOSED, True)
    assert decided(store, decision("I-1", 5), StatusSet(Status.OPEN)).grown_since_closed is False
    with store.read() as connection:
        assert [stored.id for stored in findings.by_incident(connection, "I-1")] == ["f-1"]
        assert [stored.id for stored in findings.by_incident(connection, "I-2")] == ["f-2"]
    agrees(store)


def test_every_decision_is_undone_and_the_undo_too(store: Store) -> None:
    begin(store)
    bodies = (Assigned(BORIS), CLOSED, Noted("text"), Restricted((ANNA,)))
    for version, body in enumerate(bodies, start=1):
        decided(store, decision("I-1", version), body)
    full = state(store)
    with store.write() as connection:
        for version in range(2, 6):
            incidents.undo(connection, decision("I-1", version + 3), version)
    empty = state(store)
    assert (empty.owner, empty.status, empty.notes, empty.readers) == ("", Status.OPEN, (), ())
    with store.write() as connection:
        for version in range(6, 10):
            after = incidents.undo(connection, decision("I-1", version + 3), version)
    assert (after.owner, after.status, after.notes, after.readers) == (
        full.owner, full.status, full.notes, full.readers
    )  # fmt: skip
    agrees(store)


def test_what_was_undone_is_not_undone_twice_and_the_node_is_not_undone(store: Store) -> None:
    begin(store)
    grown(store, "I-1", "f-1")
    decided(store, decision("I-1", 2), Assigned(BORIS))
    with store.write() as connection:
        incidents.undo(connection, decision("I-1", 3), 3)
    for version in (1, 2, 3, 99):
        with pytest.raises(StateError) as told, store.write() as connection:
            incidents.undo(connection, decision("I-1", 4), version)
        assert told.value.advice()
    assert agrees(store) == 4


def test_an_undo_of_what_somebody_changed_since_is_told(store: Store) -> None:
    begin(store)
    decided(store, decision("I-1", 1), Assigned(BORIS))
    decided(store, decision("I-1", 2, BORIS), Assigned(CARLA))
    with pytest.raises(IncidentChanged), store.write() as connection:
        incidents.undo(connection, decision("I-1", 2), 2)


def test_a_merge_is_undone_in_both_and_each_keeps_growing(store: Store) -> None:
    begin(store, "I-1", "f-1")
    begin(store, "I-2", "f-2")
    with store.write() as connection:
        whole = incidents.merge(connection, decision("I-2", 1), "I-1")
    assert whole.merged_from == ("I-2",)
    assert state(store, "I-2").merged_into == "I-1"
    grown(store, "I-2", "f-3")
    with store.read() as connection:
        assert [found.id for found in incidents.listed(connection, ANNA, 9)] == ["I-1"]
        assert [found.id for found in incidents.listed(connection, ANNA, 9, merged=True)] == ["I-2", "I-1"]
    with store.write() as connection:
        incidents.undo(connection, decision("I-1", 2), 2)
    assert (state(store).merged_from, state(store, "I-2").merged_into) == ((), "")
    assert state(store, "I-2").findings == ("f-2", "f-3")
    with store.write() as connection:
        incidents.undo(connection, decision("I-2", 4), 4)
    assert (state(store).merged_from, state(store, "I-2").merged_into) == (("I-2",), "I-1")
    agrees(store)


def test_merges_make_no_circle(store: Store) -> None:
    for name in ("I-1", "I-2"):
        begin(store, name)
    with pytest.raises(StateError), store.write() as connection:
        incidents.merge(connection, decision("I-1", 1), "I-1")
    with store.write() as connection:
        incidents.merge(connection, decision("I-1", 1), "I-2")
    for going, into in (("I-2", "I-1"), ("I-1", "I-2")):
        with pytest.raises(StateError), store.write() as connection:
            incidents.merge(connection, decision(going, 2), into)
    with store.write() as connection:
        incidents.undo(connection, decision("I-1", 2), 2)
        incidents.merge(connection, decision("I-2", 3), "I-1")
    with pytest.raises(StateError), store.write() as connection:
        incidents.undo(connection, decision("I-1", 4), 3)
    agrees(store)


def test_a_split_is_undone_by_merging_the_part_back(store: Store) -> None:
    begin(store, "I-1", "f-1", "f-2")
    with store.write() as connection:
        incidents.split(connection, decision("I-1", 1), "I-2", opened("f-2"))
        after = incidents.undo(connection, decision("I-1", 2), 2)
    assert after.merged_from == ("I-2",)
    with pytest.raises(StateError), store.write() as connection:
        incidents.undo(connection, decision("I-1", 3), 2)
    agrees(store)


@pytest.mark.parametrize("ids", [(), ("f-1", "f-2"), ("f-9",)])
def test_a_split_takes_some_of_the_findings(store: Store, ids: tuple[str, ...]) -> None:
    begin(store, "I-1", "f-1", "f-2")
    with pytest.raises(StateError), store.write() as connection:
        incidents.split(connection, decision("I-1", 1), "I-2", opened(*ids))
    assert agrees(store) == 1


def test_an_incident_is_opened_once(store: Store) -> None:
    begin(store)
    with pytest.raises(Conflict):
        begin(store)
    begin(store, "I-2", "f-1", "f-2")
    with pytest.raises(Conflict), store.write() as connection:
        incidents.split(connection, decision("I-2", 1), "I-1", opened("f-1"))
    assert agrees(store) == 2


def test_a_restricted_incident_does_not_exist_for_others(store: Store) -> None:
    begin(store, "I-1", "f-1", "f-2")
    begin(store, "I-2", points=10)
    decided(store, decision("I-1", 1), Restricted((BORIS, ANNA)))
    with pytest.raises(StateError) as hidden:
        state(store, "I-1", CARLA)
    with pytest.raises(StateError) as absent:
        state(store, "I-9", CARLA)
    assert str(hidden.value).replace("I-1", "I-9") == str(absent.value)
    for attempt in (
        lambda connection: incidents.change(connection, decision("I-1", 2, CARLA), Noted("text")),
        lambda connection: incidents.merge(connection, decision("I-2", 1, CARLA), "I-1"),
        lambda connection: incidents.undo(connection, decision("I-1", 2, CARLA), 2),
        lambda connection: incidents.told_history(connection, "I-1", CARLA),
    ):
        with pytest.raises(StateError, match="no incident I-1"), store.write() as connection:
            attempt(connection)
    with store.read() as connection:
        assert [found.id for found in incidents.listed(connection, CARLA, 9)] == ["I-2"]
        assert [found.id for found in incidents.listed(connection, BORIS, 9)] == ["I-1", "I-2"]
        assert [found.id for found in incidents.listed(connection, NODE, 9)] == ["I-1", "I-2"]
    later = replace(decision("I-1", 2), time=NOW + timedelta(hours=1))
    with store.write() as connection:
        part = incidents.split(connection, later, "I-3", opened("f-1"))
    assert part.readers == (ANNA, BORIS)
    assert part.restricted == state(store, "I-1", ANNA).restricted, "since they were named, not since the split"
    assert part.restricted is not None
    assert part.restricted < later.time
    agrees(store)


def test_lists_are_filtered_and_paged(store: Store) -> None:
    for number in range(5):
        begin(store, f"I-{number}", points=number)
    decided(store, decision("I-3", 1), Assigned(ANNA))
    decided(store, decision("I-4", 1), CLOSED)
    with store.read() as connection:
        assert [s.id for s in incidents.listed(connection, ANNA, 2, skip=1)] == ["I-3", "I-2"]
        assert [s.id for s in incidents.listed(connection, ANNA, 9, owner=ANNA)] == ["I-3"]
        assert [s.id for s in incidents.listed(connection, ANNA, 9, statuses=[Status.CLOSED])] == ["I-4"]
        assert incidents.listed(connection, ANNA, 9, queued=False) == []
        assert len(incidents.listed(connection, ANNA, 9, queued=True)) == 5


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (Noted(""), ""),
        (Noted("x" * (limits.NOTE_CHARACTERS + 1)), ""),
        (Noted("x"), "y" * (limits.WHY_CHARACTERS + 1)),
        (StatusSet(Status.CLOSED), ""),
        (StatusSet(Status.OPEN, Ruling.ATTACK), ""),
        (Restricted((BORIS,)), ""),
        (Restricted((ANNA, *(f"account:{n}" for n in range(limits.INCIDENT_READERS)))), ""),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(store: Store, body: Noted, why: str) -> None:
    begin(store)
    with pytest.raises((StateError, LimitExceeded)) as refused:
        decided(store, decision("I-1", 1, ANNA, why), body)
    assert refused.value.advice()
    assert agrees(store) == 1


def test_an_incident_that_is_not_there_does_not_grow(store: Store) -> None:
    with pytest.raises(StateError):
        grown(store, "I-1", "f-1")


def test_a_history_is_told_in_sentences(store: Store) -> None:
    begin(store, "I-1", "f-1", "f-2", "f-3")
    grown(store, "I-1", "f-4")
    begin(store, "I-3")
    with store.write() as connection:
        incidents.split(connection, decision("I-1", 2), "I-2", opened("f-2"))
        incidents.merge(connection, decision("I-1", 3), "I-3")
        incidents.undo(connection, decision("I-1", 4), 4)
    for version, body in enumerate(
        (
            Assigned(BORIS),
            Assigned(""),
            CLOSED,
            StatusSet(Status.OPEN),
            Noted("x"),
            Restricted((ANNA,)),
            Restricted(()),
        ),
        start=5,
    ):
        decided(store, decision("I-1", version), body)
    with store.read() as connection:
        told = [sentence(event) for event in incidents.told_history(connection, "I-1", ANNA)]
        told += [sentence(event) for event in incidents.told_history(connection, "I-3", ANNA)[1:]]
    assert len(set(told)) == len(told) == 14
    assert all(line.endswith(".") and "UTC: " in line for line in told)
    assert any("split 1 finding off as I-2" in line for line in told)
