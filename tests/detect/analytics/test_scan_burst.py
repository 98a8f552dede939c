"""The edges of `scan-burst`: how many hosts, ports and paths are enough, and what is daily routine."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tocsin.model import Finding
from tocsin.node.captures import found_in

BEGIN = 1_772_532_000  # 2026-03-03 10:00:00 UTC
DAY = 86_400
FIELDS = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto conn_state"
INSIDE, OUTSIDE = "10.0.4.66", "203.0.113.9"


@pytest.mark.parametrize(("hosts", "found"), [(29, 0), (30, 1)])
def test_thirty_inside_hosts_on_one_port(tmp_path: Path, hosts: int, found: int) -> None:
    assert len(_conns(tmp_path, [_conn(n, INSIDE, f"10.0.7.{n}", 445) for n in range(hosts)])) == found


@pytest.mark.parametrize(("ports", "found"), [(19, 0), (20, 1)])
def test_twenty_ports_of_one_host_from_inside(tmp_path: Path, ports: int, found: int) -> None:
    assert len(_conns(tmp_path, [_conn(n, INSIDE, "10.0.7.1", 1 + n) for n in range(ports)])) == found


@pytest.mark.parametrize(("ports", "found"), [(499, []), (500, ["low"])])
def test_from_outside_only_many_ports_and_at_level_low(tmp_path: Path, ports: int, found: list[str]) -> None:
    seen = _conns(tmp_path, [_conn(n, OUTSIDE, "198.51.100.7", 1 + n) for n in range(ports)])
    assert [each.rule.level for each in seen] == found


def test_hosts_that_mostly_answer_are_no_scan(tmp_path: Path) -> None:
    rows = [_conn(n, INSIDE, f"10.0.7.{n}", 445) for n in range(30)]
    rows += [_conn(n, INSIDE, f"10.0.8.{n}", 445, "SF") for n in range(20)]
    assert not _conns(tmp_path, rows)


def test_what_happens_every_day_is_routine(tmp_path: Path) -> None:
    rows = [_conn(day * DAY + n, INSIDE, f"10.0.7.{n}", 445) for day in range(6) for n in range(40)]
    assert _days(_conns(tmp_path, rows)) == [3, 4, 5]


def test_a_scanner_with_other_targets_each_week_is_routine_after_two_weeks(tmp_path: Path) -> None:
    rows = [_conn(week * 7 * DAY + n, INSIDE, f"10.0.{week}.{n}", 445) for week in range(5) for n in range(40)]
    assert _days(_conns(tmp_path, rows)) == [3, 10, 17]


def test_many_ports_of_other_hosts_each_week_are_routine_after_two_weeks(tmp_path: Path) -> None:
    rows = [_conn(week * 7 * DAY + n, INSIDE, f"10.0.{week}.1", 1 + n) for week in range(5) for n in range(40)]
    assert _days(_conns(tmp_path, rows)) == [3, 10, 17]


def test_other_targets_day_after_day_are_an_intruder_on_the_move(tmp_path: Path) -> None:
    rows = [_conn(day * DAY + n, INSIDE, f"10.0.{day}.{n}", 445) for day in range(6) for n in range(40)]
    assert _days(_conns(tmp_path, rows)) == [3, 4, 5, 6, 7, 8]


def test_a_scanner_that_suddenly_tries_much_more_is_told_again(tmp_path: Path) -> None:
    rows = [_conn(week * 7 * DAY + n, INSIDE, f"10.0.{week}.{n}", 445) for week in range(4) for n in range(40)]
    rows += [_conn(28 * DAY + n, INSIDE, f"10.0.8.{n}", 445) for n in range(81)]
    assert _days(_conns(tmp_path, rows)) == [3, 10, 17, 31]


def test_a_server_that_many_answer_is_no_scanner_before(tmp_path: Path) -> None:
    rows = [
        f"{_conn(week * 7 * DAY + n, INSIDE, f'10.0.{week}.{n}', 445, 'SF')}\t900"
        for week in range(5)
        for n in range(40)
    ]
    rows += [f"{_conn(35 * DAY + n, INSIDE, f'10.0.8.{n}', 445)}\t0" for n in range(40)]
    assert [each.first.month for each in _conns(tmp_path, rows, f"{FIELDS} resp_bytes") if each.first] == [4]


@pytest.mark.parametrize(("paths", "found"), [(199, 0), (200, 1)])
def test_two_hundred_paths_in_vain_from_several_addresses(tmp_path: Path, paths: int, found: int) -> None:
    lines = [_line(n, f"203.0.113.{n % 30}", f"/p{n}.php", 404) for n in range(paths)]
    assert len(_requests(tmp_path, lines)) == found


def test_paths_that_had_answers_before_are_a_broken_release(tmp_path: Path) -> None:
    before = [_line(n, f"192.0.2.{n % 30}", f"/p{n}", 200) for n in range(300)]
    after = [_line(400 + n // 2, f"203.0.113.{n % 30}", f"/p{n}", 404) for n in range(300)]
    assert not _requests(tmp_path, [*before, *after])


def _conn(at: int, src: str, dst: str, port: int, state: str = "S0") -> str:
    return "\t".join(map(str, (f"{BEGIN + at}.5", f"C{at}", src, 40_000, dst, port, "tcp", state)))


def _days(found: Iterable[Finding]) -> list[int]:
    return [each.first.day for each in found if each.first]


def _conns(folder: Path, rows: Iterable[str], fields: str = FIELDS) -> tuple[Finding, ...]:
    names = "\t".join(fields.split())
    types = "\t".join("string" for _ in fields.split())
    head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    (folder / "conn.log").write_text(f"{head}#fields\t{names}\n#types\t{types}\n" + "\n".join(rows) + "\n", "utf-8")
    return found_in(folder, "scan-burst")


def _line(at: int, client: str, path: str, status: int) -> str:
    stamp = f"03/Mar/2026:10:{at // 60:02}:{at % 60:02} +0000"
    return f'www.example.org:443 {client} - - [{stamp}] "GET {path} HTTP/1.1" {status} 900 "-" "Mozilla/5.0"'


def _requests(folder: Path, lines: Iterable[str]) -> tuple[Finding, ...]:
    (folder / "access.log").write_text("\n".join(lines) + "\n", "utf-8")
    return found_in(folder, "scan-burst")
