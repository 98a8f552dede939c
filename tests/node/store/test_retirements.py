"""Sensors out of service in the state database: who, when, why, how it ended, and what the ledger has of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from state_samples import ANNA, BORIS, NOW

from tocsin.errors import Conflict, NotFound, UsageError
from tocsin.lake.value import Value
from tocsin.ledger.entry import Kind
from tocsin.node.store import ledger, migration, retirements, sensors
from tocsin.node.store.database import Store, fill_store, open_store, upgrade_store
from tocsin.node.store.erasure import erase_from_state
from tocsin.node.store.holds import Held
from tocsin.node.store.retirements import (
    RETIREMENTS,
    Retirement,
    end_where_heard,
    heard_again,
    retire,
    return_to_service,
    standing,
)
from tocsin.node.store.sensors import Sensor, SensorId

ID = SensorId("Ministry", "lab\x00\ud800", "fw")
HOUR = timedelta(hours=1)
DIGEST = "sensor:" + "0" * 64


def retired(store: Store) -> Retirement:
    with store.write() as connection:
        sensors.put(connection, [Sensor(ID, "push", NOW - HOUR, last_received=NOW - HOUR)])
        return retire(connection, ID, DIGEST, ANNA, "sold to anna.k@example.org", NOW)


def steps(store: Store) -> list[tuple[str, str, object]]:
    """The ledger's entries about sensors: actor, subject, change."""
    with store.read() as connection:
        found = ledger.newest_of(connection, Kind.SOURCE_CHANGE, 9)
    return [(each.actor, each.subject, each.detail["change"]) for each in reversed(found)]


def test_a_retirement_stands_and_is_in_the_ledger_without_names(store: Store) -> None:
    gone = retired(store)
    assert (gone.sensor, gone.actor, gone.time, gone.last_received) == (ID, ANNA, NOW, NOW - HOUR)
    with store.read() as connection:
        assert standing(connection) == [gone]
        (entry,) = ledger.newest_of(connection, Kind.SOURCE_CHANGE, 9)
    assert (entry.actor, entry.subject) == (ANNA, f"retirement:{gone.id}")
    assert entry.detail == {"change": "retired", "sensor": DIGEST}


def test_what_cannot_be_retired_is_told_and_changes_nothing(store: Store) -> None:
    retired(store)
    with store.write() as connection:
        with pytest.raises(Conflict):
            retire(connection, ID, DIGEST, BORIS, "again", NOW)
        with pytest.raises(NotFound):
            retire(connection, SensorId("", "", "fw"), DIGEST, BORIS, "another", NOW)
        with pytest.raises(UsageError):
            retire(connection, ID, DIGEST, BORIS, " ", NOW)
    assert len(steps(store)) == 1


def test_a_retirement_ends_once_by_a_person_or_by_being_heard(store: Store) -> None:
    gone = retired(store)
    with store.write() as connection:
        return_to_service(connection, gone, BORIS, "repaired", NOW + HOUR)
        with pytest.raises(Conflict):
            return_to_service(connection, gone, ANNA, "me too", NOW + HOUR)
        end_where_heard(connection, [gone], NOW + HOUR)  # a moment later: ended already
        assert heard_again(connection) == {}
    again = retired(store)
    with store.write() as connection:
        end_where_heard(connection, [again], NOW + 2 * HOUR)
        assert standing(connection) == [] and heard_again(connection) == {ID: NOW + 2 * HOUR}
        kept = {row.id: (row.ended_by, row.ended_why) for row in connection.execute(select(RETIREMENTS))}
    assert kept == {gone.id: (BORIS, "repaired"), again.id: ("node", "")}
    retired(store)
    with store.read() as connection:
        assert heard_again(connection) == {}  # somebody has seen to it
    assert steps(store)[:-1] == [
        (ANNA, f"retirement:{gone.id}", "retired"), (BORIS, f"retirement:{gone.id}", "returned"),
        (ANNA, f"retirement:{again.id}", "retired"), ("node", f"retirement:{again.id}", "heard again"),
    ]  # fmt: skip


def test_a_person_is_erased_from_its_reason(store: Store) -> None:
    retired(store)
    with store.write() as connection:
        assert erase_from_state(connection, Value("anna.k@example.org"), Held(), ANNA, NOW).reasons == 1
        assert [each.why for each in standing(connection)] == ["sold to [erased]"]


def test_a_state_without_retirements_is_upgraded_and_keeps_its_sensors(url: str) -> None:
    with fill_store(url) as connection:
        migration.upgrade(connection, "0004")
        sensors.put(connection, [Sensor(ID, "push", NOW)])
    assert upgrade_store(url) == ("0004", migration.newest())
    store = open_store(url)
    with store.write() as connection:
        assert [each.id for each in sensors.sensors(connection)] == [ID]
        assert retirements.retire(connection, ID, DIGEST, ANNA, "old", NOW) in standing(connection)
    store.close()
