"""Findings in the state database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from sqlalchemy import text
from state_samples import FINDING_VALUES, NOW, begin, finding

from tocsin import limits
from tocsin.errors import StateError
from tocsin.model import Finding
from tocsin.node.store import findings
from tocsin.node.store.codec import decode, encode
from tocsin.node.store.database import Store
from tocsin.node.store.findings import StoredFinding, place_of


@given(FINDING_VALUES)
def test_a_finding_is_read_back_as_it_was(value: Finding) -> None:
    assert decode(encode(value), Finding, "here") == value


def test_hostile_text_is_read_back_from_the_database(store: Store) -> None:
    odd = finding(host="\x00\x1b\ud800\U0001f600" + "x" * 10_000, organisation="\x1b0000", message="'; DROP TABLE")
    with store.write() as connection:
        findings.put(connection, [StoredFinding("f-1", odd, NOW)])
    with store.read() as connection:
        assert findings.by_ids(connection, ["f-1"]) == [StoredFinding("f-1", odd, NOW)]
        assert findings.by_place(connection, place_of(odd))[0].finding == odd
        stored = connection.execute(text("SELECT host FROM findings")).scalar()
        assert "\x00" not in str(stored)


def test_a_finding_that_is_put_again_changes_and_stays_where_it_is(store: Store) -> None:
    with store.write() as connection:
        findings.put(connection, [StoredFinding("f-1", finding(), NOW, incident="I-1")])
        grown = replace(finding(), count=7)
        findings.put(connection, [StoredFinding("f-1", grown, NOW + timedelta(hours=1), incident="I-2")])
    with store.read() as connection:
        assert findings.by_incident(connection, "I-1") == [StoredFinding("f-1", grown, NOW, "I-1")]
        assert findings.by_incident(connection, "I-2") == []


def test_many_findings_are_put_and_paged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STATE_ROWS", 7)
    many = [StoredFinding(f"f-{n:03}", finding(f"PC-{n}"), NOW + timedelta(seconds=n // 3)) for n in range(40)]
    with store.write() as connection:
        findings.put(connection, reversed(many))
        findings.put(connection, [])
    with store.read() as connection:
        assert findings.by_ids(connection, [stored.id for stored in many]) == many
        page = findings.seen_since(connection, NOW, 25)
        rest = findings.seen_since(connection, page[-1].seen, 25, page[-1].id)
        assert page + rest == many
        assert findings.by_place(connection, place_of(finding("PC-5"))) == [many[5]]


def test_a_finding_that_is_gone_is_kept(store: Store) -> None:
    with store.write() as connection:
        findings.put(connection, [StoredFinding("f-1", finding(), NOW), StoredFinding("f-2", finding(), NOW)])
        assert findings.mark_gone(connection, ["f-1", "f-9"]) == 1
        assert [stored.gone for stored in findings.by_ids(connection, ["f-1", "f-2"])] == [True, False]
        findings.mark_gone(connection, ["f-1"], gone=False)
        assert not findings.by_ids(connection, ["f-1"])[0].gone


@pytest.mark.parametrize("payload", ["", "[", "{}", '{"rule": 1}', "[" * 10_000])
def test_a_finding_that_somebody_changed_is_told_with_advice(store: Store, payload: str) -> None:
    with store.write() as connection:
        findings.put(connection, [StoredFinding("f-1", finding(), NOW)])
        connection.execute(text("UPDATE findings SET payload = :payload"), {"payload": payload})
    with store.read() as connection, pytest.raises(StateError) as told:
        findings.by_ids(connection, ["f-1"])
    assert "f-1" in str(told.value)
    assert told.value.advice()


def test_the_strongest_findings_of_an_incident_are_those_that_are_true_and_gravest(store: Store) -> None:
    begin(store, "I-1", "a", "b", "c")
    low = replace(finding().rule, level="low")
    with store.write() as connection:
        findings.put(connection, [StoredFinding("c", replace(finding(), rule=low), NOW)])
        findings.mark_gone(connection, ["a"])
        assert [each.id for each in findings.strongest(connection, "I-1", 5)] == ["b", "c"]
        assert [each.id for each in findings.strongest(connection, "I-1", 1)] == ["b"]
