"""The kinds of Windows events (kinds.toml holds the data): fields in Windows' own order, provider, level, keywords."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("kinds.toml")
_TEXT_IN_UNIT = ("ProcessId", "SourceProcessId", "TargetProcessId", "ParentProcessId", "TerminalSessionId")
_SYSMON_PROCESS = {
    "ProcessGuid": "guid",
    "ProcessId": "pid_text",
    "Image": "image",
    "User": "user",
    "SourceProcessGUID": "guid",
    "SourceProcessGuid": "guid",
    "SourceProcessId": "pid_text",
    "SourceImage": "image",
    "SourceUser": "user",
}
_SECURITY_PROCESS = {
    "ProcessId": "pid_hexadecimal",
    "ProcessName": "image",
    "SubjectUserSid": "sid",
    "SubjectUserName": "subject",
    "SubjectDomainName": "subject_domain",
    "SubjectLogonId": "logon_id",
}
SYSMON = "Microsoft-Windows-Sysmon/Operational"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event. `container` names the element of UserData, empty where Windows uses EventData."""

    name: str
    channel: str
    id: int
    provider: str
    provider_guid: str
    version: int
    level: int
    task: int
    opcode: int
    keywords: str
    title: str
    fields: tuple[str, ...]
    defaults: Mapping[str, str]
    container: str = ""
    message: str = ""  # with one %s a field
    base: tuple[str, ...] = ()  # one default a field
    positions: Mapping[str, int] = field(default_factory=dict)
    behind: tuple[tuple[int, str], ...] = ()  # positions that the process behind the event fills, with its attribute
    guids: tuple[str, ...] = ()  # fields that the binary log holds as GUIDs
    numbers: tuple[str, ...] = ()  # fields that the binary log holds as numbers

    def values(self, given: Mapping[str, str], by: object = None) -> tuple[str, ...]:
        """One value a field: what is given, else what the process `by` says, else the default."""
        filled = list(self.base)
        positions = self.positions
        if by is not None:
            for position, attribute in self.behind:
                filled[position] = getattr(by, attribute)
        for name, value in given.items():
            if name in positions:
                filled[positions[name]] = value
        return tuple(filled)


def _message(title: str, channel: str, fields: tuple[str, ...]) -> str:
    if channel == SYSMON:
        return f"{title}:\r\n" + "\r\n".join(f"{name}: %s" for name in fields)
    return f"{title}\r\n\r\n" + "\r\n".join(f"{name}:\t\t%s" for name in fields)


def _kind(name: str, row: dict[str, object]) -> Kind:
    fields: tuple[str, ...] = tuple(row.pop("fields"))  # type: ignore[arg-type]  # the data file is our own
    defaults: Mapping[str, str] = row.pop("defaults", {})  # type: ignore[assignment]  # the data file is our own
    channel = str(row["channel"])
    sysmon = channel == SYSMON
    own = _SYSMON_PROCESS if sysmon else _SECURITY_PROCESS
    return Kind(
        name=name,
        fields=fields,
        defaults=defaults,
        message=_message(str(row["title"]), channel, fields),
        base=tuple(defaults.get(one, "-") for one in fields),
        positions={one: index for index, one in enumerate(fields)},
        behind=tuple((index, own[one]) for index, one in enumerate(fields) if one in own),
        guids=tuple(one for one in fields if one.lower().endswith("guid")) if sysmon else (),
        numbers=tuple(one for one in fields if one in _TEXT_IN_UNIT) if sysmon else (),
        **row,  # type: ignore[arg-type]  # the data file is our own
    )


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name."""
    return read_kinds(_DATA)


def read_kinds(path: Path) -> dict[str, Kind]:
    """The kinds of a data file that is made like kinds.toml."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _kind(name, row) for name, row in rows.items()}
