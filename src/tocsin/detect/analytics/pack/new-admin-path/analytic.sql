-- title: An administrator came from a new place and went to many computers
-- level: medium
-- status: experimental
-- attack: T1021.001, T1021.002, T1078.002
-- tactics: lateral-movement
-- about: An account with administrators' rights signed in to several computers within an hour from a source from which it had never signed in
--   to anything. Administrators have their stations; who has stolen their password or ticket has another.
-- threshold: learn = 7 d: that account and target must be known for, so that a week's work is seen: our judgement
-- threshold: min_targets = 4 computers: within an hour, over the network or by remote desktop; our judgement: a visit to one or two is help for a user
-- threshold: many = 10 computers: within an hour make the finding high: our judgement
-- threshold: spell = 1 d: after the first sign-in from the new source, what follows is the same finding
-- novelty: an administrator's way
-- against: An administrator with a new station, a new server for software distribution or scans. A source in the same network (/24) as a
--   known one is passed over where the account goes to as many computers on other days.
-- misses: Administrators' own stations that were taken over, and flat networks in which the attacker sits beside the administrators.
-- misses: Accounts and computers that are known for less than a week.
-- tested: EVTX-to-MITRE-ATT&CK and Security-Datasets (recordings of minutes): nothing, rightly: they hold no week of any account.
-- lookback: 7 d
-- evidence: authentication: user_name, src_endpoint_ip, device_hostname, logon_type_id, auth_protocol
-- finding: {account} signed in to {targets} computers within an hour from {src}, from which it had never come before: {names}.
-- next: Ask the administrator. If he knows nothing of it, isolate the source, reset the account and look at services and tasks on these computers.
-- keys: src AS ip
-- reference: https://attack.mitre.org/techniques/T1021/
WITH hourly AS (
  SELECT organisation, network, lower(user_name) AS account, lower(COALESCE(src_endpoint_ip, src_endpoint_hostname)) AS src,
         lower(COALESCE(dst_endpoint_hostname, device_hostname)) AS target, time_us // 3600000000 AS hour,
         min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS n, min(event_id) AS event_id
  FROM authentication
  WHERE activity_name = 'Logon' AND status = 'Success' AND logon_type_id IN (3, 10) AND user_name IS NOT NULL
    AND COALESCE(src_endpoint_ip, src_endpoint_hostname) IS NOT NULL AND NOT starts_with(COALESCE(src_endpoint_ip, ''), '127.')
    AND COALESCE(src_endpoint_ip, '') <> '::1' AND NOT ends_with(user_name, '$') AND lower(user_name) <> 'anonymous logon'
    AND COALESCE(dst_endpoint_hostname, device_hostname) IS NOT NULL
  GROUP BY organisation, network, lower(user_name), lower(COALESCE(src_endpoint_ip, src_endpoint_hostname)),
           lower(COALESCE(dst_endpoint_hostname, device_hostname)), time_us // 3600000000
), remembered AS (
  SELECT u.organisation, u.network, u."user" AS account, u.src_ip AS src, u.host AS target, u.day, u.activity, u.first_us
  FROM user_days AS u CROSS JOIN period AS p
  WHERE u.outcome = 'Success' AND u.activity IN ('Logon', 'Special Privileges') AND u."user" <> '*' AND u.host <> '*'
    AND u.src_ip <> '*' AND u.first_us < p.first_us
), administrators AS (
  SELECT organisation, network, lower(user_name) AS account FROM authentication
  WHERE activity_name = 'Special Privileges' AND user_name IS NOT NULL
  UNION
  SELECT organisation, network, account FROM remembered WHERE activity = 'Special Privileges'
), ever AS (
  SELECT organisation, network, account, src, target, hour // 24 AS day, first_us FROM hourly
  UNION ALL
  SELECT organisation, network, account, src, target, day, first_us FROM remembered WHERE activity = 'Logon' AND src <> ''
), accounts AS (
  SELECT organisation, network, account, min(first_us) AS since_us FROM ever GROUP BY organisation, network, account
), targets AS (
  SELECT organisation, network, target, min(first_us) AS since_us FROM ever GROUP BY organisation, network, target
), pairs AS (
  SELECT organisation, network, account, src, min(first_us) AS since_us FROM ever GROUP BY organisation, network, account, src
), fresh AS (
  SELECT h.organisation, h.network, h.account, h.src, h.target, h.hour, h.first_us, h.last_us, h.n, h.event_id, p.since_us
  FROM hourly AS h
  JOIN administrators AS d ON d.organisation = h.organisation AND d.network = h.network AND d.account = h.account
  JOIN pairs AS p ON p.organisation = h.organisation AND p.network = h.network AND p.account = h.account AND p.src = h.src
  JOIN accounts AS a ON a.organisation = h.organisation AND a.network = h.network AND a.account = h.account
  JOIN targets AS t ON t.organisation = h.organisation AND t.network = h.network AND t.target = h.target
  WHERE p.since_us - a.since_us >= $learn AND p.since_us - t.since_us >= $learn AND h.first_us - p.since_us < $spell
), doubled AS (
  SELECT organisation, network, account, src, target, hour FROM fresh
  UNION ALL
  SELECT organisation, network, account, src, target, hour + 1 FROM fresh
), bursts AS (
  SELECT organisation, network, account, src, hour, count(DISTINCT target) AS targets
  FROM doubled GROUP BY organisation, network, account, src, hour
), struck AS (
  SELECT organisation, network, account, src, max(targets) AS targets
  FROM bursts GROUP BY organisation, network, account, src HAVING max(targets) >= $min_targets
), visits AS (
  SELECT organisation, network, account, src, day, count(DISTINCT target) AS targets
  FROM ever GROUP BY organisation, network, account, src, day
), usual AS (
  SELECT s.organisation, s.network, s.account, s.src, max(v.targets) AS targets
  FROM struck AS s
  JOIN pairs AS p ON p.organisation = s.organisation AND p.network = s.network AND p.account = s.account AND p.src = s.src
  JOIN visits AS v ON v.organisation = s.organisation AND v.network = s.network AND v.account = s.account AND v.src <> s.src
   AND v.day < p.since_us // 86400000000
   AND regexp_replace(v.src, '[.][0-9]+$', '') = regexp_replace(s.src, '[.][0-9]+$', '')
  GROUP BY s.organisation, s.network, s.account, s.src
), members AS (
  SELECT f.organisation, f.network, f.account, f.src, s.targets, f.target, sum(f.n) AS n, min(f.first_us) AS first_us,
         max(f.last_us) AS last_us, min(f.event_id) AS event_id
  FROM struck AS s
  JOIN fresh AS f ON f.organisation = s.organisation AND f.network = s.network AND f.account = s.account AND f.src = s.src
  LEFT JOIN usual AS u ON u.organisation = s.organisation AND u.network = s.network AND u.account = s.account AND u.src = s.src
  WHERE u.targets IS NULL OR u.targets < s.targets
  GROUP BY f.organisation, f.network, f.account, f.src, s.targets, f.target
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, account, src ORDER BY first_us, target) AS place FROM members
)
SELECT organisation, network, '' AS host, account AS "user", min(first_us) AS first_us, max(last_us) AS last_us,
       min(first_us) FILTER (place = $min_targets) AS opened_us, CAST(sum(n) AS BIGINT) AS count,
       string_agg(event_id, ' ' ORDER BY place) FILTER (place <= 10) AS event_ids, account, src, targets,
       string_agg(target, ', ' ORDER BY place) FILTER (place <= 5) AS names,
       CASE WHEN targets >= $many THEN 'high' ELSE 'medium' END AS level
FROM numbered
GROUP BY organisation, network, account, src, targets
