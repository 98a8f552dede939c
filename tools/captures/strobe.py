"""Captures of `strobe`: Zeek's conn.log at the edge."""

import random
from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_logs import Row, connection, write

HOUR = 3_600
PACE = 1.05  # a second


def attack(folder: Path) -> None:
    """A computer opens a connection every second for three and a half hours."""
    chance = random.Random(1)
    calls = int(3.5 * HOUR * PACE)
    rows = [
        connection(2 * HOUR - 600 + number / PACE, "10.20.1.14", "198.51.100.66", 8081, 60) for number in range(calls)
    ]
    write(folder, "conn", rows + _others(chance))


def benign(folder: Path) -> None:
    """Monitoring inside as fast as that, a download in parts for half an hour, a site that all computers visit."""
    chance = random.Random(2)
    rows = [
        connection(HOUR + number / PACE, "10.20.1.15", "10.20.0.5", 10_051, 80) for number in range(int(3.2 * HOUR))
    ]
    rows += [connection(9 * HOUR + number / 3, "10.20.1.16", "203.0.113.90", 443, 300) for number in range(HOUR)]
    write(folder, "conn", rows + _others(chance))


def _others(chance: random.Random) -> list[Row]:
    return [
        connection(chance.uniform(8, 17) * HOUR, f"10.20.1.{computer}", f"192.0.2.{chance.randrange(1, 40)}", 443, 900)
        for computer in range(11, 23)
        for _ in range(15)
    ]


if __name__ == "__main__":
    attack(PACK / "strobe" / "attack")
    benign(PACK / "strobe" / "benign")
