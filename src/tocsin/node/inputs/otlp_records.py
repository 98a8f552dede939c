"""Log records out of an OTLP export request, in protobuf or in JSON (OTLP 1.x, ExportLogsServiceRequest).

Rules:
1. Both encodings give the same records. In JSON, names are lower camel case, ids hexadecimal, 64-bit numbers texts or
   numbers, bytes base64, unknown names are passed over (OTLP, "JSON Protobuf Encoding").
2. Values nest at most `limits.OTLP_DEPTH` deep, and one export has at most `limits.OTLP_RECORDS` records.
3. Bytes become base64 text. A key that comes twice in one list keeps its last value.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as ProtoRecord

from tocsin import limits
from tocsin.errors import LimitExceeded, SourceError

Value = object
"""A text, a number, a truth value, None, or a list or a mapping of such."""


@dataclass(frozen=True, slots=True)
class Record:
    """One log record with what stands around it. Times in nanoseconds since 1970 UTC, 0 when unknown."""

    body: Value = None
    time_ns: int = 0
    observed_ns: int = 0
    severity_number: int = 0
    severity_text: str = ""
    event_name: str = ""
    trace_id: str = ""
    span_id: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    resource: Mapping[str, Value] = field(default_factory=dict)
    scope: Mapping[str, Value] = field(default_factory=dict)


def from_protobuf(data: bytes) -> list[Record]:
    """The records of a request in protobuf. Raises SourceError when it is none, LimitExceeded by rule 2."""
    request = ExportLogsServiceRequest()
    try:
        request.ParseFromString(data)
    except DecodeError as error:
        raise SourceError(
            "the body is no ExportLogsServiceRequest in protobuf", "See the OTLP specification."
        ) from error
    return list(_bounded(_proto_records(request)))


def from_json(data: bytes) -> list[Record]:
    """The records of a request in JSON. Raises like `from_protobuf`."""
    try:
        request = _REQUEST.decode(data)
        return list(_bounded(_json_records(request)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise SourceError(
            f"the body is no ExportLogsServiceRequest in JSON: {error}", "See the OTLP specification."
        ) from error


def _bounded(records: Iterable[Record]) -> Iterator[Record]:
    """Rule 2."""
    for number, record in enumerate(records):
        if number >= limits.OTLP_RECORDS:
            raise LimitExceeded(f"more than {limits.OTLP_RECORDS} records in one export", "Send smaller batches.")
        yield record


def _inner(depth: int) -> int:
    if depth >= limits.OTLP_DEPTH:
        raise LimitExceeded(f"values nest more than {limits.OTLP_DEPTH} deep", "Send flatter records.")
    return depth + 1


# --- protobuf


def _proto_records(request: ExportLogsServiceRequest) -> Iterator[Record]:
    for around in request.resource_logs:
        resource = _proto_attributes(around.resource.attributes, 0)
        for group in around.scope_logs:
            scope = _proto_scope(group.scope)
            for record in group.log_records:
                yield _proto_record(record, resource, scope)


def _proto_record(record: ProtoRecord, resource: Mapping[str, Value], scope: Mapping[str, Value]) -> Record:
    return Record(
        _proto_value(record.body, 0), record.time_unix_nano, record.observed_time_unix_nano, record.severity_number,
        record.severity_text, record.event_name, record.trace_id.hex(), record.span_id.hex(),
        _proto_attributes(record.attributes, 0), resource, scope,
    )  # fmt: skip


def _proto_scope(scope: InstrumentationScope) -> Mapping[str, Value]:
    return _scope(scope.name, scope.version, _proto_attributes(scope.attributes, 0))


def _proto_attributes(pairs: Iterable[KeyValue], depth: int) -> dict[str, Value]:
    return {pair.key: _proto_value(pair.value, depth) for pair in pairs}


def _proto_value(value: AnyValue, depth: int) -> Value:
    kind = value.WhichOneof("value")
    match kind:
        case None:
            return None
        case "array_value":
            inner = _inner(depth)
            return [_proto_value(each, inner) for each in value.array_value.values]
        case "kvlist_value":
            return _proto_attributes(value.kvlist_value.values, _inner(depth))
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case _:
            found: Value = getattr(value, kind)
            return found


# --- JSON


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """A message of OTLP in JSON."""


class _Pair(_Shape, frozen=True):
    key: str = ""
    value: dict[str, Any] | None = None


class _JsonRecord(_Shape, frozen=True):
    body: dict[str, Any] | None = None
    time_unix_nano: int | str = 0
    observed_time_unix_nano: int | str = 0
    severity_number: int | str = 0
    severity_text: str | None = None
    event_name: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    attributes: list[_Pair] | None = None


class _JsonScope(_Shape, frozen=True):
    name: str | None = None
    version: str | None = None
    attributes: list[_Pair] | None = None


class _JsonResource(_Shape, frozen=True):
    attributes: list[_Pair] | None = None


class _JsonScopeLogs(_Shape, frozen=True):
    scope: _JsonScope | None = None
    log_records: list[_JsonRecord] | None = None


class _JsonResourceLogs(_Shape, frozen=True):
    resource: _JsonResource | None = None
    scope_logs: list[_JsonScopeLogs] | None = None


class _JsonRequest(_Shape, frozen=True):
    resource_logs: list[_JsonResourceLogs] | None = None


_REQUEST = msgspec.json.Decoder(_JsonRequest)
_SIGNED = 2**63


def _json_records(request: _JsonRequest) -> Iterator[Record]:
    for around in request.resource_logs or ():
        resource = _json_attributes(around.resource.attributes if around.resource else None, 0)
        for group in around.scope_logs or ():
            scope = _json_scope(group.scope or _JsonScope())
            for record in group.log_records or ():
                yield _json_record(record, resource, scope)


def _json_record(record: _JsonRecord, resource: Mapping[str, Value], scope: Mapping[str, Value]) -> Record:
    return Record(
        _json_value(record.body, 0), _count(record.time_unix_nano), _count(record.observed_time_unix_nano),
        _count(record.severity_number), record.severity_text or "", record.event_name or "",
        (record.trace_id or "").lower(), (record.span_id or "").lower(), _json_attributes(record.attributes, 0),
        resource, scope,
    )  # fmt: skip


def _json_scope(scope: _JsonScope) -> Mapping[str, Value]:
    return _scope(scope.name or "", scope.version or "", _json_attributes(scope.attributes, 0))


def _json_attributes(pairs: Iterable[_Pair] | None, depth: int) -> dict[str, Value]:
    return {pair.key: _json_value(pair.value, depth) for pair in pairs or ()}


def _json_value(value: Mapping[str, Any] | None, depth: int) -> Value:
    """An AnyValue: an object with one name that tells the type."""
    for kind, held in (value or {}).items():
        match kind:
            case "stringValue" | "boolValue" | "doubleValue" | "bytesValue":
                return held if isinstance(held, (str, bool, int, float)) else None
            case "intValue":
                return _whole(held)
            case "arrayValue":
                inner = _inner(depth)
                return [_json_value(each, inner) for each in _list(held, "values", dict[str, Any])]
            case "kvlistValue":
                return _json_attributes(_list(held, "values", _Pair), _inner(depth))
    return None


def _list(held: object, name: str, kind: type[Any]) -> list[Any]:
    """The list inside a value; msgspec.ValidationError when it holds something else."""
    inner = held.get(name) if isinstance(held, Mapping) else None
    found: list[Any] = msgspec.convert(inner or [], list[kind])  # type: ignore[valid-type]  # a type in a variable
    return found


def _whole(number: object) -> int | None:
    """A signed 64-bit number, which JSON has as text; ValueError when it is none."""
    if isinstance(number, bool) or not isinstance(number, (int, str)):
        return None
    found = int(number)
    if not -_SIGNED <= found < _SIGNED:
        raise ValueError("a number of more than 64 bits")
    return found


def _count(number: int | str) -> int:
    """A number from 0 on; 0 for what is none, such as a severity's name (SEVERITY_NUMBER_INFO)."""
    if isinstance(number, str) and not number.isdecimal():
        return 0
    return max(0, _whole(number) or 0)


def _scope(name: str, version: str, attributes: Mapping[str, Value]) -> Mapping[str, Value]:
    told = {"name": name, "version": version, "attributes": attributes}
    return {key: value for key, value in told.items() if value}
