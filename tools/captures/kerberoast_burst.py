"""Captures of `kerberoast-burst`: the Security log of a domain controller as NXLog writes it, one JSON a line."""

import json
from pathlib import Path

from tools.captures import PACK

SERVICES = ("svc-sql01", "svc-sql02", "svc-backup", "svc-sharepoint", "svc-crm", "svc-print", "svc-monitor")
COMPUTERS = tuple(f"FILE{number:02}$" for number in range(1, 30))


def attack(folder: Path) -> None:
    """One user gets RC4 tickets to seven services within three seconds; an hour later three accounts need no proof."""
    rows = [_service(7200 + number // 3, "jonas", name, "0x17", "10.0.5.44") for number, name in enumerate(SERVICES)]
    rows += [
        _account(10800 + number, name, "0", "10.0.5.44") for number, name in enumerate(("scanner", "old-app", "lab"))
    ]
    _write(folder, rows + _routine())


def benign(folder: Path) -> None:
    """An inventory visits all file servers; an old application gets RC4 tickets to its two services all day."""
    rows = [_service(5000 + number, "inventory", name, "0x12", "10.0.9.8") for number, name in enumerate(COMPUTERS)]
    rows += [_service(at, "old-app", name, "0x17", "10.0.9.9") for at in range(0, 28800, 600) for name in SERVICES[:2]]
    rows += [_account(at, "old-app", "0", "10.0.9.9") for at in range(0, 28800, 3600)]
    _write(folder, rows + _routine())


def _routine() -> list[dict[str, object]]:
    """Twenty people of whom each uses two services and three computers."""
    rows = []
    for number in range(20):
        at, user, address = 600 + number * 200, f"user{number:02}", f"10.0.4.{number}"
        rows.append(_account(at, user, "2", address))
        rows += [_service(at + 2 + place, user, SERVICES[(number + place) % 7], "0x12", address) for place in range(2)]
        rows += [_service(at + 5 + place, user, COMPUTERS[number + place], "0x12", address) for place in range(3)]
    return rows


def _service(at: int, user: str, service: str, encryption: str, address: str) -> dict[str, object]:
    return _event(at, 4769, address) | {
        "TargetUserName": f"{user}@CORP.EXAMPLE", "TargetDomainName": "CORP.EXAMPLE", "ServiceName": service,
        "TicketOptions": "0x40810000", "TicketEncryptionType": encryption,
    }  # fmt: skip


def _account(at: int, user: str, preauth: str, address: str) -> dict[str, object]:
    return _event(at, 4768, address) | {
        "TargetUserName": user, "TargetDomainName": "CORP.EXAMPLE", "ServiceName": "krbtgt",
        "TicketEncryptionType": "0x12" if preauth == "2" else "0x17", "PreAuthType": preauth,
    }  # fmt: skip


def _event(at: int, number: int, address: str) -> dict[str, object]:
    stamp = f"2026-03-03T{8 + at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000Z"
    return {
        "EventTime": stamp, "Hostname": "dc1.corp.example", "Channel": "Security", "EventID": number,
        "SourceName": "Microsoft-Windows-Security-Auditing", "Status": "0x0", "IpAddress": f"::ffff:{address}",
    }  # fmt: skip


def _write(folder: Path, rows: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: str(row["EventTime"]))
    lines = [json.dumps(row, separators=(",", ":")) for row in ordered]
    (folder / "security.json").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    attack(PACK / "kerberoast-burst" / "attack")
    benign(PACK / "kerberoast-burst" / "benign")
