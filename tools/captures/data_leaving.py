"""Captures of `data-leaving`: Zeek's conn.log of three weeks and two days."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_records import Record, flow, write

HOUR, DAY = 3600, 86400
DAYS, CLIENTS = 23, 12
LAST = (DAYS - 1) * DAY
MB = 1_000_000


def attack(folder: Path) -> None:
    """In the last night one workstation sends 18 parts of 45 MB to an address that nobody else knows."""
    records = _office()
    records += [flow(LAST + 2 * HOUR + number * 240, _client(3), "240.8.1.20", 45 * MB, 90_000) for number in range(18)]
    write(folder, records, "conn.log")


def benign(folder: Path) -> None:
    """A backup every night, a call with picture, a film for a cloud that all use, and a new machine."""
    records = _office()
    for day in range(DAYS):
        records.append(flow(day * DAY + 2 * HOUR, "10.0.0.40", "240.9.1.7", 900 * MB + day * 3 * MB, 4 * MB))
    records.append(flow(LAST + 10 * HOUR, _client(4), "240.10.1.9", 700 * MB, 650 * MB, 3478, 3600))
    records.append(flow(LAST + 11 * HOUR, _client(5), "203.0.113.14", 800 * MB, 2 * MB))
    records.append(flow(LAST + 12 * HOUR, "10.0.4.99", "240.11.1.9", 400 * MB, 2 * MB))
    write(folder, records, "conn.log")


def _office() -> list[Record]:
    """Every workstation fetches pages and synchronises a few megabytes with a cloud, from eight to seventeen."""
    return [
        flow(day * DAY + (8 + visit) * HOUR + number * 60, _client(number), server, sent, came)
        for day in range(DAYS)
        for number in range(CLIENTS)
        for visit in (0, 3, 6, 9)
        for server, sent, came in (("203.0.113.9", 2 * MB + visit, 1 * MB), (f"198.51.100.{number}", 80_000, 3 * MB))
    ]


def _client(number: int) -> str:
    return f"10.0.4.{20 + number}"


if __name__ == "__main__":
    attack(PACK / "data-leaving" / "attack")
    benign(PACK / "data-leaving" / "benign")
