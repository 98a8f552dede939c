"""Captures of `rare-persistence`: the Windows events of fourteen computers over seven weeks."""

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.captures import PACK

FIRST = datetime(2026, 2, 2, 8, tzinfo=UTC)
DAYS = 49
HOSTS = (*(f"pc{number:02}.town.example" for number in range(1, 13)), "srv1.town.example", "srv2.town.example")
Event = dict[str, str | int]


def attack(folder: Path) -> None:
    """A service in ProgramData that stays for a month, a task with a coded command, and rights given by a stranger."""
    events = list(_everyday())
    born = FIRST + timedelta(days=20, hours=13, minutes=5)
    events.append(_service(HOSTS[12], born, "NetTimeSync", r"C:\ProgramData\NetTime\nettimesvc.exe"))
    events += [
        _started(HOSTS[12], born + timedelta(days=day), r"C:\ProgramData\NetTime\nettimesvc.exe")
        for day in range(0, 29, 4)
    ]
    command = "-NoP -W Hidden -Enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoA"
    events.append(_task(HOSTS[4], born + timedelta(days=7), r"\Updater", "powershell.exe", command, "anna"))
    events.append(_right(HOSTS[13], born + timedelta(days=15), "svc-report", "Administrators", "anna"))
    _write(folder, events)


def benign(folder: Path) -> None:
    """The same computers with a patch day, a rollout that begins with one pilot, a vendor's tool, a new computer."""
    events = list(_everyday())
    for number, host in enumerate(HOSTS):
        patched = FIRST + timedelta(days=22, hours=number % 6)
        events.append(_service(host, patched, "PatchHelper", r"C:\Windows\SysPatch\helper.exe"))
        rolled = FIRST + timedelta(days=17 if not number else 24, hours=number % 5)
        events.append(_service(host, rolled, "ScanClient", r"C:\ScanClient\client.exe"))
        events += [_started(host, rolled + timedelta(days=day), r"C:\ScanClient\client.exe") for day in range(0, 24, 3)]
    tool = FIRST + timedelta(days=19)
    events.append(_service(HOSTS[13], tool, "LabelPrinter", r"C:\Program Files\Labels\labels.exe"))
    events += [
        _started(HOSTS[13], tool + timedelta(days=day), r"C:\Program Files\Labels\labels.exe") for day in range(28)
    ]
    events += _new_computer(FIRST + timedelta(days=21))
    events.append(_right(HOSTS[13], FIRST + timedelta(days=33), "carla", "Administrators", "helpdesk"))
    _write(folder, events)


def _everyday() -> Iterable[Event]:
    """Programs that start daily, a service and a task that all have, and a help desk that gives rights."""
    for number, host in enumerate(HOSTS):
        yield _service(
            host, FIRST + timedelta(minutes=number), "InventoryAgent", r"C:\Program Files\Inventory\agent.exe"
        )
        yield _task(
            host,
            FIRST + timedelta(hours=1, minutes=number),
            r"\Inventory",
            r"C:\Program Files\Inventory\agent.exe",
            "/scan",
        )
        for day in range(DAYS):
            yield _started(host, FIRST + timedelta(days=day, minutes=number), r"C:\Program Files\Inventory\agent.exe")
    for day in (3, 15, 30):
        yield _right(HOSTS[12], FIRST + timedelta(days=day), f"member{day}", "Remote Desktop Users", "helpdesk")


def _new_computer(at: datetime) -> Iterable[Event]:
    """Everything on it is new, its maker's tools too."""
    host = "pc13.town.example"
    for number in range(8):
        program = rf"C:\Maker\tool{number}.exe"
        yield _service(host, at + timedelta(minutes=number), f"MakerTool{number}", program)
        for day in range(0, 24, 3):
            yield _started(host, at + timedelta(days=day, minutes=number), program)


def _event(host: str, at: datetime, channel: str, id: int, **fields: str) -> Event:
    return {"Channel": channel, "EventID": id, "Computer": host, "TimeCreated": f"{at:%Y-%m-%dT%H:%M:%S}Z", **fields}


def _service(host: str, at: datetime, name: str, program: str) -> Event:
    return _event(host, at, "System", 7045, ServiceName=name, ImagePath=program, StartType="auto start")


def _started(host: str, at: datetime, program: str) -> Event:
    fields = {"Image": program, "CommandLine": program, "ParentImage": r"C:\Windows\System32\services.exe"}
    return _event(
        host, at, "Microsoft-Windows-Sysmon/Operational", 1,
        User=r"NT AUTHORITY\SYSTEM", UtcTime=f"{at:%Y-%m-%d %H:%M:%S}.000", **fields,
    )  # fmt: skip


def _task(host: str, at: datetime, name: str, command: str, arguments: str, user: str = "SYSTEM") -> Event:
    content = (
        f"<Task><Actions><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions></Task>"
    )
    return _event(host, at, "Security", 4698, TaskName=name, TaskContent=content, SubjectUserName=user)


def _right(host: str, at: datetime, member: str, group: str, user: str) -> Event:
    return _event(host, at, "Security", 4732, MemberName=member, TargetUserName=group, SubjectUserName=user)


def _write(folder: Path, events: Iterable[Event]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(events, key=lambda event: (str(event["TimeCreated"]), str(event["Computer"])))
    text = "".join(json.dumps(event) + "\n" for event in ordered)
    (folder / "windows.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    attack(PACK / "rare-persistence" / "attack")
    benign(PACK / "rare-persistence" / "benign")
