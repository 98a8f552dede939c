-- title: SSH sessions on the wire
-- class: 4007 ssh_activity (Network Activity)
-- about: One row a session: programs, algorithms, and whether the login seems to have worked.
-- column: status VARCHAR: Success or Failure of the login where the sensor can tell (Zeek guesses from sizes)
-- column: auth_attempts BIGINT: attempts that the sensor counted
-- column: client_version VARCHAR: banner of the client
-- column: server_version VARCHAR: banner of the server
-- column: protocol_ver VARCHAR: protocol version
-- column: cipher VARCHAR: encryption algorithm
-- column: client_hassh VARCHAR: HASSH fingerprint of the client
-- column: server_hassh VARCHAR: HASSH fingerprint of the server
-- column: server_host_key VARCHAR: fingerprint of the server's key
-- column: src_endpoint_ip VARCHAR: the client
-- column: src_endpoint_port BIGINT: the client's port
-- column: dst_endpoint_ip VARCHAR: the server
-- column: dst_endpoint_port BIGINT: the server's port
-- column: connection_info_uid VARCHAR: Zeek uid or Suricata flow_id
-- column: device_hostname VARCHAR: the sensor

-- branch: Zeek ssh.log
SELECT
  CASE WHEN "auth_success" IN ('true', 'T') THEN 'Success' WHEN "auth_success" IN ('false', 'F') THEN 'Failure' END AS status,
  TRY_CAST("auth_attempts" AS BIGINT) AS auth_attempts,
  "client" AS client_version,
  "server" AS server_version,
  "version" AS protocol_ver,
  "cipher_alg" AS cipher,
  "hassh" AS client_hassh,
  "hasshServer" AS server_hassh,
  "host_key" AS server_host_key,
  zeek_endpoints(),
  "uid" AS connection_info_uid
FROM zeek_ssh;

-- branch: Suricata EVE ssh
SELECT
  "ssh.client.software_version" AS client_version,
  "ssh.server.software_version" AS server_version,
  COALESCE("ssh.client.proto_version", "ssh.server.proto_version") AS protocol_ver,
  "ssh.client.hassh.hash" AS client_hassh,
  "ssh.server.hassh.hash" AS server_hassh,
  eve_endpoints(),
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_ssh;
