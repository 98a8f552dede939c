"""What Winlogbeat's and Elastic Agent's modules moved out of an event's own data, put back.

The modules for Sysmon, Security and PowerShell *rename* `winlog.event_data.Image` to `process.executable` and so on, so
that the event's own fields are gone from `event_data`. Sigma rules and the views ask for the event's own names.

Rules:
1. Nothing is taken away: the ECS fields stay, and a field that the event still has is never replaced.
2. Only events of the three providers are looked at; which ECS field was which own field depends on the event's number.
3. What ECS splits is joined again: `user.domain` and `user.name`, the hashes, the typed value of a registry entry.

Reference: elastic/beats, x-pack/winlogbeat/module/*/ingest (field names only).
"""

from collections.abc import Callable, Mapping

Record = Mapping[str, object]
Read = Callable[[Record], object]

SYSMON = "Microsoft-Windows-Sysmon"
SECURITY = "Microsoft-Windows-Security-Auditing"
POWERSHELL = ("Microsoft-Windows-PowerShell", "PowerShell", "PowerShellCore")
DWORD_DIGITS = 8
QWORD_DECIMALS = 20  # digits of the largest 64-bit number


def inner(record: Record, *path: str) -> object:
    """The value below a path of names, None where there is none."""
    value: object = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _at(path: str) -> Read:
    names = path.split(".")
    return lambda record: inner(record, *names)


def _user(record: Record) -> object:
    domain, name = inner(record, "user", "domain"), inner(record, "user", "name")
    return f"{domain}\\{name}" if domain and name else name


def _hashes(place: str) -> Read:
    def read(record: Record) -> object:
        found = inner(record, place, "hash")
        named = dict(found) if isinstance(found, Mapping) else {}
        imphash = inner(record, place, "pe", "imphash")
        if imphash:
            named["imphash"] = imphash
        return ",".join(f"{kind.upper()}={value}" for kind, value in named.items()) or None

    return read


def _registry_details(record: Record) -> object:
    """Sysmon's text of a registry value: `DWORD (0x00000001)`, `QWORD (0x00000000-0x00000001)`, else the strings."""
    strings = inner(record, "registry", "data", "strings")
    if not isinstance(strings, list) or not strings:
        return None
    kind, text = str(inner(record, "registry", "data", "type")), str(strings[0])
    if len(strings) == 1 and len(text) <= QWORD_DECIMALS and text.isascii() and text.isdigit():
        digits = f"{int(text):0{2 * DWORD_DIGITS}x}"
        if kind.endswith("DWORD"):
            return f"DWORD (0x{digits[-DWORD_DIGITS:]})"
        if kind.endswith("QWORD"):
            return f"QWORD (0x{digits[:-DWORD_DIGITS]}-0x{digits[-DWORD_DIGITS:]})"
    return ";".join(map(str, strings))


def _initiated(record: Record) -> object:
    direction = inner(record, "network", "direction")
    return None if direction is None else "true" if direction in ("egress", "outbound") else "false"


def _answers(record: Record) -> object:
    addresses = inner(record, "dns", "resolved_ip")
    return "".join(f"{address};" for address in addresses) if isinstance(addresses, list) else None


_PROCESS: dict[str, Read] = {
    "Image": _at("process.executable"),
    "ProcessId": _at("process.pid"),
    "ProcessGuid": _at("process.entity_id"),
    "User": _user,
    "RuleName": _at("rule.name"),
}
_SOURCE_PROCESS: dict[str, Read] = {
    "SourceImage": _at("process.executable"),
    "SourceProcessId": _at("process.pid"),
    "SourceThreadId": _at("process.thread.id"),
    "RuleName": _at("rule.name"),
}
_FILE: dict[str, Read] = {**_PROCESS, "TargetFilename": _at("file.path")}
_HASHED_FILE: dict[str, Read] = {**_FILE, "Hashes": _hashes("process")}
_REGISTRY: dict[str, Read] = {**_PROCESS, "TargetObject": _at("registry.path"), "Details": _registry_details}
_PIPE: dict[str, Read] = {**_PROCESS, "PipeName": _at("file.name")}

