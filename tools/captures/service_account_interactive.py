"""Captures of `service-account-interactive`: the Security logs of a few servers over nine days."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.windows_logons import DAY, logon, write


def attack(folder: Path) -> None:
    """The backup's account signs in by remote desktop to two servers on the ninth day."""
    at = 8 * DAY + 3 * 3600
    seated = [logon(at, "svc-backup", "files1", 10, "10.0.4.17"), logon(at + 900, "svc-backup", "dc1", 10, "10.0.1.11")]
    write(folder, [*_services(), *seated])


def benign(folder: Path) -> None:
    """A new service is set up at the console in its first days; a person has a nightly job and a screen."""
    new = [logon(6 * DAY + 600 * number, "svc-new", "files1", 5) for number in range(9)]
    new.append(logon(8 * DAY + 3600, "svc-new", "files1", 2))
    person = [logon(day * DAY + 3 * 3600, "jonas", "files1", 4) for day in range(9)]
    person += [logon(day * DAY + 8 * 3600, "jonas", "ws17", 2) for day in (0, 1, 4, 8)]
    write(folder, [*_services(), *new, *person])


def _services() -> list[dict[str, object]]:
    """A backup that runs each night over the network, and a database that starts with its server."""
    rows = []
    for day in range(9):
        rows += [
            logon(day * DAY + 3600, "svc-backup", "files1", 4),
            logon(day * DAY + 3630, "svc-backup", "dc1", 3, "10.0.1.11"),
        ]
        rows += [logon(day * DAY + hour * 3600, "svc-sql", "db1", 5) for hour in (0, 6, 12, 18)]
    return rows


if __name__ == "__main__":
    attack(PACK / "service-account-interactive" / "attack")
    benign(PACK / "service-account-interactive" / "benign")
