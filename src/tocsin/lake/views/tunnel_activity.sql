-- title: VPN tunnels
-- class: 4014 tunnel_activity (Network Activity)
-- about: One row a tunnel opened, changed or closed by a VPN gateway: whose it is, from which outside address, and which inside address it was given.
-- column: activity_name VARCHAR: Open, Renew or Close
-- column: user_name VARCHAR: the account, with its domain where the gateway writes it
-- column: assigned_ip VARCHAR: the inside address that the tunnel was given, NULL where the record leaves it out
-- column: src_endpoint_ip VARCHAR: the address from which it comes
-- column: src_endpoint_hostname VARCHAR: name of the computer, where the client tells it
-- column: session_uid VARCHAR: id of the tunnel
-- column: device_hostname VARCHAR: the gateway

-- branch: FortiGate VPN events (tunnel-up, tunnel-stats, tunnel-down); 0.0.0.0 and N/A are no address
SELECT
  CASE "action" WHEN 'tunnel-up' THEN 'Open' WHEN 'tunnel-stats' THEN 'Renew' ELSE 'Close' END AS activity_name,
  COALESCE(NULLIF("xauthuser", 'N/A'), NULLIF("user", 'N/A')) AS user_name,
  COALESCE(NULLIF(NULLIF("tunnelip", '0.0.0.0'), 'N/A'), NULLIF(NULLIF("assignip", '0.0.0.0'), 'N/A')) AS assigned_ip,
  "remip" AS src_endpoint_ip,
  "tunnelid" AS session_uid,
  "devname" AS device_hostname
FROM fortigate
WHERE "type" = 'event' AND "subtype" = 'vpn' AND "action" IN ('tunnel-up', 'tunnel-stats', 'tunnel-down');

-- branch: Palo Alto GLOBALPROTECT (gateway-connected, gateway-logout)
SELECT
  CASE WHEN "event_id_name" LIKE '%logout%' THEN 'Close' ELSE 'Open' END AS activity_name,
  "src_user" AS user_name,
  NULLIF(NULLIF("private_ip", '0.0.0.0'), '') AS assigned_ip,
  "public_ip" AS src_endpoint_ip,
  "machine_name" AS src_endpoint_hostname,
  "portal" AS device_hostname
FROM paloalto
WHERE "type" = 'GLOBALPROTECT' AND ("event_id_name" LIKE '%connected%' OR "event_id_name" LIKE '%logout%')
  AND "status" = 'success';

-- branch: Cisco ASA: address assigned (722051), session begun (113039, 722022, 716001) and ended (113019, 716002)
SELECT
  CASE WHEN "message_id" IN ('113019', '716002') THEN 'Close' ELSE 'Open' END AS activity_name,
  "user" AS user_name,
  NULLIF(regexp_extract("text", 'IPv4 Address <([0-9.]+)>', 1), '') AS assigned_ip,
  "src_ip" AS src_endpoint_ip,
  "host" AS device_hostname
FROM cisco_asa
WHERE "message_id" IN ('113019', '113039', '716001', '716002', '722022', '722051');
