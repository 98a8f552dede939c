"""What a log record of OTLP becomes: one line, for the reader that knows what is in it.

A collector often carries the lines of others: an EVE record or a syslog line is the record's body. Such lines should
give the same rows as they do in a file. Rules, the first that fits:
1. The sender's rule names a reader: a text body goes to it as it is, without its attributes.
2. The body is a JSON object of a known kind, as an object or as its text: that object is the line, and the record's
   own time, severity, attributes, resource and scope stand in it under `otel`, unless it has such a field.
3. The body is a syslog line or an audit record: it is the line as it is, for `syslog` or `auditd`.
4. Everything else is a line of `otel-logs`: `timestamp`, `observed_timestamp`, `severity_text`, `severity_number`,
   `event_name`, `trace_id`, `span_id`, `body`, `attributes`, `resource`, `scope`. What is empty is left out, but for
   the last four.

Lines for different readers are different streams of the same sender, so one collector may carry many kinds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from tocsin import limits
from tocsin.node.inputs.framing import one_line
from tocsin.node.inputs.lines import nests_too_deep
from tocsin.node.inputs.otlp_records import Record, Value
from tocsin.telemetry.auditd import is_audit
from tocsin.telemetry.json_shapes import shape_of
from tocsin.telemetry.json_wrappings import unwrapped
from tocsin.telemetry.reader import LIKELY
from tocsin.telemetry.syslog_line import looks_like_syslog

OTEL = "otel-logs"
SYSLOG = "syslog"
AUDIT = "auditd"
_UNDER = "otel"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_US = 1_000
_LAST_NS = 2**63 - 1  # year 2262


@dataclass(slots=True)
class Lane:
    """The lines of one export for one reader."""

    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    newest_ns: int = 0


@dataclass(frozen=True, slots=True)
class Lanes:
    """All lines of one export by reader, and how many records were too long."""

    lanes: Mapping[str, Lane]
    too_long: int = 0


def lanes_of(records: Iterable[Record], reader: str = "") -> Lanes:
    """The lines of records; `reader` is the one that the sender's rule names."""
    lanes: dict[str, Lane] = {}
    too_long = 0
    for record in records:
        chosen, line = line_of(record, reader)
        if len(line) > limits.INPUT_LINE_BYTES:
            too_long += 1
            continue
        lane = lanes.setdefault(chosen, Lane())
        lane.lines.append(line + b"\n")
        lane.size += len(line) + 1
        lane.newest_ns = max(lane.newest_ns, record.time_ns or record.observed_ns)
    return Lanes(lanes, too_long)


def line_of(record: Record, reader: str = "") -> tuple[str, bytes]:
    """The reader of a record and its line without an end."""
    body = record.body
    text = body.strip() if isinstance(body, str) else ""
    if reader and text:
        return reader, one_line(text.encode("utf-8", "replace"))
    inner = body if isinstance(body, Mapping) else _object_in(text)
    if inner:
        shape, score = shape_of([inner])
        if score >= LIKELY:
            return shape.name, _encoded(_completed(inner, record))
    if text and (looks_like_syslog(text) or is_audit(text)):
        chosen = SYSLOG if looks_like_syslog(text) else AUDIT
        return chosen, one_line(text.encode("utf-8", "replace"))
    return OTEL, _encoded({**_around(record), "body": record.body, **_beside(record)})


def moment(ns: int) -> datetime | None:
    """A time of OTLP; None for none and for what no calendar has."""
    return _EPOCH + timedelta(microseconds=ns // _NS_PER_US) if 0 < ns <= _LAST_NS else None


def _object_in(text: str) -> Mapping[str, Value] | None:
    """The JSON object that a text is."""
    encoded = text.encode("utf-8", "replace")
    if not encoded.startswith(b"{") or nests_too_deep(encoded, limits.JSON_DEPTH):
        return None
    try:
        found = msgspec.json.decode(encoded)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _completed(inner: Mapping[str, Value], record: Record) -> Mapping[str, Value]:
    """Rule 2."""
    inner = unwrapped(inner)
    if _UNDER in inner:
        return inner
    beside = {name: value for name, value in _beside(record).items() if value}
    return {**inner, _UNDER: {**_around(record), **beside}}


def _around(record: Record) -> dict[str, Value]:
    """The record's own fields that say something."""
    told: dict[str, Value] = {
        "timestamp": moment(record.time_ns),
        "observed_timestamp": moment(record.observed_ns),
        "severity_text": record.severity_text,
        "severity_number": record.severity_number,
        "event_name": record.event_name,
        "trace_id": record.trace_id,
        "span_id": record.span_id,
    }
    return {name: value for name, value in told.items() if value}


def _beside(record: Record) -> dict[str, Value]:
    return {"attributes": record.attributes, "resource": record.resource, "scope": record.scope}


def _encoded(line: Mapping[str, Value]) -> bytes:
    return msgspec.json.encode(line)
