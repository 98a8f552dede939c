"""Syslog over TCP and TLS on loopback: nothing listed is lost, nobody else is heard, nobody holds a place for ever."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from receiving import LOCAL, Authority, counts, intake_in, read_all, run, streams, text, until

from tocsin import limits
from tocsin.errors import ConfigError
from tocsin.lake.catalog import Origin
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.listeners import Listeners
from tocsin.node.inputs.sender import SenderRule, SyslogInput, TlsFiles
from tocsin.node.inputs.shares import Shares
from tocsin.node.inputs.syslog_tcp import DEFAULT_BOUNDS, SyslogBounds, SyslogTcp
from tocsin.node.journal.writer import Journal

INPUT = SyslogInput("127.0.0.1", 0, "tcp", (LOCAL,))
SMALL = SyslogBounds(
    message_bytes=1_000, read_bytes=4_096, connections=4, connections_of_one_address=2, idle_seconds=0.3,
    message_seconds=0.2, tls_seconds=0.3, close_seconds=0.5, retry_seconds=0.02,
)  # fmt: skip


@asynccontextmanager
async def listening(
    intake: Intake, settings: SyslogInput = INPUT, bounds: SyslogBounds = DEFAULT_BOUNDS
) -> AsyncIterator[SyslogTcp]:
    listener = SyslogTcp(settings, intake, bounds)
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop()


@asynccontextmanager
async def connected(
    port: int, tls: ssl.SSLContext | None = None, source: str = "127.0.0.1"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    name = None if tls is None else "localhost"
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname=name, local_addr=(source, 0)
    )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def send(port: int, data: bytes, tls: ssl.SSLContext | None = None) -> None:
    """Send all and close in good order."""
    async with connected(port, tls) as (reader, writer):
        writer.write(data)
        await writer.drain()
        if tls is None:
            writer.write_eof()
            await reader.read()
        else:
            writer.close()
            await writer.wait_closed()


@pytest.mark.parametrize("framed", [b"<34>one\n<34>two\n", b"7 <34>one7 <34>two"])
def test_both_framings_give_a_line_a_message(tmp_path: Path, framed: bytes) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake) as listener:
            await send(listener.port, framed)
            await until(lambda: listener.connections == 0)
            assert counts(intake, "firewall").accepted == 2
            assert not counts(intake, "firewall").rejected
        assert text(tmp_path) == b"<34>one\n<34>two\n"

    run(work)


def test_who_sends_is_what_the_address_says_whatever_the_message_claims(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake) as listener:
            await send(listener.port, b'<34>1 2026-01-02T03:04:05Z other app - - [o@1 sensor="other"] other\n')
            await until(lambda: counts(intake, "firewall").accepted == 1)
        assert {stream.origin for stream in streams(tmp_path).values()} == {Origin("Ministry", "office", "firewall")}

    run(work)


def test_messages_keep_their_order_and_none_is_lost_over_many_reads(tmp_path: Path) -> None:
    lines = b"".join(b"<34>%06d " % number + b"x" * 90 + b"\n" for number in range(20_000))

    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake) as listener:
            await send(listener.port, lines)
            await until(lambda: counts(intake, "firewall").accepted == 20_000)
        assert text(tmp_path) == lines

    run(work)


def test_who_is_not_listed_is_let_go_and_named(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake) as listener:
            async with connected(listener.port, source="127.0.0.9") as (reader, _):
                assert await reader.read() == b""
            assert counts(intake).addresses == {"127.0.0.9": 1}
            assert counts(intake).rejected == {Reason.UNLISTED: 1}
        assert text(tmp_path) == b""

    run(work)


@pytest.mark.parametrize("begun", [b"<34>not ended", b"100 <34>not ended", b"12"])
def test_a_message_that_has_not_ended_when_its_connection_ends_is_a_reject(tmp_path: Path, begun: bytes) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake) as listener:
            await send(listener.port, begun)
            await until(lambda: listener.connections == 0)
            assert counts(intake, "firewall").rejected == {Reason.UNFINISHED: 1}
        assert text(tmp_path) == b""

    run(work)


def test_bytes_without_framing_end_the_connection(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake) as listener:
            async with connected(listener.port) as (reader, writer):
                writer.write(b"5 helloGET / HTTP/1.1\r\n\r\n")
                assert await reader.read() == b""
            assert counts(intake, "firewall").rejected == {Reason.FRAMING: 1}
        assert text(tmp_path) == b"hello\n"

    run(work)


def test_a_message_over_the_bound_is_counted_and_the_next_is_read(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake, bounds=SMALL) as listener:
            await send(listener.port, b"<34>" + b"x" * 5_000 + b"\n<34>next\n")
            await until(lambda: counts(intake, "firewall").accepted == 1)
            assert counts(intake, "firewall").rejected == {Reason.TOO_LONG: 1}
            assert counts(intake, "firewall").received == 2
        assert text(tmp_path) == b"<34>next\n"

    run(work)


@pytest.mark.parametrize("begun", [b"", b"<34>whole\n", b"<34>not ended"])
def test_a_connection_that_says_nothing_more_is_let_go(tmp_path: Path, begun: bytes) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake, bounds=SMALL) as listener:
            async with connected(listener.port) as (reader, writer):
                writer.write(begun)
                assert await reader.read() == b""
            assert counts(intake, "firewall").rejected[Reason.IDLE] == 1

    run(work)


def test_a_message_that_drips_in_is_let_go_though_bytes_come_all_the_time(tmp_path: Path) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.02)

    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake, bounds=SMALL) as listener:
            async with connected(listener.port) as (reader, writer):
                dripping = asyncio.create_task(drip(writer))
                with pytest.raises(ConnectionError):  # it sent more than was read
                    if await reader.read() == b"":
                        raise ConnectionResetError
                dripping.cancel()
            assert counts(intake, "firewall").rejected[Reason.IDLE] == 1

    run(work)


def test_one_address_cannot_take_every_place_and_places_come_back(tmp_path: Path) -> None:
    other = SenderRule("Ministry", "office", "other", address="127.0.0.2")
    settings = SyslogInput("127.0.0.1", 0, "tcp", (LOCAL, other))

    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake, settings, SMALL) as listener:
            async with connected(listener.port), connected(listener.port):
                await until(lambda: listener.connections == 2)
                async with connected(listener.port) as (reader, _):
                    assert await reader.read() == b""
                assert counts(intake, "firewall").rejected == {Reason.CONNECTIONS: 1}
                async with connected(listener.port, source="127.0.0.2"):
                    await until(lambda: listener.connections == 3)
            await until(lambda: listener.connections == 0)
            await send(listener.port, b"<34>again\n")
            await until(lambda: counts(intake, "firewall").accepted == 1)

    run(work)


def test_all_connections_together_are_bounded(tmp_path: Path) -> None:
    settings = SyslogInput("127.0.0.1", 0, "tcp", (SenderRule("M", "n", "s", address="127.0.0.0/8"),))

    async def work() -> None:
        async with intake_in(tmp_path) as intake, listening(intake, settings, SMALL) as listener:
            held = [
                await asyncio.open_connection("127.0.0.1", listener.port, local_addr=(f"127.0.0.{number}", 0))
                for number in range(1, 6)
            ]
            await until(lambda: counts(intake, "s").rejected.get(Reason.CONNECTIONS) == 1)
            assert listener.connections == 4
            for _, writer in held:
                writer.transport.abort()

    run(work)


def test_a_full_journal_makes_the_sender_wait_and_loses_nothing(tmp_path: Path) -> None:
    lines = b"".join(b"<34>%04d " % number + b"x" * 90 + b"\n" for number in range(200))

    async def work() -> None:
        async with intake_in(tmp_path, most_bytes=10_000) as intake, listening(intake, bounds=SMALL) as listener:
            async with connected(listener.port) as (_, writer):
                writer.write(lines)
                await until(lambda: counts(intake, "firewall").deferred > 1)
                assert counts(intake, "firewall").accepted < 200
                while counts(intake, "firewall").accepted < 200:
                    read_all(tmp_path)
                    await asyncio.sleep(0.1)
            assert counts(intake, "firewall").dropped == 0
        assert text(tmp_path) == lines

    run(work)


def test_what_is_not_read_fills_the_senders_own_buffers(tmp_path: Path) -> None:
    """Back-pressure is TCP's: a sender that goes on is stopped by its own kernel."""

    async def work() -> None:
        async with intake_in(tmp_path, most_bytes=8_000) as intake, listening(intake, bounds=SMALL) as listener:
            async with connected(listener.port) as (_, writer):
                writer.transport.set_write_buffer_limits(high=0)
                writer.write(b"<34>" + b"x" * 90 + b"\n")
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.5):
                        while True:
                            writer.write((b"<34>" + b"x" * 90 + b"\n") * 1_000)
                            await writer.drain()
            assert counts(intake, "firewall").accepted < 100

    run(work)


