"""The shapes of JSON telemetry found in the wild: how each is recognised and which table its records belong to.

A shape looks at one decoded record and says how sure it is; the reader in `json_reader` does the rest.
A new shape is one more entry in `SHAPES`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tocsin.telemetry import alert_records, ecs_windows, windows_names
from tocsin.telemetry.ecs_windows import inner as _inner
from tocsin.telemetry.json_wrappings import unwrapped
from tocsin.telemetry.reader import CERTAIN, FALLBACK, LIKELY, NO

Record = Mapping[str, object]

_WORD = re.compile(r"[^a-z0-9]+")
_ROTATION = re.compile(r"[.\-]|_(?=\d{4})")


@dataclass(frozen=True, slots=True)
class JsonShape:
    """One kind of JSON record. `table` maps a record and the file's name to a table name.

    `complete` puts back what a shipper moved away from where it belongs.
    """

    name: str
    title: str
    recognise: Callable[[Record], int]
    table: Callable[[Record, str], str]
    time_fields: tuple[str, ...]
    rename: Callable[[str], str] | None = None
    mixed: bool = False  # True when records of one file belong to several tables
    complete: Callable[[Record], Record] | None = None


def _has(record: Record, *names: str) -> bool:
    return all(name in record for name in names)


def _always(table: str) -> Callable[[Record, str], str]:
    return lambda _record, _name: table


def _sure(condition: bool, score: int = CERTAIN) -> int:
    return score if condition else NO


def table_word(text: object, fallback: str = "other") -> str:
    """A table-name part from foreign text: lower-case letters, digits and underscores, bounded."""
    return _WORD.sub("_", str(text).lower()).strip("_")[:40] or fallback


def log_path(stem: str) -> str:
    """A Zeek log's path from its file's name, without the time of a rotated one.

    >>> log_path("dns.10:00:00-11:00:00.log.gz"), log_path("ssl_20260807.log")
    ('dns', 'ssl')
    """
    return _ROTATION.split(stem)[0]


def _windows_flat(record: Record) -> int:
    named = _has(record, "EventID") or _has(record, "EventId")
    if "RuleTitle" in record or _of_splunk(record):  # Hayabusa's findings are no events
        return NO
    return _sure(named and any(key in record for key in ("Channel", "SourceName", "ProviderGuid", "ProviderName")))


def _of_splunk(record: Record) -> bool:
    """Splunk's own fields beside the event's number."""
    return ("EventCode" in record or "EventID" in record) and ("_raw" in record or _has(record, "_time", "sourcetype"))


def _wazuh(record: Record) -> int:
    alert = _has(record, "agent", "manager") and ("rule" in record or "decoder" in record)
    return _sure(alert or isinstance(_inner(record, "win", "system"), Mapping))


def _wazuh_table(record: Record, _name: str) -> str:
    return "windows" if _inner(record, "data", "win") or _inner(record, "win", "system") else "wazuh"


def _eve_table(record: Record, _name: str) -> str:
    return f"eve_{table_word(record.get('event_type'))}"


def _zeek(record: Record) -> int:
    if "_path" in record and ("ts" in record or "_write_ts" in record):
        return CERTAIN
    return _sure(_has(record, "ts", "uid", "id.orig_h"), LIKELY) or _sure(_has(record, "ts", "uid"), LIKELY - 10)


def _zeek_table(record: Record, name: str) -> str:
    path = record.get("_path")
    if path is None:
        stem = re.split(r"[!/\\]", name)[-1]
        path = log_path(stem)
    return f"zeek_{table_word(path)}"


def _journal_text(record: Record) -> Record:
    """The journal writes text with control characters as a list of bytes."""
    if list not in map(type, record.values()):
        return record
    return {name: _text_of(value) if type(value) is list else value for name, value in record.items()}


def _text_of(value: object) -> object:
    try:
        return bytes(value).decode("utf-8", "replace")  # type: ignore[call-overload]  # a list of numbers, or it fails
    except (TypeError, ValueError):
        return value


def _azure_table(record: Record, _name: str) -> str:
    category = str(record.get("category", ""))
    if "SignIn" in category:
        return "azure_signin"
    return "azure_audit" if category == "AuditLogs" else "azure_activity"


SHAPES: tuple[JsonShape, ...] = (
    JsonShape(
        "elastic-alert",
        "Alerts of Elastic Security and other ECS alerts",
        alert_records.elastic_alert,
        _always("ecs_alert"),
        ("kibana.alert.original_time", "signal.original_time", "@timestamp"),
    ),
    JsonShape(
        "ocsf-finding",
        "OCSF findings (Detection Finding, class 2004)",
        alert_records.ocsf_finding,
        alert_records.ocsf_table,
        ("time_", "time_dt", "finding_info.created_time"),
        mixed=True,
    ),
    JsonShape(
        "aminer",
        "AMiner anomalies",
        alert_records.aminer_alert,
        _always("aminer_alert"),
        ("timestamp", "LogData.DetectionTimestamp"),
        complete=alert_records.aminer_timed,
    ),
    JsonShape(
        "windows-json",
        "Windows events as flat JSON (NXLog, Security-Datasets)",
        _windows_flat,
        _always("windows"),
        ("SystemTime", "@timestamp", "TimeCreated", "UtcTime", "EventTime"),
        windows_names.rename_flat,
    ),
    JsonShape(
        "windows-splunk",
        "Windows events exported from Splunk",
        lambda record: _sure(_of_splunk(record)),
        _always("windows"),
        ("SystemTime", "_time", "UtcTime", "TimeCreated"),
        windows_names.rename_splunk,
    ),
    JsonShape(
        "get-winevent",
        "Windows events of Get-WinEvent (ConvertTo-Json)",
        lambda record: _sure(_has(record, "Id", "LogName", "ProviderName")),
        _always("windows"),
        ("TimeCreated",),
        windows_names.rename_get_winevent,
    ),
    JsonShape(
        "winlogbeat",
        "Windows events from Winlogbeat or Elastic Agent (ECS)",
        lambda record: _sure(isinstance(record.get("winlog"), Mapping) or "winlog.event_id" in record),
        _always("windows"),
        ("SystemTime", "@timestamp", "event.created"),  # `created` is when the shipper read it
        windows_names.rename,
        complete=ecs_windows.completed,
    ),
    JsonShape(
        "winlogbeat-6",
        "Windows events from Winlogbeat before version 7",
        lambda record: _sure(_has(record, "event_id", "log_name") or _has(record, "event_id", "source_name")),
        _always("windows"),
        ("@timestamp",),
        windows_names.rename_beat_6,
    ),
    JsonShape(
        "evtx-json",
        "Windows events as nested JSON (evtx_dump, Chainsaw, Velociraptor)",
        lambda record: _sure(
            isinstance(_inner(record, "Event", "System"), Mapping) or isinstance(record.get("System"), Mapping)
        ),
        _always("windows"),
        ("SystemTime", "UtcTime"),
        windows_names.rename,
    ),
    JsonShape(
        "wazuh",
        "Wazuh archives and alerts",
        _wazuh,
        _wazuh_table,
        ("SystemTime", "timestamp", "@timestamp"),
        windows_names.rename,
        mixed=True,
    ),
    JsonShape(
        "suricata-eve",
        "Suricata EVE JSON",
        lambda record: _sure(
            _has(record, "event_type", "timestamp")
            and any(key in record for key in ("flow_id", "src_ip", "stats", "engine", "pcap_cnt"))
        ),
        _eve_table,
        ("timestamp",),
        mixed=True,
    ),
    JsonShape("zeek-json", "Zeek logs as JSON", _zeek, _zeek_table, ("ts", "_write_ts"), mixed=True),
    JsonShape(
        "aws-cloudtrail",
        "AWS CloudTrail",
        lambda record: _sure(_has(record, "eventSource", "eventName", "eventTime")),
        _always("aws_cloudtrail"),
        ("eventTime",),
    ),
    JsonShape(
        "m365-audit",
        "Microsoft 365 unified audit log",
        lambda record: _sure(_has(record, "CreationTime", "Operation", "Workload")),
        _always("m365_audit"),
        ("CreationTime",),
    ),
    JsonShape(
        "azure-signin",
        "Microsoft Entra sign-ins (Graph)",
        lambda record: _sure(_has(record, "createdDateTime", "userPrincipalName", "appDisplayName")),
        _always("azure_signin"),
        ("createdDateTime",),
    ),
    JsonShape(
        "azure-audit",
        "Microsoft Entra directory audit (Graph)",
        lambda record: _sure(_has(record, "activityDateTime", "activityDisplayName")),
        _always("azure_audit"),
        ("activityDateTime",),
    ),
    JsonShape(
        "azure-activity",
        "Azure activity and diagnostic log",
        lambda record: _sure(
            _has(record, "operationName") and ("resourceId" in record or "tenantId" in record or "caller" in record)
        ),
        _azure_table,
        ("time", "eventTimestamp", "time_"),
        mixed=True,
    ),
    JsonShape(
        "okta",
        "Okta system log",
        lambda record: _sure(_has(record, "eventType", "published", "actor")),
        _always("okta"),
        ("published",),
    ),
    JsonShape(
        "gcp-audit",
        "Google Cloud audit log",
        lambda record: _sure("protoPayload" in record and ("logName" in record or "insertId" in record)),
        _always("gcp_audit"),
        ("timestamp", "receiveTimestamp"),
    ),
    JsonShape(
        "kubernetes-audit",
        "Kubernetes audit log",
        lambda record: _sure(
            _has(record, "auditID", "verb") or str(record.get("apiVersion")).startswith("audit.k8s.io")
        ),
        _always("kubernetes_audit"),
        ("requestReceivedTimestamp", "stageTimestamp"),
    ),
    JsonShape(
        "github-audit",
        "GitHub audit log",
        lambda record: _sure(_has(record, "action", "actor", "created_at") or _has(record, "_document_id", "action")),
        _always("github_audit"),
        ("@timestamp", "created_at"),
    ),
    JsonShape(
        "journald-json",
        "systemd journal as JSON",
        lambda record: _sure("__REALTIME_TIMESTAMP" in record or "__CURSOR" in record),
        _always("linux_journald"),
        ("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP"),
        complete=_journal_text,
    ),
    JsonShape(
        "otel-logs",
        "OpenTelemetry log records, as the node writes them from OTLP",
        lambda record: _sure(_has(record, "body", "attributes", "resource", "scope")),
        _always("otel_logs"),
        ("timestamp", "observed_timestamp"),
    ),
    JsonShape(
        "generic-json",
        "JSON records of an unknown kind",
        lambda _record: FALLBACK + 10,
        _always("generic_json"),
        ("@timestamp", "timestamp", "time_", "_time", "ts", "eventTime", "datetime", "date", "TimeGenerated"),
    ),
)


def shape_of(records: list[Record]) -> tuple[JsonShape, int]:
    """The shape that is surest over the given records, and how sure (the mean over the records)."""
    records = [unwrapped(record) for record in records]
    scored = [(sum(shape.recognise(record) for record in records) // len(records), shape) for shape in SHAPES]
    best = max(scored, key=lambda pair: pair[0])
    return best[1], best[0]
