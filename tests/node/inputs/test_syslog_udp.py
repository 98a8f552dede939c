"""Syslog over UDP on loopback: what is listed is taken, what is lost is counted."""

import asyncio
import socket
from pathlib import Path

import pytest
from receiving import LOCAL, counts, intake_in, run, streams, text, until

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.lake.catalog import Origin
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.sender import SenderRule, SyslogInput
from tocsin.node.inputs.shares import Shares
from tocsin.node.inputs.syslog_udp import SyslogUdp
from tocsin.node.journal.writer import Journal

INPUT = SyslogInput("127.0.0.1", 0, "udp", (LOCAL,))


def send(port: int, *datagrams: bytes, source: str = "127.0.0.1") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((source, 0))
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", port))


def test_a_datagram_is_a_line_whatever_it_holds(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            listener = SyslogUdp(INPUT, intake)
            await listener.start()
            send(listener.port, b"<34>one", b"<34>two\nlines\n", b"\n", b"<34>three\x00")
            await until(lambda: counts(intake, "firewall").accepted == 3)
            await listener.stop()
            found = counts(intake, "firewall")
            assert (found.received, found.accepted, dict(found.rejected)) == (4, 3, {Reason.EMPTY: 1})
            assert found.last_received is not None
        assert text(tmp_path) == b"<34>one\n<34>two#012lines\n<34>three\n"

    run(work)


def test_who_sends_is_what_the_address_says_whatever_the_message_claims(tmp_path: Path) -> None:
    claims = b'<34>1 2026-01-02T03:04:05Z other app - - [o@1 organisation="other" sensor="other"] other'

    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            listener = SyslogUdp(INPUT, intake)
            await listener.start()
            send(listener.port, claims)
            await until(lambda: counts(intake, "firewall").accepted == 1)
            await listener.stop()
        assert {stream.origin for stream in streams(tmp_path).values()} == {Origin("Ministry", "office", "firewall")}
        assert text(tmp_path) == claims + b"\n"

    run(work)


def test_the_largest_datagram_is_taken_whole(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            listener = SyslogUdp(INPUT, intake)
            await listener.start()
            most = 65_507  # of IPv4
            assert most <= limits.SYSLOG_DATAGRAM_BYTES
            send(listener.port, b"x" * most)
            await until(lambda: counts(intake, "firewall").accepted == 1)
            await listener.stop()
            assert counts(intake, "firewall").bytes == most + 1

    run(work)


def test_an_address_that_is_not_listed_is_counted_and_named_and_adds_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            listener = SyslogUdp(INPUT, intake)
            await listener.start()
            for number in range(limits.INPUT_UNLISTED_SHOWN + 5):
                send(listener.port, b"<34>x", source=f"127.0.1.{number + 1}")
            send(listener.port, b"<34>x", source="127.0.1.1")
            await until(lambda: counts(intake).received == limits.INPUT_UNLISTED_SHOWN + 6)
            await listener.stop()
            found = counts(intake)
            assert found.rejected == {Reason.UNLISTED: limits.INPUT_UNLISTED_SHOWN + 6}
            assert found.addresses["127.0.1.1"] == 2
            assert len(found.addresses) == limits.INPUT_UNLISTED_SHOWN
        assert text(tmp_path) == b""

    run(work)


def test_what_the_kernel_drops_is_counted_so_that_nothing_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SYSLOG_RECEIVE_BYTES", 4_096)

    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            listener = SyslogUdp(INPUT, intake)
            await listener.start()
            assert 4_096 <= listener.receive_bytes <= 16_384
            send(listener.port, *[b"<34>" + b"x" * 400] * 200)  # the loop does not run meanwhile
            await listener.stop()
            taken, lost = counts(intake, "firewall").accepted, counts(intake).dropped_by_kernel
            assert lost > 0
            assert taken + lost == 200

    run(work)


def test_what_has_no_room_in_the_journal_is_counted_as_dropped(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path, most_bytes=1_000) as intake:
            listener = SyslogUdp(INPUT, intake)
            await listener.start()
            send(listener.port, b"x" * 400)
            await until(lambda: counts(intake, "firewall").accepted == 1)
            send(listener.port, b"x" * 400)
            await until(lambda: counts(intake, "firewall").dropped == 1)
            await listener.stop()
        assert text(tmp_path) == b"x" * 400 + b"\n"

    run(work)


def test_a_sender_at_ten_times_its_rate_costs_no_other_a_line(tmp_path: Path) -> None:
    """Both come in one burst; the loud one is over its share, the quiet one is not."""

    async def work() -> None:
        journal = Journal(tmp_path)
        intake = Intake(journal, shares=Shares(most=400_000, share=100_000))
        quiet = SenderRule("Ministry", "office", "quiet", address="127.0.0.2")
        listener = SyslogUdp(SyslogInput("127.0.0.1", 0, "udp", (LOCAL, quiet)), intake)
        await listener.start()
        for _ in range(100):
            send(listener.port, *[b"<34>" + b"x" * 1_000] * 20)
            send(listener.port, b"<34>" + b"y" * 500, source="127.0.0.2")
            listener._read()
        await listener.stop()
        loud, calm = counts(intake, "firewall"), counts(intake, "quiet")
        assert calm.accepted == 100
        assert loud.dropped > 0
        assert loud.accepted + loud.dropped == loud.received
        journal.close()

    run(work)


def test_an_address_that_cannot_be_had_is_told_with_advice(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            for host in ("192.0.2.1", "no address"):
                listener = SyslogUdp(SyslogInput(host, 0, "udp", (LOCAL,)), intake)
                with pytest.raises(ConfigError) as told:
                    await listener.start()
                assert told.value.advice()

    run(work)


def test_lines_wait_for_each_other_only_for_a_moment(tmp_path: Path) -> None:
    assert limits.SYSLOG_BATCH_SECONDS <= 0.05

    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            listener = SyslogUdp(INPUT, intake)
            await listener.start()
            for _ in range(limits.SYSLOG_BATCH_DATAGRAMS // 100 + 1):
                send(listener.port, *[b"<34>x"] * 100)
                await asyncio.sleep(0)
            await until(lambda: counts(intake, "firewall").accepted == limits.SYSLOG_BATCH_DATAGRAMS + 100)
            await listener.stop()

    run(work)
