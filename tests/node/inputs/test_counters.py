"""Counters: nothing is counted twice or forgotten, in any thread, and a snapshot stays as it is."""

import threading
from datetime import UTC, datetime

import msgspec
from receiving import stream_for

from tocsin import limits
from tocsin.node.inputs.counters import Counters, Counts, Reason
from tocsin.node.service.server_state import encoded

ONE, TWO = stream_for("syslog", "one"), stream_for("syslog", "two")


def test_each_sender_of_each_input_has_counts_of_its_own() -> None:
    counters = Counters()
    counters.received("udp", ONE, 3)
    counters.accepted("udp", ONE, 2, 100)
    counters.rejected("udp", ONE, Reason.TOO_LONG)
    counters.accepted("tcp", ONE, 1, 10)
    counters.dropped("udp", TWO, 7)
    counters.deferred("tcp", TWO)
    found = {(each.input, each.sender): each for each in counters.snapshot()}
    one = found["udp", ONE.id]
    assert (one.name, one.received, one.accepted, one.bytes) == (ONE.name, 3, 2, 100)
    assert one.rejected == {"line or message too long": 1}
    assert found["tcp", ONE.id].accepted == 1
    assert found["udp", TWO.id].dropped == 7
    assert found["tcp", TWO.id].deferred == 1


def test_a_sender_that_is_expected_is_shown_before_it_sends() -> None:
    counters = Counters()
    counters.expect("udp", [ONE])
    assert counters.snapshot() == (Counts("udp", ONE.id, ONE.name, origin=ONE.origin),)


def test_what_was_durable_before_is_repeated_and_not_accepted_again() -> None:
    counters = Counters()
    counters.accepted("push", ONE, 2, 100, repeated=True)
    (found,) = counters.snapshot()
    assert (found.accepted, found.bytes, found.repeated) == (0, 0, 2)


def test_the_newest_event_stays_the_newest() -> None:
    counters = Counters()
    times = [datetime(2026, 8, day, tzinfo=UTC) for day in (7, 9, 8)]
    for time in times:
        counters.accepted("otlp", ONE, 1, 1, last_event=time)
    assert counters.snapshot()[0].last_event == times[1]


def test_addresses_that_are_not_listed_are_counted_but_only_some_are_named() -> None:
    counters = Counters()
    for number in range(limits.INPUT_UNLISTED_SHOWN * 3):
        counters.unlisted("udp", f"192.0.2.{number}")
    (found,) = counters.snapshot()
    assert found.rejected == {Reason.UNLISTED: limits.INPUT_UNLISTED_SHOWN * 3}
    assert len(found.addresses) == limits.INPUT_UNLISTED_SHOWN


def test_a_snapshot_stays_as_it_is_and_can_be_shown() -> None:
    counters = Counters()
    counters.rejected("udp", ONE, Reason.EMPTY)
    before = counters.snapshot()
    counters.rejected("udp", ONE, Reason.EMPTY)
    assert before[0].rejected == {Reason.EMPTY: 1}
    shown = msgspec.json.decode(msgspec.json.encode(encoded(before[0])))
    whose = {"organisation": "Ministry", "network": "office", "sensor": "one"}
    assert shown == {"input": "udp", "sender": ONE.id, "name": ONE.name, **whose, "rejected": {"nothing in it": 1}}


def test_many_threads_lose_no_count() -> None:
    counters = Counters()

    def count() -> None:
        for _ in range(1_000):
            counters.received("udp", ONE, 1)
            counters.rejected("udp", ONE, Reason.EMPTY)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (found,) = counters.snapshot()
    assert (found.received, found.rejected) == (4_000, {Reason.EMPTY: 4_000})
