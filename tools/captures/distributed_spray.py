"""Captures of `distributed-spray`: sign-ins to Entra ID, as Microsoft Graph gives them, one a line."""

import json
from pathlib import Path

from tools.captures import PACK

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
    _write(folder, rows)


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
    _write(folder, rows)


def _people() -> list[dict[str, object]]:
    return [_row(7 * _HOUR + number * 30, number, _home(number)) for number in range(3 * _ACCOUNTS)]


def _home(number: int) -> str:
    return f"198.51.100.{number + 10}"


def _row(at: int, number: int, address: str, error: int = 0) -> dict[str, object]:
    day, at = divmod(at, 24 * _HOUR)
    return {
        "id": f"00000000-0000-4000-8000-{day}{at:05}{number:06}",
        "createdDateTime": f"2026-03-{3 + day:02}T{at // _HOUR:02}:{at // 60 % 60:02}:{at % 60:02}Z",
        "userPrincipalName": f"person{number:02}@ministry.example", "appDisplayName": "Office 365 Exchange Online",
        "ipAddress": address, "clientAppUsed": "Browser", "location": {"city": "", "countryOrRegion": "AL"},
        "authenticationRequirement": "singleFactorAuthentication", "status": {"errorCode": error},
    }  # fmt: skip


def _write(folder: Path, rows: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: str(row["createdDateTime"]))
    lines = [json.dumps(row, separators=(",", ":")) for row in ordered]
    (folder / "signins.json").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    attack(PACK / "distributed-spray" / "attack")
    benign(PACK / "distributed-spray" / "benign")
