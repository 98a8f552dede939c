-- title: Alerts of other sensors
-- class: 2004 detection_finding (Findings)
-- about: What Suricata, Wazuh, Elastic Security, AMiner, OCSF products, Zeek, Windows Defender, firewalls and the products of own mappings found by themselves. Tocsin's own findings are not in here.
-- column: metadata_product_name VARCHAR: the product that raised it
-- column: finding_title VARCHAR: the signature or notice
-- column: finding_uid VARCHAR: id of the signature or rule
-- column: finding_category VARCHAR: its category
-- column: finding_desc VARCHAR: the sentence that came with it
-- column: severity_id BIGINT: OCSF severity (1 informational to 5 critical), 0 unknown
-- column: severity VARCHAR: the product's own word or number for it
-- column: confidence VARCHAR: the product's own word for how sure it is
-- column: attacks_technique_uid VARCHAR: a text that holds the ids of the ATT&CK techniques that the product states
-- column: attacks_tactic_name VARCHAR: a text that holds the ATT&CK tactics that it states
-- column: src_url VARCHAR: where the product tells more about the rule
-- column: action VARCHAR: Allowed or Denied where the sensor decides
-- column: src_endpoint_ip VARCHAR: source of the traffic
-- column: src_endpoint_port BIGINT: its port
-- column: dst_endpoint_ip VARCHAR: destination of the traffic
-- column: dst_endpoint_port BIGINT: its port
-- column: dst_endpoint_hostname VARCHAR: its name where the sensor knows it
-- column: url_text VARCHAR: URL or path that was asked for
-- column: connection_info_protocol_name VARCHAR: tcp, udp, …
-- column: connection_info_uid VARCHAR: Zeek uid or Suricata flow_id
-- column: app_name VARCHAR: recognised service
-- column: file_path VARCHAR: the file that was found
-- column: file_hashes VARCHAR: its hash, SHA-256 where there are several
-- column: actor_process_file_path VARCHAR: process behind it
-- column: actor_process_cmd_line VARCHAR: its command line
-- column: actor_process_uid VARCHAR: its process GUID
-- column: actor_user_name VARCHAR: account behind it
-- column: device_hostname VARCHAR: the computer that it is about
-- column: metadata_reporter_hostname VARCHAR: the sensor that saw it, where that is not the computer that it is about

-- branch: Suricata EVE alert (priority 1 is high)
SELECT
  'Suricata' AS metadata_product_name,
  "alert.signature" AS finding_title,
  concat_ws(':', "alert.gid", "alert.signature_id") AS finding_uid,
  "alert.category" AS finding_category,
  CAST(CASE "alert.severity" WHEN '1' THEN 4 WHEN '2' THEN 3 WHEN '3' THEN 2 WHEN '4' THEN 1 ELSE 0 END AS BIGINT) AS severity_id,
  COALESCE(TRY(json_extract_string("alert.metadata.signature_severity", '$[0]')), "alert.severity") AS severity,
  TRY(json_extract_string("alert.metadata.confidence", '$[0]')) AS confidence,
  "alert.metadata.mitre_technique_id" AS attacks_technique_uid,
  "alert.metadata.mitre_tactic_name" AS attacks_tactic_name,
  CASE "alert.action" WHEN 'blocked' THEN 'Denied' WHEN 'allowed' THEN 'Allowed' END AS action,
  eve_endpoints(),
  COALESCE("tls.sni", "http.hostname", TRY(json_extract_string("dns.query", '$[0].rrname')), "dns.rrname") AS dst_endpoint_hostname,
  "http.url" AS url_text,
  lower("proto") AS connection_info_protocol_name,
  "flow_id" AS connection_info_uid,
  NULLIF("app_proto", 'failed') AS app_name,
  "host" AS metadata_reporter_hostname
FROM eve_alert;

-- branch: Zeek notice.log
SELECT
  'Zeek' AS metadata_product_name,
  "note" AS finding_title,
  "note" AS finding_uid,
  split_part("note", '::', 1) AS finding_category,
  concat_ws(': ', "msg", "sub") AS finding_desc,
  CAST(0 AS BIGINT) AS severity_id,
  CASE WHEN contains("actions", 'ACTION_DROP') THEN 'Denied' END AS action,
  COALESCE("id.orig_h", "src") AS src_endpoint_ip,
  TRY_CAST("id.orig_p" AS BIGINT) AS src_endpoint_port,
  COALESCE("id.resp_h", "dst") AS dst_endpoint_ip,
  TRY_CAST(COALESCE("id.resp_p", "p") AS BIGINT) AS dst_endpoint_port,
  "proto" AS connection_info_protocol_name,
  "uid" AS connection_info_uid,
  "peer_descr" AS metadata_reporter_hostname
