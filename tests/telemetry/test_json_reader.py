"""JSON in every layout and shape."""

import json

import pytest
from contents import lake_rows, read_all
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.telemetry.json_reader import READERS, JsonReader, first_records
from tocsin.telemetry.json_shapes import SHAPES, shape_of, table_word
from tocsin.telemetry.reader import Head

BY_NAME = {reader.name: reader for reader in READERS}
GENERIC = BY_NAME["generic-json"]

SAMPLES = {
    "windows-json": {"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "x"},
    "windows-splunk": {"EventCode": "1", "LogName": "Security", "_time": "2026-01-01T00:00:00Z", "_raw": "x"},
    "get-winevent": {"Id": 1, "LogName": "Security", "ProviderName": "x", "TimeCreated": "2026-01-01T00:00:00Z"},
    "winlogbeat": {"@timestamp": "2026-01-01T00:00:00Z", "winlog": {"event_id": 1, "channel": "Security"}},
    "winlogbeat-6": {"@timestamp": "2026-01-01T00:00:00Z", "event_id": 1, "log_name": "Security"},
    "evtx-json": {"Event": {"System": {"EventID": 1, "Channel": "Security"}, "EventData": {"Image": "a"}}},
    "wazuh": {"agent": {"id": "1"}, "manager": {"name": "m"}, "rule": {"level": 3}, "data": {"win": {"system": {}}}},
    "suricata-eve": {"timestamp": "2026-01-01T00:00:00+0000", "flow_id": 1, "event_type": "dns", "src_ip": "10.0.0.1"},
    "zeek-json": {"ts": 1.5, "uid": "C1", "id.orig_h": "10.0.0.1", "_path": "conn"},
    "aws-cloudtrail": {
        "eventTime": "2026-01-01T00:00:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
    },
    "m365-audit": {"CreationTime": "2026-01-01T00:00:00", "Operation": "MailItemsAccessed", "Workload": "Exchange"},
    "azure-signin": {
        "createdDateTime": "2026-01-01T00:00:00Z",
        "userPrincipalName": "a@b.example",
        "appDisplayName": "x",
    },
    "azure-audit": {"activityDateTime": "2026-01-01T00:00:00Z", "activityDisplayName": "Add member to role"},
    "azure-activity": {"time": "2026-01-01T00:00:00Z", "operationName": "x/write", "resourceId": "/subscriptions/1"},
    "okta": {"eventType": "user.session.start", "published": "2026-01-01T00:00:00Z", "actor": {"id": "1"}},
    "gcp-audit": {
        "protoPayload": {"methodName": "x"},
        "logName": "projects/p/logs/a",
        "timestamp": "2026-01-01T00:00:00Z",
    },
    "kubernetes-audit": {"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "1", "verb": "get"},
    "github-audit": {"action": "repo.create", "actor": "a", "created_at": 1700000000000},
    "journald-json": {"__REALTIME_TIMESTAMP": "1700000000000000", "MESSAGE": "hello"},
    "elastic-alert": {"@timestamp": "2026-01-01T00:00:00Z", "event": {"kind": "alert"}, "winlog": {"event_id": 1}},
    "ocsf-finding": {"class_uid": 2004, "time": 1767225600000, "finding_info": {"uid": "1", "title": "x"}},
    "aminer": {"AnalysisComponent": {"AnalysisComponentName": "x"}, "LogData": {"Timestamps": [1767225600]}},
    "otel-logs": {"timestamp": "2026-01-01T00:00:00Z", "body": "hello", "attributes": {}, "resource": {}, "scope": {}},
    "generic-json": {"colour": "red"},
}


def head(text: str) -> Head:
    return Head("sample", text.encode(), text, "utf-8")


@pytest.mark.parametrize("shape", [shape.name for shape in SHAPES])
def test_every_shape_is_chosen_for_its_own_sample_only(shape: str) -> None:
    scores = {reader.name: reader.sniff(head(json.dumps(SAMPLES[shape]) + "\n")) for reader in READERS}
    assert max(scores, key=lambda name: scores[name]) == shape
    assert [name for name, score in scores.items() if score] == [shape]


def test_eve_records_go_to_a_table_of_their_type() -> None:
    lines = b'{"timestamp":"x","event_type":"dns","flow_id":1}\n{"timestamp":"x","event_type":"Ev il/..","flow_id":2}\n'
    rows, rejects = read_all(BY_NAME["suricata-eve"], lines)
    assert sorted((table, position) for table, position, _ in rows) == [("eve_dns", 1), ("eve_ev_il", 2)]
    assert not rejects


def test_zeek_without_a_path_takes_it_from_the_file_name() -> None:
    rows, _ = read_all(BY_NAME["zeek-json"], b'{"ts":1,"uid":"C","id.orig_h":"h"}\n', "x.zip!logs/conn.00:00.json")
    assert rows[0][0] == "zeek_conn"


@pytest.mark.parametrize("value", [2**63 - 1, 10**30, 5, "x", True, [1]])
def test_a_field_with_the_name_of_the_readers_own_time_is_a_field_like_others(value: object) -> None:
    record = {"EventID": 1, "Channel": "x", "UtcTime": "2026-01-02 03:04:05.000", "_time_us": value}
    for text in (json.dumps(record), f"<13>Jan  2 03:04:05 host app: {json.dumps(record)}\n"):
        (row,) = lake_rows(text)
        assert row["_time"].startswith("2026-01-02T03:04:05") and row["_time_us_"]


def test_a_bad_line_costs_itself_only() -> None:
    rows, rejects = read_all(GENERIC, b'{"a":1}\n{"a":\nnull\n[1]\n\n{"a":2}')
    assert [(position, row) for _, position, row in rows] == [(1, {"a": 1}), (6, {"a": 2})]
    assert [(reject.position, reject.offset) for reject in rejects] == [(2, 8), (3, 14), (4, 19)]
    assert rejects[0].reason.startswith("not JSON") and rejects[1].reason == "not a JSON object"


def test_invalid_utf8_inside_a_string_keeps_the_record() -> None:
    rows, rejects = read_all(GENERIC, b'{"a":"\xff\xfe"}\n{"a":"ok"}\n')
    assert rows[0][2]["a"] == "\ufffd\ufffd" and not rejects


def test_deep_nesting_is_a_reject_or_a_row_and_never_a_crash() -> None:
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    rows, rejects = read_all(GENERIC, deep + b'\n{"a":1}\n')
    assert len(rows) == 1 and len(rejects) == 1
    assert "deep" in rejects[0].reason


@pytest.mark.parametrize(
    "text",
    [
        '[{"a":1},{"a":2}]',
        '{"Records":[{"a":1},{"a":2}]}',
        '{"hits":{"hits":[{"a":1},{"a":2}]}}',
        '{"Records": [\n{"a":1},\n{"a":2}\n]}\n',
        '{"Records":[{\n  "a": 1\n}, {\n  "a": 2\n}]}',
        '{\n  "a": 1\n}\n{\n  "a": 2\n}\n',
        '{"a":1}\n{"a":2}\n',
        '\ufeff{"a":1}\r\n{"a":2}\r\n',
    ],
)
def test_every_layout_gives_the_same_records(text: str) -> None:
    rows, rejects = read_all(GENERIC, text.encode())
    assert [(position, row) for _, position, row in rows] == [(1, {"a": 1}), (2, {"a": 2})]
    assert not rejects


def test_a_damaged_first_line_does_not_make_lines_a_document() -> None:
    rows, rejects = read_all(GENERIC, b'{"a": 1, "b": "cu\n{"a":2}\n{"a":3}\n')
    assert [position for _, position, _ in rows] == [2, 3] and len(rejects) == 1


def test_a_cut_document_yields_what_came_before_the_cut() -> None:
    rows, rejects = read_all(GENERIC, b'{\n "a": 1\n}\n{\n "a": 2')
    assert len(rows) == 1 and len(rejects) == 1


def test_a_document_beyond_the_bound_is_rejected_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 10)
    rows, rejects = read_all(GENERIC, b'[{"a":1},{"a":2}]')
    assert not rows and "NDJSON" in rejects[0].reason


def test_a_first_record_longer_than_the_head_is_recognised_by_its_first_keys() -> None:
    text = '{"timestamp":"x","flow_id":1,"event_type":"alert","payload":"' + "A" * 200
    assert shape_of(first_records(text))[0].name == "suricata-eve"


def test_table_words_are_safe_file_names() -> None:
    assert table_word("../../etc") == "etc"
    assert table_word("") == "other"
    assert len(table_word("x" * 500)) == 40


@given(st.binary(max_size=300), st.sampled_from(READERS))
def test_any_bytes_give_rows_or_rejects(data: bytes, reader: JsonReader) -> None:
    rows, rejects = read_all(reader, data)
    assert all(position >= 1 for _, position, _ in rows)
    assert all(reject.reason for reject in rejects)


@given(st.lists(st.one_of(st.just(b'{"a":1}'), st.binary(max_size=20).filter(lambda b: b"\n" not in b)), max_size=20))
def test_counts_add_up_with_lines(lines: list[bytes]) -> None:
    data = b'{"a":0}\n' + b"\n".join(lines)
    rows, rejects = read_all(GENERIC, data)
    filled = [line for line in data.split(b"\n") if line.strip(b" \t\r\xef\xbb\xbf")]
    assert len(rows) + len(rejects) == len(filled)
