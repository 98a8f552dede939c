-- title: Addresses that stood for others
-- class: 0 base_event (none of its own)
-- about: One row a connection or request whose source address was replaced by a translator or proxy, or that tells for whom it was made (X-Forwarded-For). Anybody can write that header: such a row counts only where the address that sent it is known as a proxy.
-- column: src_endpoint_ip VARCHAR: the address inside
-- column: translated_ip VARCHAR: the address that others saw; NULL in a proxy's own log, which does not name the proxy's address
-- column: dst_endpoint_ip VARCHAR: the other end
-- column: dst_endpoint_hostname VARCHAR: its name
-- column: is_proven BOOLEAN: whether the translator or proxy itself says so; false for a header that a client may have written
-- column: device_hostname VARCHAR: the translator, proxy or server that recorded it

-- branch: FortiGate traffic with source translation
SELECT
  "srcip" AS src_endpoint_ip,
  "transip" AS translated_ip,
  "dstip" AS dst_endpoint_ip,
  "hostname" AS dst_endpoint_hostname,
  "devname" AS device_hostname,
  true AS is_proven
FROM fortigate
WHERE "type" = 'traffic' AND "transip" <> '0.0.0.0' AND "trandisp" IN ('snat', 'snat+dnat');

-- branch: Palo Alto TRAFFIC with source translation
SELECT
  "src_ip" AS src_endpoint_ip,
  "nat_src_ip" AS translated_ip,
  "dst_ip" AS dst_endpoint_ip,
  "device_name" AS device_hostname,
  true AS is_proven
FROM paloalto
WHERE "type" = 'TRAFFIC' AND "nat_src_ip" NOT IN ('', '0.0.0.0') AND "nat_src_ip" <> "src_ip";

-- branch: Cisco ASA: translation built (305011)
SELECT
  NULLIF(regexp_extract("text", ' from [^:]*:([0-9a-fA-F.:]+)/[0-9]+', 1), '') AS src_endpoint_ip,
  NULLIF(regexp_extract("text", ' to [^:]*:([0-9a-fA-F.:]+)/[0-9]+', 1), '') AS translated_ip,
  "host" AS device_hostname,
  true AS is_proven
FROM cisco_asa
WHERE "message_id" = '305011';

-- branch: CEF of firewalls with source translation
SELECT
  "src" AS src_endpoint_ip,
  "sourceTranslatedAddress" AS translated_ip,
  "dst" AS dst_endpoint_ip,
  "dhost" AS dst_endpoint_hostname,
  COALESCE("dvchost", "syslog_host") AS device_hostname,
  true AS is_proven
FROM cef
WHERE "sourceTranslatedAddress" <> "src";

-- branch: LEEF of firewalls with source translation
SELECT
  "src" AS src_endpoint_ip,
  "srcPostNAT" AS translated_ip,
  "dst" AS dst_endpoint_ip,
  "syslog_host" AS device_hostname,
  true AS is_proven
FROM leef
WHERE "srcPostNAT" <> "src";

-- branch: Zeek http.log, header X-Forwarded-For (`proxied`)
SELECT
  NULLIF(regexp_extract("proxied", 'X-FORWARDED-FOR -> ([0-9a-fA-F.:]+)', 1), '') AS src_endpoint_ip,
  "id.orig_h" AS translated_ip,
  "id.resp_h" AS dst_endpoint_ip,
  "host" AS dst_endpoint_hostname,
  false AS is_proven
FROM zeek_http
WHERE contains("proxied", 'X-FORWARDED-FOR -> ');

-- branch: Suricata EVE http, header X-Forwarded-For (`xff`)
SELECT
  COALESCE("http.xff", "xff") AS src_endpoint_ip,
  "src_ip" AS translated_ip,
  "dest_ip" AS dst_endpoint_ip,
  "http.hostname" AS dst_endpoint_hostname,
  "host" AS device_hostname,
  false AS is_proven
FROM eve_http
WHERE COALESCE("http.xff", "xff") <> "src_ip";

-- branch: Squid access.log: the client behind the proxy
SELECT
  "c-ip" AS src_endpoint_ip,
  "s-ip" AS dst_endpoint_ip,
  COALESCE("cs-host", regexp_extract("c-uri", '^(?:[a-z]+://)?([^/:]+)', 1)) AS dst_endpoint_hostname,
  true AS is_proven
FROM proxy_squid
WHERE "c-ip" IS NOT NULL;

-- branch: Other proxies in W3C format: the client behind the proxy
SELECT
  "c-ip" AS src_endpoint_ip,
  "r-ip" AS dst_endpoint_ip,
  "cs-host" AS dst_endpoint_hostname,
  "s-computername" AS device_hostname,
  true AS is_proven
FROM proxy_w3c
WHERE "c-ip" IS NOT NULL;
