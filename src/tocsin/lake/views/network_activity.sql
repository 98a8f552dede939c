-- title: Connections and flows
-- class: 4001 network_activity (Network Activity)
-- about: One row a connection, a flow or a decision of a firewall about one. Bytes "out" go from source to destination, "in" come back.
-- column: activity_name VARCHAR: Traffic (a finished flow), Open, Refuse (blocked)
-- column: action VARCHAR: Allowed or Denied where the source decides, else NULL
-- column: status_detail VARCHAR: how it ended, as the source writes it (Zeek conn_state, TCP state, action)
-- column: src_endpoint_ip VARCHAR: who opened it
-- column: src_endpoint_port BIGINT: port of who opened it
-- column: src_endpoint_hostname VARCHAR: its name where the source knows it
-- column: dst_endpoint_ip VARCHAR: who was called
-- column: dst_endpoint_port BIGINT: port of who was called
-- column: dst_endpoint_hostname VARCHAR: its name where the source knows it
-- column: connection_info_protocol_name VARCHAR: tcp, udp, icmp, …, lower case; a number where the source gives only that
-- column: connection_info_direction VARCHAR: Outbound or Inbound where the source knows it
-- column: connection_info_uid VARCHAR: Zeek uid or Suricata flow_id
-- column: connection_info_community_uid VARCHAR: community id, equal in Zeek and Suricata
-- column: app_name VARCHAR: recognised service (dns, tls, …)
-- column: duration DOUBLE: milliseconds
-- column: traffic_bytes_out BIGINT: payload or flow bytes from source to destination
-- column: traffic_bytes_in BIGINT: the same back
-- column: traffic_packets_out BIGINT: packets from source to destination
-- column: traffic_packets_in BIGINT: packets back
-- column: device_hostname VARCHAR: the computer or firewall that recorded it
-- column: actor_process_name VARCHAR: file name of the process
-- column: actor_process_file_path VARCHAR: path of the process
-- column: actor_process_pid BIGINT: its process id
-- column: actor_process_uid VARCHAR: its process GUID
-- column: actor_user_name VARCHAR: account, with domain where the source gives it

-- branch: Sysmon 3 (network connection)
SELECT
  'Open' AS activity_name,
  "SourceIp" AS src_endpoint_ip,
  TRY_CAST("SourcePort" AS BIGINT) AS src_endpoint_port,
  NULLIF("SourceHostname", '-') AS src_endpoint_hostname,
  "DestinationIp" AS dst_endpoint_ip,
  TRY_CAST("DestinationPort" AS BIGINT) AS dst_endpoint_port,
  NULLIF("DestinationHostname", '-') AS dst_endpoint_hostname,
  lower("Protocol") AS connection_info_protocol_name,
  CASE WHEN lower("Initiated") = 'true' THEN 'Outbound' WHEN lower("Initiated") = 'false' THEN 'Inbound' END AS connection_info_direction,
  NULLIF("DestinationPortName", '-') AS app_name,
  COALESCE("Computer", "Hostname") AS device_hostname,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '3';

-- branch: Security 5156 (allowed) and 5157 (blocked) by the Windows Filtering Platform; %%14593 is outbound
SELECT
  CASE WHEN "EventID" = '5157' THEN 'Refuse' ELSE 'Open' END AS activity_name,
  CASE WHEN "EventID" = '5157' THEN 'Denied' ELSE 'Allowed' END AS action,
  "SourceAddress" AS src_endpoint_ip,
  TRY_CAST("SourcePort" AS BIGINT) AS src_endpoint_port,
  "DestAddress" AS dst_endpoint_ip,
  TRY_CAST("DestPort" AS BIGINT) AS dst_endpoint_port,
  CASE "Protocol" WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' WHEN '1' THEN 'icmp' WHEN '58' THEN 'ipv6-icmp' ELSE "Protocol" END AS connection_info_protocol_name,
  CASE "Direction" WHEN '%%14593' THEN 'Outbound' WHEN '%%14592' THEN 'Inbound' END AS connection_info_direction,
  COALESCE("Computer", "Hostname") AS device_hostname,
  split_part("Application", chr(92), -1) AS actor_process_name,
  "Application" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('5156', '5157');

