"""Alerts of other products, handwritten after their documentation: a few records of each format."""

import json
from collections.abc import Mapping
from pathlib import Path

SURICATA = {
    "timestamp": "2026-01-02T03:04:05.000000+0000",
    "flow_id": 77,
    "event_type": "alert",
    "src_ip": "10.0.0.5",
    "src_port": 50123,
    "dest_ip": "198.51.100.7",
    "dest_port": 443,
    "proto": "TCP",
    "host": "ids1",
    "tls": {"sni": "control.evil.example"},
    "alert": {
        "action": "allowed",
        "gid": 1,
        "signature_id": 2027865,
        "signature": "ET MALWARE Example CnC",
        "category": "Malware Command and Control Activity Detected",
        "severity": 1,
        "metadata": {
            "signature_severity": ["Major"],
            "confidence": ["High"],
            "mitre_technique_id": ["T1071"],
            "mitre_tactic_name": ["Command_And_Control"],
        },
    },
}
WAZUH = {
    "timestamp": "2026-01-02T03:04:05.000+0000",
    "rule": {
        "level": 10,
        "description": "sshd: brute force trying to get access to the system.",
        "id": "5712",
        "mitre": {"id": ["T1110"], "tactic": ["Credential Access"], "technique": ["Brute Force"]},
        "groups": ["syslog", "sshd", "authentication_failures"],
    },
    "agent": {"id": "004", "name": "srv1", "ip": "10.0.0.7"},
    "manager": {"name": "siem"},
    "id": "1767323045.1",
    "full_log": "Jan  2 03:04:05 srv1 sshd[1]: Failed password for root from 198.51.100.9 port 50000 ssh2",
    "decoder": {"name": "sshd"},
    "data": {"srcip": "198.51.100.9", "srcport": "50000", "dstuser": "root"},
    "location": "/var/log/auth.log",
}
WAZUH_WINDOWS = {
    "timestamp": "2026-01-02T03:04:05.000+0000",
    "rule": {"level": 12, "description": "Mimikatz started", "id": "92000", "mitre": {"id": ["T1003.001"]}},
    "agent": {"id": "005", "name": "WS01"},
    "manager": {"name": "siem"},
    "data": {
        "win": {
            "system": {
                "providerName": "Microsoft-Windows-Sysmon", "eventID": "1", "computer": "WS01.corp.example",
                "channel": "Microsoft-Windows-Sysmon/Operational", "systemTime": "2026-01-02T03:04:05.0000000Z",
            },
            "eventdata": {"image": "C:\\Users\\a\\m.exe", "commandLine": "m.exe", "user": "CORP\\ana"},
        }
    },
}  # fmt: skip
AMINER = {
    "AnalysisComponent": {
        "AnalysisComponentIdentifier": 3,
        "AnalysisComponentType": "NewMatchPathDetector",
        "AnalysisComponentName": "New event type",
        "Message": "New path(es) detected",
        "TrainingMode": False,
        "AffectedLogAtomPaths": ["/model/a"],
    },
    "LogData": {"RawLogData": ["a line never seen"], "Timestamps": [1767323045.5], "LogLinesCount": 1},
    "AMiner": {"ID": "10.0.0.9"},
}
OCSF = {
    "class_uid": 2004,
    "category_uid": 2,
    "activity_id": 1,
    "time": 1767323045000,
    "severity_id": 4,
    "severity": "High",
    "metadata": {"version": "1.3.0", "product": {"name": "Guard", "vendor_name": "Example"}},
    "finding_info": {
        "uid": "f-1",
        "title": "Credential file read",
        "analytic": {"uid": "g-17", "name": "credential-file", "type_id": 1},
        "attacks": [
            {"tactic": {"uid": "TA0006"}, "technique": {"uid": "T1552", "sub_technique": {"uid": "T1552.001"}}}
        ],
        "src_url": "https://guard.example/rules/g-17",
    },
    "device": {"hostname": "web1"},
    "evidences": [{"actor": {"user": {"name": "www"}}, "file": {"path": "/srv/.env"}}],
}
ELASTIC = {
    "_index": ".internal.alerts-security.alerts-default-000001",
    "_source": {
        "@timestamp": "2026-01-02T03:10:00.000Z",
        "kibana.alert.original_time": "2026-01-02T03:04:05.000Z",
        "kibana.alert.rule.name": "LSASS memory dump",
        "kibana.alert.rule.rule_id": "e-1",
        "kibana.alert.severity": "critical",
        "kibana.alert.risk_score": 99,
        "kibana.alert.rule.references": ["https://elastic.example/e-1"],
        "kibana.alert.rule.threat": [
            {
                "framework": "MITRE ATT&CK",
                "tactic": {"id": "TA0006", "name": "Credential Access"},
                "technique": [{"id": "T1003", "subtechnique": [{"id": "T1003.001"}]}],
            }
        ],
        "event": {"kind": "signal"},
        "host": {"name": "WS02"},
        "user": {"name": "ben", "domain": "CORP"},
        "winlog": {"event_id": 10, "channel": "Microsoft-Windows-Sysmon/Operational"},
        "file": {"hash": {"sha256": "ab" * 32}},
    },
}
ALL = {"suricata": SURICATA, "wazuh": WAZUH, "wazuh-windows": WAZUH_WINDOWS, "aminer": AMINER, "ocsf": OCSF,
       "elastic": ELASTIC}  # fmt: skip


def written(folder: Path, *records: Mapping[str, object], name: str = "alerts.json") -> Path:
    """The records as NDJSON."""
    path = folder / name
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def changed(record: Mapping[str, object], **changes: object) -> dict[str, object]:
    """A record with other values; names with two underscores go one level down."""
    copy: dict[str, object] = json.loads(json.dumps(record))
    for name, value in changes.items():
        place, _, last = name.rpartition("__")
        holder = copy[place] if place else copy
        assert isinstance(holder, dict)
        holder[last] = value
    return copy
