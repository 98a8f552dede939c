-- title: Alerts of other sensors
-- class: 2004 detection_finding (Findings)
-- about: What Suricata, Zeek, Windows Defender and firewalls found by themselves. Tocsin's own findings are not in here.
-- column: finding_title VARCHAR: the signature or notice
-- column: finding_uid VARCHAR: id of the signature
-- column: finding_category VARCHAR: its category
-- column: finding_desc VARCHAR: the sentence that came with it
-- column: severity_id BIGINT: OCSF severity (1 informational to 5 critical), 0 unknown
-- column: action VARCHAR: Allowed or Denied where the sensor decides
-- column: src_endpoint_ip VARCHAR: source of the traffic
-- column: src_endpoint_port BIGINT: its port
-- column: dst_endpoint_ip VARCHAR: destination of the traffic
-- column: dst_endpoint_port BIGINT: its port
-- column: connection_info_protocol_name VARCHAR: tcp, udp, …
-- column: connection_info_uid VARCHAR: Zeek uid or Suricata flow_id
-- column: app_name VARCHAR: recognised service
-- column: file_path VARCHAR: the file that was found
-- column: actor_process_file_path VARCHAR: process behind it
-- column: actor_user_name VARCHAR: account behind it
-- column: device_hostname VARCHAR: the sensor or computer

-- branch: Suricata EVE alert (priority 1 is high)
SELECT
  "alert.signature" AS finding_title,
  "alert.signature_id" AS finding_uid,
  "alert.category" AS finding_category,
  CAST(CASE "alert.severity" WHEN '1' THEN 4 WHEN '2' THEN 3 WHEN '3' THEN 2 WHEN '4' THEN 1 ELSE 0 END AS BIGINT) AS severity_id,
  CASE "alert.action" WHEN 'blocked' THEN 'Denied' WHEN 'allowed' THEN 'Allowed' END AS action,
  eve_endpoints(),
  lower("proto") AS connection_info_protocol_name,
  "flow_id" AS connection_info_uid,
  NULLIF("app_proto", 'failed') AS app_name,
  "host" AS device_hostname
FROM eve_alert;

-- branch: Zeek notice.log
SELECT
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
  "peer_descr" AS device_hostname
FROM zeek_notice;

-- branch: Windows Defender 1116 (found) and 1117 (acted on)
SELECT
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
  COALESCE("attack", "virus", "msg") AS finding_title,
  COALESCE("attackid", "virusid", "logid") AS finding_uid,
  "subtype" AS finding_category,
  "msg" AS finding_desc,
  CAST(CASE COALESCE("severity", "crlevel") WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 WHEN 'info' THEN 1 ELSE 0 END AS BIGINT) AS severity_id,
  CASE WHEN "action" IN ('blocked', 'dropped', 'reset', 'block') THEN 'Denied' WHEN "action" IN ('detected', 'passthrough', 'monitored', 'pass') THEN 'Allowed' END AS action,
  "srcip" AS src_endpoint_ip,
  TRY_CAST("srcport" AS BIGINT) AS src_endpoint_port,
  "dstip" AS dst_endpoint_ip,
  TRY_CAST("dstport" AS BIGINT) AS dst_endpoint_port,
  CASE "proto" WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' ELSE "proto" END AS connection_info_protocol_name,
  "sessionid" AS connection_info_uid,
  "service" AS app_name,
  "filename" AS file_path,
  "user" AS actor_user_name,
  "devname" AS device_hostname
FROM fortigate
WHERE "subtype" IN ('ips', 'virus', 'anomaly');

-- branch: Palo Alto THREAT, all but url
SELECT
  "threat_id" AS finding_title,
  "threat_id" AS finding_uid,
  "subtype" AS finding_category,
  "category" AS finding_desc,
  CAST(CASE "severity" WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 WHEN 'informational' THEN 1 ELSE 0 END AS BIGINT) AS severity_id,
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
  "device_name" AS device_hostname
FROM paloalto
WHERE "type" = 'THREAT' AND "subtype" <> 'url';
