-- title: HTTP requests
-- class: 4002 http_activity (Network Activity)
-- about: One row a request with its answer, seen on the wire, by the web server or by the proxy.
-- column: http_request_http_method VARCHAR: GET, POST, CONNECT, …
-- column: http_request_url_hostname VARCHAR: host of the request (Host header, or the server's name)
-- column: http_request_url_path VARCHAR: path, with the query string where the source does not part them
-- column: http_request_url_query_string VARCHAR: query string where the source parts it
-- column: http_request_url_text VARCHAR: the whole URL where the source gives it (proxies)
-- column: http_request_user_agent VARCHAR: User-Agent header
-- column: http_request_referrer VARCHAR: Referer header
-- column: http_request_length BIGINT: bytes of the request's body, or of the request
-- column: http_response_code BIGINT: status code
-- column: http_response_length BIGINT: bytes of the answer's body, or of the answer
-- column: http_response_content_type VARCHAR: media type of the answer
-- column: status_detail VARCHAR: what the proxy did, sub-status
-- column: src_endpoint_ip VARCHAR: the client
-- column: src_endpoint_port BIGINT: the client's port
-- column: dst_endpoint_ip VARCHAR: the server, or the next hop of a proxy
-- column: dst_endpoint_port BIGINT: the server's port
-- column: connection_info_uid VARCHAR: Zeek uid or Suricata flow_id
-- column: duration DOUBLE: milliseconds
-- column: device_hostname VARCHAR: the server or sensor that recorded it
-- column: actor_user_name VARCHAR: authenticated account

-- branch: Zeek http.log
SELECT
  "method" AS http_request_http_method,
  "host" AS http_request_url_hostname,
  "uri" AS http_request_url_path,
  "user_agent" AS http_request_user_agent,
  "referrer" AS http_request_referrer,
  TRY_CAST("request_body_len" AS BIGINT) AS http_request_length,
  TRY_CAST("status_code" AS BIGINT) AS http_response_code,
  TRY_CAST("response_body_len" AS BIGINT) AS http_response_length,
  "resp_mime_types" AS http_response_content_type,
  zeek_endpoints(),
  "uid" AS connection_info_uid,
  "username" AS actor_user_name
FROM zeek_http;

-- branch: Suricata EVE http
SELECT
  "http.http_method" AS http_request_http_method,
  "http.hostname" AS http_request_url_hostname,
  "http.url" AS http_request_url_path,
  "http.http_user_agent" AS http_request_user_agent,
  "http.http_refer" AS http_request_referrer,
  TRY_CAST("http.status" AS BIGINT) AS http_response_code,
  TRY_CAST("http.length" AS BIGINT) AS http_response_length,
  "http.http_content_type" AS http_response_content_type,
  eve_endpoints(),
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_http;

-- branch: Web server logs, common and combined format
SELECT
  "cs-method" AS http_request_http_method,
  "cs-host" AS http_request_url_hostname,
  "cs-uri-stem" AS http_request_url_path,
  "cs-uri-query" AS http_request_url_query_string,
  COALESCE("cs-user-agent", "cs(User-Agent)") AS http_request_user_agent,
  COALESCE("cs-referer", "cs-referrer", "cs(Referer)") AS http_request_referrer,
  TRY_CAST("sc-status" AS BIGINT) AS http_response_code,
  TRY_CAST("sc-bytes" AS BIGINT) AS http_response_length,
  "c-ip" AS src_endpoint_ip,
  "cs-username" AS actor_user_name
FROM web_access;

-- branch: IIS, W3C extended format (time-taken is in milliseconds)
SELECT
  "cs-method" AS http_request_http_method,
  COALESCE("cs-host", "s-computername") AS http_request_url_hostname,
  "cs-uri-stem" AS http_request_url_path,
  "cs-uri-query" AS http_request_url_query_string,
  COALESCE("cs-user-agent", "cs(User-Agent)") AS http_request_user_agent,
  COALESCE("cs-referer", "cs(Referer)") AS http_request_referrer,
  TRY_CAST("cs-bytes" AS BIGINT) AS http_request_length,
  TRY_CAST("sc-status" AS BIGINT) AS http_response_code,
  TRY_CAST("sc-bytes" AS BIGINT) AS http_response_length,
  "sc-substatus" AS status_detail,
  "c-ip" AS src_endpoint_ip,
  "s-ip" AS dst_endpoint_ip,
  TRY_CAST("s-port" AS BIGINT) AS dst_endpoint_port,
  TRY_CAST("time-taken" AS DOUBLE) AS duration,
  COALESCE("s-computername", "s-ip") AS device_hostname,
  "cs-username" AS actor_user_name
FROM web_iis;

-- branch: Squid access.log (elapsed is in milliseconds)
SELECT
  "cs-method" AS http_request_http_method,
  COALESCE("cs-host", regexp_extract("c-uri", '^(?:[a-z]+://)?([^/:]+)', 1)) AS http_request_url_hostname,
  COALESCE("c-uri-path", "cs-uri-stem") AS http_request_url_path,
  COALESCE("c-uri-query", "cs-uri-query") AS http_request_url_query_string,
  "c-uri" AS http_request_url_text,
  "c-useragent" AS http_request_user_agent,
  TRY_CAST("sc-status" AS BIGINT) AS http_response_code,
  TRY_CAST("sc-bytes" AS BIGINT) AS http_response_length,
  "cs-mime-type" AS http_response_content_type,
  "action" AS status_detail,
  "c-ip" AS src_endpoint_ip,
  "s-ip" AS dst_endpoint_ip,
  TRY_CAST("elapsed" AS DOUBLE) AS duration,
  "cs-username" AS actor_user_name
FROM proxy_squid;

-- branch: Other proxies in W3C format (time-taken is in milliseconds)
SELECT
  "cs-method" AS http_request_http_method,
  "cs-host" AS http_request_url_hostname,
  COALESCE("c-uri-path", "cs-uri-path", "cs-uri-stem") AS http_request_url_path,
  COALESCE("c-uri-query", "cs-uri-query") AS http_request_url_query_string,
  "c-uri" AS http_request_url_text,
  "c-useragent" AS http_request_user_agent,
  COALESCE("cs-referer", "cs-referrer") AS http_request_referrer,
  TRY_CAST("cs-bytes" AS BIGINT) AS http_request_length,
  TRY_CAST("sc-status" AS BIGINT) AS http_response_code,
  TRY_CAST("sc-bytes" AS BIGINT) AS http_response_length,
  "rs-content-type" AS http_response_content_type,
  COALESCE("sc-filter-result", "s-action") AS status_detail,
  "c-ip" AS src_endpoint_ip,
  COALESCE("r-ip", "s-ip") AS dst_endpoint_ip,
  TRY_CAST("cs-uri-port" AS BIGINT) AS dst_endpoint_port,
  TRY_CAST("time-taken" AS DOUBLE) AS duration,
  "s-computername" AS device_hostname,
  "cs-username" AS actor_user_name
FROM proxy_w3c;

-- branch: FortiGate web filter
SELECT
  "httpmethod" AS http_request_http_method,
  "hostname" AS http_request_url_hostname,
  "url" AS http_request_url_path,
  "agent" AS http_request_user_agent,
  "referralurl" AS http_request_referrer,
  TRY_CAST("sentbyte" AS BIGINT) AS http_request_length,
  TRY_CAST("rcvdbyte" AS BIGINT) AS http_response_length,
  "action" AS status_detail,
  "srcip" AS src_endpoint_ip,
  TRY_CAST("srcport" AS BIGINT) AS src_endpoint_port,
  "dstip" AS dst_endpoint_ip,
  TRY_CAST("dstport" AS BIGINT) AS dst_endpoint_port,
  "sessionid" AS connection_info_uid,
  "devname" AS device_hostname,
  "user" AS actor_user_name
FROM fortigate
WHERE "subtype" = 'webfilter';

-- branch: Palo Alto THREAT, subtype url
SELECT
  split_part("url", '/', 1) AS http_request_url_hostname,
  "url" AS http_request_url_text,
  "user_agent" AS http_request_user_agent,
  "referer" AS http_request_referrer,
  "content_type" AS http_response_content_type,
  "action" AS status_detail,
  "src_ip" AS src_endpoint_ip,
  TRY_CAST("src_port" AS BIGINT) AS src_endpoint_port,
  "dst_ip" AS dst_endpoint_ip,
  TRY_CAST("dst_port" AS BIGINT) AS dst_endpoint_port,
  "session_id" AS connection_info_uid,
  "device_name" AS device_hostname,
  NULLIF("src_user", '') AS actor_user_name
FROM paloalto
WHERE "type" = 'THREAT' AND "subtype" = 'url';
