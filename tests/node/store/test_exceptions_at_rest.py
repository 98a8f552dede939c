"""Exceptions in the state database: steps in the ledger without values, ends, an erasure, an older state."""

from datetime import timedelta

import pytest
from state_samples import ANNA, BORIS, NOW

from tocsin import limits
from tocsin.errors import Conflict, Denied, LimitExceeded, NotFound, UsageError
from tocsin.lake.value import Value
from tocsin.ledger.entry import Kind
from tocsin.node.store import exceptions, ledger, migration
from tocsin.node.store.database import Store, fill_store, open_store, upgrade_store
from tocsin.node.store.erasure import erase_from_state, find_in_state
from tocsin.node.store.exceptions import Exempt, Order, add, confirm, end, standing
from tocsin.node.store.holds import Held
from tocsin.triage.candidates import Wanted
from tocsin.triage.exceptions import LONGEST, Same

DAY = timedelta(days=1)
SAME = (Same("host", "PC-1"), Same("User", "DOMAIN\\anna.k\ud800"), Same("CommandLine", "a\x00b ", prefix=True))


def order(days: float = 30, why: str = "for anna.k") -> Order:
    return Order("I-1", ANNA, ANNA, why, NOW + timedelta(days=days))


def made(store: Store, level: str = "medium", **more: object) -> Exempt:
    with store.write() as connection:
        return add(connection, order(**more), (Wanted("rule-1", "A rule", "", level, SAME),), NOW)[0]  # type: ignore[arg-type]


def steps(store: Store) -> list[tuple[str, object]]:
    """The ledger's entries about exceptions, the oldest first."""
    with store.read() as connection:
        found = ledger.newest_of(connection, Kind.RULE_CHANGE, 9)
    assert all("anna.k" not in repr(each.detail) and each.subject.startswith("exception:X-") for each in found)
    return [(each.actor, each.detail["change"]) for each in reversed(found)]


def test_an_exception_is_read_as_it_was_written(store: Store) -> None:
    kept = made(store)
    assert kept.same == SAME and kept.state(NOW) == "in force" and not kept.needs_two
    with store.read() as connection:
        assert standing(connection, NOW) == [kept] == exceptions.listed(connection, 9)
        assert standing(connection, NOW + 30 * DAY) == []
    assert kept.state(NOW + 30 * DAY) == "has run out"


def test_it_ends_once_and_every_step_is_in_the_ledger(store: Store) -> None:
    kept = made(store, "high")
    assert kept.state(NOW) == "waits for a second person" and not kept.rule_exception("anna").two
    with store.write() as connection:
        with pytest.raises(Denied):
            confirm(connection, kept.id, ANNA, lambda _a, _b: True, NOW)
        with pytest.raises(Denied):
            confirm(connection, kept.id, BORIS, lambda _a, _b: False, NOW)
        agreed = confirm(connection, kept.id, BORIS, lambda _a, _b: True, NOW)
        assert agreed.state(NOW) == "in force" and agreed.rule_exception("anna").two
        with pytest.raises(Conflict):
            confirm(connection, kept.id, BORIS, lambda _a, _b: True, NOW)
        assert end(connection, kept.id, BORIS, "moved", NOW + DAY).state(NOW + DAY) == "ended"
        with pytest.raises(Conflict):
            end(connection, kept.id, ANNA, "again", NOW + DAY)
        with pytest.raises(NotFound):
            end(connection, "X-none", ANNA, "none", NOW)
        with pytest.raises(UsageError):
            end(connection, kept.id, ANNA, " ", NOW)
    assert steps(store) == [(ANNA, "asked"), (BORIS, "confirmed"), (BORIS, "ended")]


def test_what_is_no_exception_is_refused_and_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (0.0, -1.0, LONGEST.days + 0.1):
        with pytest.raises(UsageError, match="at most 366 days"):
            made(store, days=days)
    with pytest.raises(UsageError, match="reason"):
        made(store, why="")
    monkeypatch.setattr(limits, "EXCEPTIONS", 1)
    made(store, days=LONGEST.days)
    with pytest.raises(LimitExceeded):
        made(store)
    assert steps(store) == [(ANNA, "added")]


def test_a_person_is_erased_from_what_it_names_and_why(store: Store) -> None:
    kept = made(store)
    value = Value("anna.k")
    with store.write() as connection:
        assert find_in_state(connection, value, Held()).reasons == 2
        assert erase_from_state(connection, value, Held(), ANNA, NOW).reasons == 2
        assert find_in_state(connection, value, Held()).reasons == 0
        (left,) = standing(connection, NOW)
    assert left.why == "for [erased]" and "anna.k" not in repr(left)
    assert (left.id, left.rule, left.same[0]) == (kept.id, "rule-1", SAME[0])
    assert left.same[1].value == "DOMAIN\\[erased]\ud800"


def test_a_state_without_exceptions_is_upgraded(url: str) -> None:
    with fill_store(url) as connection:
        migration.upgrade(connection, "0006")
    assert upgrade_store(url) == ("0006", migration.newest())
    store = open_store(url)
    assert made(store).id
    store.close()
