"""OTLP logs: both encodings, what each record becomes, and what a collector is told."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from receiving import read_all, streams, text
from served_node import Served, served

from tocsin import limits
from tocsin.errors import LimitExceeded, SourceError
from tocsin.lake.catalog import Origin
from tocsin.node.inputs.counters import Reason
from tocsin.node.inputs.otlp_lines import OTEL, lanes_of, line_of
from tocsin.node.inputs.otlp_records import Record, from_json, from_protobuf
from tocsin.telemetry.json_shapes import SHAPES, shape_of

LOGS = "/v1/logs"
PROTOBUF = {"content_type": "application/x-protobuf"}
JSON = {"content_type": "application/json"}
NS = 1_786_000_000_123_456_789
EVE = {"timestamp": "2026-08-07T10:00:00.000000+0000", "event_type": "alert", "flow_id": 1, "src_ip": "192.0.2.1"}
AUTH = "<38>Aug  7 10:00:00 srv sshd[7]: Failed password for root from 192.0.2.9 port 22 ssh2"


def value(held: object) -> AnyValue:
    """A plain value as OTLP has it."""
    made = AnyValue()
    match held:
        case bool():
            made.bool_value = held
        case int():
            made.int_value = held
        case float():
            made.double_value = held
        case str():
            made.string_value = held
        case bytes():
            made.bytes_value = held
        case list():
            made.array_value.values.extend(value(each) for each in held)
        case dict():
            made.kvlist_value.values.extend(KeyValue(key=key, value=value(each)) for key, each in held.items())
    return made


def request(*bodies: object, time_ns: int = NS) -> ExportLogsServiceRequest:
    made = ExportLogsServiceRequest()
    around = made.resource_logs.add()
    around.resource.attributes.add(key="host.name", value=value("srv"))
    group = around.scope_logs.add()
    group.scope.name, group.scope.version = "filelog", "1"
    for body in bodies:
        record = LogRecord(time_unix_nano=time_ns, severity_text="WARN", severity_number=13, trace_id=bytes(range(16)))
        record.body.CopyFrom(value(body))
        record.attributes.add(key="log.file.name", value=value("x.log"))
        group.log_records.append(record)
    return made


def as_json(made: ExportLogsServiceRequest) -> bytes:
    """In OTLP's JSON, which has ids in hexadecimal."""
    told = json_format.MessageToDict(made)
    for around in told.get("resourceLogs", ()):
        for group in around["scopeLogs"]:
            for record in group.get("logRecords", ()):
                if "traceId" in record:
                    record["traceId"] = bytes(range(16)).hex()
                record["severityNumber"] = 13
    return json.dumps(told).encode()


VALUES = st.recursive(
    st.text(max_size=8) | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, width=32),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=4))
def test_both_encodings_give_the_same_records(bodies: list[object]) -> None:
    made = request(*bodies)
    records = from_protobuf(made.SerializeToString())
    assert [record.body for record in records] == bodies
    if not any(_infinite(body) for body in bodies):
        assert from_json(as_json(made)) == records


def _infinite(body: object) -> bool:
    return "Infinity" in json.dumps(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_records_or_an_error(data: bytes) -> None:
    for decode in (from_protobuf, from_json):
        try:
            lanes_of(decode(data))
        except (SourceError, LimitExceeded) as error:
            assert error.advice()


@pytest.mark.parametrize(
    "held",
    [
        {"intValue": [1]}, {"intValue": "x"}, {"intValue": "9" * 5_000}, {"intValue": 10**30}, {"intValue": True},
        {"arrayValue": 1}, {"arrayValue": {"values": 1}}, {"kvlistValue": {"values": [{"key": 1}]}},
        {"doubleValue": "NaN"},
        {"stringValue": {"a": 1}}, {"other": 1}, {}, None, {"stringValue": "\ud800"}, {"kvlistValue": {"values": [{}]}},
    ],
)  # fmt: skip
def test_odd_values_in_json_never_surface_as_another_error(held: object) -> None:
    body = {
        "resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": held, "severityNumber": "SEVERITY_NUMBER_INFO"}]}]}]
    }
    try:
        lanes_of(from_json(json.dumps(body).encode()))
    except SourceError as error:
        assert error.advice()