_OF_SYSMON: dict[str, dict[str, Read]] = {
    "1": {
        **_PROCESS,
        "CommandLine": _at("process.command_line"),
        "CurrentDirectory": _at("process.working_directory"),
        "OriginalFileName": _at("process.pe.original_file_name"),
        "Hashes": _hashes("process"),
        "ParentImage": _at("process.parent.executable"),
        "ParentCommandLine": _at("process.parent.command_line"),
        "ParentProcessId": _at("process.parent.pid"),
        "ParentProcessGuid": _at("process.parent.entity_id"),
    },
    "2": _FILE,
    "3": {
        **_PROCESS,
        "Protocol": _at("network.transport"),
        "Initiated": _initiated,
        "SourceIp": _at("source.ip"),
        "SourcePort": _at("source.port"),
        "SourceHostname": _at("source.domain"),
        "DestinationIp": _at("destination.ip"),
        "DestinationPort": _at("destination.port"),
        "DestinationHostname": _at("destination.domain"),
    },
    "6": {"ImageLoaded": _at("file.path"), "Hashes": _hashes("file")},
    "7": {
        **_PROCESS,
        "ImageLoaded": _at("file.path"),
        "OriginalFileName": _at("file.pe.original_file_name"),
        "Hashes": _hashes("file"),
    },
    "8": {**_SOURCE_PROCESS, "SourceProcessGuid": _at("process.entity_id")},
    "10": {**_SOURCE_PROCESS, "SourceProcessGUID": _at("process.entity_id")},
    "11": _FILE,
    "12": _REGISTRY,
    "13": _REGISTRY,
    "14": _REGISTRY,
    "15": {**_FILE, "Hash": _hashes("file")},
    "17": _PIPE,
    "18": _PIPE,
    "22": {**_PROCESS, "QueryName": _at("dns.question.name"), "QueryResults": _answers},
    "23": _HASHED_FILE,
    "26": _HASHED_FILE,
    "27": _HASHED_FILE,
    "28": _HASHED_FILE,
    "29": _HASHED_FILE,
}
_SECURITY: dict[str, Read] = {
    "ProcessName": _at("process.executable"),
    "IpAddress": _at("source.ip"),
    "IpPort": _at("source.port"),
    "ServiceName": _at("service.name"),
}
_OF_SECURITY: dict[str, dict[str, Read]] = {
    "4624": {**_SECURITY, "WorkstationName": _at("source.domain")},
    "4625": {**_SECURITY, "WorkstationName": _at("source.domain")},
    "4688": {
        "NewProcessName": _at("process.executable"),
        "NewProcessId": _at("process.pid"),
        "CommandLine": _at("process.command_line"),
        "ParentProcessName": _at("process.parent.executable"),
        "ProcessId": _at("process.parent.pid"),
    },
}
_OF_POWERSHELL: dict[str, Read] = {
    "ScriptBlockText": _at("powershell.file.script_block_text"),
    "ScriptBlockId": _at("powershell.file.script_block_id"),
    "MessageNumber": _at("powershell.sequence"),
    "MessageTotal": _at("powershell.total"),
    "HostApplication": _at("process.command_line"),
    "Path": _at("file.path"),
}


def completed(record: Record) -> Record:
    """The record with the event's own data as it was before a module renamed it."""
    winlog = record.get("winlog")
    if not isinstance(winlog, Mapping):
        return record
    own = winlog.get("event_data")
    data: Record = own if isinstance(own, Mapping) else {}
    wanted = _wanted(str(winlog.get("provider_name")), str(winlog.get("event_id")))
    found = {
        name: value for name, read in wanted.items() if name not in data and (value := read(record)) not in (None, "")
    }
    if not found:
        return record
    return {**record, "winlog": {**winlog, "event_data": {**data, **found}}}


def _wanted(provider: str, event: str) -> Mapping[str, Read]:
    if provider == SYSMON:
        return _OF_SYSMON.get(event, _PROCESS)
    if provider == SECURITY:
        return _OF_SECURITY.get(event, _SECURITY)
    return _OF_POWERSHELL if provider in POWERSHELL else {}
