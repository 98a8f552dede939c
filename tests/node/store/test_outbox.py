"""The outbox: nothing is lost but what is told as dropped."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from state_samples import NOW

from tocsin import limits
from tocsin.errors import LimitExceeded
from tocsin.node.store import outbox
from tocsin.node.store.database import Store
from tocsin.node.store.outbox import Fate, Trouble

LEASE = timedelta(seconds=limits.OUTBOX_LEASE_SECONDS)


def test_a_message_is_taken_once_and_comes_back_when_its_sender_died(store: Store) -> None:
    with store.write() as connection:
        first = outbox.put(connection, "webhook", "silent sensor", '{"a": "\x00\ud800"}', NOW)
        second = outbox.put(connection, "mail", "incident", "{}", NOW + timedelta(seconds=1))
        assert outbox.take(connection, NOW - timedelta(seconds=1), 9) == []
    with store.write() as connection:
        (message,) = outbox.take(connection, NOW, 9)
        assert (message.id, message.body, message.destination) == (first, '{"a": "\x00\ud800"}', "webhook")
        assert outbox.take(connection, NOW, 9) == []
    with store.write() as connection:
        assert outbox.take(connection, NOW + LEASE, 9, ["mail"])[0].id == second
        assert [taken.id for taken in outbox.take(connection, NOW + LEASE, 9)] == [first]
        outbox.sent(connection, first)
        assert outbox.take(connection, NOW + 9 * LEASE, 9, ["webhook"]) == []
        assert outbox.counts(connection) == {Fate.WAITING: 1, Fate.SENT: 1, Fate.GIVEN_UP: 0, Fate.DROPPED: 0}


def test_a_message_waits_for_no_clock_that_went_back(store: Store) -> None:
    ahead = NOW + timedelta(days=300)
    with store.write() as connection:
        number = outbox.put(connection, "webhook", "test", "{}", ahead)
        assert [each.id for each in outbox.take(connection, NOW, 9)] == [number]
        outbox.failed(connection, number, "refused", NOW)
        assert outbox.take(connection, NOW, 9) == [], "its pause counts from now"


def taken_by_one(store: Store) -> list[int]:
    with store.write() as connection:
        return [message.id for message in outbox.take(connection, NOW, 9)]


def test_two_senders_never_take_the_same_message(store: Store) -> None:
    with store.write() as connection:
        ids = {outbox.put(connection, "webhook", "test", "{}", NOW) for _ in range(8)}
    with ThreadPoolExecutor(2) as pool:
        taken = [id for part in pool.map(lambda _: taken_by_one(store), range(2)) for id in part]
    assert sorted(taken) == sorted(ids)


def test_what_does_not_arrive_is_told_by_destination(store: Store) -> None:
    with store.write() as connection:
        ids = [outbox.put(connection, to, "test", "{}", NOW) for to in ("mail", "mail", "mail", "webhook", "tickets")]
        assert outbox.troubles(connection, NOW) == []
        outbox.failed(connection, ids[0], "first", NOW)
        outbox.failed(connection, ids[1], "then", NOW)
        outbox.give_up(connection, ids[2], "nobody")
        outbox.give_up(connection, ids[3], "long ago")
        outbox.sent(connection, ids[4])
        assert outbox.troubles(connection, NOW) == [
            Trouble("mail", 2, 1, NOW, "nobody"), Trouble("webhook", 0, 1, NOW, "long ago"),
        ]  # fmt: skip
        assert [each.destination for each in outbox.troubles(connection, NOW + timedelta(seconds=1))] == ["mail"]
        assert outbox.take(connection, NOW + timedelta(days=1), 9, ["webhook"]) == []


def test_a_failing_message_waits_longer_and_is_given_up(store: Store) -> None:
    with store.write() as connection:
        number = outbox.put(connection, "webhook", "test", "{}", NOW)
        time = NOW
        pauses = []
        for _ in range(limits.OUTBOX_TRIES):
            (message,) = outbox.take(connection, time, 1)
            fate = outbox.failed(connection, message.id, "refused " * 100, time)
            (kept,) = outbox.messages(connection, 1)
            pauses.append(kept.due - time)
            time = kept.due
        assert fate is Fate.GIVEN_UP
        assert pauses[:3] == [timedelta(seconds=limits.OUTBOX_PAUSE_SECONDS * factor) for factor in (1, 2, 4)]
        assert max(pauses) == timedelta(seconds=limits.OUTBOX_LONGEST_PAUSE_SECONDS)
        assert len(kept.error) == limits.OUTBOX_ERROR_CHARACTERS
        assert outbox.take(connection, time + LEASE, 9) == []
        assert [m.id for m in outbox.messages(connection, 9, Fate.GIVEN_UP)] == [number]


def test_a_full_outbox_drops_the_oldest_and_tells_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OUTBOX_WAITING", 3)
    monkeypatch.setattr(limits, "OUTBOX_DONE", 2)
    with store.write() as connection:
        ids = [outbox.put(connection, "webhook", "test", str(number), NOW) for number in range(7)]
        assert [m.id for m in outbox.messages(connection, 9, Fate.WAITING)] == ids[:3:-1]
        assert [m.id for m in outbox.messages(connection, 9, Fate.DROPPED)] == [ids[3], ids[2]]
        assert outbox.failed(connection, ids[2], "late", NOW) is Fate.DROPPED
        outbox.sent(connection, ids[2])
        assert outbox.counts(connection)[Fate.SENT] == 0


def test_a_body_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OUTBOX_BODY_BYTES", 10)
    with store.write() as connection:
        outbox.put(connection, "webhook", "test", "x" * 10, NOW)
        with pytest.raises(LimitExceeded) as told:
            outbox.put(connection, "webhook", "test", "é" * 6, NOW)
    assert told.value.advice()