def test_deep_values_and_too_many_records_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    deep: object = "x"
    for _ in range(limits.OTLP_DEPTH + 1):
        deep = [deep]
    made = request(deep)
    for decode, data in ((from_protobuf, made.SerializeToString()), (from_json, as_json(made))):
        with pytest.raises(LimitExceeded):
            decode(data)
    monkeypatch.setattr(limits, "OTLP_RECORDS", 2)
    with pytest.raises(LimitExceeded):
        from_protobuf(request("a", "b", "c").SerializeToString())


# --- what a record becomes


def test_a_json_object_of_a_known_kind_is_the_line_with_the_rest_under_otel() -> None:
    for body in (EVE, json.dumps(EVE), f"\n{json.dumps(EVE)}\n"):
        reader, line = line_of(Record(body, NS, severity_text="INFO", resource={"host.name": "srv"}))
        found = json.loads(line)
        assert reader == "suricata-eve"
        assert found.pop("otel")["resource"] == {"host.name": "srv"}
        assert found == EVE


def test_a_field_called_otel_is_not_overwritten() -> None:
    _, line = line_of(Record({**EVE, "otel": "mine"}, NS))
    assert json.loads(line)["otel"] == "mine"


def test_lines_of_syslog_and_audit_go_as_they_are() -> None:
    assert line_of(Record(AUTH)) == ("syslog", AUTH.encode())
    audit = "type=USER_LOGIN msg=audit(1786000000.123:7): pid=1 uid=0"
    assert line_of(Record(audit)) == ("auditd", audit.encode())


@pytest.mark.parametrize(
    "body", ["hello", "{not json", {"colour": "red"}, '{"colour": "red"}', 7, None, ["a"], "[" * 99]
)
def test_everything_else_is_a_record_that_its_reader_knows(body: object) -> None:
    record = Record(body, NS, NS + 1_000, 13, "WARN", "e", "t", "s", {"a": 1}, {"r": 2}, {"name": "n"})
    reader, line = line_of(record)
    found = json.loads(line)
    assert reader == OTEL in {shape.name for shape in SHAPES}
    assert shape_of([found])[0].name == OTEL
    assert found["body"] == body
    assert datetime.fromisoformat(found["timestamp"]) == datetime(2026, 8, 6, 7, 6, 40, 123456, tzinfo=UTC)
    assert (found["attributes"], found["resource"], found["scope"]) == ({"a": 1}, {"r": 2}, {"name": "n"})


def test_a_reader_that_the_senders_rule_names_gets_the_text_as_it_is() -> None:
    assert line_of(Record("one\ntwo", NS), "generic-text") == ("generic-text", b"one#012two")


def test_times_that_no_calendar_has_are_left_out() -> None:
    for time_ns in (0, 2**64 - 1):
        assert "timestamp" not in json.loads(line_of(Record("x", time_ns))[1])


