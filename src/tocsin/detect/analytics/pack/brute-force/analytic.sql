-- title: Passwords guessed until one fits
-- level: high
-- status: test
-- attack: T1110.001, T1078
-- tactics: credential-access
-- about: A source tried passwords faster than a person can, and then signed in to an account that it had just failed for and had never
--   signed in to before. Whoever it is has the password now. The same from inside without success is medium: something in the house guesses.
-- threshold: window = 10 min: in which failures are counted; guessing by machine takes seconds, people and phones with an old password take longer
-- threshold: min_failed = 10 failures: in the window before the success, for an account. Microsoft's security baselines lock an account after ten
-- threshold: min_inside = 50 failures: in the window for an account, from a private address without success; our judgement: five a minute, above a service that retries an expired password every minute
-- threshold: gone = 1 h: the success comes no later than this after the last failure
-- threshold: spell = 1 d: what one source does within a day is one finding
-- against: A stored password that has expired, in a service or a phone, and is then replaced. Such a source signed in to the account before,
--   which is looked for in the long memory; where that begins later, this looks like an attack.
-- misses: Guessing slower than ten in ten minutes, or from a new address for every few tries (see `password-spray`).
-- misses: Guessing from the internet without success: servers that face it see that all day.
-- misses: Sources whose log names no account (Zeek's ssh.log).
-- tested: EVTX-to-MITRE-ATT&CK (281 recordings): the one recorded guessing from inside (55 failures for one account in 7 minutes, no success) is found, nothing else.
-- tested: loghub OpenSSH and Linux (4,000 lines of internet-facing servers, 522 failed sign-ins from 24 addresses): nothing, rightly: nobody got in.
-- tested: Security-Datasets (113 recordings), AWS CloudTrail attack set, zed-sample: nothing, rightly.
-- lookback: 24 h
-- evidence: authentication: user_name, src_endpoint_ip, status, status_detail, activity_name, device_hostname
-- finding: {failed} sign-ins from {src} failed for {accounts} accounts within {minutes} minutes; {told}
-- next: Reset the password, end the sessions of the account and look at what it did since the success.
-- next: Block the source, or find out what runs on it.
-- keys: src AS ip
WITH tries AS (
  SELECT organisation, network, lower(COALESCE(src_endpoint_ip, src_endpoint_hostname)) AS src, lower(user_name) AS account,
         activity_name, time_us // $window AS step, count(*) FILTER (status = 'Failure') AS failed,
         min(time_us) FILTER (status = 'Failure') AS first_us, max(time_us) FILTER (status = 'Failure') AS last_us,
         min(time_us) FILTER (status = 'Success') AS entered_us,
         max(lower(COALESCE(dst_endpoint_hostname, device_hostname)))
           FILTER (status = 'Success' AND table_name NOT IN ('azure_signin', 'm365_audit', 'okta', 'aws_cloudtrail')) AS host,
         min(event_id) FILTER (status = 'Failure') AS failed_id, min(event_id) FILTER (status = 'Success') AS entered_id
  FROM authentication
  WHERE status IN ('Failure', 'Success') AND activity_name NOT IN ('Logoff', 'Special Privileges', 'Service Ticket')
    AND user_name IS NOT NULL AND COALESCE(src_endpoint_ip, src_endpoint_hostname) IS NOT NULL
  GROUP BY organisation, network, lower(COALESCE(src_endpoint_ip, src_endpoint_hostname)), lower(user_name), activity_name,
           time_us // $window
), doubled AS (
  SELECT organisation, network, src, account, activity_name, step, failed, first_us, last_us, failed_id FROM tries WHERE failed > 0
  UNION ALL
  SELECT organisation, network, src, account, activity_name, step + 1, failed, first_us, last_us, failed_id FROM tries WHERE failed > 0
), counted AS (
  SELECT organisation, network, src, account, activity_name, step, sum(failed) AS failed, min(first_us) AS first_us,
         max(last_us) AS last_us, min(failed_id) AS failed_id
  FROM doubled GROUP BY organisation, network, src, account, activity_name, step
), guessed AS (
  SELECT organisation, network, src, account, step, max(failed) AS failed, min(first_us) AS first_us, max(last_us) AS last_us,
         min(failed_id) AS failed_id
  FROM counted GROUP BY organisation, network, src, account, step
), entered AS (
  SELECT organisation, network, src, account, min(entered_us) AS entered_us, min(entered_id) AS entered_id, max(host) AS host
  FROM tries WHERE entered_us IS NOT NULL GROUP BY organisation, network, src, account
), before AS (
  SELECT u.organisation, u.network, u.src_ip AS src, u."user" AS account
  FROM user_days AS u CROSS JOIN period AS p
  WHERE u.outcome = 'Success' AND u.activity <> 'Call' AND u.first_us < p.first_us
  GROUP BY u.organisation, u.network, u.src_ip, u."user"
), breached AS (
  SELECT g.organisation, g.network, g.src, g.account, g.failed, g.first_us, e.entered_us AS last_us, g.failed_id, e.entered_id, e.host
  FROM guessed AS g
  JOIN entered AS e ON e.organisation = g.organisation AND e.network = g.network AND e.src = g.src AND e.account = g.account
  LEFT JOIN before AS b ON b.organisation = g.organisation AND b.network = g.network AND b.src = g.src AND b.account = g.account
  WHERE b.account IS NULL AND g.failed >= $min_failed AND e.entered_us > g.first_us AND e.entered_us - g.last_us <= $gone
), inside AS (
  SELECT g.organisation, g.network, g.src, g.account, g.failed, g.first_us, g.last_us, g.failed_id, CAST(NULL AS VARCHAR) AS entered_id,
         CAST(NULL AS VARCHAR) AS host
  FROM guessed AS g
  JOIN address_facts AS f ON f.ip = g.src AND f.scope = 'private'
  LEFT JOIN entered AS e ON e.organisation = g.organisation AND e.network = g.network AND e.src = g.src AND e.account = g.account
  LEFT JOIN before AS b ON b.organisation = g.organisation AND b.network = g.network AND b.src = g.src AND b.account = g.account
  WHERE g.failed >= $min_inside AND e.account IS NULL AND b.account IS NULL AND NOT starts_with(g.src, '127.')
), found AS (
  SELECT organisation, network, src, account, failed, first_us, last_us, failed_id, entered_id, host FROM breached
  UNION ALL
  SELECT organisation, network, src, account, failed, first_us, last_us, failed_id, entered_id, host FROM inside
), begun AS (
  SELECT *, CASE WHEN first_us - lag(first_us) OVER (PARTITION BY organisation, network, src ORDER BY first_us, account)
                      <= $spell THEN 0 ELSE 1 END AS anew
  FROM found
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, src ORDER BY first_us, account
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS spell
  FROM begun
), accounts AS (
  SELECT organisation, network, src, spell, account, max(failed) AS failed, min(first_us) AS first_us, max(last_us) AS last_us,
         min(failed_id) AS failed_id, min(entered_id) AS entered_id, max(host) AS host
  FROM spells GROUP BY organisation, network, src, spell, account
), events AS (
  SELECT organisation, network, src, spell, entered_id AS event_id, 0 AS rank, first_us FROM accounts WHERE entered_id IS NOT NULL
  UNION ALL
  SELECT organisation, network, src, spell, failed_id, 1, first_us FROM accounts
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, src, spell ORDER BY rank, first_us, event_id) AS n FROM events
), shown AS (
  SELECT organisation, network, src, spell, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids
  FROM numbered GROUP BY organisation, network, src, spell
), told AS (
  SELECT organisation, network, src, spell, sum(failed) AS failed, count(*) AS accounts, count(entered_id) AS entered,
         min(first_us) AS first_us, max(last_us) AS last_us,
         min(last_us) FILTER (entered_id IS NOT NULL) AS entered_us, min(last_us) AS known_us,
         max(account) FILTER (entered_id IS NOT NULL) AS account, max(host) AS host, min(host) AS least_host
  FROM accounts GROUP BY organisation, network, src, spell
)
SELECT t.organisation, t.network, CASE WHEN t.entered = 0 THEN t.src WHEN t.host = t.least_host THEN t.host ELSE '' END AS host,
       CASE WHEN t.entered = 1 THEN t.account ELSE '' END AS "user", t.first_us, t.last_us,
       COALESCE(t.entered_us, t.known_us) AS opened_us, CAST(t.failed + t.entered AS BIGINT) AS count, s.event_ids, t.src,
       CAST(t.failed AS BIGINT) AS failed, t.accounts, (t.last_us - t.first_us) // 60000000 + 1 AS minutes,
       CASE WHEN t.entered > 0 THEN 'then it signed in to ' || CASE WHEN t.entered = 1 THEN t.account
                 ELSE CAST(t.entered AS VARCHAR) || ' of them' END || ', for the first time.'
            ELSE 'none of them was entered.' END AS told,
       CASE WHEN t.entered > 0 THEN 'high' ELSE 'medium' END AS level
FROM told AS t JOIN shown AS s
  ON s.organisation = t.organisation AND s.network = t.network AND s.src = t.src AND s.spell = t.spell
