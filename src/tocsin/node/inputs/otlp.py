"""OTLP over HTTP for logs (`POST /v1/logs`; OTLP 1.x §OTLP/HTTP), so that any OpenTelemetry collector can send.

Rules:
1. The body is an ExportLogsServiceRequest in protobuf or JSON; the answer comes in the same encoding.
2. 200 comes after every line is on the disk. Records that are too long are left out and told by `partial_success`,
   which a collector does not send again.
3. 429 and 503 with `Retry-After` are the answers that a collector sends again after; everything else it drops.
4. Where every record has a time, the request's content is its own idempotency key: a retry after a lost answer, or
   after only a part became durable, adds nothing. Without times two equal requests are two.
"""

import asyncio
from collections.abc import AsyncIterable, Callable, Mapping
from http import HTTPStatus

import msgspec
from blake3 import blake3
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from tocsin.errors import LimitExceeded, SourceError, StateError
from tocsin.node.inputs.answers import JSON, Answer, NotTaken
from tocsin.node.inputs.body import read_body, too_large
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.otlp_lines import Lanes, lanes_of, moment
from tocsin.node.inputs.otlp_records import Record, from_json, from_protobuf
from tocsin.node.inputs.push import busy, count_refusal
from tocsin.node.inputs.sender import read_by
from tocsin.node.journal.records import Stream

WAY = "otlp"
PROTOBUF = "application/x-protobuf"
_DECODERS: Mapping[str, Callable[[bytes], list[Record]]] = {PROTOBUF: from_protobuf, JSON: from_json}
_STATUS_MESSAGE_TAG = b"\x12"  # google.rpc.Status: `message` is field 2, a text
_TOO_LONG = "records that are too long were left out"


async def export_logs(
    intake: Intake, stream: Stream, parts: AsyncIterable[bytes], headers: Mapping[str, str]
) -> Answer:
    """The answer to one export. `headers` has lower-case names; what `parts` raises goes to the caller."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind not in _DECODERS:
            raise NotTaken(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is neither protobuf nor JSON",
                f"Send Content-Type: {PROTOBUF} or {JSON}.",
            )  # fmt: skip
        return await _exported(intake, stream, parts, headers, kind)
    except NotTaken as error:
        count_refusal(intake, WAY, stream, error)
        return _status(error, kind)


async def _exported(
    intake: Intake, stream: Stream, parts: AsyncIterable[bytes], headers: Mapping[str, str], kind: str
) -> Answer:
    """1. Read within the share; 2. decode; 3. choose readers; 4. append; 5. tell."""
    with intake.shares.hold(stream.id) as hold:
        body = await read_body(parts, headers, hold)
        records, lanes = await asyncio.to_thread(_read, body, kind, stream.reader)
        timed = all(record.time_ns or record.observed_ns for record in records)
        await _append(intake, stream, lanes, blake3(body).hexdigest() if timed else None)
    if lanes.too_long:
        intake.counters.received(WAY, stream, lanes.too_long)
        intake.counters.rejected(WAY, stream, Reason.TOO_LONG, lanes.too_long)
    return _response(lanes.too_long, kind)


def _read(body: bytes, kind: str, reader: str) -> tuple[list[Record], Lanes]:
    """Steps 2 and 3. Raises NotTaken."""
    try:
        records = _DECODERS[kind](body)
    except LimitExceeded as error:
        raise too_large(str(error)) from error
    except SourceError as error:
        raise NotTaken(HTTPStatus.BAD_REQUEST, str(error), error.advice()) from error
    return records, lanes_of(records, reader)


async def _append(intake: Intake, stream: Stream, lanes: Lanes, key: str | None) -> None:
    """Step 4: the lines for each reader are a stream; rule 4 makes the parts safe to send again."""
    try:
        for reader, lane in lanes.lanes.items():
            data, count, newest = b"".join(lane.lines), len(lane.lines), moment(lane.newest_ns)
            part = read_by(stream, reader)
            await intake.append(WAY, part, data, count, key, newest)
            intake.counters.received(WAY, part, count)
    except StateError as error:
        raise busy(error) from error


def _response(left_out: int, kind: str) -> Answer:
    """An ExportLogsServiceResponse; a full success has nothing in it."""
    if kind == JSON:
        told = {"partialSuccess": {"rejectedLogRecords": str(left_out), "errorMessage": _TOO_LONG}} if left_out else {}
        return Answer(HTTPStatus.OK, msgspec.json.encode(told))
    response = ExportLogsServiceResponse()
    if left_out:
        response.partial_success.rejected_log_records = left_out
        response.partial_success.error_message = _TOO_LONG
    return Answer(HTTPStatus.OK, response.SerializeToString(), PROTOBUF)


def _status(error: NotTaken, kind: str) -> Answer:
    """A google.rpc.Status with the message, as the standard wants it for failures."""
    message = f"{error}. {error.advice()}"
    if kind != PROTOBUF:
        return Answer(error.status, msgspec.json.encode({"message": message}), JSON, error.headers)
    text = message.encode()
    return Answer(error.status, _STATUS_MESSAGE_TAG + _varint(len(text)) + text, PROTOBUF, error.headers)


def _varint(number: int) -> bytes:
    """A length as protobuf writes it.

    >>> _varint(5), _varint(300)
    (b'\\x05', b'\\xac\\x02')
    """
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])
