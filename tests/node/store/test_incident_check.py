"""What root does to the rows of incidents shows against their events and the ledger."""

import pytest
from sqlalchemy import text
from state_samples import ANNA, BORIS, begin, decision

from tocsin.node.store import incident_check, incidents
from tocsin.node.store.database import Store
from tocsin.node.store.incident_state import Assigned, Noted

TAMPERED = {
    "UPDATE incident_events SET why = 'another' WHERE version = 2": "change 2 of incident I-1 was altered",
    "UPDATE incident_events SET salt = '' WHERE version = 2": "change 2 of incident I-1 was altered",
    "UPDATE incident_events SET actor = 'account:x' WHERE version = 3": "change 3 of incident I-1 was altered",
    "DELETE FROM incident_events WHERE version = 3": "change 3 of incident I-1 was removed",
    "DELETE FROM incident_events WHERE version = 2": "incident I-1 lacks a change",
    "INSERT INTO incident_events SELECT incident, 4, time_us, actor, kind, body, why, salt FROM incident_events "
    "WHERE version = 3": "change 4 of incident I-1 is not in the ledger",
    "UPDATE incidents SET state = replace(state, 'account:boris', 'account:carla')": "is listed otherwise",
    "DELETE FROM incidents": "incident I-1 has changes and is listed nowhere",
    "DELETE FROM incident_events": "change 2 of incident I-1 was removed",
    "UPDATE incident_events SET body = '{' WHERE version = 2": "change 2 of incident I-1",
    "DELETE FROM incident_events WHERE version = 1": "incident I-1 lacks a change",
    "UPDATE incident_events SET body = (SELECT body FROM incident_events WHERE version = 3) "
    "WHERE version = 1": "incident I-1 lacks a change",
}


def worked_on(store: Store) -> None:
    begin(store, "I-1", "f-1")
    with store.write() as connection:
        incidents.change(connection, decision("I-1", 1, ANNA), Assigned(BORIS))
        incidents.change(connection, decision("I-1", 2, BORIS), Noted("text"))


def test_untouched_incidents_have_no_faults(store: Store) -> None:
    worked_on(store)
    with store.read() as connection:
        assert list(incident_check.faults(connection)) == []


@pytest.mark.parametrize("statement", sorted(TAMPERED))
def test_what_was_done_to_a_row_is_told(store: Store, statement: str) -> None:
    worked_on(store)
    with store.write() as connection:
        connection.execute(text(statement))
    with store.read() as connection:
        assert any(TAMPERED[statement] in fault for fault in incident_check.faults(connection))


def test_what_was_undone_and_done_again_is_no_fault(store: Store) -> None:
    worked_on(store)
    with store.write() as connection:
        incidents.undo(connection, decision("I-1", 3, ANNA), 2)
        incidents.undo(connection, decision("I-1", 4, ANNA), 3)
        incidents.undo(connection, decision("I-1", 5, BORIS), 4)
    with store.read() as connection:
        assert list(incident_check.faults(connection)) == []


def test_a_look_ends_in_time_and_says_what_it_left(store: Store) -> None:
    worked_on(store)
    begin(store, "I-2", "f-2")
    with store.write() as connection:
        connection.execute(text("UPDATE incident_events SET why = 'another' WHERE version = 2"))
    with store.read() as connection:
        assert incident_check.checked(connection, 0) == incident_check.Checked(left=2)
        found = incident_check.checked(connection, 60)
    assert (found.incidents, found.left) == (2, 0)
    assert found.faults == ("change 2 of incident I-1 was altered",)
