"""Alerts of other products as JSON: how each is recognised, and which table its records belong to.

Rules:
1. Elastic: an alert of Kibana's detection engine (`kibana.alert.*`, before version 8 `signal.rule`), or an ECS event
   whose `event.kind` is alert or signal. It holds a copy of the event that it is about, so it is asked before Windows.
2. OCSF: `class_uid` beside `finding_info`; class 2004 is a Detection Finding, other findings go to tables of their own.
3. AMiner: `AnalysisComponent` beside `LogData`. Its times are a list; the first becomes `timestamp`.
"""

from tocsin.telemetry.ecs_windows import inner
from tocsin.telemetry.json_wrappings import Record
from tocsin.telemetry.reader import CERTAIN, NO

DETECTION_FINDING = "2004"
AMINER_TIME = "timestamp"
_ALERT_KINDS = ("alert", "signal")


def elastic_alert(record: Record) -> int:
    """Whether it is an alert in the names of ECS."""
    kind = record.get("event.kind", inner(record, "event", "kind"))
    of_kibana = "kibana.alert.rule.name" in record or inner(record, "kibana", "alert", "rule", "name") is not None
    told = of_kibana or inner(record, "signal", "rule") is not None or (kind in _ALERT_KINDS and "@timestamp" in record)
    return CERTAIN if told else NO


def ocsf_finding(record: Record) -> int:
    """Whether it is a finding of OCSF."""
    return CERTAIN if "class_uid" in record and "finding_info" in record else NO


def ocsf_table(record: Record, _name: str) -> str:
    """The table of a finding by its class."""
    number = str(record.get("class_uid"))
    return "ocsf_detection_finding" if number == DETECTION_FINDING else "ocsf_finding"


def aminer_alert(record: Record) -> int:
    """Whether it is an anomaly that AMiner tells."""
    return CERTAIN if "AnalysisComponent" in record and "LogData" in record else NO


def aminer_timed(record: Record) -> Record:
    """The record with the time of its first log line."""
    times = inner(record, "LogData", "Timestamps")
    if AMINER_TIME in record or not isinstance(times, list) or not times:
        return record
    return {**record, AMINER_TIME: times[0]}
