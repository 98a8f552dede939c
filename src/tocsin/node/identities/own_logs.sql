-- title: Which address a machine's own log says it used
-- about: One row an hour. Connections that Windows says it opened itself (Sysmon 3, Security 5156): the source is the machine that wrote the log.

SELECT
  organisation,
  network,
  replace(lower(src_endpoint_ip), '::ffff:', '') AS address,
  device_hostname AS host,
  min(time_us) AS first_us,
  max(time_us) AS last_us
FROM network_activity
WHERE time_us BETWEEN $low_us AND $high_us
  AND table_name = 'windows'
  AND connection_info_direction = 'Outbound'
  AND device_hostname IS NOT NULL
  AND replace(lower(src_endpoint_ip), '::ffff:', '') IN (SELECT value FROM asked_addresses)
GROUP BY organisation, network, address, host, time_us // 3600000000
ORDER BY last_us DESC, first_us, organisation, network, address, host
LIMIT $most
