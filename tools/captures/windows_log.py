"""Windows events as NXLog forwards them, one JSON object a line: what the captures of host analytics are made of."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.captures import write_capture

BEGIN = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
SYSTEM32 = "C:\\Windows\\System32\\"
_SYSMON = "Microsoft-Windows-Sysmon"


class WindowsLog:
    """The events of one or more computers; `second` counts from BEGIN. Written in order of time."""

    def __init__(self) -> None:
        self._events: list[tuple[float, dict[str, object]]] = []

    def event(self, second: float, host: str, channel: str, event: int, source: str = "", **fields: str) -> None:
        """One event of any channel."""
        stamp = (BEGIN + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        system = {"SourceName": source, "Channel": channel, "Hostname": f"{host}.corp.example", "EventID": event}
        self._events.append((second, {"TimeCreated": stamp, **system, **fields}))

    def sysmon(self, second: float, host: str, event: int, image: str, **fields: str) -> None:
        """One Sysmon event of a program."""
        process = {"Image": image, "ProcessId": "4120", "User": "CORP\\svc-deploy"}
        self.event(second, host, f"{_SYSMON}/Operational", event, _SYSMON, **(process | fields))

    def command(self, second: float, host: str, command: str) -> None:
        """Security 4688: a program of Windows with its command line."""
        program = SYSTEM32 + command.split(" ", 1)[0]
        actor = {"SubjectUserName": "svc-deploy", "SubjectDomainName": "CORP"}
        started = {"NewProcessName": program, "CommandLine": command, "NewProcessId": "0x1018", "ProcessId": "0x40c"}
        self.event(second, host, "Security", 4688, "Microsoft-Windows-Security-Auditing", **actor, **started)

    def service_state(self, second: float, host: str, service: str, state: str) -> None:
        """System 7036: a service entered a state."""
        self.event(second, host, "System", 7036, "Service Control Manager", param1=service, param2=state)

    def service(self, second: float, host: str, name: str, path: str, kind: str = "user mode service") -> None:
        """System 7045: a service was installed."""
        fields = {"ServiceName": name, "ImagePath": path, "ServiceType": kind, "StartType": "demand start"}
        self.event(second, host, "System", 7045, "Service Control Manager", **fields, AccountName="LocalSystem")

    def driver(self, second: float, host: str, path: str, signer: str = "Contoso Storage Ltd") -> None:
        """Sysmon 6: a signed driver was loaded."""
        fields = {"ImageLoaded": path, "Signed": "true", "Signature": signer, "SignatureStatus": "Valid"}
        self.event(second, host, f"{_SYSMON}/Operational", 6, _SYSMON, **fields)

    def task(self, second: float, host: str, name: str, command: str, arguments: str) -> None:
        """Security 4698: a scheduled task was made."""
        content = (
            f"<Task><Actions><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions>"
        )
        actor = {"SubjectUserName": f"{host.upper()}$", "SubjectDomainName": "CORP"}
        source = "Microsoft-Windows-Security-Auditing"
        self.event(second, host, "Security", 4698, source, TaskName=name, TaskContent=f"{content}</Task>", **actor)

    def write(self, folder: Path) -> None:
        """All events as `windows.json`, compressed where it is large."""
        ordered = sorted(self._events, key=lambda event: event[0])
        write_capture(folder / "windows.json", "".join(json.dumps(each) + "\n" for _, each in ordered))
