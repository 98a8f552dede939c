"""The switches: one stops, two start."""

from datetime import timedelta

import pytest
from state_samples import ANNA, BORIS, CARLA, NOW

from tocsin import limits
from tocsin.errors import Conflict, Denied, StateError, UsageError
from tocsin.node.store import ledger, switches
from tocsin.node.store.database import Store, open_store
from tocsin.node.store.switches import Switch, SwitchState, ask_to_start, confirm_start, is_stopped, stop

LATER = NOW + timedelta(minutes=1)


def anybody(one: str, other: str) -> bool:
    return True


def not_carla(one: str, other: str) -> bool:
    return CARLA not in {one, other}


def test_both_switches_are_on_at_first(store: Store) -> None:
    with store.read() as connection:
        assert switches.states(connection) == [SwitchState(Switch.AI), SwitchState(Switch.SHARING)]
        assert not is_stopped(connection, Switch.AI)


def test_one_person_stops_and_the_stop_outlives_a_restart(store: Store, url: str) -> None:
    with store.write() as connection:
        stop(connection, Switch.AI, ANNA, "it talks nonsense", NOW)
    again = open_store(url)
    with again.read() as connection:
        assert is_stopped(connection, Switch.AI)
        assert not is_stopped(connection, Switch.SHARING)
        state = switches.states(connection)[0]
    again.close()
    assert (state.actor, state.time, state.why) == (ANNA, NOW, "it talks nonsense")


def test_two_people_start_again_and_every_step_is_in_the_ledger(store: Store) -> None:
    with store.write() as connection:
        stop(connection, Switch.SHARING, ANNA, "wrong", NOW)
        ask_to_start(connection, Switch.SHARING, ANNA, "repaired", LATER)
        assert is_stopped(connection, Switch.SHARING)
        after = confirm_start(connection, Switch.SHARING, BORIS, anybody, LATER)
        told = [(e.actor, e.subject, e.detail["step"]) for e in ledger.newest(connection, 9)]
    assert after == SwitchState(Switch.SHARING, False, BORIS, LATER, "repaired")
    assert told == [
        (BORIS, "switch:sharing", "started"),
        (ANNA, "switch:sharing", "start asked"),
        (ANNA, "switch:sharing", "stopped"),
    ]


@pytest.mark.parametrize("actor", [ANNA, CARLA])
def test_who_is_no_second_person_cannot_confirm(store: Store, actor: str) -> None:
    with store.write() as connection:
        stop(connection, Switch.AI, ANNA, "wrong", NOW)
        ask_to_start(connection, Switch.AI, ANNA, "repaired", LATER)
        with pytest.raises(Denied) as told:
            confirm_start(connection, Switch.AI, actor, not_carla, LATER)
        assert told.value.advice()
        assert is_stopped(connection, Switch.AI)


def test_nothing_starts_that_nobody_asked_for(store: Store) -> None:
    with store.write() as connection:
        with pytest.raises(StateError, match="not stopped"):
            ask_to_start(connection, Switch.AI, ANNA, "why not", NOW)
        stop(connection, Switch.AI, ANNA, "wrong", NOW)
        with pytest.raises(StateError, match="nobody has asked"):
            confirm_start(connection, Switch.AI, BORIS, anybody, NOW)


def test_a_request_becomes_void_and_can_be_made_anew(store: Store) -> None:
    late = NOW + timedelta(seconds=limits.SWITCH_REQUEST_SECONDS + 1)
    with store.write() as connection:
        stop(connection, Switch.AI, ANNA, "wrong", NOW)
        ask_to_start(connection, Switch.AI, ANNA, "repaired", NOW)
        with pytest.raises(Conflict, match="already"):
            ask_to_start(connection, Switch.AI, BORIS, "repaired", LATER)
        with pytest.raises(StateError, match="nobody has asked"):
            confirm_start(connection, Switch.AI, BORIS, anybody, late)
        ask_to_start(connection, Switch.AI, BORIS, "repaired", late)
        assert not confirm_start(connection, Switch.AI, ANNA, anybody, late).stopped


def test_a_second_stop_cancels_a_request_and_keeps_who_stopped_first(store: Store) -> None:
    with store.write() as connection:
        stop(connection, Switch.AI, ANNA, "wrong", NOW)
        assert stop(connection, Switch.AI, BORIS, "wrong too", LATER).actor == ANNA
        ask_to_start(connection, Switch.AI, ANNA, "repaired", LATER)
        assert stop(connection, Switch.AI, BORIS, "no, it is not", LATER).request is None
        with pytest.raises(StateError, match="nobody has asked"):
            confirm_start(connection, Switch.AI, BORIS, anybody, LATER)
        assert [e.detail["step"] for e in ledger.newest(connection, 1)] == ["request cancelled"]


@pytest.mark.parametrize("why", ["", "  ", "x" * (limits.WHY_CHARACTERS + 1)])
def test_a_switch_needs_a_reason(store: Store, why: str) -> None:
    with store.write() as connection:
        with pytest.raises(UsageError):
            stop(connection, Switch.AI, ANNA, why, NOW)
        stop(connection, Switch.AI, ANNA, "wrong", NOW)
        with pytest.raises(UsageError):
            ask_to_start(connection, Switch.AI, ANNA, why, NOW)
