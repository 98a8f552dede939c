"""Alerts of other products: a native row of each, and the row that `detection_finding` makes of it."""

# ruff: noqa: E501  (a case is easier to read in long lines)

from view_cases import Case

WAZUH = {
    "rule.id": "5710", "rule.level": "10", "rule.description": "sshd: attempt", "rule.groups": '["syslog","sshd"]',
    "rule.mitre.id": '["T1110.001"]', "rule.mitre.tactic": '["Credential Access"]', "manager.name": "siem",
}  # fmt: skip
EVIDENCES = (
    '[{"src_endpoint":{"ip":"10.0.0.5","port":50123},"dst_endpoint":{"ip":"192.0.2.7","port":443},'
    '"process":{"cmd_line":"x -y","uid":"p1","file":{"path":"/tmp/x","hashes":[{"value":"aa"}]}},'
    '"actor":{"user":{"name":"anna"}},"url":{"url_string":"http://a.example/x"}}]'
)
SOURCE = {"src_endpoint_ip": "10.0.0.5", "src_endpoint_port": 50123}
BOTH = SOURCE | {"dst_endpoint_ip": "192.0.2.7", "dst_endpoint_port": 443}

ALERTS = [
    Case(
        "detection_finding", "eve_alert",
        {"alert.signature": "ET MALWARE X", "alert.gid": "1", "alert.signature_id": "2027865", "alert.severity": "1", "host": "ids1",
         "alert.metadata.signature_severity": '["Major"]', "alert.metadata.confidence": '["High"]',
         "alert.metadata.mitre_technique_id": '["T1071"]', "tls.sni": "a.example"},
        {"metadata_product_name": "Suricata", "finding_uid": "1:2027865", "severity": "Major", "confidence": "High",
         "attacks_technique_uid": '["T1071"]', "dst_endpoint_hostname": "a.example", "device_hostname": None,
         "metadata_reporter_hostname": "ids1"},
    ),
    Case(
        "detection_finding", "wazuh",
        WAZUH | {"agent.name": "srv1", "data.srcip": "10.0.0.5", "data.srcport": "50123", "data.dstuser": "root",
                 "full_log": "Invalid user"},
        SOURCE | {"metadata_product_name": "Wazuh", "finding_title": "sshd: attempt", "finding_uid": "5710", "severity_id": 3,
                  "severity": "10", "attacks_technique_uid": '["T1110.001"]', "actor_user_name": "root", "device_hostname": "srv1",
                  "finding_desc": "Invalid user"},
    ),
    Case(
        "detection_finding", "wazuh",
        WAZUH | {"rule.level": "3", "agent.name": "ids1", "data.alert.signature_id": "7", "data.src_ip": "10.0.0.5",
                 "data.src_port": "50123", "data.dest_ip": "192.0.2.7", "data.dest_port": "443"},
        BOTH | {"finding_uid": "5710:7", "severity_id": 1, "device_hostname": None, "metadata_reporter_hostname": "ids1"},
    ),
    Case(
        "detection_finding", "windows",
        WAZUH | {"rule.level": "15", "Channel": "Security", "EventID": "4625", "Computer": "WS1", "IpAddress": "10.0.0.5", "IpPort": "50123",
                 "TargetUserName": "anna"},
        SOURCE | {"metadata_product_name": "Wazuh", "severity_id": 5, "actor_user_name": "anna", "device_hostname": "WS1"},
    ),
    Case(
        "detection_finding", "ecs_alert",
        {"kibana.alert.rule.name": "Credential dumping", "kibana.alert.rule.rule_id": "r-1", "kibana.alert.severity": "high",
         "kibana.alert.rule.threat": '[{"technique":[{"id":"T1003"}]}]', "kibana.alert.reason": "process event",
         "kibana.alert.rule.references": '["https://a.example/r"]', "host.name": "WS1", "user.name": "anna", "user.domain": "LAB",
         "source.ip": "10.0.0.5", "source.port": "50123", "destination.ip": "192.0.2.7", "destination.port": "443",
         "file.path": "C:\\x", "file.hash.sha256": "aa", "process.executable": "C:\\p", "process.entity_id": "e1"},
        BOTH | {"metadata_product_name": "Elastic Security", "finding_uid": "r-1", "severity_id": 4, "severity": "high",
                "actor_user_name": "LAB\\anna", "device_hostname": "WS1", "file_hashes": "aa", "actor_process_uid": "e1",
                "src_url": '["https://a.example/r"]'},
    ),
    Case(
        "detection_finding", "ecs_alert",
        {"event.kind": "alert", "event.module": "endpoint", "rule.name": "Ransomware", "rule.id": "7", "event.risk_score": "73",
         "host.hostname": "WS1", "threat.technique.id": "T1486", "threat.tactic.name": "Impact"},
        {"metadata_product_name": "endpoint", "finding_title": "Ransomware", "severity_id": 4, "severity": "73", "actor_user_name": None,
         "attacks_technique_uid": "T1486", "attacks_tactic_name": "Impact"},
    ),
    Case(
        "detection_finding", "ecs_alert",
        {"event.kind": "alert", "event.module": "suricata", "rule.name": "ET SCAN", "rule.id": "9", "event.severity": "3"},
        {"metadata_product_name": "suricata", "severity_id": 2, "severity": "3"},
    ),
    Case(
        "detection_finding", "ocsf_detection_finding",
        {"class_uid": "2004", "severity_id": "6", "finding_info.title": "Malware", "finding_info.analytic.uid": "a-1",
         "finding_info.types": '["Malware"]', "finding_info.attacks": '[{"technique":{"uid":"T1204.002"}}]',
         "metadata.product.name": "Guard", "evidences": EVIDENCES, "resources": '[{"name":"i-1"}]', "disposition_id": "2"},
        BOTH | {"metadata_product_name": "Guard", "finding_uid": "a-1", "severity_id": 5, "severity": "6", "action": "Denied",
                "actor_process_cmd_line": "x -y", "file_hashes": "aa", "actor_user_name": "anna", "device_hostname": "i-1",
                "url_text": "http://a.example/x"},
    ),
    Case(
        "detection_finding", "aminer_alert",
        {"AnalysisComponent.AnalysisComponentName": "AMiner: New event type.", "AnalysisComponent.AnalysisComponentType": "NewMatchPathDetector",
         "AnalysisComponent.Message": "New path(es) detected", "AnalysisComponent.TrainingMode": "false",
         "LogData.RawLogData": '["a line"]', "AMiner.ID": "10.0.0.9"},
        {"metadata_product_name": "AMiner", "finding_title": "AMiner: New event type.", "severity_id": 3, "severity": None,
         "finding_uid": "NewMatchPathDetector:AMiner: New event type.", "finding_desc": "New path(es) detected: a line",
         "device_hostname": "10.0.0.9"},
    ),
    Case(
        "detection_finding", "mapped_alert",
        {"alert_product": "Acme", "alert_title": "Bad", "alert_rule": "7", "alert_severity_id": "4", "alert_severity": "P2",
         "alert_src_ip": "10.0.0.5", "alert_src_port": "50123", "alert_dst_ip": "192.0.2.7", "alert_dst_port": "443",
         "alert_technique": "T1190", "alert_host": "web1", "alert_user": "anna", "alert_process": "/bin/x"},
        BOTH | {"metadata_product_name": "Acme", "finding_title": "Bad", "finding_uid": "7", "severity_id": 4, "severity": "P2",
                "device_hostname": "web1", "actor_user_name": "anna", "actor_process_file_path": "/bin/x"},
    ),
]  # fmt: skip
