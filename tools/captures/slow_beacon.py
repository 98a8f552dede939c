"""Captures of `slow-beacon`: Zeek's conn.log at the edge, two weeks."""

import random
from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_logs import Row, connection, write

HOUR, DAY = 3_600, 86_400
DAYS = 14


def attack(folder: Path) -> None:
    """From the fifth day on an implant calls every four hours, with a jitter of 20 %; some calls are lost."""
    chance = random.Random(1)
    rows = _people(chance)
    time = 4.1 * DAY
    while time < DAYS * DAY:
        if chance.random() >= 0.05:
            rows.append(connection(time, "10.20.1.14", "198.51.100.77", 443, 612 + chance.randrange(9)))
        time += 4 * HOUR * chance.uniform(0.8, 1.2)
    write(folder, "conn", rows)


def benign(folder: Path) -> None:
    """Updates on every computer, a server's time service, mail that one person polls at work, one-off downloads."""
    chance = random.Random(2)
    rows = _people(chance)
    for day in range(DAYS):
        for hour in (1, 5, 9, 13, 17, 21):
            for computer in range(11, 17):
                time = day * DAY + hour * HOUR + chance.uniform(0, 900)
                rows.append(connection(time, f"10.20.1.{computer}", "203.0.113.50", 443, 800))
            time = day * DAY + hour * HOUR + 7
            rows.append(connection(time, "10.20.1.11", "203.0.113.123", 123, 48, protocol="udp"))
        for hour in range(8, 17):
            time = day * DAY + hour * HOUR + chance.uniform(0, 60)
            rows.append(connection(time, "10.20.1.12", "203.0.113.60", 993, 700))
    write(folder, "conn", rows)


def _people(chance: random.Random) -> list[Row]:
    """Each computer has three sites of its own and three that all know, on five days a week."""
    return [
        connection(
            day * DAY + chance.uniform(7, 18) * HOUR, f"10.20.1.{computer}",
            f"192.0.2.{chance.choice((1, 2, 3, 40 + computer, 80 + computer, 120 + computer))}", 443,
            chance.randrange(400, 9_000),
        )
        for day in range(DAYS) if day % 7 < 5
        for computer in range(11, 23)
        for _ in range(8)
    ]  # fmt: skip


if __name__ == "__main__":
    attack(PACK / "slow-beacon" / "attack")
    benign(PACK / "slow-beacon" / "benign")
