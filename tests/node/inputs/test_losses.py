"""Losses: what inputs lost or refused is told for a day, over restarts."""

import threading
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from receiving import stream_for

from tocsin import limits
from tocsin.node.inputs.counters import Counters, Reason
from tocsin.node.inputs.losses import KERNEL, Loss, Losses, read_losses

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
UDP = "syslog-udp:5514"
ONE = stream_for("push", "one")


def test_the_kernels_drops_and_those_who_are_not_listed_are_losses_with_their_times() -> None:
    counters, losses = Counters(), Losses()
    counters.dropped_by_kernel(UDP, 7)
    counters.unlisted(UDP, "192.0.2.1")
    assert losses.look(counters.snapshot, NOW) == [
        Loss(UDP, "", KERNEL, 7, NOW, NOW),
        Loss(UDP, "", "sender is not listed", 1, NOW, NOW, ("192.0.2.1",)),
    ]
    counters.dropped_by_kernel(UDP, 1)
    kernel, unlisted = losses.look(counters.snapshot, NOW + HOUR)
    assert (kernel.count, kernel.first, kernel.last) == (8, NOW, NOW + HOUR)
    assert unlisted.last == NOW


def test_reasons_to_refuse_are_losses_and_what_holds_nothing_is_none() -> None:
    counters = Counters()
    for reason in (Reason.TLS, Reason.LARGE, Reason.EMPTY, Reason.IDLE):
        counters.rejected("x", ONE, reason, 2)
    counters.rejected("x", None, Reason.TLS)
    counters.dropped("x", ONE, 3)
    found = Losses().look(counters.snapshot, NOW)
    assert {(each.sender, each.what, each.count) for each in found} == {
        (ONE.name, "TLS handshake failed", 2),
        (ONE.name, "body too large", 2),
        ("", "TLS handshake failed", 1),
    }


def test_a_loss_is_told_for_a_day_after_its_last_and_begins_anew_then() -> None:
    counters, losses = Counters(), Losses()
    counters.dropped_by_kernel(UDP, 7)
    losses.look(counters.snapshot, NOW)
    assert losses.look(counters.snapshot, NOW + 24 * HOUR)
    assert losses.look(counters.snapshot, NOW + 25 * HOUR) == []
    counters.dropped_by_kernel(UDP, 2)
    assert losses.look(counters.snapshot, NOW + 26 * HOUR) == [
        Loss(UDP, "", KERNEL, 2, NOW + 26 * HOUR, NOW + 26 * HOUR)
    ]


def test_a_loss_outlives_a_restart() -> None:
    counters, losses = Counters(), Losses()
    counters.unlisted(UDP, "192.0.2.1")
    left = msgspec.json.decode(msgspec.json.encode(losses.look(counters.snapshot, NOW)))
    again, anew = Losses(read_losses(left)), Counters()
    assert [each.count for each in again.look(anew.snapshot, NOW + HOUR)] == [1]
    anew.unlisted(UDP, "192.0.2.2")
    (found,) = again.look(anew.snapshot, NOW + 2 * HOUR)
    assert (found.count, found.first, found.addresses) == (2, NOW, ("192.0.2.1", "192.0.2.2"))
    with pytest.raises(msgspec.ValidationError):
        read_losses([{"input": 1}])


def test_only_some_addresses_are_named() -> None:
    counters, losses = Counters(), Losses()
    for number in range(2 * limits.INPUT_UNLISTED_SHOWN):
        counters.unlisted(UDP, f"192.0.2.{number}")
    (found,) = losses.look(counters.snapshot, NOW)
    assert found.count == 2 * limits.INPUT_UNLISTED_SHOWN
    assert len(found.addresses) == limits.INPUT_UNLISTED_SHOWN


def test_looks_of_many_threads_count_nothing_twice() -> None:
    counters, losses = Counters(), Losses()

    def work() -> None:
        for _ in range(200):
            counters.dropped_by_kernel(UDP, 1)
            losses.look(counters.snapshot, NOW)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.count for each in losses.look(counters.snapshot, NOW)] == [800]
