"""Captures of `archive-then-upload`: Sysmon of some hosts as JSON, and Zeek's conn.log of the border."""

import json
from datetime import UTC, datetime
from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_records import DAY as BEGIN
from tools.captures.zeek_records import Record, flow, noise, write

HOUR, DAY = 3600, 86400
MB = 1_000_000
RAR = r"C:\ProgramData\rar.exe"
ZIP = r"C:\Program Files\7-Zip\7z.exe"


def attack(folder: Path) -> None:
    """Rar packs three shares with a password; 40 minutes later the parts leave for a rare address."""
    events = [connected(9 * HOUR, "fs1", "10.0.4.23", "203.0.113.9")]
    for number, share in enumerate(("contracts", "mailboxes", "plans")):
        line = f"rar.exe a -r -hp{noise(share, 10)} -v50m C:\\ProgramData\\u{number}.rar D:\\{share}"
        events.append(started(10 * HOUR + number * 300, "fs1", RAR, line))
    flows = _office() + [flow(10 * HOUR + 2400 + n * 120, "10.0.4.23", "240.8.1.20", 22 * MB, 9000) for n in range(6)]
    _write(folder, events, flows)


def benign(folder: Path) -> None:
    """A backup that packs and sends every night, work that goes to a cloud that all use, archives that stay."""
    events, flows = [], _office()
    for day in range(12):
        events.append(connected(day * DAY, "backup1", "10.0.4.40", "203.0.113.9"))
        line = f'"{ZIP}" a -tzip E:\\night-{day:02}.zip D:\\data'
        events.append(started(day * DAY + HOUR, "backup1", ZIP, line))
        flows.append(flow(day * DAY + 2 * HOUR, "10.0.4.40", "240.9.1.7", (60 + day) * MB, MB))
    events.append(connected(11 * DAY, "ws5", "10.0.4.25", "203.0.113.9"))
    events.append(
        started(11 * DAY + 9 * HOUR, "ws5", RAR, r"rar.exe a -hpholiday C:\Users\anna\photos.rar C:\Users\anna")
    )
    flows.append(flow(11 * DAY + 10 * HOUR, "10.0.4.25", "203.0.113.14", 300 * MB, MB))
    events.append(started(11 * DAY + 9 * HOUR, "ws6", RAR, r"rar.exe a -hpholiday C:\Users\ben\notes.rar C:\Users\ben"))
    _write(folder, events, flows)


def started(second: float, host: str, image: str, line: str) -> Record:
    """Sysmon 1: a program started."""
    return _sysmon(second, host, 1, {
        "Image": image, "CommandLine": line, "User": r"OFFICE\svc-files", "ParentImage": r"C:\Windows\System32\cmd.exe",
    })  # fmt: skip


def connected(second: float, host: str, address: str, server: str) -> Record:
    """Sysmon 3: a connection of the host, which tells its address."""
    return _sysmon(second, host, 3, {
        "Image": r"C:\Windows\System32\svchost.exe", "SourceIp": address, "SourcePort": 50123, "DestinationIp": server,
        "DestinationPort": 443, "Protocol": "tcp", "Initiated": "true",
    })  # fmt: skip


def _sysmon(second: float, host: str, number: int, more: Record) -> Record:
    moment = datetime.fromtimestamp(BEGIN + second, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "@timestamp": moment, "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": number,
        "SourceName": "Microsoft-Windows-Sysmon", "Hostname": f"{host}.office.example",
        "ProcessId": 4000 + int(second) % 4000,
    } | more  # fmt: skip


def _office() -> list[Record]:
    """Twelve clients talk to a cloud every hour of a working day."""
    return [
        flow(hour * HOUR + number * 60, f"10.0.4.{20 + number}", "203.0.113.9", MB, 2 * MB)
        for hour in range(8, 18)
        for number in range(12)
    ]


def _write(folder: Path, events: list[Record], flows: list[Record]) -> None:
    write(folder, flows, "conn.log")
    ordered = sorted(events, key=lambda each: str(each["@timestamp"]))
    (folder / "sysmon.json").write_text("".join(json.dumps(each) + "\n" for each in ordered), encoding="utf-8")


if __name__ == "__main__":
    attack(PACK / "archive-then-upload" / "attack")
    benign(PACK / "archive-then-upload" / "benign")