FROM zeek_notice;

-- branch: Windows Defender 1116 (found) and 1117 (acted on)
SELECT
  'Microsoft Defender' AS metadata_product_name,
  COALESCE("Threat Name", "ThreatName") AS finding_title,
  COALESCE("Threat ID", "ThreatID") AS finding_uid,
  COALESCE("Category Name", "CategoryName") AS finding_category,
  COALESCE("Action Name", "ActionName") AS finding_desc,
  CAST(CASE COALESCE("Severity ID", "SeverityID") WHEN '5' THEN 5 WHEN '4' THEN 4 WHEN '2' THEN 3 WHEN '1' THEN 2 ELSE 0 END AS BIGINT) AS severity_id,
  CASE WHEN "EventID" = '1117' THEN 'Denied' END AS action,
  "Path" AS file_path,
  COALESCE("Process Name", "ProcessName") AS actor_process_file_path,
  COALESCE("Detection User", "DetectionUser") AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Windows Defender/Operational' AND "EventID" IN ('1116', '1117');

-- branch: FortiGate intrusion prevention and antivirus
SELECT
  'FortiGate' AS metadata_product_name,
  COALESCE("attack", "virus", "msg") AS finding_title,
  COALESCE("attackid", "virusid", "logid") AS finding_uid,
  "subtype" AS finding_category,
  "msg" AS finding_desc,
  CAST(CASE COALESCE("severity", "crlevel") WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 WHEN 'info' THEN 1 ELSE 0 END AS BIGINT) AS severity_id,
  COALESCE("severity", "crlevel") AS severity,
  CASE WHEN "action" IN ('blocked', 'dropped', 'reset', 'block') THEN 'Denied' WHEN "action" IN ('detected', 'passthrough', 'monitored', 'pass') THEN 'Allowed' END AS action,
  "srcip" AS src_endpoint_ip,
  TRY_CAST("srcport" AS BIGINT) AS src_endpoint_port,
  "dstip" AS dst_endpoint_ip,
  TRY_CAST("dstport" AS BIGINT) AS dst_endpoint_port,
  CASE "proto" WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' ELSE "proto" END AS connection_info_protocol_name,
  "sessionid" AS connection_info_uid,
  "service" AS app_name,
  COALESCE("hostname", "qname") AS dst_endpoint_hostname,
  "url" AS url_text,
  "filename" AS file_path,
  "user" AS actor_user_name,
  "devname" AS metadata_reporter_hostname
FROM fortigate
WHERE "subtype" IN ('ips', 'virus', 'anomaly');

-- branch: Palo Alto THREAT, all but url
SELECT
  'PAN-OS' AS metadata_product_name,
  "threat_id" AS finding_title,
  "threat_id" AS finding_uid,
  "subtype" AS finding_category,
  "category" AS finding_desc,
  CAST(CASE "severity" WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 WHEN 'informational' THEN 1 ELSE 0 END AS BIGINT) AS severity_id,
  "severity" AS severity,
  CASE WHEN "action" IN ('alert', 'allow') THEN 'Allowed' WHEN "action" IS NOT NULL THEN 'Denied' END AS action,
  "src_ip" AS src_endpoint_ip,
  TRY_CAST("src_port" AS BIGINT) AS src_endpoint_port,
  "dst_ip" AS dst_endpoint_ip,
  TRY_CAST("dst_port" AS BIGINT) AS dst_endpoint_port,
  lower("protocol") AS connection_info_protocol_name,
  "session_id" AS connection_info_uid,
  "app" AS app_name,
  "url" AS file_path,
  NULLIF("src_user", '') AS actor_user_name,
  "device_name" AS metadata_reporter_hostname
FROM paloalto
WHERE "type" = 'THREAT' AND "subtype" <> 'url';

