-- title: Password spraying from ever new networks
-- level: medium
-- status: test
-- attack: T1110.003, T1090.003
-- tactics: credential-access
-- about: Many accounts were refused again hours later from another network, and neither network is one from which the account ever signed in.
--   People who forgot a password try again within minutes from where they are; whoever hires thousands of home addresses tries each account slowly, from a new one each time.
-- threshold: window = 24 h: sprays that alliance members saw were spread over a day; an account counts once in it
-- threshold: min_accounts = 20 accounts: as in `password-spray`: MITRE ATT&CK T1110.003 describes tens to thousands
-- threshold: max_tries = 3 tries: an account a window; common lockout policies begin at five (CIS Benchmarks: five or fewer)
-- threshold: pause = 1 h: between two tries; people try again within minutes, and counters of wrong tries are reset after 15 to 60 minutes
--   (Microsoft's security baseline: 10 or 15), which is what slow sprays wait for
-- against: A change after which old telephones fail with their old password, each from where it is. They try more than three times a day.
-- against: A sign-in service that refused right passwords for hours, on a day when many people were on the way.
-- misses: Each account tried once only, or always from one network. Sprays of fewer than twenty accounts a day.
-- misses: Logs that name neither the account nor the address of a refused sign-in, as IIS does for forms of Outlook on the web: the Security log of that server names both (4625, type 8).
-- misses: Whether one of the accounts was entered: networks change, so a success cannot be tied to the spray. The beginning of a log, when no network is known as an account's own.
-- tested: EVTX-to-MITRE-ATT&CK, OTRF Security Datasets, AWS CloudTrail attack set and loghub OpenSSH (docs/detection.md): nothing. No spray of this kind is recorded there.
-- lookback: 24 h
-- evidence: authentication: user_name, src_endpoint_ip, status_detail, service_name, http_request_user_agent, device_hostname
-- finding: {accounts} accounts were refused again after hours from another network, in {span}: {count} tries from {sources} addresses, none from a network of these accounts.
-- next: Look for sign-ins of these accounts from networks they never used before, in the days after. End such sessions and reset the passwords.
-- next: Ask for a second factor everywhere, and close sign-in ways that know none. Block weak passwords; addresses are not worth blocking.
-- reference: https://attack.mitre.org/techniques/T1110/003/
WITH failures AS (
  SELECT organisation, network, lower(user_name) AS account, src_endpoint_ip AS src_ip,
         CASE WHEN src_endpoint_ip LIKE '%.%.%.%'
              THEN split_part(src_endpoint_ip, '.', 1) || '.' || split_part(src_endpoint_ip, '.', 2) || '.'
                   || split_part(src_endpoint_ip, '.', 3)
              ELSE src_endpoint_ip END AS src_network, time_us, event_id
  FROM authentication
  WHERE status = 'Failure' AND user_name IS NOT NULL AND src_endpoint_ip IS NOT NULL AND activity_name <> 'Logoff'
), own AS (
  SELECT DISTINCT organisation, network, "user" AS account,
         CASE WHEN src_ip LIKE '%.%.%.%'
              THEN split_part(src_ip, '.', 1) || '.' || split_part(src_ip, '.', 2) || '.' || split_part(src_ip, '.', 3)
              ELSE src_ip END AS src_network
  FROM user_days
  WHERE outcome = 'Success' AND src_ip <> '' AND "user" IN (SELECT account FROM failures)
), foreign_tries AS (
  SELECT f.organisation, f.network, f.account, f.src_ip, f.src_network, f.time_us, f.event_id,
         lag(f.src_network) OVER w AS network_before, lag(f.time_us) OVER w AS us_before, lag(f.event_id) OVER w AS id_before,
         CASE WHEN f.time_us - lag(f.time_us, $max_tries) OVER w <= $window THEN 1 ELSE 0 END AS many
  FROM failures AS f
  JOIN address_facts AS a ON a.ip = f.src_ip AND a.scope = 'public'
  LEFT JOIN own AS o ON o.organisation = f.organisation AND o.network = f.network AND o.account = f.account AND o.src_network = f.src_network
  WHERE o.account IS NULL
  WINDOW w AS (PARTITION BY f.organisation, f.network, f.account ORDER BY f.time_us, f.event_id)
), quiet AS (
  SELECT *, max(many) OVER (PARTITION BY organisation, network, account ORDER BY time_us, event_id
                            ROWS BETWEEN CURRENT ROW AND $max_tries FOLLOWING) AS too_many
  FROM foreign_tries
), again AS (
  SELECT *, lag(time_us) OVER (PARTITION BY organisation, network, account ORDER BY time_us, event_id) AS struck_before
  FROM quiet
  WHERE src_network <> network_before AND time_us - us_before BETWEEN $pause AND $window AND too_many = 0
), struck AS (
  SELECT *, lag(time_us, $min_accounts - 1) OVER (PARTITION BY organisation, network ORDER BY time_us, account) AS before
  FROM again
  WHERE COALESCE(time_us - struck_before > $window, true)
), reached AS (
  SELECT organisation, network, time_us, before,
         CASE WHEN before <= lag(time_us) OVER (PARTITION BY organisation, network ORDER BY time_us) THEN 0 ELSE 1 END AS anew
  FROM struck
  WHERE time_us - before <= $window
), numbered AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network ORDER BY time_us) AS spell
  FROM reached
), spells AS (
  SELECT organisation, network, spell, min(before) AS first_us, min(time_us) AS opened_us, max(time_us) AS last_us
  FROM numbered
  GROUP BY organisation, network, spell
), members AS (
  SELECT p.organisation, p.network, p.spell, p.opened_us, s.account, min(s.us_before) AS first_us, max(s.time_us) AS last_us,
         min(s.event_id) AS event_id, min(s.id_before) AS id_before
  FROM spells AS p
  JOIN struck AS s ON s.organisation = p.organisation AND s.network = p.network AND s.time_us BETWEEN p.first_us AND p.last_us
  GROUP BY p.organisation, p.network, p.spell, p.opened_us, s.account
), tries AS (
  SELECT m.organisation, m.network, m.spell, count(*) AS count, count(DISTINCT f.src_ip) AS sources
  FROM members AS m
  JOIN foreign_tries AS f ON f.organisation = m.organisation AND f.network = m.network AND f.account = m.account
                         AND f.time_us BETWEEN m.first_us AND m.last_us
  GROUP BY m.organisation, m.network, m.spell
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, spell ORDER BY last_us, account) AS rank
  FROM members
)
SELECT r.organisation, r.network, '' AS host, '' AS "user", min(r.first_us) AS first_us, max(r.last_us) AS last_us, min(r.opened_us) AS opened_us,
       CAST(max(t.count) AS BIGINT) AS count,
       string_agg(r.id_before || ' ' || r.event_id, ' ' ORDER BY r.rank) FILTER (r.rank <= 5) AS event_ids,
       'medium' AS level, count(*) AS accounts, CAST(max(t.sources) AS BIGINT) AS sources,
       CAST(1 + (max(r.last_us) - min(r.first_us)) // 3600000000 AS VARCHAR) || ' hours' AS span
FROM ranked AS r
JOIN tries AS t ON t.organisation = r.organisation AND t.network = r.network AND t.spell = r.spell
GROUP BY r.organisation, r.network, r.spell
