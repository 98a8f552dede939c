-- title: A service account sits at a screen
-- level: high
-- status: experimental
-- attack: T1078.002, T1078.003
-- tactics: initial-access, lateral-movement
-- about: An account that for days only ran services and scheduled jobs signed in at a console or by remote desktop. Services do not look at
--   screens: somebody knows the password. Service passwords are seldom changed, often written down, and may do much.
-- threshold: learn = 7 d: that the account must be known for: our judgement, so that the job of a weekend is seen
-- threshold: min_days = 3 days: on which it signed in as a service or a scheduled job (Windows logon types 5 and 4)
-- threshold: spell = 1 d: what it does within a day of its first such sign-in is one finding
-- against: An administrator who sets up or repairs the service under its own account. That is bad practice and wants a word.
-- misses: Accounts that people used before at a screen as well, and accounts that are known for less than a week.
-- misses: Accounts whose services run on computers that do not send their Security log.
-- tested: EVTX-to-MITRE-ATT&CK and Security-Datasets (recordings of minutes): nothing, rightly: they hold no week of any account.
-- lookback: 7 d
-- evidence: authentication: user_name, logon_type_id, src_endpoint_ip, device_hostname, service_name
-- finding: {account}, which ran only services and jobs on {service_days} days, signed in at a screen of {hosts}.
-- next: Ask who did it. If nobody did, change the password of the account and look at what the session started.
-- reference: https://attack.mitre.org/techniques/T1078/002/
WITH days AS (
  SELECT organisation, network, lower(user_name) AS account, lower(COALESCE(dst_endpoint_hostname, device_hostname, '')) AS host,
         logon_type_id, time_us // 86400000000 AS day, min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS n,
         min(event_id) AS event_id
  FROM authentication
  WHERE activity_name = 'Logon' AND status = 'Success' AND logon_type_id > 0 AND user_name IS NOT NULL
    AND NOT ends_with(user_name, '$')
    AND lower(user_name) NOT IN ('system', 'local service', 'network service', 'anonymous logon')
  GROUP BY organisation, network, lower(user_name), lower(COALESCE(dst_endpoint_hostname, device_hostname, '')), logon_type_id,
           time_us // 86400000000
), ever AS (
  SELECT organisation, network, account, logon_type_id, day, first_us FROM days
  UNION ALL
  SELECT u.organisation, u.network, u."user", u.logon_type, u.day, u.first_us
  FROM user_days AS u CROSS JOIN period AS p
  WHERE u.activity = 'Logon' AND u.outcome = 'Success' AND u.logon_type > 0 AND u."user" <> '*' AND u.first_us < p.first_us
), accounts AS (
  SELECT organisation, network, account, min(first_us) AS since_us,
         min(first_us) FILTER (logon_type_id IN (2, 7, 10, 11, 12, 13)) AS seated_us
  FROM ever GROUP BY organisation, network, account
), served AS (
  SELECT a.organisation, a.network, a.account, a.seated_us, count(DISTINCT e.day) AS service_days
  FROM accounts AS a JOIN ever AS e
    ON e.organisation = a.organisation AND e.network = a.network AND e.account = a.account
  WHERE a.seated_us - a.since_us >= $learn AND e.logon_type_id IN (4, 5) AND e.first_us < a.seated_us
  GROUP BY a.organisation, a.network, a.account, a.seated_us
  HAVING count(DISTINCT e.day) >= $min_days
), seats AS (
  SELECT s.organisation, s.network, s.account, s.service_days, d.host, sum(d.n) AS n, min(d.first_us) AS first_us,
         max(d.last_us) AS last_us, min(d.event_id) AS event_id
  FROM served AS s JOIN days AS d
    ON d.organisation = s.organisation AND d.network = s.network AND d.account = s.account
   AND d.logon_type_id IN (2, 7, 10, 11, 12, 13) AND d.first_us - s.seated_us < $spell
  GROUP BY s.organisation, s.network, s.account, s.service_days, d.host
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, account ORDER BY first_us, host) AS place FROM seats
)
SELECT organisation, network, min(host) FILTER (place = 1) AS host, account AS "user", min(first_us) AS first_us,
       max(last_us) AS last_us, min(first_us) AS opened_us, CAST(sum(n) AS BIGINT) AS count,
       string_agg(event_id, ' ' ORDER BY place) FILTER (place <= 10) AS event_ids, account, service_days,
       string_agg(host, ', ' ORDER BY place) FILTER (place <= 5) AS hosts
FROM numbered
GROUP BY organisation, network, account, service_days
