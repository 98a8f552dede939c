"""The edges of the floods' thresholds: what is just enough, and what just is not."""

from collections.abc import Iterable
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


def _syn(folder: Path, rate: int, seconds: int, sources: int, before: Iterable[str] = ()) -> tuple[Finding, ...]:
    visits = [_conn(number * 3, f"203.0.113.{number % 9}", "SF", 600) for number in range(VISITS // 3)]
    return _found(folder, [*visits, *before, *_half_open(VISITS, rate, seconds, sources)])


def _half_open(begin: int, rate: int, seconds: int, sources: int) -> list[str]:
    return [_conn(begin + n // rate, f"192.0.2.{n % sources}", "S0", 0) for n in range(rate * seconds)]


def _conn(at: int, src: str, state: str, size: int, port: int = 443) -> str:
    values = (
        f"{BEGIN + at}.5",
        f"C{at}",
        src,
        40_000,
        "198.51.100.10",
        port,
        "tcp",
        "-",
        "0.1",
        size,
        size,
        state,
        1,
        0,
    )
    return "\t".join(map(str, values))


def _found(folder: Path, lines: Iterable[str]) -> tuple[Finding, ...]:
    names = "\t".join(FIELDS.split())
    types = "\t".join("string" for _ in FIELDS.split())
    text = f"{HEAD}#fields\t{names}\n#types\t{types}\n" + "\n".join(sorted(lines)) + "\n"
    (folder / "conn.log").write_text(text, encoding="utf-8")
    return found_in(folder, "packet-flood")
