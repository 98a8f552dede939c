"""Captures of `password-spray`: sshd of a jump host."""

from pathlib import Path

from tools.captures import PACK

ACCOUNTS = 26
MINUTES = 45  # between accounts: 26 of them take 19 hours


def attack(folder: Path) -> None:
    """26 accounts, two tries each, from five addresses that take turns, over 19 hours; one has a weak password."""
    lines = []
    for number in range(ACCOUNTS):
        for attempt in range(2):
            minute = number * MINUTES + attempt * 7
            lines.append(_line(minute, f"user{number:02}", f"203.0.113.{10 + (number + attempt) % 5}"))
    lines.append(_line(21 * MINUTES, "user11", "203.0.113.12", "Accepted"))
    _write(folder, sorted(lines))


def benign(folder: Path) -> None:
    """Two working days on which 40 people mistype and then sign in, and a backup whose stored password has expired."""
    lines = []
    for number in range(40):
        minute, user, address = number * 60, f"user{number:02}", f"10.0.4.{number}"
        lines += [_line(minute, user, address), _line(minute + 1, user, address, "Accepted")]
    lines += [_line(minute, "backup", "10.0.9.9") for minute in range(0, 900, 15)]
    _write(folder, sorted(lines))


def _line(minute: int, user: str, address: str, outcome: str = "Failed") -> str:
    stamp = f"2026-03-{3 + minute // 1440:02}T{minute // 60 % 24:02}:{minute % 60:02}:07+00:00"
    return (
        f"{stamp} jump1 sshd[{4000 + minute}]: {outcome} password for {user} from {address} port {40000 + minute} ssh2"
    )


def _write(folder: Path, lines: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "auth.log").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    attack(PACK / "password-spray" / "attack")
    benign(PACK / "password-spray" / "benign")
