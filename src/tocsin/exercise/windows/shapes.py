"""The shapes in which Windows events leave a machine: flat JSON, Winlogbeat, evtx_dump and wevtutil's XML.

One event is a kind with one value a field. Each shape is a function from an event to one record with its line end.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple
from xml.sax.saxutils import escape

import msgspec

from tocsin.exercise.calendar import MICROSECONDS
from tocsin.exercise.ground_truth import second_text
from tocsin.exercise.windows.kinds import SYSMON, Kind, kinds

_encode = msgspec.json.Encoder().encode
_XML_HEAD = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='{provider}' Guid='{guid}'/><EventID>{id}</EventID><Version>{version}</Version>"
    "<Level>{level}</Level><Task>{task}</Task><Opcode>{opcode}</Opcode><Keywords>{keywords}</Keywords>"
    "<TimeCreated SystemTime='%s'/><EventRecordID>%d</EventRecordID><Correlation/>"
    "<Execution ProcessID='%d' ThreadID='%d'/><Channel>{channel}</Channel><Computer>%s</Computer>{security}</System>"
)
_NAMESPACE = "http://manifests.microsoft.com/win/2004/08/windows/eventlog"
_USER_DATA_XML = f"<UserData><%s xmlns='{_NAMESPACE}'>%s</%s></UserData></Event>\n"
_XMLNS = {"#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}}
_LEVELS = ("information", "critical", "error", "warning", "information", "verbose")
_OPCODES = {0: "Info", 15: "On create calls", 20: "To be used when operation is just executing a method"}
XML_HEADER = b"<Events>\n"
XML_FOOTER = b"</Events>\n"


class Event(NamedTuple):
    """One event on its way into a file. `writer` is the id of the process that wrote it."""

    kind: Kind
    values: tuple[str, ...]
    host: str  # short name
    computer: str  # full name
    record: int
    time_us: int
    writer: int
    thread: int


Shape = Callable[[Event], bytes]


def _milliseconds(time_us: int) -> str:
    return f"{second_text(time_us // MICROSECONDS)}.{time_us // 1000 % 1000:03d}Z"


def _microseconds(time_us: int) -> str:
    return f"{second_text(time_us // MICROSECONDS)}.{time_us % MICROSECONDS:06d}Z"


@cache
def _flat_head(kind: str) -> bytes:
    """The fields that are the same in all events of a kind, encoded, without the closing brace."""
    made = kinds()[kind]
    head = {
        "SourceName": made.provider,
        "ProviderGuid": made.provider_guid,
        "Level": str(made.level),
        "Keywords": made.keywords,
        "Channel": made.channel,
        "EventID": made.id,
        "Task": str(made.task),
    }
    return _encode(head)[:-1] + b","


def flat(event: Event) -> bytes:
    """One flat object a line, as Security-Datasets publishes what a collector forwarded."""
    kind = event.kind
    time = _milliseconds(event.time_us)
    row: dict[str, object] = {
        "Hostname": event.computer,
        "TimeCreated": time,
        "@timestamp": time,
        "RecordNumber": event.record,
        "Message": kind.message % event.values,
    }
    row.update(zip(kind.fields, event.values, strict=True))
    return _flat_head(kind.name) + _encode(row)[1:] + b"\n"


def winlogbeat(event: Event) -> bytes:
    """Elastic's Winlogbeat 8 with ECS fields around the event."""
    kind = event.kind
    time = _milliseconds(event.time_us)
    data = dict(zip(kind.fields, event.values, strict=True))
    winlog: dict[str, object] = {
        "api": "wineventlog",
        "channel": kind.channel,
        "computer_name": event.computer,
        "event_id": str(kind.id),
        "opcode": _OPCODES.get(kind.opcode, "Info"),
        "process": {"pid": event.writer, "thread": {"id": event.thread}},
        "provider_guid": kind.provider_guid,
        "provider_name": kind.provider,
        "record_id": event.record,
        "version": kind.version,
    }
    winlog["user_data" if kind.container else "event_data"] = data
    row = {
        "@timestamp": time,
        "@metadata": {"beat": "winlogbeat", "type": "_doc", "version": "8.17.0"},
        "agent": {"name": event.host, "type": "winlogbeat", "version": "8.17.0"},
        "ecs": {"version": "8.0.0"},
        "event": {
            "action": kind.title,
            "code": str(kind.id),
            "created": time,
            "kind": "event",
            "provider": kind.provider,
        },
        "host": {"name": event.computer},
        "log": {"level": _LEVELS[kind.level]},
        "message": kind.message % event.values,
        "winlog": winlog,
    }
    return _encode(row) + b"\n"


