-- title: DNS queries and answers
-- class: 4003 dns_activity (Network Activity)
-- about: One row a query, an answer or both, as the source records them; `activity_name` says which.
-- column: activity_name VARCHAR: Query, Response or Traffic (both in one record)
-- column: query_hostname VARCHAR: the name that was asked for
-- column: query_type VARCHAR: record type by name (A, TXT, …)
-- column: rcode VARCHAR: response code as the source writes it (NOERROR, NXDOMAIN, …; Sysmon: a Windows status)
-- column: answers VARCHAR: the answers as the source writes them (JSON list or joined text)
-- column: src_endpoint_ip VARCHAR: who asked
-- column: src_endpoint_port BIGINT: port of who asked
-- column: dst_endpoint_ip VARCHAR: the name server
-- column: dst_endpoint_port BIGINT: port of the name server
-- column: connection_info_protocol_name VARCHAR: udp or tcp
-- column: connection_info_uid VARCHAR: Zeek uid or Suricata flow_id
-- column: device_hostname VARCHAR: the computer that recorded it
-- column: actor_process_name VARCHAR: file name of the process that asked
-- column: actor_process_file_path VARCHAR: path of the process that asked
-- column: actor_process_pid BIGINT: its process id
-- column: actor_process_uid VARCHAR: its process GUID
-- column: actor_user_name VARCHAR: the account it ran as

-- branch: Sysmon 22 (DNS query with its result)
SELECT
  'Traffic' AS activity_name,
  "QueryName" AS query_hostname,
  "QueryStatus" AS rcode,
  "QueryResults" AS answers,
  COALESCE("Computer", "Hostname") AS device_hostname,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '22';

-- branch: Zeek dns.log (a query with its answer)
SELECT
  'Traffic' AS activity_name,
  "query" AS query_hostname,
  "qtype_name" AS query_type,
  "rcode_name" AS rcode,
  "answers" AS answers,
  zeek_endpoints(),
  "proto" AS connection_info_protocol_name,
  "uid" AS connection_info_uid
FROM zeek_dns;

-- branch: Suricata EVE dns (versions 1 to 3; an answer keeps the query's direction only in version 3)
SELECT
  CASE WHEN "dns.type" IN ('query', 'request') THEN 'Query' ELSE 'Response' END AS activity_name,
  COALESCE("dns.rrname", TRY(json_extract_string("dns.queries", '$[0].rrname'))) AS query_hostname,
  COALESCE("dns.rrtype", TRY(json_extract_string("dns.queries", '$[0].rrtype'))) AS query_type,
  "dns.rcode" AS rcode,
  "dns.answers" AS answers,
  eve_endpoints(),
  lower("proto") AS connection_info_protocol_name,
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_dns;

-- branch: DNS servers: BIND, Windows debug log, dnsmasq, unbound
SELECT
  CASE WHEN "response" = 'R' OR "answer" IS NOT NULL OR "rcode" IS NOT NULL AND "response" IS NULL AND "packet" IS NULL THEN 'Response' ELSE 'Query' END AS activity_name,
  "query" AS query_hostname,
  "record_type" AS query_type,
  "rcode" AS rcode,
  "answer" AS answers,
  "client" AS src_endpoint_ip,
  TRY_CAST("client_port" AS BIGINT) AS src_endpoint_port,
  "server" AS dst_endpoint_ip,
  lower("protocol") AS connection_info_protocol_name,
  "host" AS device_hostname
FROM dns_server
WHERE "query" IS NOT NULL;

-- branch: FortiGate DNS filter
SELECT
  CASE WHEN "eventtype" LIKE '%response%' THEN 'Response' ELSE 'Query' END AS activity_name,
  "qname" AS query_hostname,
  "qtype" AS query_type,
  "rcode" AS rcode,
  "ipaddr" AS answers,
  "srcip" AS src_endpoint_ip,
  TRY_CAST("srcport" AS BIGINT) AS src_endpoint_port,
  "dstip" AS dst_endpoint_ip,
  TRY_CAST("dstport" AS BIGINT) AS dst_endpoint_port,
  CASE "proto" WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' ELSE "proto" END AS connection_info_protocol_name,
  "sessionid" AS connection_info_uid,
  "devname" AS device_hostname,
  "user" AS actor_user_name
FROM fortigate
WHERE "subtype" = 'dns';