-- branch: Wazuh alerts (level 1 to 3 is informational, 4 to 6 low, 7 to 11 medium, 12 to 14 high, 15 and 16 critical)
SELECT
  'Wazuh' AS metadata_product_name,
  "rule.description" AS finding_title,
  concat_ws(':', "rule.id", "data.alert.signature_id") AS finding_uid,
  "rule.groups" AS finding_category,
  "full_log" AS finding_desc,
  CAST(CASE WHEN TRY_CAST("rule.level" AS BIGINT) >= 15 THEN 5 WHEN TRY_CAST("rule.level" AS BIGINT) >= 12 THEN 4 WHEN TRY_CAST("rule.level" AS BIGINT) >= 7 THEN 3 WHEN TRY_CAST("rule.level" AS BIGINT) >= 4 THEN 2 WHEN TRY_CAST("rule.level" AS BIGINT) >= 1 THEN 1 ELSE 0 END AS BIGINT) AS severity_id,
  "rule.level" AS severity,
  "rule.mitre.id" AS attacks_technique_uid,
  "rule.mitre.tactic" AS attacks_tactic_name,
  COALESCE("data.srcip", "data.src_ip") AS src_endpoint_ip,
  TRY_CAST(COALESCE("data.srcport", "data.src_port") AS BIGINT) AS src_endpoint_port,
  COALESCE("data.dstip", "data.dest_ip") AS dst_endpoint_ip,
  TRY_CAST(COALESCE("data.dstport", "data.dest_port") AS BIGINT) AS dst_endpoint_port,
  COALESCE("data.url", "data.http.url") AS url_text,
  lower(COALESCE("data.protocol", "data.proto")) AS connection_info_protocol_name,
  COALESCE("syscheck.path", "data.file") AS file_path,
  "syscheck.sha256_after" AS file_hashes,
  COALESCE("data.audit.exe", "data.process.name") AS actor_process_file_path,
  COALESCE("data.command", "data.audit.command") AS actor_process_cmd_line,
  COALESCE("data.dstuser", "data.srcuser", "syscheck.audit.user.name") AS actor_user_name,
  CASE WHEN "data.alert.signature_id" IS NULL THEN COALESCE("predecoder.hostname", "agent.name") END AS device_hostname,
  "agent.name" AS metadata_reporter_hostname
FROM wazuh
WHERE "rule.id" IS NOT NULL AND TRY_CAST("rule.level" AS BIGINT) >= 1;

-- branch: Wazuh alerts on Windows events, with levels as above
SELECT
  'Wazuh' AS metadata_product_name,
  "rule.description" AS finding_title,
  "rule.id" AS finding_uid,
  "rule.groups" AS finding_category,
  CAST(CASE WHEN TRY_CAST("rule.level" AS BIGINT) >= 15 THEN 5 WHEN TRY_CAST("rule.level" AS BIGINT) >= 12 THEN 4 WHEN TRY_CAST("rule.level" AS BIGINT) >= 7 THEN 3 WHEN TRY_CAST("rule.level" AS BIGINT) >= 4 THEN 2 WHEN TRY_CAST("rule.level" AS BIGINT) >= 1 THEN 1 ELSE 0 END AS BIGINT) AS severity_id,
  "rule.level" AS severity,
  "rule.mitre.id" AS attacks_technique_uid,
  "rule.mitre.tactic" AS attacks_tactic_name,
  COALESCE("SourceIp", "IpAddress") AS src_endpoint_ip,
  TRY_CAST(COALESCE("SourcePort", "IpPort") AS BIGINT) AS src_endpoint_port,
  "DestinationIp" AS dst_endpoint_ip,
  TRY_CAST("DestinationPort" AS BIGINT) AS dst_endpoint_port,
  COALESCE("QueryName", "DestinationHostname") AS dst_endpoint_hostname,
  "TargetFilename" AS file_path,
  "Hashes" AS file_hashes,
  COALESCE("Image", "NewProcessName", "ProcessName") AS actor_process_file_path,
  "CommandLine" AS actor_process_cmd_line,
  COALESCE("ProcessGuid", "SourceProcessGUID") AS actor_process_uid,
  COALESCE("User", "SubjectUserName", "TargetUserName") AS actor_user_name,
  COALESCE("Computer", "agent.name") AS device_hostname
FROM windows
WHERE "rule.id" IS NOT NULL AND "manager.name" IS NOT NULL AND TRY_CAST("rule.level" AS BIGINT) >= 1;