-- branch: Zeek conn.log
SELECT
  'Traffic' AS activity_name,
  "conn_state" AS status_detail,
  zeek_endpoints(),
  "proto" AS connection_info_protocol_name,
  "uid" AS connection_info_uid,
  "community_id" AS connection_info_community_uid,
  "service" AS app_name,
  TRY_CAST("duration" AS DOUBLE) * 1000 AS duration,
  TRY_CAST("orig_bytes" AS BIGINT) AS traffic_bytes_out,
  TRY_CAST("resp_bytes" AS BIGINT) AS traffic_bytes_in,
  TRY_CAST("orig_pkts" AS BIGINT) AS traffic_packets_out,
  TRY_CAST("resp_pkts" AS BIGINT) AS traffic_packets_in
FROM zeek_conn;

-- branch: Suricata EVE flow
SELECT
  CASE WHEN "flow.action" = 'drop' THEN 'Refuse' ELSE 'Traffic' END AS activity_name,
  CASE "flow.action" WHEN 'drop' THEN 'Denied' WHEN 'pass' THEN 'Allowed' WHEN 'accept' THEN 'Allowed' END AS action,
  "flow.state" AS status_detail,
  eve_endpoints(),
  lower("proto") AS connection_info_protocol_name,
  "flow_id" AS connection_info_uid,
  "community_id" AS connection_info_community_uid,
  NULLIF("app_proto", 'failed') AS app_name,
  TRY_CAST("flow.age" AS DOUBLE) * 1000 AS duration,
  TRY_CAST("flow.bytes_toserver" AS BIGINT) AS traffic_bytes_out,
  TRY_CAST("flow.bytes_toclient" AS BIGINT) AS traffic_bytes_in,
  TRY_CAST("flow.pkts_toserver" AS BIGINT) AS traffic_packets_out,
  TRY_CAST("flow.pkts_toclient" AS BIGINT) AS traffic_packets_in,
  "host" AS device_hostname
FROM eve_flow;

-- branch: Suricata EVE netflow (one direction a row)
SELECT
  'Traffic' AS activity_name,
  eve_endpoints(),
  lower("proto") AS connection_info_protocol_name,
  "flow_id" AS connection_info_uid,
  "community_id" AS connection_info_community_uid,
  NULLIF("app_proto", 'failed') AS app_name,
  TRY_CAST("netflow.age" AS DOUBLE) * 1000 AS duration,
  TRY_CAST("netflow.bytes" AS BIGINT) AS traffic_bytes_out,
  TRY_CAST("netflow.pkts" AS BIGINT) AS traffic_packets_out,
  "host" AS device_hostname
FROM eve_netflow;

-- branch: Argus and binetflow CSV
SELECT
  'Traffic' AS activity_name,
  "State" AS status_detail,
  "SrcAddr" AS src_endpoint_ip,
  TRY_CAST("Sport" AS BIGINT) AS src_endpoint_port,
  "DstAddr" AS dst_endpoint_ip,
  TRY_CAST("Dport" AS BIGINT) AS dst_endpoint_port,
  lower("Proto") AS connection_info_protocol_name,
  TRY_CAST("Dur" AS DOUBLE) * 1000 AS duration,
  TRY_CAST("SrcBytes" AS BIGINT) AS traffic_bytes_out,
  TRY_CAST(TRY_CAST("TotBytes" AS DECIMAL(19, 0)) - TRY_CAST("SrcBytes" AS DECIMAL(19, 0)) AS BIGINT) AS traffic_bytes_in,
  TRY_CAST("SrcPkts" AS BIGINT) AS traffic_packets_out,
  TRY_CAST(TRY_CAST("TotPkts" AS DECIMAL(19, 0)) - TRY_CAST("SrcPkts" AS DECIMAL(19, 0)) AS BIGINT) AS traffic_packets_in
FROM flow_argus;

