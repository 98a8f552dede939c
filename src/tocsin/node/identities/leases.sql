-- title: Which machine had an address by DHCP
-- about: One row a stretch of renewals by one machine, or an end. Leases of the same hardware at other addresses come along: they may name it.

WITH given AS (
  SELECT
    organisation,
    network,
    replace(lower(COALESCE(lease_ip, src_endpoint_ip)), '::ffff:', '') AS address,
    COALESCE(replace(replace(replace(lower(src_endpoint_mac), ':', ''), '-', ''), '.', ''), '') AS mac,
    COALESCE(src_endpoint_hostname, '') AS host,
    lease_seconds,
    time_us,
    activity_name IN ('Release', 'Expire', 'Decline') AS ended
  FROM dhcp_activity
  WHERE time_us BETWEEN $low_us AND $high_us
    AND activity_name IN ('Assign', 'Renew', 'Ack', 'Release', 'Expire', 'Decline')
), mine AS (
  SELECT * FROM given
  WHERE address IN (SELECT value FROM asked_addresses)
    OR (mac <> '' AND mac IN (SELECT mac FROM given WHERE address IN (SELECT value FROM asked_addresses)))
), marked AS (
  SELECT
    *,
    CASE
      WHEN ended OR COALESCE(lag(ended) OVER place, true) THEN 1
      WHEN lag(mac) OVER place <> mac THEN 1
      WHEN host <> '' AND lag(host) OVER place <> host THEN 1
      WHEN time_us - lag(time_us) OVER place > COALESCE(lag(lease_seconds) OVER place, 691200) * 1000000 THEN 1
      ELSE 0
    END AS anew
  FROM mine
  WINDOW place AS (PARTITION BY organisation, network, address ORDER BY time_us, ended, mac, host)
), counted AS (
  SELECT
    *,
    sum(anew) OVER (
      PARTITION BY organisation, network, address ORDER BY time_us, ended, mac, host
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS stretch
  FROM marked
)
SELECT
  organisation,
  network,
  address,
  max(mac) AS mac,
  max(host) AS host,
  min(time_us) AS first_us,
  max(time_us) AS last_us,
  arg_max(lease_seconds, time_us) AS lease_seconds,
  bool_or(ended) AS ended
FROM counted
GROUP BY organisation, network, address, stretch
ORDER BY last_us DESC, first_us, organisation, network, address
LIMIT $most
