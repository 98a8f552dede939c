-- title: Who logged on, where and from where
-- about: One row a day, account, computer, source address and kind of logon, and of calls to cloud and management interfaces. Logoffs are not in here.
-- column: user VARCHAR key: the account in lower case, as the source names it (with @ where it does)
-- column: host VARCHAR key: the computer or service that was logged on to
-- column: src_ip VARCHAR key: where it came from, '' where the log has no address
-- column: activity VARCHAR key: Logon, Explicit Logon, Special Privileges, Authentication Ticket, Service Ticket, Preauth, Validate Credentials, MFA, or Call (api_activity)
-- column: logon_type BIGINT key: Windows logon type (2 console, 3 network, 10 remote desktop, …), 0 where there is none
-- column: outcome VARCHAR key: Success, Failure or '' where the source does not know
-- column: user_domain VARCHAR max: its domain, realm or tenant, in lower case
-- column: src_host VARCHAR max: name of the computer it came from
-- column: location VARCHAR max: country or region that the cloud service saw
-- column: mfa BIGINT sum: logons with a second factor
-- entity: user
-- shared: host

WITH seen AS (
  SELECT
    organisation,
    network,
    time_us,
    plain_name(user_name) AS account,
    COALESCE(plain_name(COALESCE(dst_endpoint_hostname, device_hostname)), plain_ip(dst_endpoint_ip), plain_name(sensor)) AS host,
    plain_ip(src_endpoint_ip) AS src_ip,
    activity_name AS activity,
    logon_type_id AS logon_type,
    status AS outcome,
    plain_name(user_domain) AS user_domain,
    plain_name(src_endpoint_hostname) AS src_host,
    src_endpoint_location AS location,
    is_mfa
  FROM authentication
  WHERE activity_name <> 'Logoff' AND user_name IS NOT NULL
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    plain_name(actor_user_name) AS account,
    plain_name(cloud_provider) AS host,
    plain_ip(src_endpoint_ip) AS src_ip,
    'Call' AS activity,
    CAST(NULL AS BIGINT) AS logon_type,
    status AS outcome,
    plain_name(cloud_account_uid) AS user_domain,
    CAST(NULL AS VARCHAR) AS src_host,
    cloud_region AS location,
    false AS is_mfa
  FROM api_activity
  WHERE actor_user_name IS NOT NULL
)
SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  account AS "user",
  host,
  src_ip,
  activity,
  logon_type,
  outcome,
  max(user_domain) AS user_domain,
  max(src_host) AS src_host,
  max(location) AS location,
  count(*) FILTER (WHERE is_mfa) AS mfa,
  occurrence()
FROM seen
WHERE account IS NOT NULL
GROUP BY ALL
