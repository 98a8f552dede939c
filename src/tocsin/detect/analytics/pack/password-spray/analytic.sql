-- title: Password spraying
-- level: medium
-- status: test
-- attack: T1110.003
-- tactics: credential-access
-- about: Many accounts were tried with few passwords each, from addresses that hardly ever sign in with success.
--   No account is locked that way, and one weak password is enough. A success among them makes the finding high; names that
--   do not exist here, tried from the internet, make it low: such lists are tried everywhere.
-- threshold: window = 24 h: sprays that alliance members saw were spread over a day
-- threshold: step = 12 h: windows overlap by half, so that midnight hides nothing
-- threshold: min_accounts = 20 accounts: MITRE ATT&CK T1110.003 describes tens to thousands; below twenty, mistakes of people look alike
-- threshold: max_tries = 3 tries: an account a window; common lockout policies begin at five (CIS Benchmarks: five or fewer)
-- threshold: max_success = 0.1 of accounts: people sign in with success from where they are, shared gateways too; a spraying network does not
-- threshold: recent = 7 d: before these events, in which sign-ins with success make a network somebody's as well: people sign in in the morning and mistype all day
-- threshold: min_per_network = 3 accounts: one person's phone with an old password fails for one account, a household's for two
-- threshold: unknown = 0.9 of accounts: that the log itself calls unknown (sshd: invalid user; Windows 0xc0000064; Entra 50034): a spray knows its names,
--   lists of the internet have test and oracle (our judgement)
-- against: A gateway that hides many people behind one address looks like this when its directory is down; then nobody signs in from it.
-- against: Internet-facing SSH sees such lists of names all day. Restrict who can reach it.
-- misses: Sprays that use a new network for every account or two (residential proxies): `distributed-spray` looks for those.
-- misses: Sprays of fewer than twenty accounts a day, and logs that name no source address for any sign-in.
-- tested: EVTX-to-MITRE-ATT&CK (281 recordings, 10,015 events): the one recorded spray of 48 accounts is found, nothing else.
-- tested: loghub OpenSSH and Linux (4,000 events of internet-facing servers): one finding, low: 50 accounts tried from 7 addresses, 46 of them unknown there.
-- tested: AWS CloudTrail attack set (2,900 events): nothing, rightly.
-- lookback: 24 h
-- evidence: authentication: user_name, src_endpoint_ip, status, status_detail, device_hostname
-- finding: {count} sign-ins failed for {accounts} accounts ({unknown} of them unknown here), at most {tries} for each, from {sources} addresses; {entered} of these accounts signed in from such an address.
-- next: Ask the accounts that signed in what they did, reset their passwords and end their sessions. Block the addresses.
-- next: Look for other sign-ins from the same networks.
-- keys: src_ip AS ip
WITH tries AS (
  SELECT organisation, network, time_us // $step AS step, COALESCE(src_endpoint_ip, '') AS src_ip,
         CASE WHEN src_endpoint_ip LIKE '%.%.%.%'
              THEN split_part(src_endpoint_ip, '.', 1) || '.' || split_part(src_endpoint_ip, '.', 2) || '.'
                   || split_part(src_endpoint_ip, '.', 3)
              ELSE COALESCE(src_endpoint_ip, '') END AS src_network,
         lower(user_name) AS account,
         count(*) FILTER (status = 'Failure') AS failed, count(*) FILTER (status = 'Success') AS entered,
         count(*) FILTER (status = 'Failure' AND regexp_matches(lower(status_detail), 'invalid user|unknown user|no such user|not ?found|does not exist|0xc0000064|^0x6$')) AS strange,
         min(time_us) AS first_us, max(time_us) AS last_us,
         min(event_id) FILTER (status = 'Failure') AS failed_id, min(event_id) FILTER (status = 'Success') AS entered_id
  FROM authentication
  WHERE status IN ('Failure', 'Success') AND user_name IS NOT NULL AND activity_name <> 'Logoff'
  GROUP BY organisation, network, time_us // $step, COALESCE(src_endpoint_ip, ''), src_network, lower(user_name)
), windowed AS (
  SELECT organisation, network, step AS bucket, src_ip, src_network, account, failed, entered, strange, first_us, last_us, failed_id, entered_id
  FROM tries
  UNION ALL
  SELECT organisation, network, step - 1, src_ip, src_network, account, failed, entered, strange, first_us, last_us, failed_id, entered_id
  FROM tries
), candidates AS (
  SELECT organisation, network, bucket, src_network, count(DISTINCT account) AS accounts
  FROM windowed
  GROUP BY organisation, network, bucket, src_network
  HAVING count(DISTINCT account) FILTER (entered > 0) <= $max_success * count(DISTINCT account)
     AND count(DISTINCT account) FILTER (failed > 0) >= $min_per_network
), inhabited AS (
  SELECT c.organisation, c.network, c.bucket, c.src_network, count(DISTINCT u."user") AS people
  FROM candidates AS c
  JOIN user_days AS u
    ON u.organisation = c.organisation AND u.network = c.network
   AND CASE WHEN u.src_ip LIKE '%.%.%.%'
            THEN split_part(u.src_ip, '.', 1) || '.' || split_part(u.src_ip, '.', 2) || '.' || split_part(u.src_ip, '.', 3)
            ELSE u.src_ip END = c.src_network
   AND u.last_us >= c.bucket * $step - $recent AND u.first_us <= c.bucket * $step + $window
  WHERE u.outcome = 'Success' AND u.activity <> 'Call'
  GROUP BY c.organisation, c.network, c.bucket, c.src_network
), sources AS (
  SELECT c.organisation, c.network, c.bucket, c.src_network
  FROM candidates AS c
  LEFT JOIN inhabited AS i
    ON i.organisation = c.organisation AND i.network = c.network AND i.bucket = c.bucket AND i.src_network = c.src_network
  WHERE COALESCE(i.people, 0) <= $max_success * c.accounts
), accounts AS (
  SELECT w.organisation, w.network, w.bucket, w.account, sum(w.failed) AS failed, sum(w.entered) AS entered, sum(w.strange) AS strange,
         min(w.first_us) AS first_us, max(w.last_us) AS last_us, min(w.failed_id) AS failed_id,
         min(w.entered_id) AS entered_id, min(w.src_ip) AS src_ip
  FROM windowed AS w JOIN sources AS s
    ON s.organisation = w.organisation AND s.network = w.network AND s.bucket = w.bucket AND s.src_network = w.src_network
  GROUP BY w.organisation, w.network, w.bucket, w.account
  HAVING sum(w.failed) BETWEEN 1 AND $max_tries
), struck AS (
  SELECT organisation, network, bucket
  FROM accounts GROUP BY organisation, network, bucket HAVING count(*) >= $min_accounts
), begun AS (
  SELECT organisation, network, bucket,
         CASE WHEN bucket - lag(bucket) OVER (PARTITION BY organisation, network ORDER BY bucket) <= $window // $step
              THEN 0 ELSE 1 END AS anew
  FROM struck
), spells AS (
  SELECT organisation, network, bucket,
         sum(anew) OVER (PARTITION BY organisation, network ORDER BY bucket) AS spell
  FROM begun
), members AS (
  SELECT a.organisation, a.network, p.spell, a.account, max(a.failed) AS failed, max(a.entered) AS entered, max(a.strange) AS strange,
         min(a.first_us) AS first_us, max(a.last_us) AS last_us, min(a.failed_id) AS failed_id,
         min(a.entered_id) AS entered_id, min(a.src_ip) AS src_ip
  FROM accounts AS a JOIN spells AS p
    ON p.organisation = a.organisation AND p.network = a.network AND p.bucket = a.bucket
  GROUP BY a.organisation, a.network, p.spell, a.account
), numbered AS (
  SELECT organisation, network, spell, account, failed, entered, strange, first_us, last_us, src_ip,
         COALESCE(entered_id, failed_id) AS event_id,
         row_number() OVER (PARTITION BY organisation, network, spell ORDER BY first_us, account) AS n,
         row_number() OVER (PARTITION BY organisation, network, spell
                            ORDER BY CASE WHEN entered > 0 THEN 0 ELSE 1 END, first_us, account) AS telling
  FROM members
), addresses AS (
  SELECT t.organisation, t.network, m.spell, count(DISTINCT t.src_ip) AS sources
  FROM tries AS t JOIN members AS m
    ON m.organisation = t.organisation AND m.network = t.network AND m.account = t.account
   AND t.first_us >= m.first_us AND t.last_us <= m.last_us AND t.failed > 0
  GROUP BY t.organisation, t.network, m.spell
)
SELECT n.organisation, n.network, '' AS host,
       CASE WHEN count(*) FILTER (n.entered > 0) = 1 THEN max(n.account) FILTER (n.entered > 0) ELSE '' END AS "user",
       min(n.first_us) AS first_us, max(n.last_us) AS last_us,
       min(n.first_us) FILTER (n.n = $min_accounts) AS opened_us,
       CAST(sum(n.failed) AS BIGINT) AS count,
       string_agg(n.event_id, ' ' ORDER BY n.telling) FILTER (n.telling <= 10) AS event_ids,
       CASE WHEN count(*) FILTER (n.entered > 0) > 0 THEN 'high'
            WHEN count(*) FILTER (n.strange > 0 AND f.scope = 'public') >= $unknown * count(*) THEN 'low' ELSE 'medium' END AS level,
       count(*) AS accounts, CAST(max(n.failed) AS BIGINT) AS tries, max(d.sources) AS sources,
       count(*) FILTER (n.entered > 0) AS entered, min(n.src_ip) AS src_ip,
       count(*) FILTER (n.strange > 0) AS unknown
FROM numbered AS n JOIN addresses AS d
  ON d.organisation = n.organisation AND d.network = n.network AND d.spell = n.spell
LEFT JOIN address_facts AS f ON f.ip = n.src_ip
GROUP BY n.organisation, n.network, n.spell
