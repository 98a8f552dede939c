"""What the sensors on a Windows machine note: Sysmon, the Security log, the PowerShell log, the System log.

Every machine's channels number their records upward in the order of time. A machine leaves its events in one shape;
workstations forward to a collector (one flat file a day), the others are collected by hand or by an agent.
"""

import hashlib
import ntpath
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tocsin.exercise.chance import Chance
from tocsin.exercise.ground_truth import stamp
from tocsin.exercise.output import DayNames, Folder, RecordFile
from tocsin.exercise.timeline import Mark, Timeline
from tocsin.exercise.windows import shapes
from tocsin.exercise.windows.kinds import SYSMON, Kind, kinds
from tocsin.exercise.windows.machine import Logon, Machine, Process

_PROGRAMS = tomllib.loads(Path(__file__).with_name("programs.toml").read_text(encoding="utf-8"))
_FIRST_RECORD = 10_000
_AGENTS = {"SP01": "winlogbeat", "WSUS01": "winlogbeat", "EXCH01": "evtx", "DC02": "xml"}
_FLAT_NAMES = "windows/collector/forwarded-%Y-%m-%d.json"
_BEAT_NAMES = "windows/winlogbeat/winlogbeat-%Y%m%d.ndjson"
_SECURITY_PROCESS, _SYSMON_PROCESS = 4, 3_208


@lru_cache(maxsize=8192)
def hashes(image: str) -> str:
    """Sysmon's Hashes field of a file that always has the same content; made from its name, so no real file has it."""
    seed = ntpath.basename(image).lower().encode("utf-8")
    sha256 = hashlib.sha256(b"exercise" + seed).hexdigest().upper()
    sha1 = hashlib.sha1(b"exercise" + seed, usedforsecurity=False).hexdigest().upper()
    md5 = hashlib.md5(b"exercise" + seed, usedforsecurity=False).hexdigest().upper()
    return f"SHA1={sha1},MD5={md5},SHA256={sha256},IMPHASH={md5[::-1]}"


@lru_cache(maxsize=8192)
def file_facts(image: str) -> tuple[str, str, str, str, str]:
    """FileVersion, Description, Product, Company and OriginalFileName of a program; dashes when it has none."""
    row = _PROGRAMS.get(ntpath.basename(image).lower())
    if row is None:
        return ("-", "-", "-", "-", "-")
    return tuple(row)


class Noted(NamedTuple):
    """An event before it has a record number."""

    kind: Kind
    values: tuple[str, ...]


