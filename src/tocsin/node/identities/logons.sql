-- title: Which machine was at an address by a logon from there
-- about: One row an hour. A machine's own account (its name ends with a dollar sign) proves the machine. The name that a client tells beside a person's logon is unproven, and says nothing about the address where it is that of the recording computer.

WITH logons AS (
  SELECT
    organisation,
    network,
    replace(lower(src_endpoint_ip), '::ffff:', '') AS address,
    time_us,
    ends_with(user_name, '$') AS proven,
    user_name,
    CASE
      WHEN activity_name = 'Logon'
        AND lower(split_part(src_endpoint_hostname, '.', 1)) <> lower(split_part(COALESCE(device_hostname, ''), '.', 1))
      THEN src_endpoint_hostname
    END AS client
  FROM authentication
  WHERE time_us BETWEEN $low_us AND $high_us AND status = 'Success' AND src_endpoint_ip IS NOT NULL
), named AS (
  SELECT
    organisation, network, address, time_us, COALESCE(proven, false) AS proven,
    CASE WHEN proven THEN substr(user_name, 1, length(user_name) - 1) ELSE client END AS host
  FROM logons
  WHERE address IN (SELECT value FROM asked_addresses)
)
SELECT organisation, network, address, host, proven, min(time_us) AS first_us, max(time_us) AS last_us
FROM named
WHERE host <> ''
GROUP BY organisation, network, address, host, proven, time_us // 3600000000
ORDER BY last_us DESC, first_us, organisation, network, address, host, proven
LIMIT $most
