"""Windows events as lines: flat JSON as NXLog and Security-Datasets write it, or Winlogbeat 8 (ECS).

The collectors of the range drop the rendered message, as many do to save room; every field of the event is there.
Fields that nobody gives have the kind's default, else "-". Sysmon's `UtcTime` is the event's time.
"""

import zlib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

import msgspec
import numpy as np

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Column, Integers, Line, Made
from tocsin.exercise.range.times import stamp
from tocsin.exercise.windows.kinds import SYSMON, Kind, kinds, read_kinds

_FIRST_RECORD = 40_000
_LEVELS = ("information", "critical", "error", "warning", "information", "verbose")
_encode = msgspec.json.encode


@cache
def windows_kinds() -> Mapping[str, Kind]:
    """All kinds of Windows events by name: those of the older exercises and the range's own (kinds.toml)."""
    return {**kinds(), **read_kinds(Path(__file__).with_name("kinds.toml"))}


@lru_cache(maxsize=100_000)
def escape_json(text: str) -> str:
    """The text as it stands between the quotes of a JSON string."""
    return _encode(text).decode()[1:-1]


def _record_numbers(times: Integers, hosts: Integers | int) -> Integers:
    """The number of an event in its host's log: grows with time, at a pace of the host's own."""
    pace = 20_000 + np.asarray(hosts) * 7_919 % 60_000  # microseconds
    return np.asarray(_FIRST_RECORD + (times % (1 << 50)) // pace % 1_000_000_000, dtype=np.int64)


def _fields(line: Line, kind: Kind, batch: Batch) -> None:
    """`"name":"value",…` of all fields of the event. Most are the same in all records: they are literal text."""
    literal, comma = "", ""
    for name, default in zip(kind.fields, kind.base, strict=True):
        column: Column = batch.values.get(name, default)
        if name == "UtcTime":
            column = stamp(batch.times, between=" ", end="")
        literal += f'{comma}"{name}":"'
        comma = ","
        if isinstance(column, str):
            literal += escape_json(column) + '"'
            continue
        line.text(literal).value(column)
        literal = '"'
    line.text(literal)


def flat(member: Member, kind: Kind, batch: Batch) -> list[str]:
    """One flat object a line."""
    line = Line(escape_json)
    line.text('{"@timestamp":"').value(stamp(batch.times)).text('","Hostname":"')
    line.value(member.of_host("computer", batch.hosts))
    line.text(f'","SourceName":"{kind.provider}","ProviderGuid":"{kind.provider_guid}","Level":"{kind.level}"')
    line.text(f',"Keywords":"{kind.keywords}","Channel":"{kind.channel}","EventID":{kind.id},"Task":"{kind.task}"')
    line.text(',"RecordNumber":').value(_record_numbers(batch.times, batch.hosts))
    if kind.fields:
        line.text(",")
    _fields(line, kind, batch)
    return line.text("}\n").lines(len(batch))


def winlogbeat(member: Member, kind: Kind, batch: Batch) -> list[str]:
    """One object a line as Winlogbeat 8 sends it."""
    computer, name = member.of_host("computer", batch.hosts), member.of_host("name", batch.hosts)
    data = "user_data" if kind.container else "event_data"
    writer = 3_000 if kind.channel == SYSMON else 700
    line = Line(escape_json)
    line.text('{"@timestamp":"').value(stamp(batch.times)).text('","agent":{"name":"').value(name)
    line.text('","type":"winlogbeat","version":"8.17.0"},"ecs":{"version":"8.0.0"},"event":{"code":"')
    line.text(f'{kind.id}","kind":"event","provider":"{kind.provider}"}},"host":{{"name":"').value(computer)
    line.text(f'"}},"log":{{"level":"{_LEVELS[kind.level]}"}},"winlog":{{"channel":"{kind.channel}"')
    line.text(',"computer_name":"').value(computer).text(f'","event_id":"{kind.id}","opcode":"Info","process":{{"pid":')
    line.value(Made("%d", (writer + np.asarray(batch.host_numbers()) % 97 * 4,)))
    line.text(f'}},"provider_guid":"{kind.provider_guid}","provider_name":"{kind.provider}","record_id":')
    line.value(_record_numbers(batch.times, batch.hosts)).text(f',"version":{kind.version},"{data}":{{')
    _fields(line, kind, batch)
    return line.text("}}}\n").lines(len(batch))


def windows_lines(member: Member, batch: Batch) -> list[str]:
    """The lines of a batch in the member's shape."""
    kind = windows_kinds()[batch.kind]
    return (winlogbeat if member.logging.windows == "winlogbeat" else flat)(member, kind, batch)


def guid(host_numbers: Integers | int, times: Integers, process: Integers) -> Made:
    """Sysmon's process GUID: of the host, the second of the start and the process id, so that records link."""
    host = np.asarray(host_numbers, dtype=np.int64)
    second = times // 1_000_000
    seed = zlib.crc32(b"sysmon") + host * 40_503 % (1 << 31)
    ones = np.zeros(len(times), dtype=np.int64)
    parts = (seed + ones, second >> 16 & 0xFFFF, second & 0xFFFF, process >> 16 & 0xFFFF, process & 0xFFFF)
    return Made("{%08x-%04x-%04x-%04x-0000%04x0a00}", (*parts[:3], parts[3] + 0x100, parts[4]))
