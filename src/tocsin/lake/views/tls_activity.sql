-- title: TLS and QUIC handshakes
-- class: 4001 network_activity with its tls object (Tocsin's own view name: OCSF has no class for TLS)
-- about: One row a handshake: the name that was asked for, versions, certificate, fingerprints.
-- column: tls_sni VARCHAR: server name that the client asked for
-- column: tls_version VARCHAR: version as the source writes it (TLSv12, TLS 1.2)
-- column: tls_cipher VARCHAR: cipher suite
-- column: tls_ja3_hash VARCHAR: JA3 fingerprint of the client
-- column: tls_ja3s_hash VARCHAR: JA3S fingerprint of the server
-- column: tls_ja4 VARCHAR: JA4 fingerprint of the client
-- column: tls_certificate_subject VARCHAR: subject of the server's certificate
-- column: tls_certificate_issuer VARCHAR: its issuer
-- column: tls_certificate_serial_number VARCHAR: its serial number
-- column: tls_certificate_fingerprint VARCHAR: its fingerprint (Zeek: list of the chain)
-- column: status VARCHAR: Success or Failure of the handshake
-- column: status_detail VARCHAR: validation result or alert
-- column: src_endpoint_ip VARCHAR: the client
-- column: src_endpoint_port BIGINT: the client's port
-- column: dst_endpoint_ip VARCHAR: the server
-- column: dst_endpoint_port BIGINT: the server's port
-- column: connection_info_protocol_name VARCHAR: tcp, or udp for QUIC
-- column: connection_info_uid VARCHAR: Zeek uid or Suricata flow_id
-- column: device_hostname VARCHAR: the sensor

-- branch: Zeek ssl.log
SELECT
  "server_name" AS tls_sni,
  "version" AS tls_version,
  "cipher" AS tls_cipher,
  "ja3" AS tls_ja3_hash,
  "ja3s" AS tls_ja3s_hash,
  "ja4" AS tls_ja4,
  "subject" AS tls_certificate_subject,
  "issuer" AS tls_certificate_issuer,
  COALESCE("cert_chain_fps", "cert_chain_fuids") AS tls_certificate_fingerprint,
  CASE WHEN "established" IN ('true', 'T') THEN 'Success' WHEN "established" IN ('false', 'F') THEN 'Failure' END AS status,
  COALESCE("validation_status", "last_alert") AS status_detail,
  zeek_endpoints(),
  'tcp' AS connection_info_protocol_name,
  "uid" AS connection_info_uid
FROM zeek_ssl;

-- branch: Suricata EVE tls
SELECT
  "tls.sni" AS tls_sni,
  "tls.version" AS tls_version,
  "tls.ja3.hash" AS tls_ja3_hash,
  "tls.ja3s.hash" AS tls_ja3s_hash,
  "tls.ja4" AS tls_ja4,
  "tls.subject" AS tls_certificate_subject,
  "tls.issuerdn" AS tls_certificate_issuer,
  "tls.serial" AS tls_certificate_serial_number,
  "tls.fingerprint" AS tls_certificate_fingerprint,
  eve_endpoints(),
  lower("proto") AS connection_info_protocol_name,
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_tls;

-- branch: Suricata EVE quic
SELECT
  "quic.sni" AS tls_sni,
  "quic.version" AS tls_version,
  "quic.ja3.hash" AS tls_ja3_hash,
  "quic.ja3s.hash" AS tls_ja3s_hash,
  "quic.ja4" AS tls_ja4,
  eve_endpoints(),
  lower("proto") AS connection_info_protocol_name,
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_quic;

-- branch: Zeek quic.log
SELECT
  "server_name" AS tls_sni,
  "version" AS tls_version,
  zeek_endpoints(),
  'udp' AS connection_info_protocol_name,
  "uid" AS connection_info_uid
FROM zeek_quic;
