"""Captures of `beacon`: Zeek at the edge of an office of twelve computers."""

import random
from collections.abc import Iterator
from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_logs import connection, write

HOUR, DAY = 3600, 86_400
PERIOD, DAYS, JITTER, LOST = 4 * HOUR, 7, 0.2, 0.05
COMPUTERS = range(11, 23)
Row = dict[str, object]


def attack(folder: Path) -> None:
    """An implant calls every four hours for a week, with a jitter of 20 % and some calls lost; people browse."""
    chance = random.Random(1)
    conn: list[Row] = []
    tls: list[Row] = []
    time = 2.5 * HOUR
    while time < DAYS * DAY:
        if chance.random() >= LOST:
            _call(conn, tls, time, 14, "198.51.100.77", "cdn-metrics.example", 612 + chance.randrange(9))
        time += PERIOD * chance.uniform(1 - JITTER, 1 + JITTER)
    for time, computer, site in _browsing(chance, DAYS):
        _call(conn, tls, time, computer, f"192.0.2.{site}", f"site{site}.example", chance.randrange(400, 9_000))
    write(folder, "conn", conn)
    write(folder, "ssl", tls)


def benign(folder: Path) -> None:
    """Two days of time service, updates on every computer, monitoring inside, a page left open for a day at work."""
    chance = random.Random(2)
    conn: list[Row] = []
    tls: list[Row] = []
    for number in range(DAYS * DAY // 1024 // 3):
        conn.append(_conn(number * 1024 + chance.random(), 11, "203.0.113.123", 123, "udp", 48, "ntp"))
    for computer in COMPUTERS:
        for hour in range(48):
            time = hour * HOUR + computer * 60 + chance.uniform(0, 30)
            _call(conn, tls, time, computer, "203.0.113.50", "updates.example", 800)
    for number in range(2 * DAY // 300):
        conn.append(_conn(number * 300 + chance.random(), 12, "10.20.0.5", 10050, "tcp", 90, "-"))
    for number in range(9 * HOUR // 30):
        time = 8 * HOUR + number * 30 + chance.random()
        _call(conn, tls, time, 13, "203.0.113.80", "live.example", 700)
    for time, computer, site in _browsing(chance, 2):
        _call(conn, tls, time, computer, f"192.0.2.{site}", f"site{site}.example", chance.randrange(400, 9_000))
    write(folder, "conn", conn)
    write(folder, "ssl", tls)


def _browsing(chance: random.Random, days: int) -> Iterator[tuple[float, int, int]]:
    """People at work: bursts of pages, sites that several visit and sites that one person likes."""
    for day in range(min(days, 5)):
        for computer in COMPUTERS:
            for _ in range(6):
                time = day * DAY + chance.uniform(8, 17) * HOUR
                site = chance.choice((1, 2, 3, 100 + computer))
                for _ in range(chance.randrange(1, 6)):
                    yield time, computer, site
                    time += chance.expovariate(1 / 20)


def _call(conn: list[Row], tls: list[Row], time: float, computer: int, address: str, name: str, sent: int) -> None:
    row = _conn(time, computer, address, 443, "tcp", sent, "ssl")
    conn.append(row)
    tls.append({**row, "at": time + 0.03, "version": "TLSv13", "server_name": name, "established": "T"})


def _conn(time: float, computer: int, address: str, port: int, protocol: str, sent: int, service: str) -> Row:
    row = connection(time, f"10.20.1.{computer}", address, port, sent, protocol=protocol)
    return {**row, "service": service}


if __name__ == "__main__":
    attack(PACK / "beacon" / "attack")
    benign(PACK / "beacon" / "benign")
