-- title: Which domains a client asked for
-- about: One row a day, client and registered domain, from DNS, from the server names of TLS and from the hosts of HTTP requests. An address that stands in place of a name is its own domain.
-- column: client VARCHAR key: address of who asked, or its name where the log has no address
-- column: domain VARCHAR key: registered domain (example.com of a.b.example.com)
-- column: names BIGINT max: different names below the domain (of merged days: the most of one day)
-- column: name_characters BIGINT max: characters of these names together: tunnels carry their data in them
-- column: queries BIGINT sum: DNS records (queries, answers or both, as the source writes them)
-- column: missing BIGINT sum: DNS answers that said that there is no such name (NXDOMAIN)
-- column: handshakes BIGINT sum: TLS handshakes with such a server name
-- column: requests BIGINT sum: HTTP requests to such a host
-- entity: client
-- shared: domain

WITH seen AS (
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(plain_ip(src_endpoint_ip), plain_name(device_hostname)) AS client,
    plain_name(query_hostname) AS name,
    'dns' AS kind,
    rcode IN ('NXDOMAIN', '9003', '3') AS missing
  FROM dns_activity
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(plain_ip(src_endpoint_ip), plain_name(device_hostname)) AS client,
    plain_name(tls_sni) AS name,
    'tls' AS kind,
    false AS missing
  FROM tls_activity
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    plain_ip(src_endpoint_ip) AS client,
    plain_name(regexp_replace(http_request_url_hostname, ':[0-9]*$', '')) AS name,
    'http' AS kind,
    false AS missing
  FROM http_activity
), named AS (
  SELECT
    organisation,
    network,
    time_us // 86400000000 AS day,
    client,
    name,
    count(*) FILTER (WHERE kind = 'dns') AS queries,
    count(*) FILTER (WHERE missing) AS missing,
    count(*) FILTER (WHERE kind = 'tls') AS handshakes,
    count(*) FILTER (WHERE kind = 'http') AS requests,
    occurrence()
  FROM seen
  WHERE name IS NOT NULL
  GROUP BY ALL
)
SELECT
  organisation,
  network,
  day,
  client,
  registered_domain(name) AS domain,
  count(*) AS names,
  sum(length(name)) AS name_characters,
  sum(queries) AS queries,
  sum(missing) AS missing,
  sum(handshakes) AS handshakes,
  sum(requests) AS requests,
  sum(n) AS n,
  min(first_us) AS first_us,
  max(last_us) AS last_us,
  bit_or(hours) AS hours
FROM named
GROUP BY ALL
