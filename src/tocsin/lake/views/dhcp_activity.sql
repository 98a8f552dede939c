-- title: DHCP leases
-- class: 4004 dhcp_activity (Network Activity)
-- about: One row a lease given, renewed, refused or released: which computer had which address when.
-- column: activity_name VARCHAR: Assign, Renew, Release, Discover, Offer, Request, Decline, Ack, Nak, Inform, Expire or the server's own code
-- column: lease_ip VARCHAR: the address that was given
-- column: lease_seconds DOUBLE: how long the lease lasts
-- column: src_endpoint_mac VARCHAR: hardware address of the client
-- column: src_endpoint_hostname VARCHAR: name of the client
-- column: src_endpoint_ip VARCHAR: address that the client used
-- column: dst_endpoint_ip VARCHAR: the DHCP server
-- column: transaction_uid VARCHAR: transaction id
-- column: connection_info_uid VARCHAR: Zeek uid (list) or Suricata flow_id
-- column: device_hostname VARCHAR: the server or sensor

-- branch: Zeek dhcp.log (old and new column names)
SELECT
  CASE WHEN "msg_types" IS NULL OR contains("msg_types", 'ACK') THEN 'Assign' WHEN contains("msg_types", 'RELEASE') THEN 'Release' WHEN contains("msg_types", 'NAK') THEN 'Nak' ELSE 'Request' END AS activity_name,
  COALESCE("assigned_addr", "assigned_ip") AS lease_ip,
  TRY_CAST("lease_time" AS DOUBLE) AS lease_seconds,
  "mac" AS src_endpoint_mac,
  COALESCE("host_name", "client_fqdn") AS src_endpoint_hostname,
  COALESCE("client_addr", "id.orig_h") AS src_endpoint_ip,
  COALESCE("server_addr", "id.resp_h") AS dst_endpoint_ip,
  "trans_id" AS transaction_uid,
  COALESCE("uids", "uid") AS connection_info_uid
FROM zeek_dhcp;

-- branch: Suricata EVE dhcp
SELECT
  CASE "dhcp.dhcp_type" WHEN 'discover' THEN 'Discover' WHEN 'offer' THEN 'Offer' WHEN 'request' THEN 'Request' WHEN 'ack' THEN 'Ack' WHEN 'nak' THEN 'Nak' WHEN 'release' THEN 'Release' WHEN 'decline' THEN 'Decline' WHEN 'inform' THEN 'Inform' ELSE "dhcp.dhcp_type" END AS activity_name,
  "dhcp.assigned_ip" AS lease_ip,
  TRY_CAST("dhcp.lease_time" AS DOUBLE) AS lease_seconds,
  "dhcp.client_mac" AS src_endpoint_mac,
  "dhcp.hostname" AS src_endpoint_hostname,
  COALESCE("dhcp.client_ip", "src_ip") AS src_endpoint_ip,
  "dest_ip" AS dst_endpoint_ip,
  "dhcp.id" AS transaction_uid,
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_dhcp;

-- branch: DHCP servers: Windows (10 new, 11 renewed, 12 released, 15 refused, 16 deleted, 17 and 18 expired), ISC dhcpd, dnsmasq
SELECT
  CASE COALESCE("ID", "operation") WHEN '10' THEN 'Assign' WHEN '11' THEN 'Renew' WHEN '12' THEN 'Release' WHEN '15' THEN 'Nak' WHEN '16' THEN 'Release' WHEN '17' THEN 'Expire' WHEN '18' THEN 'Expire' WHEN 'DHCPDISCOVER' THEN 'Discover' WHEN 'DHCPOFFER' THEN 'Offer' WHEN 'DHCPREQUEST' THEN 'Request' WHEN 'DHCPACK' THEN 'Ack' WHEN 'DHCPNAK' THEN 'Nak' WHEN 'DHCPRELEASE' THEN 'Release' WHEN 'DHCPDECLINE' THEN 'Decline' WHEN 'DHCPINFORM' THEN 'Inform' ELSE COALESCE("Description", "operation", "ID") END AS activity_name,
  COALESCE("IP Address", "ip") AS lease_ip,
  COALESCE("MAC Address", "mac") AS src_endpoint_mac,
  COALESCE("Host Name", "hostname") AS src_endpoint_hostname,
  COALESCE("IP Address", "ip", "client") AS src_endpoint_ip,
  "server" AS dst_endpoint_ip,
  "TransactionID" AS transaction_uid,
  "host" AS device_hostname
FROM dhcp;
