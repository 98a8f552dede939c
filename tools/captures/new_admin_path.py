"""Captures of `new-admin-path`: the Security logs of twelve servers over nine days."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_logons import DAY, logon, privileges, write

SERVERS = tuple(f"srv{number:02}" for number in range(1, 13))
STATION, LEASE, STRANGER = "10.0.9.5", "10.0.9.6", "10.0.4.77"


def attack(folder: Path) -> None:
    """On the ninth day the administrator's account goes to seven servers in ten minutes, from a desk in an office."""
    begin = 8 * DAY + 2 * 3600
    write(folder, [*_work(), *_visits(begin, SERVERS[:7], STRANGER)])


def benign(folder: Path) -> None:
    """Updates on all servers from the usual station, which has a new address; one visit from a user's desk; a user."""
    begin = 8 * DAY + 20 * 3600
    desk = _visits(8 * DAY + 11 * 3600, SERVERS[:2], STRANGER)
    user = [logon(8 * DAY + 9 * 3600 + number, "lena", name, 3, "10.0.4.12") for number, name in enumerate(SERVERS)]
    user += [logon(9 * 3600 + number, "lena", name, 3, "10.0.4.11") for number, name in enumerate(SERVERS)]
    write(folder, [*_work(), *_visits(begin, SERVERS, LEASE), *desk, *user])


def _work() -> list[dict[str, object]]:
    """All servers on the first evening, three a day after that."""
    rows = _visits(20 * 3600, SERVERS, STATION)
    for day in range(1, 8):
        rows += _visits(day * DAY + 10 * 3600, SERVERS[day : day + 3], STATION)
    return rows


def _visits(begin: int, servers: tuple[str, ...], address: str) -> list[dict[str, object]]:
    rows = []
    for number, name in enumerate(servers):
        rows += [
            logon(begin + number * 80, "adm-mira", name, 3, address),
            privileges(begin + number * 80, "adm-mira", name),
        ]
    return rows


if __name__ == "__main__":
    attack(PACK / "new-admin-path" / "attack")
    benign(PACK / "new-admin-path" / "benign")
