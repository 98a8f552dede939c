"""Captures of `token-without-sign-in`: sign-ins to Entra ID and the audit log of Microsoft 365, as JSON lines."""

import json
from pathlib import Path

from tools.captures import PACK

PEOPLE = 24
HOME = "198.51.100"


def attack(folder: Path) -> None:
    """24 people sign in and work; the mailbox of one is read from elsewhere with a token that nobody signed in for."""
    stolen = [_call(11 * 3600 + number * 50, 5, "2001:db8:66::9", "MailItemsAccessed") for number in range(12)]
    _write(folder, [_sign_in(number) for number in range(PEOPLE)], [*_work(), *stolen])


def benign(folder: Path) -> None:
    """Two calls of a telephone on the road; a journey with a sign-in; the provider's service in people's names."""
    road = [_call(12 * 3600 + number, 6, "203.0.113.20", "FilePreviewed") for number in range(2)]
    hotel = [_call(15 * 3600 + number * 40, 7, "203.0.113.77", "FileAccessed") for number in range(9)]
    service = [
        _call(13 * 3600 + number * 20 + place, number, "192.0.2.4", "MailItemsAccessed")
        for number in (1, 2, 3)
        for place in range(6)
    ]
    sign_ins = [*(_sign_in(number) for number in range(PEOPLE)), _sign_in(7, 14 * 3600, "203.0.113.70")]
    _write(folder, sign_ins, [*_work(days=4), *road, *hotel, *service])


def _work(days: int = 1) -> list[dict[str, object]]:
    """What everybody reads and opens in the morning."""
    return [
        _call(day * 86400 + 9 * 3600 + number * 60 + place * 7, number, f"{HOME}.{number + 10}", "FileAccessed")
        for day in range(days)
        for number in range(PEOPLE)
        for place in range(6)
    ]


def _sign_in(number: int, at: int = 8 * 3600, address: str = "") -> dict[str, object]:
    return {
        "id": f"00000000-0000-4000-8000-{at:06}{number:06}", "createdDateTime": _stamp(at + number * 60) + "Z",
        "userPrincipalName": f"person{number:02}@ministry.example", "appDisplayName": "Office 365 Exchange Online",
        "ipAddress": address or f"{HOME}.{number + 10}", "clientAppUsed": "Browser", "status": {"errorCode": 0},
    }  # fmt: skip


def _call(at: int, number: int, address: str, operation: str) -> dict[str, object]:
    return {
        "CreationTime": _stamp(at), "Id": f"00000000-0000-4000-9000-{at:06}{number:06}", "Operation": operation,
        "Workload": "Exchange" if operation == "MailItemsAccessed" else "SharePoint", "ResultStatus": "Succeeded",
        "UserId": f"person{number:02}@ministry.example", "ClientIP": address, "OrganizationId": "ministry",
    }  # fmt: skip


def _stamp(at: int) -> str:
    return f"2026-03-{3 + at // 86400:02}T{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}"


def _write(folder: Path, sign_ins: list[dict[str, object]], calls: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows, key in (("signins.json", sign_ins, "createdDateTime"), ("audit.json", calls, "CreationTime")):
        ordered = sorted(rows, key=lambda row: str(row[key]))
        lines = [json.dumps(row, separators=(",", ":")) for row in ordered]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    attack(PACK / "token-without-sign-in" / "attack")
    benign(PACK / "token-without-sign-in" / "benign")
