"""The edges of the floods' thresholds: what is just enough, and what just is not."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tocsin.model import Finding
from tocsin.node.captures import found_in

BEGIN = 1_772_532_000  # 2026-03-03 10:00:00 UTC, a whole minute
VISITS = 900  # seconds of ordinary life before the flood
HEAD = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state "
    "orig_pkts resp_pkts"
)


def test_a_hundred_half_open_a_second_from_twenty_new_addresses_are_a_flood(tmp_path: Path) -> None:
    found = _syn(tmp_path, rate=100, seconds=30, sources=20)
    assert [each.rule.level for each in found] == ["high"]
    first, opened = found[0].first, found[0].opened
    assert first and opened and (opened - first).total_seconds() <= 30


@pytest.mark.parametrize(
    ("rate", "seconds", "sources"), [(99, 30, 20), (100, 20, 20), (100, 30, 19)], ids=["slower", "shorter", "fewer"]
)
def test_a_little_less_is_none(tmp_path: Path, rate: int, seconds: int, sources: int) -> None:
    assert not _syn(tmp_path, rate, seconds, sources)


def test_clients_that_were_there_before_are_an_outage(tmp_path: Path) -> None:
    known = [_conn(number, f"192.0.2.{number % 40}", "SF", 700) for number in range(600)]
    assert not _syn(tmp_path, rate=100, seconds=30, sources=40, before=known)


def test_people_who_get_through_now_and_then_overload_the_server(tmp_path: Path) -> None:
    through = [_conn(VISITS + n // 10, f"192.0.2.{n % 250}", "SF", 900) for n in range(300)]
    assert not _syn(tmp_path, rate=120, seconds=30, sources=250, before=through)


def test_one_address_alone_must_send_a_thousand_a_second(tmp_path: Path) -> None:
    found = _syn(tmp_path, rate=1_000, seconds=30, sources=1)
    assert [each.rule.level for each in found] == ["medium"]


def test_a_flood_that_comes_back_within_the_hour_is_one_finding(tmp_path: Path) -> None:
    again = _half_open(VISITS + 3_000, 100, 30, 20)
    assert len(_syn(tmp_path, rate=100, seconds=30, sources=20, before=again)) == 1


def test_a_port_scan_is_no_flood(tmp_path: Path) -> None:
    scan = [_conn(VISITS + n // 100, f"192.0.2.{n % 30}", "S0", 0, port=1 + n) for n in range(3_000)]
    assert not _found(tmp_path, scan)


@pytest.mark.parametrize("action", ["start", "close", "timeout"])
def test_a_firewall_that_tells_of_the_same_connections_does_not_hide_the_flood(tmp_path: Path, action: str) -> None:
    _firewall(tmp_path, [_session(VISITS + 10 + n // 100, _stranger(n), action, (1, 0), (1, 0)) for n in range(3_000)])
    assert [each.rule.level for each in _found(tmp_path, _unanswered(tries=1, seconds=0))] == ["high"]


def test_people_whom_the_firewall_saw_get_through_overload_the_server(tmp_path: Path) -> None:
    _firewall(tmp_path, [_session(VISITS + n // 10, _local(n), "close", (9, 900), (12, 9_000)) for n in range(300)])
    assert not _syn(tmp_path, rate=100, seconds=30, sources=100)


def test_sessions_that_a_firewall_gave_up_half_open_are_a_flood(tmp_path: Path) -> None:
    """The server answered each first packet five times and heard no more: 60 bytes a packet, so no payload."""
    begun = [_session(3 * n, _local(n), "close", (9, 900), (12, 9_000)) for n in range(VISITS // 3)]
    given_up = [_session(VISITS + n // 100, _stranger(n), "timeout", (1, 60), (5, 300)) for n in range(3_000)]
    _firewall(tmp_path, [*begun, *given_up])
    assert [each.rule.level for each in found_in(tmp_path, "packet-flood")] == ["high"]


@pytest.mark.parametrize("tries", [3, 11])
def test_people_who_try_again_at_a_server_that_answers_nobody_are_none(tmp_path: Path, tries: int) -> None:
    assert not _found(tmp_path, _unanswered(tries, seconds=0.5))


@pytest.mark.parametrize(
    ("tries", "seconds"), [(1, 3.0), (12, 3.0), (3, 0.4)], ids=["once", "too-often", "faster-than-a-client"]
)
def test_first_packets_that_no_client_would_send_are_a_flood(tmp_path: Path, tries: int, seconds: float) -> None:
    assert len(_found(tmp_path, _unanswered(tries, seconds))) == 1


def _syn(folder: Path, rate: int, seconds: int, sources: int, before: Iterable[str] = ()) -> tuple[Finding, ...]:
    visits = [_conn(number * 3, f"203.0.113.{number % 9}", "SF", 600) for number in range(VISITS // 3)]
    return _found(folder, [*visits, *before, *_half_open(VISITS, rate, seconds, sources)])


def _half_open(begin: int, rate: int, seconds: int, sources: int) -> list[str]:
    return [_conn(begin + n // rate, f"192.0.2.{n % sources}", "S0", 0) for n in range(rate * seconds)]


def _unanswered(tries: int, seconds: float) -> list[str]:
    """For half a minute 100 new addresses a second, each with so many first packets within so many seconds."""
    visits = [_conn(number * 3, f"203.0.113.{number % 9}", "SF", 600) for number in range(VISITS // 3)]
    return visits + [
        _conn(VISITS + n // 100, _stranger(n), "S0", 0, packets=tries, seconds=seconds) for n in range(3_000)
    ]


def _local(number: int) -> str:
    return f"192.0.2.{number % 100}"


def _stranger(number: int) -> str:
    return f"240.64.{number // 250}.{number % 250}"


def _firewall(folder: Path, lines: Iterable[str]) -> None:
    (folder / "traffic.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _session(at: int, src: str, action: str, out: tuple[int, int], back: tuple[int, int]) -> str:
    """The line of a FortiGate at the end of a session; `out` and `back` are packets and bytes."""
    when = datetime.fromtimestamp(BEGIN + at, UTC)
    return (
        f'date={when:%Y-%m-%d} time={when:%H:%M:%S} devname="FG01" eventtime={BEGIN + at}500000000 tz="+0000" '
        f'logid="0000000013" type="traffic" subtype="forward" srcip={src} srcport=40000 '
        f'dstip=198.51.100.10 dstport=443 sessionid={at} proto=6 action="{action}" service="HTTPS" duration=10 '
        f"sentbyte={out[1]} rcvdbyte={back[1]} sentpkt={out[0]} rcvdpkt={back[0]}"
    )


def _conn(at: int, src: str, state: str, size: int, port: int = 443, packets: int = 1, seconds: float = 0.1) -> str:
    values = (
        f"{BEGIN + at}.5",
        f"C{at}",
        src,
        40_000,
        "198.51.100.10",
        port,
        "tcp",
        "-",
        seconds,
        size,
        size,
        state,
        packets,
        0,
    )
    return "\t".join(map(str, values))


def _found(folder: Path, lines: Iterable[str]) -> tuple[Finding, ...]:
    names = "\t".join(FIELDS.split())
    types = "\t".join("string" for _ in FIELDS.split())
    text = f"{HEAD}#fields\t{names}\n#types\t{types}\n" + "\n".join(sorted(lines)) + "\n"
    (folder / "conn.log").write_text(text, encoding="utf-8")
    return found_in(folder, "packet-flood")
