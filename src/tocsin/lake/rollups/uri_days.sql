-- title: What was asked of web sites
-- about: One row a day, site, method, path and class of answer. Requests that change something (POST, PUT, …) have a row a client; for the others the number of clients is there. Paths are in lower case, without query string, at most 200 characters.
-- column: site VARCHAR key: host of the requests without port; the server's address or name where the log has no host
-- column: method VARCHAR key: GET, POST, …; OTHER for what is no known method
-- column: path VARCHAR key: path
-- column: client VARCHAR key: address of the client, only of requests that change something, else ''
-- column: status_class BIGINT key: 2 for the codes 200 to 299, and so on; 0 where the log has none
-- column: bytes BIGINT sum: bytes of the answers
-- column: request_bytes BIGINT sum: bytes of the requests, where the log has them
-- column: clients BIGINT max: different clients (of merged days: the most of one day)
-- column: agents BIGINT max: different user agents (of merged days: the most of one day)
-- entity: site

WITH asked AS (
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(
      plain_name(regexp_replace(http_request_url_hostname, ':[0-9]*$', '')),
      plain_ip(dst_endpoint_ip),
      plain_name(device_hostname),
      plain_name(sensor)
    ) AS site,
    CASE
      WHEN upper(http_request_http_method) IN (
        'GET', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'PROPPATCH',
        'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT', 'RPC_IN_DATA', 'RPC_OUT_DATA'
      ) THEN upper(http_request_http_method)
      WHEN http_request_http_method IS NOT NULL THEN 'OTHER'
    END AS method,
    lower(substr(split_part(
      regexp_replace(COALESCE(http_request_url_path, http_request_url_text), '^[a-zA-Z]+://[^/]*', ''), '?', 1
    ), 1, 200)) AS path,
    plain_ip(src_endpoint_ip) AS src,
    http_request_user_agent AS agent,
    http_response_code // 100 AS status_class,
    whole(http_response_length) AS answered,
    whole(http_request_length) AS sent
  FROM http_activity
)
SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  site,
  method,
  path,
  CASE WHEN method NOT IN ('GET', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PROPFIND', 'REPORT') THEN src END AS client,
  CASE WHEN status_class BETWEEN 1 AND 5 THEN status_class END AS status_class,
  sum(answered) AS bytes,
  sum(sent) AS request_bytes,
  count(DISTINCT src) AS clients,
  count(DISTINCT agent) AS agents,
  occurrence()
FROM asked
GROUP BY ALL
