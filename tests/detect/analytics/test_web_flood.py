"""Where `web-flood` ends: rates just enough and just not, and crowds of people that look like it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tocsin.model import Finding
from tocsin.node.captures import found_in

QUIET = 900  # seconds of ordinary visits before
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/12"
PARTS = ("/site.css", "/app.js", "/arms.svg")


def test_twenty_requests_a_second_from_twenty_machines_are_a_flood(tmp_path: Path) -> None:
    assert len(_found(tmp_path, [*_visits(), *_bots(rate=20, sources=20)])) == 1


@pytest.mark.parametrize(("rate", "sources"), [(19, 20), (20, 19)], ids=["slower", "fewer"])
def test_a_little_less_is_none(tmp_path: Path, rate: int, sources: int) -> None:
    assert not _found(tmp_path, [*_visits(), *_bots(rate, sources)])


def test_a_flood_that_comes_back_within_the_hour_is_the_same_attack(tmp_path: Path) -> None:
    again = _bots(rate=20, sources=20, begin=3 * QUIET)
    (found,) = _found(tmp_path, [*_visits(), *_bots(rate=20, sources=20), *again])
    assert found.count == 2 * 20 * 60


def test_a_flood_in_the_middle_of_a_crowd_is_found(tmp_path: Path) -> None:
    crowd = []
    for n in range(1_200 * 5):
        at, client = QUIET + n // 5, f"203.0.113.{n % 250}"
        crowd.append(_line(at, client, "/results", "https://news.example.net/", n % 40))
        crowd += [_line(at, client, part, "https://www.example.org/results", n % 40) for part in PARTS]
    (found,) = _found(tmp_path, [*_visits(), *crowd, *_bots(rate=150, sources=60, begin=QUIET + 900)])
    assert found.first
    assert found.first.minute == 30


def test_a_second_flood_hours_later_is_a_second_finding(tmp_path: Path) -> None:
    later = _bots(rate=20, sources=20, begin=4 * QUIET * 4)
    assert len(_found(tmp_path, [*_visits(), *_bots(rate=20, sources=20), *later])) == 2


def test_a_crowd_whose_pictures_come_from_elsewhere_is_none(tmp_path: Path) -> None:
    """Only the pages reach the server, all for one page, from one second to the next, and half of them fail."""
    quiet = [_line(at, f"192.0.2.{at % 250}", f"/page{at % 7}", "-", at % 40) for at in range(QUIET)]
    crowd = [
        _line(QUIET + n // 30, f"203.0.113.{n % 250}", "/results", "-", n % 40, 503 - n % 2 * 303) for n in range(2_000)
    ]
    assert not _found(tmp_path, [*quiet, *crowd])


def test_an_interface_for_programs_that_is_simply_used_more_is_none(tmp_path: Path) -> None:
    quiet = [_line(at, f"192.0.2.{at % 90}", "/api/feed", "-", 1) for at in range(QUIET)]
    more = [_line(QUIET + n // 30, f"203.0.113.{n % 250}", "/api/feed", "-", 1) for n in range(1_800)]
    assert not _found(tmp_path, [*quiet, *more])


def test_programs_of_the_own_staff_are_none(tmp_path: Path) -> None:
    bots = [_line(QUIET + n // 30, f"10.0.4.{n % 40}", "/search", "-", 1) for n in range(1_800)]
    assert not _found(tmp_path, [*_visits(), *bots])


def _visits() -> list[str]:
    lines = []
    for at in range(0, QUIET, 15):
        client, page = f"192.0.2.{at % 200}", f"/page{at % 7}"
        lines.append(_line(at, client, page, "https://search.example.net/", at % 40))
        lines += [_line(at + 1, client, part, f"https://www.example.org{page}", at % 40) for part in PARTS]
    return lines


def _bots(rate: int, sources: int, begin: int = QUIET) -> list[str]:
    return [
        _line(begin + n // rate, f"240.1.2.{n % sources}", f"/search?q={n}", "-", 0, 503 - n % 2 * 303)
        for n in range(rate * 60)
    ]


def _line(at: int, client: str, path: str, referrer: str, browser: int, status: int = 200) -> str:
    stamp = f"03/Mar/2026:{10 + at // 3600}:{at // 60 % 60:02}:{at % 60:02} +0000"
    request = f'"GET {path} HTTP/1.1" {status} 90 "{referrer}" "{BROWSER}{browser}"'
    return f"www.example.org:443 {client} - - [{stamp}] {request}"


def _found(folder: Path, lines: Iterable[str]) -> tuple[Finding, ...]:
    (folder / "access.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return found_in(folder, "web-flood")
