"""Captures of `web-flood`: access logs with the host in front (Apache's vhost_combined), Zeek's ssl.log, Squid."""

import random
from collections.abc import Iterator
from pathlib import Path

from tools.captures import PACK, write_capture
from tools.captures.zeek_logs import TimedRow, zeek_log

START = 1_772_532_000  # 2026-03-03 10:00:00 UTC
QUIET = 900  # seconds of ordinary visits before something happens
BROWSERS = tuple(
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0 Safari/537.36"
    for system in (
        "Windows NT 10.0; Win64; x64",
        "Macintosh; Intel Mac OS X 10_15_7",
        "X11; Linux x86_64",
        "Android 14",
    )
    for version in range(118, 134, 3)
)
PARTS = ("/css/site.css", "/js/app.js", "/img/arms.svg", "/fonts/text.woff2", "/favicon.ico")
PAGES = ("/", "/news", "/sessions", "/members", "/petitions", "/contact", "/results", "/live")
JA4 = tuple(f"t13d1{number:02}6h2_8daaf6152771_e5627efa2ab1" for number in range(12))
SSL = "uid id.orig_h id.orig_p id.resp_h id.resp_p version server_name established ja4"
SSL_TYPES = "string addr port addr port string string bool string"
Line = tuple[int, str]


def attack(folder: Path) -> None:
    """A search page asked for with ever new words by 120 machines, three minutes; and a portal seen only as TLS."""
    dice = random.Random(3)
    lines = list(_visits(dice, QUIET + 180, 0.3))
    for number in range(180 * 25):
        at, word = QUIET + number // 25, "".join(dice.choices("abcdefghij", k=9))
        status = 503 if dice.random() < 0.4 else 200
        lines.append(_line(at, _bot(dice, 120), f"/search?q={word}", status, "-", BROWSERS[0]))
    _write(folder / "access.log", lines)
    shakes = [_shake(dice, at, _public(dice), dice.choice(JA4)) for at in range(0, QUIET + 60, 2)]
    shakes += [_shake(dice, QUIET + number // 25, _bot(dice, 60), JA4[3]) for number in range(60 * 25)]
    write_capture(folder / "ssl.log", zeek_log("ssl", SSL.split(), SSL_TYPES.split(), shakes))


def benign(folder: Path) -> None:
    """Results of an election: within minutes thousands of people. And staff that fetches updates through the proxy."""
    dice = random.Random(4)
    lines = list(_visits(dice, QUIET, 0.3))
    for at in range(QUIET, QUIET + 240):
        for _ in range(1 + (at - QUIET) // 30):
            lines += _visit(dice, at, _public(dice), "/results", "https://news.example.net/", cached=0.5)
    _write(folder / "access.log", lines)
    _write(folder / "squid.log", [_fetch(dice, number) for number in range(90 * 25)])


def _visits(dice: random.Random, seconds: int, rate: float) -> Iterator[Line]:
    for at in range(seconds):
        if dice.random() < rate:
            yield from _visit(
                dice, at, _public(dice), dice.choice(PAGES), dice.choice(("-", "https://search.example.net/"))
            )


def _visit(dice: random.Random, at: int, client: str, page: str, referrer: str, cached: float = 0.2) -> Iterator[Line]:
    """A page and its parts."""
    browser = dice.choice(BROWSERS)
    yield _line(at, client, page, 200, referrer, browser)
    for part in PARTS:
        yield _line(
            at + 1, client, part, 304 if dice.random() < cached else 200, f"https://www.example.org{page}", browser
        )


def _line(at: int, client: str, path: str, status: int, referrer: str, agent: str) -> Line:
    stamp = f"03/Mar/2026:{10 + at // 3600}:{at // 60 % 60:02}:{at % 60:02} +0000"
    size = 0 if status == 304 else 5_120
    return (
        at,
        f'www.example.org:443 {client} - - [{stamp}] "GET {path} HTTP/1.1" {status} {size} "{referrer}" "{agent}"',
    )


def _shake(dice: random.Random, at: int, client: str, ja4: str) -> TimedRow:
    uid, port = f"C{dice.randrange(16**12):012x}", dice.randrange(1_024, 65_000)
    return START + at + dice.random(), (
        uid,
        client,
        port,
        "198.51.100.20",
        443,
        "TLSv13",
        "portal.example.org",
        "T",
        ja4,
    )


def _fetch(dice: random.Random, number: int) -> Line:
    client, part = f"10.0.4.{number % 40}", dice.randrange(6)
    at = START + number // 25
    fetched = f"{client} TCP_MISS/206 65536 GET http://updates.example.com/files/{part}.cab"
    return at, f"{at}.{dice.randrange(1_000):03}     90 {fetched} - HIER_DIRECT/192.0.2.80 application/x"


def _bot(dice: random.Random, machines: int) -> str:
    number = dice.randrange(machines)
    return f"240.{7 + number % 5}.{number}.{1 + number * 7 % 250}"


def _public(dice: random.Random) -> str:
    return f"{dice.choice(('203.0.113', '192.0.2', '240.1.9', '240.2.4'))}.{dice.randrange(1, 255)}"


def _write(path: Path, lines: list[Line]) -> None:
    write_capture(path, "\n".join(line for _, line in sorted(lines)) + "\n")


if __name__ == "__main__":
    attack(PACK / "web-flood" / "attack")
    benign(PACK / "web-flood" / "benign")
