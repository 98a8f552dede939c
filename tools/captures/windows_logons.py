"""Sign-ins as the Security log of Windows has them, in NXLog's JSON: what several captures are made of."""

import json
from pathlib import Path

DAY = 86400


def logon(at: int, user: str, host: str, kind: int, address: str = "-") -> dict[str, object]:
    """4624; `at` is in seconds after 2026-03-02 00:00 UTC, `kind` the Windows logon type."""
    return _event(at, 4624, host) | {
        "TargetUserName": user, "TargetDomainName": "CORP", "LogonType": kind, "IpAddress": address,
        "WorkstationName": "-", "LogonProcessName": "Kerberos", "AuthenticationPackageName": "Kerberos",
    }  # fmt: skip


def privileges(at: int, user: str, host: str) -> dict[str, object]:
    """4672: the logon has administrators' rights."""
    return _event(at, 4672, host) | {
        "SubjectUserName": user, "SubjectDomainName": "CORP", "PrivilegeList": "SeDebugPrivilege",
    }  # fmt: skip


def write(folder: Path, rows: list[dict[str, object]]) -> None:
    """The rows in order of time."""
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(rows, key=lambda row: str(row["EventTime"]))
    lines = [json.dumps(row, separators=(",", ":")) for row in ordered]
    (folder / "security.json").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _event(at: int, number: int, host: str) -> dict[str, object]:
    stamp = f"2026-03-{2 + at // DAY:02}T{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}.000Z"
    return {
        "EventTime": stamp, "Hostname": f"{host}.corp.example", "Channel": "Security", "EventID": number,
        "SourceName": "Microsoft-Windows-Security-Auditing",
    }  # fmt: skip
