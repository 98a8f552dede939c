"""Captures of `distributed-spray`: sign-ins to Entra ID."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.entra_log import signed_in, write

_ACCOUNTS = 24
_REFUSED = 50126  # wrong name or password
_HOUR, _MINUTE = 3600, 60


def attack(folder: Path) -> None:
    """24 people sign in from home; each is tried twice, eight hours apart, from a new network each time."""
    rows = _people()
    for number in range(_ACCOUNTS):
        for attempt in range(2):
            at = 12 * _HOUR + number * 15 * _MINUTE + attempt * 8 * _HOUR
            rows.append(_row(at, number, f"198.18.{number * 2 + attempt}.77", _REFUSED))
    write(folder, rows)


def benign(folder: Path) -> None:
    """People who mistype at home and later at the office, forget a password in a hotel, and telephones on the way.

    Each of the three is more than 20 people: own networks, minutes apart, and more than three tries a day.
    """
    rows = _people()
    for number in range(_ACCOUNTS):
        rows.append(_row(10 * _HOUR + number * _MINUTE, number, _home(number), _REFUSED))
        rows.append(_row(15 * _HOUR + number * _MINUTE, number, "203.0.113.5", _REFUSED))
        rows.append(_row(15 * _HOUR + number * _MINUTE + 20, number, "203.0.113.5"))
    for number in range(_ACCOUNTS, 2 * _ACCOUNTS):
        for attempt in range(3):
            at = 12 * _HOUR + number * _MINUTE + attempt * 90
            rows.append(_row(at, number, f"198.18.{100 + attempt}.{number}", _REFUSED))
    for number in range(2 * _ACCOUNTS, 3 * _ACCOUNTS):
        for attempt in range(6):
            at = 9 * _HOUR + number * _MINUTE + attempt * 2 * _HOUR
            rows.append(_row(at, number, f"198.19.{attempt}.{number}", _REFUSED))
    write(folder, rows)


def _people() -> list[dict[str, object]]:
    return [_row(7 * _HOUR + number * 30, number, _home(number)) for number in range(3 * _ACCOUNTS)]


def _home(number: int) -> str:
    return f"198.51.100.{number + 10}"


def _row(at: int, number: int, address: str, error: int = 0) -> dict[str, object]:
    return signed_in(at, number, address, "AL", error)


if __name__ == "__main__":
    attack(PACK / "distributed-spray" / "attack")
    benign(PACK / "distributed-spray" / "benign")