-- branch: Elastic Security and other ECS alerts (risk score 1 to 21 is low, 22 to 47 medium, 48 to 73 high, above critical)
SELECT
  COALESCE(CASE WHEN "kibana.alert.rule.name" IS NOT NULL OR "signal.rule.name" IS NOT NULL THEN 'Elastic Security' END, "observer.product", "event.module", "event.provider", 'ECS') AS metadata_product_name,
  COALESCE("kibana.alert.rule.name", "signal.rule.name", "rule.name", "message") AS finding_title,
  COALESCE("kibana.alert.rule.rule_id", "kibana.alert.rule.uuid", "signal.rule.rule_id", "signal.rule.id", "rule.id", "rule.uuid", "event.code") AS finding_uid,
  COALESCE("kibana.alert.rule.category", "rule.category") AS finding_category,
  COALESCE("kibana.alert.reason", "signal.reason", "rule.description", "message") AS finding_desc,
  CAST(CASE lower(COALESCE("kibana.alert.severity", "kibana.alert.rule.severity", "signal.rule.severity"))
    WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2
    ELSE CASE
      WHEN "event.module" = 'suricata' THEN CASE "event.severity" WHEN '1' THEN 4 WHEN '2' THEN 3 WHEN '3' THEN 2 WHEN '4' THEN 1 ELSE 0 END
      WHEN TRY_CAST(COALESCE("kibana.alert.risk_score", "signal.rule.risk_score", "event.risk_score") AS DOUBLE) > 73 THEN 5
      WHEN TRY_CAST(COALESCE("kibana.alert.risk_score", "signal.rule.risk_score", "event.risk_score") AS DOUBLE) > 47 THEN 4
      WHEN TRY_CAST(COALESCE("kibana.alert.risk_score", "signal.rule.risk_score", "event.risk_score") AS DOUBLE) > 21 THEN 3
      WHEN TRY_CAST(COALESCE("kibana.alert.risk_score", "signal.rule.risk_score", "event.risk_score") AS DOUBLE) > 0 THEN 2
      ELSE 0 END
    END AS BIGINT) AS severity_id,
  COALESCE("kibana.alert.severity", "kibana.alert.rule.severity", "signal.rule.severity", "kibana.alert.risk_score", "event.risk_score", "event.severity") AS severity,
  COALESCE("kibana.alert.rule.threat", "kibana.alert.rule.parameters.threat", "signal.rule.threat", "threat.technique.subtechnique.id", "threat.technique.id") AS attacks_technique_uid,
  "threat.tactic.name" AS attacks_tactic_name,
  COALESCE("kibana.alert.rule.references", "signal.rule.references", "rule.reference") AS src_url,
  "source.ip" AS src_endpoint_ip,
  TRY_CAST("source.port" AS BIGINT) AS src_endpoint_port,
  "destination.ip" AS dst_endpoint_ip,
  TRY_CAST("destination.port" AS BIGINT) AS dst_endpoint_port,
  COALESCE("destination.domain", "dns.question.name", "url.domain") AS dst_endpoint_hostname,
  COALESCE("url.full", "url.original", "url.path") AS url_text,
  COALESCE("network.transport", "network.protocol") AS connection_info_protocol_name,
  "file.path" AS file_path,
  COALESCE("file.hash.sha256", "process.hash.sha256", "file.hash.md5") AS file_hashes,
  "process.executable" AS actor_process_file_path,
  "process.command_line" AS actor_process_cmd_line,
  "process.entity_id" AS actor_process_uid,
  NULLIF(concat_ws(chr(92), "user.domain", "user.name"), '') AS actor_user_name,
  COALESCE("host.name", "host.hostname") AS device_hostname,
  COALESCE("observer.name", "agent.name") AS metadata_reporter_hostname
FROM ecs_alert;

