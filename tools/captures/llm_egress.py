"""Captures of `llm-egress`: Sysmon of some computers, and a network's DNS as Zeek writes it."""

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.captures import PACK

FIRST = datetime(2026, 2, 2, 8, tzinfo=UTC)
CLIENTS = 24
DAYS = 20
Event = dict[str, object]


def attack(folder: Path) -> None:
    """A program from a mail asks a model for commands and runs them; a server asks a provider that nobody uses."""
    at = FIRST + timedelta(hours=3)
    program = r"C:\Users\anna\AppData\Local\Temp\Appendix.pif"
    commands = (
        "systeminfo", "whoami /user", "net user /domain", "ipconfig /all", "tasklist",
        r"xcopy C:\Users\anna\Documents\*.docx C:\ProgramData\info /S",
    )  # fmt: skip
    events = [*_assistants(), _asked("pc07", at, program, "router.huggingface.co")]
    for number, command in enumerate(commands):
        events.append(
            _started("pc07", at + timedelta(seconds=20 + number), "cmd.exe", f"cmd.exe /c {command}", program)
        )
    events.append(_asked("pc07", at + timedelta(minutes=5), program, "router.huggingface.co"))
    _write(folder, "sysmon.jsonl", events)
    server = [_query(FIRST + timedelta(days=17, minutes=7 * number), 9, "api.deepinfra.com") for number in range(6)]
    _write(folder, "dns.log.gz", [*_names(), *server])


def benign(folder: Path) -> None:
    """Browsers, a developer's script, an assistant on five computers, an administrator who looks around elsewhere."""
    events = [*_assistants()]
    for number, command in enumerate(("systeminfo", "whoami /groups", "ipconfig /all", "tasklist")):
        events.append(
            _started("pc02", FIRST + timedelta(minutes=number), "cmd.exe", f"cmd.exe /c {command}", "explorer.exe")
        )
    for host in range(10, 15):
        path = r"C:\Program Files\Minutes\minutes.exe"
        events.append(_asked(f"pc{host}", FIRST + timedelta(hours=host), path, "api.mistral.ai"))
    _write(folder, "sysmon.jsonl", events)
    used = [_query(FIRST + timedelta(days=17, minutes=client), client, "api.mistral.ai") for client in range(5)]
    _write(folder, "dns.log.gz", [*_names(), *used])


def _assistants() -> Iterable[Event]:
    for day in range(3):
        at = FIRST + timedelta(days=day)
        yield _asked("pc03", at, r"C:\Program Files\Google\Chrome\Application\chrome.exe", "api.openai.com")
        yield _asked("pc04", at, r"C:\Python313\python.exe", "api.openai.com")
        yield _started("pc04", at, "git.exe", "git pull", "code.exe")


def _names() -> Iterable[Event]:
    """What clients ask for daily."""
    for day in range(DAYS):
        for client in range(CLIENTS):
            yield _query(FIRST + timedelta(days=day, minutes=client), client, f"www{client % 7}.example.org")


def _asked(host: str, at: datetime, program: str, name: str) -> Event:
    return _sysmon(host, at, 22, Image=program, QueryName=name, QueryStatus="0", QueryResults="203.0.113.44;")


def _started(host: str, at: datetime, program: str, command: str, parent: str) -> Event:
    return _sysmon(host, at, 1, Image=rf"C:\Windows\System32\{program}", CommandLine=command, ParentImage=parent)


def _sysmon(host: str, at: datetime, id: int, **fields: str) -> Event:
    return {
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": id, "Computer": f"{host}.town.example",
        "TimeCreated": f"{at:%Y-%m-%dT%H:%M:%S}Z", "UtcTime": f"{at:%Y-%m-%d %H:%M:%S}.000",
        "User": r"TOWN\anna", **fields,
    }  # fmt: skip


def _query(at: datetime, client: int, name: str) -> Event:
    return {
        "_path": "dns", "ts": at.timestamp(), "uid": f"C{client}{at:%d%H%M}", "id.orig_h": f"10.0.6.{10 + client}",
        "id.orig_p": 40000 + client, "id.resp_h": "10.0.0.53", "id.resp_p": 53, "proto": "udp", "query": name,
        "qtype_name": "A", "rcode_name": "NOERROR", "answers": ["203.0.113.80"],
    }  # fmt: skip


def _write(folder: Path, name: str, events: Iterable[Event]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(event) + "\n" for event in events).encode()
    (folder / name).write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)


if __name__ == "__main__":
    attack(PACK / "llm-egress" / "attack")
    benign(PACK / "llm-egress" / "benign")
