"""Captures of `brute-force`: sshd of a server that faces the internet."""

from pathlib import Path

from tools.captures import PACK

GUESSES = 48


def attack(folder: Path) -> None:
    """One address guesses the password of one account every four seconds and gets in; another guesses in vain."""
    lines = [_line(7200 + number * 4, "deploy", "203.0.113.66") for number in range(GUESSES)]
    lines += [_line(7200 + GUESSES * 4, "deploy", "203.0.113.66", "Accepted")]
    _write(folder, lines + _noise() + _people())


def benign(folder: Path) -> None:
    """The noise of the internet, people who mistype, and a job whose password expired and was replaced."""
    job = [_line(at, "backup", "10.0.9.9", "Accepted") for at in range(0, 7200, 600)]
    job += [_line(at, "backup", "10.0.9.9") for at in range(7200, 14400, 20)]
    job += [_line(at, "backup", "10.0.9.9", "Accepted") for at in range(14400, 21600, 600)]
    _write(folder, _noise() + _people() + job)


def _noise() -> list[str]:
    """Root is guessed at from four addresses, all day, in vain."""
    return [_line(at, "root", f"198.51.100.{at // 700 % 4 + 1}") for at in range(0, 80000, 70)]


def _people() -> list[str]:
    """Forty people of whom each third mistypes three times."""
    lines = []
    for number in range(40):
        at, user, address = 3600 + number * 900, f"user{number:02}", f"10.0.4.{number}"
        lines += [_line(at + attempt * 9, user, address) for attempt in range(3) if number % 3 == 0]
        lines.append(_line(at + 40, user, address, "Accepted"))
    return lines


def _line(at: int, user: str, address: str, outcome: str = "Failed") -> str:
    stamp = f"2026-03-03T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}+00:00"
    return (
        f"{stamp} web1 sshd[{4000 + at}]: {outcome} password for {user} from {address} port {20000 + at % 40000} ssh2"
    )


def _write(folder: Path, lines: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "auth.log").write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    attack(PACK / "brute-force" / "attack")
    benign(PACK / "brute-force" / "benign")