-- branch: nfdump CSV (NetFlow and IPFIX; long and short column names)
SELECT
  'Traffic' AS activity_name,
  COALESCE("sa", "srcAddr") AS src_endpoint_ip,
  TRY_CAST(COALESCE("sp", "srcPort") AS BIGINT) AS src_endpoint_port,
  COALESCE("da", "dstAddr") AS dst_endpoint_ip,
  TRY_CAST(COALESCE("dp", "dstPort") AS BIGINT) AS dst_endpoint_port,
  CASE COALESCE("pr", "proto") WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' WHEN '1' THEN 'icmp' ELSE lower(COALESCE("pr", "proto")) END AS connection_info_protocol_name,
  COALESCE("flg", "flags") AS status_detail,
  TRY_CAST(COALESCE("td", "duration") AS DOUBLE) * 1000 AS duration,
  TRY_CAST(COALESCE("ibyt", "inBytes", "bytes") AS BIGINT) AS traffic_bytes_out,
  TRY_CAST(COALESCE("obyt", "outBytes") AS BIGINT) AS traffic_bytes_in,
  TRY_CAST(COALESCE("ipkt", "inPackets", "packets") AS BIGINT) AS traffic_packets_out,
  TRY_CAST(COALESCE("opkt", "outPackets") AS BIGINT) AS traffic_packets_in
FROM flow_netflow;

-- branch: Windows Firewall log
SELECT
  CASE WHEN "action" LIKE 'DROP%' THEN 'Refuse' ELSE 'Open' END AS activity_name,
  CASE WHEN "action" = 'ALLOW' THEN 'Allowed' WHEN "action" LIKE 'DROP%' THEN 'Denied' END AS action,
  "tcpflags" AS status_detail,
  "src-ip" AS src_endpoint_ip,
  TRY_CAST("src-port" AS BIGINT) AS src_endpoint_port,
  "dst-ip" AS dst_endpoint_ip,
  TRY_CAST("dst-port" AS BIGINT) AS dst_endpoint_port,
  lower("protocol") AS connection_info_protocol_name,
  CASE "path" WHEN 'SEND' THEN 'Outbound' WHEN 'RECEIVE' THEN 'Inbound' END AS connection_info_direction,
  TRY_CAST("pid" AS BIGINT) AS actor_process_pid
FROM windows_firewall;

-- branch: FortiGate traffic
SELECT
  CASE WHEN "action" IN ('deny', 'blocked', 'ip-conn', 'dns') THEN 'Refuse' WHEN "action" = 'start' THEN 'Open' ELSE 'Traffic' END AS activity_name,
  CASE WHEN "action" IN ('deny', 'blocked') THEN 'Denied' WHEN "action" IN ('accept', 'close', 'start', 'timeout', 'client-rst', 'server-rst') THEN 'Allowed' END AS action,
  "action" AS status_detail,
  "srcip" AS src_endpoint_ip,
  TRY_CAST("srcport" AS BIGINT) AS src_endpoint_port,
  "srcname" AS src_endpoint_hostname,
  "dstip" AS dst_endpoint_ip,
  TRY_CAST("dstport" AS BIGINT) AS dst_endpoint_port,
  COALESCE("hostname", "dstname") AS dst_endpoint_hostname,
  CASE "proto" WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' WHEN '1' THEN 'icmp' WHEN '58' THEN 'ipv6-icmp' ELSE "proto" END AS connection_info_protocol_name,
  "sessionid" AS connection_info_uid,
  COALESCE("app", "service") AS app_name,
  TRY_CAST("duration" AS DOUBLE) * 1000 AS duration,
  TRY_CAST("sentbyte" AS BIGINT) AS traffic_bytes_out,
  TRY_CAST("rcvdbyte" AS BIGINT) AS traffic_bytes_in,
  TRY_CAST("sentpkt" AS BIGINT) AS traffic_packets_out,
  TRY_CAST("rcvdpkt" AS BIGINT) AS traffic_packets_in,
  "devname" AS device_hostname,
  "user" AS actor_user_name
FROM fortigate
WHERE "type" = 'traffic';

-- branch: Palo Alto TRAFFIC
SELECT
  CASE WHEN "subtype" IN ('deny', 'drop') THEN 'Refuse' WHEN "subtype" = 'start' THEN 'Open' ELSE 'Traffic' END AS activity_name,
  CASE WHEN "action" = 'allow' THEN 'Allowed' WHEN "action" IS NOT NULL THEN 'Denied' END AS action,
  COALESCE("session_end_reason", "action") AS status_detail,
  "src_ip" AS src_endpoint_ip,
  TRY_CAST("src_port" AS BIGINT) AS src_endpoint_port,
  "dst_ip" AS dst_endpoint_ip,
  TRY_CAST("dst_port" AS BIGINT) AS dst_endpoint_port,
  lower("protocol") AS connection_info_protocol_name,
  "session_id" AS connection_info_uid,
  "app" AS app_name,
  TRY_CAST("elapsed" AS DOUBLE) * 1000 AS duration,
  TRY_CAST("bytes_sent" AS BIGINT) AS traffic_bytes_out,
  TRY_CAST("bytes_received" AS BIGINT) AS traffic_bytes_in,
  TRY_CAST("packets_sent" AS BIGINT) AS traffic_packets_out,
  TRY_CAST("packets_received" AS BIGINT) AS traffic_packets_in,
  "device_name" AS device_hostname,
  NULLIF("src_user", '') AS actor_user_name
