"""Captures of `scan-burst`: conn.log of Zeek and access logs with the host in front."""

import random
from pathlib import Path

from tools.captures import PACK, write_capture
from tools.captures.zeek_logs import TimedRow, conn_log

START = 1_772_532_000  # 2026-03-03 10:00:00 UTC
PORTS = (
    21,
    22,
    23,
    25,
    80,
    110,
    111,
    135,
    139,
    143,
    389,
    443,
    445,
    1433,
    3306,
    3389,
    5432,
    5900,
    5985,
    8080,
    8443,
    9200,
)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:124.0) Gecko/20100101 Firefox/124.0"


def attack(folder: Path) -> None:
    """An inside host tries 22 ports on 12 hosts, then port 445 on 60; an outside one asks a site for 240 paths."""
    dice = random.Random(5)
    rows = [_conn(dice, n * 2, "10.0.4.66", f"10.0.7.{1 + n % 12}", PORTS[n // 12], "S0") for n in range(22 * 12)]
    rows += [_conn(dice, 1_200 + n * 3, "10.0.4.66", f"10.0.8.{1 + n}", 445, "REJ") for n in range(60)]
    rows += [_conn(dice, at * 9, f"10.0.4.{1 + at % 40}", "10.0.1.3", 445, "SF") for at in range(300)]
    write_capture(folder / "conn.log", conn_log(rows))
    lines = [_line(at * 5, f"192.0.2.{at % 90}", f"/page{at % 12}", 200) for at in range(300)]
    lines += [_line(300 + n // 2, "203.0.113.8", f"/{_word(dice)}/{_word(dice)}.php", 404) for n in range(240)]
    write_capture(folder / "access.log", "\n".join(sorted(lines)) + "\n")


def benign(folder: Path) -> None:
    """Scanners of the whole Internet, monitoring of hosts that are partly off, a broken release, a search engine."""
    dice = random.Random(6)
    rows = [
        _conn(dice, dice.randrange(3_000), f"203.0.113.{n}", f"198.51.100.{1 + host}", dice.choice(PORTS), "S0")
        for n in range(1, 200)
        for host in range(8)
    ]
    rows += [
        _conn(dice, n * 10, "10.0.1.5", f"10.0.7.{1 + n % 250}", 161, "S0" if n % 5 == 0 else "SF") for n in range(250)
    ]
    rows += [_conn(dice, n, "203.0.113.250", "198.51.100.9", port, "REJ") for n, port in enumerate(range(8_000, 8_300))]
    write_capture(folder / "conn.log", conn_log(rows))
    lines = [_line(n, f"192.0.2.{n % 90}", f"/page{n % 300}", 200) for n in range(600)]
    lines += [_line(600 + n // 3, f"192.0.2.{n % 90}", f"/page{n % 300}", 404) for n in range(900)]
    lines += [_line(n * 3, "203.0.113.66", f"/archive/{n}", 404 if n % 4 == 0 else 200) for n in range(300)]
    write_capture(folder / "access.log", "\n".join(sorted(lines)) + "\n")


def _conn(dice: random.Random, at: int, src: str, dst: str, port: int, state: str) -> TimedRow:
    packets = (9, 8) if state == "SF" else (1, 0)
    size = (700, 2_100) if state == "SF" else (0, 0)
    uid, src_port = f"C{dice.randrange(16**12):012x}", dice.randrange(1_024, 65_000)
    return START + at, (uid, src, src_port, dst, port, "tcp", *size, state, *packets)


def _word(dice: random.Random) -> str:
    return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=7))


def _line(at: int, client: str, path: str, status: int) -> str:
    stamp = f"03/Mar/2026:10:{at // 60:02}:{at % 60:02} +0000"
    return f'www.example.org:443 {client} - - [{stamp}] "GET {path} HTTP/1.1" {status} 900 "-" "{BROWSER}"'


if __name__ == "__main__":
    attack(PACK / "scan-burst" / "attack")
    benign(PACK / "scan-burst" / "benign")
