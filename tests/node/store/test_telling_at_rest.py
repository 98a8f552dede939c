"""Constituents and mails to them in the state database: kept whole, released once by two people, erased."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from state_samples import ANNA, BORIS, NOW

from tocsin import limits
from tocsin.errors import Conflict, Denied, LimitExceeded, NotFound
from tocsin.lake.value import Value
from tocsin.ledger.entry import Kind
from tocsin.node.store import constituents, ledger, tellings
from tocsin.node.store.database import Store
from tocsin.node.store.erasure import erase_from_state, find_in_state
from tocsin.node.store.holds import Held
from tocsin.node.store.tellings import TELLINGS, Asked, Step
from tocsin.policy.markings import Tlp
from tocsin.triage.constituents import Constituent
from tocsin.triage.telling import Mail

WHO = Constituent("a", "Ministry A", ("a\x00",), ("10.0.0.0/8",), ("a.example",), ("anna@a.example", "soc@a.example"),
                  "de", "", Tlp.RED)  # fmt: skip
OTHER = Constituent("b", "B", contacts=("x@b.example",))
MAIL = Mail(
    "a", ("anna@a.example", "soc@a.example"), "S", "seen: anna[@]a[.]example\n", "TLP:AMBER PAP:GREEN", 1, {"A": "b"}
)


def asked(store: Store, *mails: Mail) -> Asked:
    with store.write() as connection:
        return tellings.ask(connection, "I-1", 2, mails or (MAIL,), ANNA, NOW)


def released(store: Store, digest: str, actor: str = BORIS, two: bool = True, **later: float) -> Asked:
    with store.write() as connection:
        return tellings.release(connection, "I-1", digest, actor, lambda *_: two, NOW + timedelta(**later))


def test_a_list_takes_the_place_of_the_one_before_and_removes_only_where_that_is_said(store: Store) -> None:
    with store.write() as connection:
        assert constituents.put(connection, [WHO, OTHER], ANNA, NOW, remove=False).added == ("a", "b")
        assert constituents.constituents(connection) == [WHO, OTHER]
    changed = replace(WHO, name="A")
    with store.write() as connection, pytest.raises(Conflict, match="not in this list any more: b"):
        constituents.put(connection, [changed], ANNA, NOW, remove=False)
    with store.write() as connection:
        done = constituents.put(connection, [changed], ANNA, NOW, remove=True)
        assert (done.changed, done.removed) == (("a",), ("b",))
        assert constituents.constituent(connection, "a") == changed
        with pytest.raises(NotFound):
            constituents.constituent(connection, "b")
        newest, _ = ledger.newest_of(connection, Kind.CONFIGURATION_CHANGE, 10)
        assert newest.actor == ANNA and newest.detail["rows"] == 1 and "example" not in repr(newest)


def test_what_was_asked_for_is_kept_as_it_was_and_released_once(store: Store) -> None:
    made = asked(store)
    assert released(store, made.digest) == made
    with store.read() as connection:
        (kept,) = tellings.of_incident(connection, "I-1")
    assert (kept.step, kept.released_by, kept.released, kept.mails) == (Step.RELEASED, BORIS, NOW, (MAIL,))
    with pytest.raises(Conflict):
        released(store, made.digest)
    with pytest.raises(Conflict, match="released before"):
        asked(store)


def test_it_takes_two_people_the_incident_itself_and_three_days_at_most(store: Store) -> None:
    made = asked(store)
    for actor, two in ((ANNA, True), (BORIS, False)):
        with pytest.raises(Denied):
            released(store, made.digest, actor, two)
    with pytest.raises(NotFound):
        released(store, "0" * 64)
    with store.write() as connection, pytest.raises(NotFound):
        tellings.release(connection, "I-2", made.digest, BORIS, lambda *_: True, NOW)
    with pytest.raises(Conflict, match="does not wait"):
        released(store, made.digest, seconds=limits.TELL_REQUEST_SECONDS + 1)
    assert released(store, asked(store).digest, seconds=limits.TELL_REQUEST_SECONDS) == made


def test_mails_that_are_too_long_together_are_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TELL_BYTES", 10)
    with pytest.raises(LimitExceeded):
        asked(store)


def test_a_person_is_found_and_erased_in_the_list_and_in_mails_also_as_they_spell_it(store: Store) -> None:
    first, second = asked(store), asked(store, replace(MAIL, subject="other"))
    released(store, second.digest)
    value = Value("anna@a.example")
    with store.write() as connection:
        constituents.put(connection, [WHO, OTHER], ANNA, NOW, remove=False)
        found = find_in_state(connection, value, Held())
        assert (found.constituents, found.tellings, found.kept) == (1, 2, 0)
        erase_from_state(connection, value, Held(), BORIS, NOW)
        again = find_in_state(connection, value, Held())
        assert (again.constituents, again.tellings) == (0, 0)
        assert constituents.constituents(connection) == [replace(WHO, contacts=("soc@a.example",)), OTHER]
        kept = {each.digest: each for each in tellings.of_incident(connection, "I-1")}
        assert (kept[first.digest].step, kept[second.digest].step) == (Step.VOID, Step.RELEASED)
        assert kept[second.digest].mails[0].to == ("soc@a.example",)
        assert "anna" not in str(connection.execute(select(TELLINGS.c.mails)).all())
    with pytest.raises(Conflict):
        released(store, first.digest)


def test_mails_about_an_incident_that_is_held_stay_and_are_counted(store: Store) -> None:
    made = asked(store)
    held = Held(incidents=frozenset({"I-1"}))
    with store.write() as connection:
        assert erase_from_state(connection, Value("anna@a.example"), held, BORIS, NOW).kept == 1
        assert tellings.of_incident(connection, "I-1") == [made]