class MachineLog:
    """The sensor of one machine: numbers the records and writes them in the machine's shape."""

    def __init__(self, machine: Machine, folder: Folder) -> None:
        self._machine = machine
        self._folder = folder
        self._records: dict[str, int] = {}
        self._agent = _AGENTS.get(machine.host.name, "flat")
        self._shape = {
            "flat": shapes.flat,
            "winlogbeat": shapes.winlogbeat,
            "evtx": shapes.evtx_dump,
            "xml": shapes.wevtutil_xml,
        }[self._agent]
        self._days = DayNames(_BEAT_NAMES if self._agent == "winlogbeat" else _FLAT_NAMES)

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a Noted."""
        assert isinstance(payload, Noted)
        kind, values = payload.kind, payload.values
        record = self._records.get(kind.channel, _FIRST_RECORD) + 1
        self._records[kind.channel] = record
        writer = _SYSMON_PROCESS if kind.channel == SYSMON else _SECURITY_PROCESS
        host = self._machine.host.name
        event = shapes.Event(kind, values, host, self._machine.fqdn, record, time_us, writer, 4_000 + record % 97 * 4)
        file = self._file(kind, time_us)
        return file.name, file.write(self._shape(event))

    def _file(self, kind: Kind, time_us: int) -> RecordFile:
        if self._agent in ("flat", "winlogbeat"):
            return self._folder.file(self._days.name(time_us))
        channel = kind.channel.replace("/", "%4").replace(" ", "-")
        host = self._machine.host.name
        if self._agent == "evtx":
            return self._folder.file(f"windows/evtx_dump/{host}/{channel}.jsonl")
        name = f"windows/wevtutil/{host}/{channel}.xml"
        return self._folder.file(name, lambda: shapes.XML_HEADER, lambda: shapes.XML_FOOTER, lines=False)


class Recorder:
    """Turns what happens on one machine into events on the timeline."""

    def __init__(
        self, machine: Machine, timeline: Timeline, folder: Folder, chance: Chance, unique: float = 0.0
    ) -> None:
        self.machine = machine
        self._timeline = timeline
        self._log = MachineLog(machine, folder)
        self._chance = chance
        self._unique = unique  # share of background command lines that occur only once
        self._kinds = kinds()

    def note(
        self, time_us: int, kind: str, given: Mapping[str, str], by: Process | None = None, mark: Mark | None = None
    ) -> None:
        """One event; fields that are not given come from the process behind it, then from the kind."""
        made = self._kinds[kind]
        fields: dict[str, str] = {}
        if made.channel == SYSMON:
            fields["UtcTime"] = fields["CreationUtcTime"] = stamp(time_us)[:23].replace("T", " ")
        fields.update(given)
        self._timeline.add(time_us, self._log, Noted(made, made.values(fields, by)), mark)

    def start(
        self,
        time_us: int,
        image: str,
        command: str,
        parent: Process,
        logon: Logon,
        integrity: str,
        directory: str = "C:\\Windows\\system32\\",
        mark: Mark | None = None,
    ) -> Process:
        """A process starts: Sysmon 1 and Security 4688."""
        if self._unique and mark is None and self._chance.happens(self._unique):
            command = f"{command} --trace={self._chance.hexadecimal(16)}"
        process = self.machine.new_process(time_us, image, command, logon, integrity, self._chance)
        self.note(time_us, "process_create", _creation(process, parent, directory), process, mark)
        self.note(time_us + 400, "process_audit", self._audit(process, parent), None, mark)
        return process

    def end(self, time_us: int, process: Process, mark: Mark | None = None) -> None:
        """A process ends: Sysmon 5 and Security 4689."""
        self.note(time_us, "process_end", {}, process, mark)
        self.note(time_us + 350, "process_exit_audit", {}, process, mark)

    def logon(self, time_us: int, logon: Logon, type_: int, address: str, mark: Mark | None = None) -> None:
        """A logon session begins: Security 4624."""
        remote = type_ in (3, 10)
        given = {
            **_subject(self.machine.system if not remote or type_ == 10 else None, self.machine),
            "TargetUserSid": logon.sid,
            "TargetUserName": logon.account,
            "TargetDomainName": logon.domain,
            "TargetLogonId": logon.id,
            "LogonType": str(type_),
            "LogonProcessName": "Kerberos" if type_ == 3 else "User32 ",
            "AuthenticationPackageName": "Kerberos" if type_ == 3 else "Negotiate",
            "WorkstationName": "-" if type_ == 3 else self.machine.host.name,
            "LogonGuid": "{" + self._chance.guid() + "}",
            "ProcessId": "0x0" if type_ == 3 else f"0x{self.machine.processes['svchost'].pid:x}",
            "ProcessName": "-" if type_ == 3 else "C:\\Windows\\System32\\svchost.exe",
            "IpAddress": address if remote else "127.0.0.1",
            "IpPort": str(self._chance.whole(49_152, 65_535)) if remote else "0",
        }
        self.note(time_us, "logon", given, None, mark)

    def logoff(self, time_us: int, logon: Logon, type_: int, mark: Mark | None = None) -> None:
        """A logon session ends: Security 4634."""
        given = {
            "TargetUserSid": logon.sid,
            "TargetUserName": logon.account,
            "TargetDomainName": logon.domain,
            "TargetLogonId": logon.id,
            "LogonType": str(type_),
        }
        self.note(time_us, "logoff", given, None, mark)

    def _audit(self, process: Process, parent: Process) -> dict[str, str]:
        machine = self.machine
        elevated = process.integrity in ("High", "System")
        given = {
            **_subject(parent.logon, machine),
            "NewProcessId": f"0x{process.pid:x}",
            "NewProcessName": process.image,
            "TokenElevationType": "%%1936" if elevated else "%%1938",
            "ProcessId": f"0x{parent.pid:x}",
            "CommandLine": process.command,
            "ParentProcessName": parent.image,
        }
        if parent.logon is not process.logon:
            given.update(
                TargetUserName=process.logon.account,
                TargetDomainName=process.logon.domain,
                TargetLogonId=process.logon.id,
            )
        return given


def _creation(process: Process, parent: Process, directory: str) -> dict[str, str]:
    """Sysmon's view of a new process, beside what it says of every process."""
    version, description, product, company, original = file_facts(process.image)
    return {
        "FileVersion": version,
        "Description": description,
        "Product": product,
        "Company": company,
        "OriginalFileName": original,
        "CommandLine": process.command,
        "CurrentDirectory": directory,
        "LogonGuid": process.logon.guid,
        "LogonId": process.logon.id,
        "TerminalSessionId": process.logon.terminal,
        "IntegrityLevel": process.integrity,
        "Hashes": hashes(process.image),
        "ParentProcessGuid": parent.guid,
        "ParentProcessId": str(parent.pid),
        "ParentImage": parent.image,
        "ParentCommandLine": parent.command,
        "ParentUser": parent.user,
    }


def _subject(logon: Logon | None, machine: Machine) -> dict[str, str]:
    """Who is behind a Security event; system accounts appear under the machine's own name."""
    if logon is None:
        return {"SubjectUserSid": "S-1-0-0", "SubjectLogonId": "0x0"}
    name, domain = machine.subject(logon)
    return {
        "SubjectUserSid": logon.sid,
        "SubjectUserName": name,
        "SubjectDomainName": domain,
        "SubjectLogonId": logon.id,
    }