# --- over a real server


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [PROTOBUF, JSON])
def test_each_kind_of_line_goes_into_a_stream_of_its_sender(node: Served, kind: dict[str, str], packed: bool) -> None:
    made = request(EVE, AUTH, "hello")
    body = made.SerializeToString() if kind is PROTOBUF else as_json(made)
    answer = node.post(
        LOGS, gzip.compress(body) if packed else body, **kind, **({"content_encoding": "gzip"} if packed else {})
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == kind["content_type"]
    assert answer.content == (b"" if kind is PROTOBUF else b"{}")
    by_reader = {stream.reader: stream for stream in streams(node.journal).values()}
    assert set(by_reader) == {"suricata-eve", "syslog", OTEL}
    assert {stream.origin.sensor for stream in by_reader.values()} == {"s"}
    assert text(node.journal, by_reader["syslog"]) == AUTH.encode() + b"\n"
    newest = {each.last_event for each in node.intake.counters.snapshot()}
    assert newest == {datetime(2026, 8, 6, 7, 6, 40, 123456, tzinfo=UTC)}


def test_who_sends_is_what_the_token_says_whatever_the_export_claims(node: Served) -> None:
    made = request({"organisation": "other", "network": "other", "sensor": "other", "message": "x"}, EVE)
    for name in ("organisation", "network", "sensor", "host.name", "service.name"):
        made.resource_logs[0].resource.attributes.add(key=name, value=value("other"))
    assert node.post(LOGS, made.SerializeToString(), **PROTOBUF).status_code == 200
    assert {stream.origin for stream in streams(node.journal).values()} == {Origin("examplia", "office", "s")}


def test_an_empty_export_is_a_success(node: Served) -> None:
    assert node.post(LOGS, b"", **PROTOBUF).status_code == 200
    assert node.post(LOGS, b"{}", **JSON).status_code == 200
    assert text(node.journal) == b""


def test_a_retry_adds_nothing_but_equal_exports_without_times_are_two(node: Served) -> None:
    for _ in range(2):
        assert node.post(LOGS, request("a", EVE).SerializeToString(), **PROTOBUF).status_code == 200
    assert text(node.journal).count(b"\n") == 2
    for _ in range(2):
        node.post(LOGS, request("beat", time_ns=0).SerializeToString(), **PROTOBUF)
    assert text(node.journal).count(b"\n") == 4


def test_records_that_are_too_long_are_told_as_a_partial_success(node: Served) -> None:
    made = request("a", "x" * (limits.INPUT_LINE_BYTES + 1))
    response = ExportLogsServiceResponse.FromString(node.post(LOGS, made.SerializeToString(), **PROTOBUF).content)
    assert response.partial_success.rejected_log_records == 1
    assert response.partial_success.error_message
    answer = node.post(LOGS, as_json(made), **JSON).json()
    assert answer["partialSuccess"]["rejectedLogRecords"] == "1"
    assert sum(each.rejected.get(Reason.TOO_LONG, 0) for each in node.intake.counters.snapshot()) == 2
    assert text(node.journal).count(b"\n") == 2  # one for each encoding: their bytes differ


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (400, b"\xff\xff", PROTOBUF),
        (400, b"[1]", JSON),
        (400, b"x", {**JSON, "content_encoding": "gzip"}),
        (413, bytes(limits.PUSH_PACKED_BYTES + 1), PROTOBUF),
        (413, gzip.compress(bytes(64 * limits.MIB)), {**PROTOBUF, "content_encoding": "gzip"}),
        (415, b"x", {"content_type": "text/plain"}),
    ],
)
def test_what_cannot_be_taken_is_a_status_with_a_message_in_the_same_encoding(
    node: Served, status: int, body: bytes, headers: dict[str, str]
) -> None:
    answer = node.post(LOGS, body, **headers)
    assert answer.status_code == status
    if headers["content_type"] == PROTOBUF["content_type"]:
        field = KeyValue.FromString  # any message shows whether the bytes are well formed
        assert field(answer.content.replace(b"\x12", b"\x0a", 1)).key
    else:
        assert answer.json()["message"]
    assert text(node.journal) == b""


def test_a_full_journal_is_503_with_the_time_to_come_back_and_the_retry_adds_only_what_is_missing(
    tmp_path: Path,
) -> None:
    with served(tmp_path, most_bytes=2_000) as node:
        made = request(EVE, "x" * 800)
        assert node.post(LOGS, made.SerializeToString(), **PROTOBUF).status_code == 503
        assert text(node.journal).count(b"\n") == 1  # the other stream has no room
        answer = node.post(LOGS, made.SerializeToString(), **PROTOBUF)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(limits.INPUT_RETRY_SECONDS))
        assert text(node.journal).count(b"\n") == 1
        read_all(node.journal)


def test_a_record_can_be_as_long_as_a_line_may_be() -> None:
    long = "x" * (limits.INPUT_LINE_BYTES - 1_000)
    lanes = lanes_of([Record(long, NS)])
    assert (lanes.too_long, lanes.lanes[OTEL].size <= limits.INPUT_LINE_BYTES) == (0, True)
    assert msgspec.json.decode(lanes.lanes[OTEL].lines[0])["body"] == long
