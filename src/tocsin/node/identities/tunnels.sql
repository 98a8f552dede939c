-- title: Whose VPN tunnel an address was
-- about: One row a tunnel opened with an address that is asked for, or closed by an account that had one.

WITH seen AS (
  SELECT
    organisation,
    network,
    COALESCE(lower(assigned_ip), '') AS address,
    COALESCE(user_name, '') AS account,
    COALESCE(src_endpoint_hostname, '') AS host,
    COALESCE(session_uid, '') AS session_uid,
    time_us,
    activity_name <> 'Close' AS opened
  FROM tunnel_activity
  WHERE time_us BETWEEN $low_us AND $high_us
)
SELECT * FROM seen
WHERE (opened AND address IN (SELECT value FROM asked_addresses))
  OR (NOT opened AND account IN (SELECT account FROM seen WHERE opened AND address IN (SELECT value FROM asked_addresses)))
ORDER BY time_us DESC, organisation, network, address, account, host, session_uid, opened
LIMIT $most