-- branch: OCSF Detection Finding, severity as it is (fatal is critical)
SELECT
  COALESCE("metadata.product.name", "metadata.product.vendor_name", 'OCSF') AS metadata_product_name,
  COALESCE("finding_info.title", "message") AS finding_title,
  COALESCE("finding_info.analytic.uid", "finding_info.analytic.name", "finding_info.title") AS finding_uid,
  "finding_info.types" AS finding_category,
  COALESCE("finding_info.desc", "message") AS finding_desc,
  CAST(CASE "severity_id" WHEN '1' THEN 1 WHEN '2' THEN 2 WHEN '3' THEN 3 WHEN '4' THEN 4 WHEN '5' THEN 5 WHEN '6' THEN 5 ELSE 0 END AS BIGINT) AS severity_id,
  COALESCE("severity", "severity_id") AS severity,
  "confidence" AS confidence,
  COALESCE("finding_info.attacks", "attacks") AS attacks_technique_uid,
  "finding_info.src_url" AS src_url,
  CASE WHEN "action_id" = '2' OR "disposition_id" IN ('2', '3', '6') THEN 'Denied' WHEN "action_id" = '1' THEN 'Allowed' END AS action,
  COALESCE("src_endpoint.ip", TRY(json_extract_string("evidences", '$[0].src_endpoint.ip'))) AS src_endpoint_ip,
  TRY_CAST(COALESCE("src_endpoint.port", TRY(json_extract_string("evidences", '$[0].src_endpoint.port'))) AS BIGINT) AS src_endpoint_port,
  COALESCE("dst_endpoint.ip", TRY(json_extract_string("evidences", '$[0].dst_endpoint.ip'))) AS dst_endpoint_ip,
  TRY_CAST(COALESCE("dst_endpoint.port", TRY(json_extract_string("evidences", '$[0].dst_endpoint.port'))) AS BIGINT) AS dst_endpoint_port,
  COALESCE("dst_endpoint.hostname", TRY(json_extract_string("evidences", '$[0].dst_endpoint.hostname')), TRY(json_extract_string("evidences", '$[0].query.hostname'))) AS dst_endpoint_hostname,
  TRY(json_extract_string("evidences", '$[0].url.url_string')) AS url_text,
  TRY(json_extract_string("evidences", '$[0].connection_info.protocol_name')) AS connection_info_protocol_name,
  TRY(json_extract_string("evidences", '$[0].file.path')) AS file_path,
  COALESCE(TRY(json_extract_string("evidences", '$[0].file.hashes[0].value')), TRY(json_extract_string("evidences", '$[0].process.file.hashes[0].value'))) AS file_hashes,
  TRY(json_extract_string("evidences", '$[0].process.file.path')) AS actor_process_file_path,
  TRY(json_extract_string("evidences", '$[0].process.cmd_line')) AS actor_process_cmd_line,
  TRY(json_extract_string("evidences", '$[0].process.uid')) AS actor_process_uid,
  COALESCE("actor.user.name", TRY(json_extract_string("evidences", '$[0].actor.user.name')), TRY(json_extract_string("evidences", '$[0].user.name'))) AS actor_user_name,
  COALESCE("device.hostname", "device.name", TRY(json_extract_string("evidences", '$[0].device.hostname')), TRY(json_extract_string("resources", '$[0].name'))) AS device_hostname
FROM ocsf_detection_finding;

-- branch: AMiner anomalies, which have no severity: low while it still learns, else medium
SELECT
  'AMiner' AS metadata_product_name,
  COALESCE("AnalysisComponent.AnalysisComponentName", "AnalysisComponent.AnalysisComponentType") AS finding_title,
  concat_ws(':', "AnalysisComponent.AnalysisComponentType", "AnalysisComponent.AnalysisComponentName") AS finding_uid,
  "AnalysisComponent.AnalysisComponentType" AS finding_category,
  concat_ws(': ', "AnalysisComponent.Message", COALESCE(TRY(json_extract_string("LogData.RawLogData", '$[0]')), "LogData.RawLogData")) AS finding_desc,
  CAST(CASE WHEN lower("AnalysisComponent.TrainingMode") = 'true' THEN 2 ELSE 3 END AS BIGINT) AS severity_id,
  CASE WHEN lower("AnalysisComponent.TrainingMode") = 'true' THEN 'still learning' END AS severity,
  "AMiner.ID" AS device_hostname
FROM aminer_alert;

-- branch: alerts of mapping files with a section [alert]
SELECT
  "alert_product" AS metadata_product_name,
  "alert_title" AS finding_title,
  "alert_rule" AS finding_uid,
  "alert_message" AS finding_desc,
  TRY_CAST("alert_severity_id" AS BIGINT) AS severity_id,
  "alert_severity" AS severity,
  "alert_technique" AS attacks_technique_uid,
  "alert_src_ip" AS src_endpoint_ip,
  TRY_CAST("alert_src_port" AS BIGINT) AS src_endpoint_port,
  "alert_dst_ip" AS dst_endpoint_ip,
  TRY_CAST("alert_dst_port" AS BIGINT) AS dst_endpoint_port,
  "alert_domain" AS dst_endpoint_hostname,
  "alert_url" AS url_text,
  "alert_file" AS file_path,
  "alert_hash" AS file_hashes,
  "alert_process" AS actor_process_file_path,
  "alert_user" AS actor_user_name,
  "alert_host" AS device_hostname
FROM mapped_alert;
