"""Captures of `long-connection`: Zeek's conn.log at the edge."""

import random
from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_logs import Row, connection, write

HOUR = 3_600


def attack(folder: Path) -> None:
    """A reverse shell on port 8443 that stays open from the evening to the next noon."""
    row = connection(19 * HOUR, "10.20.1.14", "198.51.100.31", 8443, 48_211, seconds=17.2 * HOUR)
    write(folder, "conn", [row, *_others(random.Random(1))])


def benign(folder: Path) -> None:
    """A push service that all computers keep open, a backup inside, a working day's session, a caller from outside."""
    rows = [
        connection(7 * HOUR + computer, f"10.20.1.{computer}", "203.0.113.5", 5228, 9_000, seconds=26 * HOUR)
        for computer in range(11, 23)
    ]
    rows.append(connection(20 * HOUR, "10.20.1.15", "10.20.0.8", 10_000, 8_000_000_000, seconds=13 * HOUR))
    rows.append(connection(8 * HOUR, "10.20.1.16", "203.0.113.77", 3389, 90_000_000, seconds=9.5 * HOUR))
    rows.append(connection(8 * HOUR, "198.51.100.9", "203.0.113.1", 22, 3_000, seconds=20 * HOUR))
    write(folder, "conn", rows + _others(random.Random(2)))


def _others(chance: random.Random) -> list[Row]:
    return [
        connection(
            chance.uniform(8, 17) * HOUR, f"10.20.1.{computer}", f"192.0.2.{chance.randrange(1, 40)}", 443, 900,
            seconds=chance.expovariate(1 / 60),
        )
        for computer in range(11, 23)
        for _ in range(15)
    ]  # fmt: skip


if __name__ == "__main__":
    attack(PACK / "long-connection" / "attack")
    benign(PACK / "long-connection" / "benign")