def test_a_sender_at_ten_times_its_rate_delays_no_other(tmp_path: Path) -> None:
    quiet = SenderRule("Ministry", "office", "quiet", address="127.0.0.2")
    settings = SyslogInput("127.0.0.1", 0, "tcp", (LOCAL, quiet))
    loud = (b"<34>" + b"x" * 500 + b"\n") * 4_000

    async def flood(port: int) -> None:
        async with connected(port) as (_, writer):
            while True:
                writer.write(loud)
                await writer.drain()

    async def work() -> None:
        journal = Journal(tmp_path)
        intake = Intake(journal, shares=Shares(most=2_000_000, share=500_000))
        async with listening(intake, settings) as listener:
            floods = [asyncio.create_task(flood(listener.port)) for _ in range(10)]
            await until(lambda: counts(intake, "firewall").accepted > 10_000)
            loop = asyncio.get_running_loop()
            delays = []
            async with connected(listener.port, source="127.0.0.2") as (_, writer):
                for number in range(20):
                    begun = loop.time()
                    writer.write(b"<34>calm\n")
                    await until(lambda number=number: counts(intake, "quiet").accepted > number)  # type: ignore[misc]
                    delays.append(loop.time() - begun)
            for task in floods:
                task.cancel()
            await asyncio.gather(*floods, return_exceptions=True)
            assert sorted(delays)[len(delays) // 2] < 1.0
            assert intake.shares.held(next(iter(listener._senders.streams)).id) <= 500_000
        journal.close()

    run(work)


def test_stopping_writes_what_was_read_and_closes_all(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            listeners = Listeners([INPUT, SyslogInput("127.0.0.1", 0, "udp", (LOCAL,))], intake)
            await listeners.start()
            _, port = listeners.ports
            async with connected(port) as (reader, writer):
                writer.write(b"<34>one\n")
                await until(lambda: any(each.accepted for each in listeners.counts()))
                await listeners.stop()
                with pytest.raises(ConnectionError):
                    if await reader.read() == b"":
                        raise ConnectionResetError
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", port)
        assert text(tmp_path) == b"<34>one\n"

    run(work)


def test_a_listener_that_cannot_begin_leaves_none_open(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
                occupied = SyslogInput("127.0.0.1", port, "tcp", (LOCAL,))
                listeners = Listeners([SyslogInput("127.0.0.1", 0, "udp", (LOCAL,)), INPUT, occupied], intake)
                with pytest.raises(ConfigError) as told:
                    await listeners.start()
                assert told.value.advice()
                assert listeners.ports == (0, 0, 0)

    run(work)


# --- TLS


PORT = SenderRule("Ministry", "port", "cranes", address="127.0.0.1")


def test_other_senders_are_taken_over_and_connections_go_on_whose_sender_stays(tmp_path: Path) -> None:
    """The second connection is of a sender that goes: it ends, with what it sent kept; the listener never closes."""
    second = SenderRule("Ministry", "office", "second", address="127.0.0.2")

    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            listeners = Listeners([SyslogInput("127.0.0.1", 0, "tcp", (LOCAL, second))], intake)
            await listeners.start()
            (port,) = listeners.ports
            async with connected(port) as (_, stays), connected(port, source="127.0.0.2") as (goes_in, goes):
                stays.write(b"<34>one\n")
                goes.write(b"<34>two\n")
                await until(lambda: counts(intake, "firewall").accepted == counts(intake, "second").accepted == 1)
                await listeners.use([SyslogInput("127.0.0.1", 0, "tcp", (LOCAL,))])
                assert await goes_in.read() == b""
                stays.write(b"<34>three\n")
                await until(lambda: counts(intake, "firewall").accepted == 2)
                assert listeners.ports == (port,)
                async with connected(port, source="127.0.0.2") as (reader, _):
                    assert await reader.read() == b""
                assert counts(intake).addresses == {"127.0.0.2": 1}
            await listeners.stop()

    run(work)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_listeners_come_and_go_and_a_port_may_change_its_protocol(tmp_path: Path) -> None:
    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            first, other = free_port(), free_port()
            listeners = Listeners([SyslogInput("127.0.0.1", first, "tcp", (LOCAL,))], intake)
            await listeners.start()
            udp = SyslogInput("127.0.0.1", other, "udp", (PORT,))
            await listeners.use([udp])
            assert listeners.ports == (other,)
            with pytest.raises(ConnectionError):
                await asyncio.open_connection("127.0.0.1", first)
            await listeners.use([udp, SyslogInput("127.0.0.2", first, "tcp", (PORT,))])
            await listeners.use([SyslogInput("127.0.0.1", first, "tcp", (PORT,))])  # its port, another address
            await send(first, b"<34>one\n")
            await until(lambda: sum(each.accepted for each in listeners.counts()) == 1)
            await listeners.use([])
            assert listeners.ports == ()
            await listeners.stop()
        assert text(tmp_path) == b"<34>one\n"

    run(work)


@pytest.mark.parametrize(
    "broken",
    [
        (SyslogInput("127.0.0.1", 0, "udp", (LOCAL,)), SyslogInput("203.0.113.1", 5514, "tcp", (LOCAL,))),
        (SyslogInput("127.0.0.1", 0, "tcp", (SenderRule("o", "n", "anybody"),)),),
        (SyslogInput("127.0.0.1", 5514, "udp", (LOCAL,)), SyslogInput("127.0.0.1", 5514, "udp", (PORT,))),
        (SyslogInput("127.0.0.1", 0, "tls", (LOCAL,)),),
    ],
)
def test_settings_that_cannot_be_used_leave_the_old_listeners(tmp_path: Path, broken: tuple[SyslogInput, ...]) -> None:
    """One of them wants the port of the old one at an address that this machine does not have."""

    async def work() -> None:
        async with intake_in(tmp_path) as intake:
            port = free_port()
            listeners = Listeners([SyslogInput("127.0.0.1", port, "tcp", (LOCAL,))], intake)
            await listeners.start()
            tried = [replace(each, port=port) if each.host == "203.0.113.1" else each for each in broken]
            with pytest.raises(ConfigError):
                await listeners.use(tried)
            assert listeners.ports == (port,)
            await send(port, b"<34>one\n")
            await until(lambda: sum(each.accepted for each in listeners.counts()) == 1)
            await listeners.stop()

    run(work)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "tls", "authority")


def client(authority: Authority, certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.file))
    if certificate is not None:
        context.load_cert_chain(*certificate)
    return context


def over_tls(authority: Authority, *rules: SenderRule, clients: Authority | None = None) -> SyslogInput:
    files = TlsFiles(*authority.certificate("localhost", ["localhost"]), None if clients is None else clients.file)
    return SyslogInput("127.0.0.1", 0, "tls", rules or (LOCAL,), files)


def test_messages_come_over_tls(tmp_path: Path, authority: Authority) -> None:
    async def work() -> None:
        async with intake_in(tmp_path / "j") as intake, listening(intake, over_tls(authority)) as listener:
            await send(listener.port, b"7 <34>one7 <34>two", client(authority))
            await until(lambda: counts(intake, "firewall").accepted == 2)
        assert text(tmp_path / "j") == b"<34>one\n<34>two\n"

    run(work)


def test_a_certificate_says_who_sends(tmp_path: Path, authority: Authority) -> None:
    rules = (
        SenderRule("Ministry", "office", "router", name="router.example"),
        SenderRule("Ministry", "office", "by-common-name", name="camera"),
    )
    router = authority.certificate("ignored", ["router.example"])
    camera = authority.certificate("camera")

    async def work() -> None:
        settings = over_tls(authority, *rules, clients=authority)
        async with intake_in(tmp_path / "j") as intake, listening(intake, settings) as listener:
            for certificate in (router, camera):
                await send(listener.port, b"<34>one\n", client(authority, certificate))
            await until(lambda: counts(intake, "by-common-name").accepted == counts(intake, "router").accepted == 1)
        assert text(tmp_path / "j") == b"<34>one\n<34>one\n"

    run(work)


def test_a_certificate_that_no_rule_names_adds_nothing(tmp_path: Path, authority: Authority) -> None:
    rule = SenderRule("Ministry", "office", "router", name="router.example")
    stranger = authority.certificate("router.example", ["stranger.example"])  # its common name does not count

    async def work() -> None:
        settings = over_tls(authority, rule, clients=authority)
        async with (
            intake_in(tmp_path / "j") as intake,
            listening(intake, settings) as listener,
            connected(listener.port, client(authority, stranger)) as (_, writer),
        ):
            writer.write(b"<34>one\n")
            await until(lambda: counts(intake).rejected == {Reason.UNLISTED: 1})
        assert text(tmp_path / "j") == b""

    run(work)


def test_tls_without_a_certificate_or_with_one_of_another_authority_is_refused(
    tmp_path: Path, authority: Authority
) -> None:
    foreign = Authority(tmp_path / "foreign", "foreign")

    async def work() -> None:
        settings = over_tls(authority, clients=authority)
        async with intake_in(tmp_path / "j") as intake, listening(intake, settings) as listener:
            for certificate in (None, foreign.certificate("router")):
                with pytest.raises((OSError, asyncio.IncompleteReadError)):
                    async with connected(listener.port, client(authority, certificate)) as (reader, writer):
                        writer.write(b"<34>one\n")
                        await reader.readexactly(1)
            await until(lambda: counts(intake, "firewall").rejected == {Reason.TLS: 2})
        assert text(tmp_path / "j") == b""

    run(work)


def test_tls_1_1_plain_text_and_silence_are_refused(tmp_path: Path, authority: Authority) -> None:
    old = client(authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    async def work() -> None:
        async with intake_in(tmp_path / "j") as intake, listening(intake, over_tls(authority), SMALL) as listener:
            with pytest.raises(OSError):
                async with connected(listener.port, old):
                    pass
            async with connected(listener.port) as (reader, writer):
                writer.write(b"<34>plain\n" * 20)
                await reader.read()
            async with connected(listener.port) as (reader, _):
                assert await reader.read() == b""
            await until(lambda: counts(intake, "firewall").rejected == {Reason.TLS: 3})
        assert text(tmp_path / "j") == b""

    run(work)


def test_tls_settings_that_cannot_be_used_are_told_with_advice(tmp_path: Path) -> None:
    missing = TlsFiles(tmp_path / "no.crt", tmp_path / "no.key")

    async def work() -> None:
        async with intake_in(tmp_path / "j") as intake:
            for settings in (
                SyslogInput("127.0.0.1", 0, "tls", (LOCAL,), missing), SyslogInput("127.0.0.1", 0, "tls", (LOCAL,)),
                SyslogInput("127.0.0.1", 0, "tcp", (LOCAL,), missing),
            ):  # fmt: skip
                with pytest.raises(ConfigError) as told:
                    SyslogTcp(settings, intake)
                assert told.value.advice()

    run(work)


def test_the_bounds_of_the_node_are_those_of_limits() -> None:
    assert DEFAULT_BOUNDS.message_bytes == limits.SYSLOG_MESSAGE_BYTES >= 8_192  # RFC 5425 §4.3.1
    assert DEFAULT_BOUNDS.read_bytes <= limits.INPUT_SENDER_BYTES // 2
    assert DEFAULT_BOUNDS.message_bytes + DEFAULT_BOUNDS.read_bytes <= limits.INPUT_SENDER_BYTES // 2