FROM paloalto
WHERE "type" = 'TRAFFIC';

-- branch: Cisco ASA connections built, torn down, denied
SELECT
  CASE WHEN lower("action") LIKE 'den%' THEN 'Refuse' WHEN "action" = 'Built' THEN 'Open' ELSE 'Traffic' END AS activity_name,
  CASE WHEN lower("action") LIKE 'den%' THEN 'Denied' ELSE 'Allowed' END AS action,
  "message_id" AS status_detail,
  "src_ip" AS src_endpoint_ip,
  TRY_CAST("src_port" AS BIGINT) AS src_endpoint_port,
  "dst_ip" AS dst_endpoint_ip,
  TRY_CAST("dst_port" AS BIGINT) AS dst_endpoint_port,
  lower("protocol") AS connection_info_protocol_name,
  CASE "direction" WHEN 'inbound' THEN 'Inbound' WHEN 'outbound' THEN 'Outbound' END AS connection_info_direction,
  "connection" AS connection_info_uid,
  TRY_CAST("bytes" AS BIGINT) AS traffic_bytes_out,
  "host" AS device_hostname
FROM cisco_asa
WHERE "dst_ip" IS NOT NULL AND "action" IS NOT NULL;

-- branch: CEF of firewalls and sensors, with both ends
SELECT
  CASE WHEN lower("act") IN ('deny', 'denied', 'drop', 'dropped', 'block', 'blocked', 'reject', 'rejected') THEN 'Refuse' ELSE 'Traffic' END AS activity_name,
  CASE WHEN lower("act") IN ('deny', 'denied', 'drop', 'dropped', 'block', 'blocked', 'reject', 'rejected') THEN 'Denied' WHEN lower("act") IN ('accept', 'accepted', 'allow', 'allowed', 'pass', 'passed', 'permit', 'permitted') THEN 'Allowed' END AS action,
  COALESCE("act", "Name") AS status_detail,
  "src" AS src_endpoint_ip,
  TRY_CAST("spt" AS BIGINT) AS src_endpoint_port,
  "dst" AS dst_endpoint_ip,
  TRY_CAST("dpt" AS BIGINT) AS dst_endpoint_port,
  CASE "proto" WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' WHEN '1' THEN 'icmp' ELSE lower("proto") END AS connection_info_protocol_name,
  CASE "deviceDirection" WHEN '0' THEN 'Inbound' WHEN '1' THEN 'Outbound' END AS connection_info_direction,
  "app" AS app_name,
  TRY_CAST("out" AS BIGINT) AS traffic_bytes_out,
  TRY_CAST("in" AS BIGINT) AS traffic_bytes_in,
  COALESCE("dvchost", "syslog_host") AS device_hostname,
  "suser" AS actor_user_name
FROM cef
WHERE "src" IS NOT NULL AND "dst" IS NOT NULL;

-- branch: LEEF of firewalls and sensors, with both ends
SELECT
  'Traffic' AS activity_name,
  "cat" AS status_detail,
  "src" AS src_endpoint_ip,
  TRY_CAST("srcPort" AS BIGINT) AS src_endpoint_port,
  "dst" AS dst_endpoint_ip,
  TRY_CAST("dstPort" AS BIGINT) AS dst_endpoint_port,
  lower("proto") AS connection_info_protocol_name,
  TRY_CAST("srcBytes" AS BIGINT) AS traffic_bytes_out,
  TRY_CAST("dstBytes" AS BIGINT) AS traffic_bytes_in,
  "syslog_host" AS device_hostname,
  "usrName" AS actor_user_name
FROM leef
WHERE "src" IS NOT NULL AND "dst" IS NOT NULL;
