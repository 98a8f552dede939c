"""Captures of `impossible-travel`: sign-ins to Entra ID, as Microsoft Graph gives them, one a line."""

import json
from pathlib import Path

from tools.captures import PACK

_HOME = ("198.51.100", "AL")


def attack(folder: Path) -> None:
    """Twelve people sign in from home; one of them 20 minutes later from another country."""
    rows = _people()
    rows.append(_row(9 * 3600 + 3 * 300 + 1200, 3, "203.0.113.80", "PA"))
    _write(folder, rows)


def benign(folder: Path) -> None:
    """A journey of five hours, a relay that was used last week too, and the organisation's own way out abroad."""
    rows = _people()
    rows.append(_row(14 * 3600 + 900, 1, "203.0.113.81", "DE"))
    rows += [_row(at, 2, "203.0.113.82", "NL") for at in (3600, 9 * 3600 + 900)]
    rows += [_row(9 * 3600 + 600 + number * 300, number, "203.0.113.90", "US") for number in range(4, 12)]
    _write(folder, rows)


def _people() -> list[dict[str, object]]:
    return [_row(9 * 3600 + number * 300, number, f"{_HOME[0]}.{number + 10}", _HOME[1]) for number in range(12)]


def _row(at: int, number: int, address: str, country: str) -> dict[str, object]:
    return {
        "id": f"00000000-0000-4000-8000-{at:06}{number:06}",
        "createdDateTime": f"2026-03-03T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z",
        "userPrincipalName": f"person{number:02}@ministry.example", "appDisplayName": "Office 365 Exchange Online",
        "ipAddress": address, "clientAppUsed": "Browser", "location": {"city": "", "countryOrRegion": country},
        "authenticationRequirement": "singleFactorAuthentication", "status": {"errorCode": 0},
    }  # fmt: skip


def _write(folder: Path, rows: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: str(row["createdDateTime"]))
    lines = [json.dumps(row, separators=(",", ":")) for row in ordered]
    (folder / "signins.json").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    attack(PACK / "impossible-travel" / "attack")
    benign(PACK / "impossible-travel" / "benign")