def _binary_values(event: Event) -> dict[str, object]:
    """The values with the types that the binary log holds: GUIDs without braces, process ids as numbers."""
    data: dict[str, object] = dict(zip(event.kind.fields, event.values, strict=True))
    for name in event.kind.guids:
        data[name] = str(data[name]).strip("{}").upper()
    for name in event.kind.numbers:
        text = str(data[name])
        data[name] = int(text) if text.isdigit() else text
    return data


def evtx_dump(event: Event) -> bytes:
    """The nested JSON of `evtx_dump -o jsonl`."""
    kind = event.kind
    system = {
        "Provider": {"#attributes": {"Name": kind.provider, "Guid": kind.provider_guid.strip("{}").upper()}},
        "EventID": kind.id,
        "Version": kind.version,
        "Level": kind.level,
        "Task": kind.task,
        "Opcode": kind.opcode,
        "Keywords": kind.keywords,
        "TimeCreated": {"#attributes": {"SystemTime": _microseconds(event.time_us)}},
        "EventRecordID": event.record,
        "Correlation": None,
        "Execution": {"#attributes": {"ProcessID": event.writer, "ThreadID": event.thread}},
        "Channel": kind.channel,
        "Computer": event.computer,
        "Security": {"#attributes": {"UserID": "S-1-5-18"}} if kind.channel == SYSMON else None,
    }
    inner: dict[str, object] = {**_XMLNS, "System": system}
    data = _binary_values(event)
    if kind.container:
        inner["UserData"] = {kind.container: {"#attributes": {"xmlns": _NAMESPACE}, **data}}
    else:
        inner["EventData"] = data
    return _encode({"Event": inner}) + b"\n"


@cache
def _xml_head(name: str) -> str:
    """The System part of a kind, with slots for what differs from event to event."""
    kind = kinds()[name]
    return _XML_HEAD.format(
        provider=kind.provider,
        guid=kind.provider_guid,
        id=kind.id,
        version=kind.version,
        level=kind.level,
        task=kind.task,
        opcode=kind.opcode,
        keywords=kind.keywords,
        channel=kind.channel,
        security="<Security UserID='S-1-5-18'/>" if kind.channel == SYSMON else "<Security/>",
    )


def wevtutil_xml(event: Event) -> bytes:
    """One element a line, as `wevtutil query-events /f:xml /e:Events` writes them."""
    kind = event.kind
    time = f"{second_text(event.time_us // MICROSECONDS)}.{event.time_us % MICROSECONDS:06d}0Z"
    head = _xml_head(kind.name) % (time, event.record, event.writer, event.thread, event.computer)
    values = [escape(value, {"\r": "&#13;", "\n": "&#10;"}) for value in event.values]
    pairs = zip(kind.fields, values, strict=True)
    if kind.container:
        inside = "".join(f"<{name}>{value}</{name}>" for name, value in pairs)
        return (head + _USER_DATA_XML % (kind.container, inside, kind.container)).encode()
    data = "".join([f"<Data Name='{name}'>{value}</Data>" for name, value in pairs])
    return f"{head}<EventData>{data}</EventData></Event>\n".encode()
