-- title: Password spraying
-- level: medium
-- status: test
-- attack: T1110.003
-- tactics: credential-access
-- about: Many accounts were tried with few passwords each, from addresses that hardly ever sign in with success.
--   No account is locked that way, and one weak password is enough. A success among them makes the finding high; names that hardly
--   anybody here has make it low: the internet tries such lists everywhere.
-- threshold: window = 24 h: sprays that alliance members saw were spread over a day
-- threshold: step = 12 h: windows overlap by half, so that midnight hides nothing
-- threshold: min_accounts = 20 accounts: MITRE ATT&CK T1110.003 describes tens to thousands; below twenty, mistakes of people look alike
-- threshold: max_tries = 3 tries: an account a window; common lockout policies begin at five (CIS Benchmarks: five or fewer)
-- threshold: max_success = 0.1 of accounts: people sign in with success from where they are, shared gateways too; a spraying network does not
-- threshold: recent = 7 d: before these events, in which sign-ins with success make a network somebody's as well: people sign in in the morning and mistype all day
-- threshold: min_per_network = 3 accounts: one person's phone with an old password fails for one account, a household's for two
-- threshold: min_known = 0.1 of accounts: had signed in here with success at any time; a spray needs names of people, lists of the internet have root, test and oracle
-- threshold: memory = 20 accounts: that signed in at all, before unknown names mean anything
-- against: A gateway that hides many people behind one address looks like this when its directory is down; then nobody signs in from it.
-- against: Internet-facing SSH sees such lists of names all day. Restrict who can reach it.
-- misses: Sprays that use a new network for every account or two (residential proxies): `distributed-spray` looks for those.
-- misses: Sprays of fewer than twenty accounts a day, and logs that name no source address for any sign-in.
-- tested: EVTX-to-MITRE-ATT&CK (281 recordings, 10,015 events): the one recorded spray of 48 accounts is found, nothing else.
-- tested: loghub OpenSSH and Linux (4,000 events of internet-facing servers): one finding, 50 accounts tried from 7 addresses.
-- tested: AWS CloudTrail attack set (2,900 events): nothing, rightly.
-- lookback: 24 h
-- evidence: authentication: user_name, src_endpoint_ip, status, status_detail, device_hostname
-- finding: {count} sign-ins failed for {accounts} accounts ({known} known here), at most {tries} for each, from {sources} addresses; {entered} of these accounts signed in from such an address.
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
         min(time_us) AS first_us, max(time_us) AS last_us,
         min(event_id) FILTER (status = 'Failure') AS failed_id, min(event_id) FILTER (status = 'Success') AS entered_id
  FROM authentication
  WHERE status IN ('Failure', 'Success') AND user_name IS NOT NULL AND activity_name <> 'Logoff'
  GROUP BY organisation, network, time_us // $step, COALESCE(src_endpoint_ip, ''), src_network, lower(user_name)
), windowed AS (
  SELECT organisation, network, step AS bucket, src_ip, src_network, account, failed, entered, first_us, last_us, failed_id, entered_id
  FROM tries
  UNION ALL
  SELECT organisation, network, step - 1, src_ip, src_network, account, failed, entered, first_us, last_us, failed_id, entered_id
  FROM tries
), inhabited AS (
  SELECT u.organisation, u.network,
         CASE WHEN u.src_ip LIKE '%.%.%.%'
              THEN split_part(u.src_ip, '.', 1) || '.' || split_part(u.src_ip, '.', 2) || '.' || split_part(u.src_ip, '.', 3)
              ELSE u.src_ip END AS src_network, count(DISTINCT u."user") AS people
  FROM user_days AS u CROSS JOIN period AS p
  WHERE u.outcome = 'Success' AND u.activity <> 'Call' AND u.last_us >= p.first_us - $recent
  GROUP BY u.organisation, u.network, src_network
), sources AS (
  SELECT w.organisation, w.network, w.bucket, w.src_network
  FROM windowed AS w
  LEFT JOIN inhabited AS i ON i.organisation = w.organisation AND i.network = w.network AND i.src_network = w.src_network
  GROUP BY w.organisation, w.network, w.bucket, w.src_network
  HAVING count(DISTINCT w.account) FILTER (w.entered > 0) <= $max_success * count(DISTINCT w.account)
     AND COALESCE(max(i.people), 0) <= $max_success * count(DISTINCT w.account)
     AND count(DISTINCT w.account) FILTER (w.failed > 0) >= $min_per_network
), accounts AS (
  SELECT w.organisation, w.network, w.bucket, w.account, sum(w.failed) AS failed, sum(w.entered) AS entered,
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
  SELECT a.organisation, a.network, p.spell, a.account, max(a.failed) AS failed, max(a.entered) AS entered,
         min(a.first_us) AS first_us, max(a.last_us) AS last_us, min(a.failed_id) AS failed_id,
         min(a.entered_id) AS entered_id, min(a.src_ip) AS src_ip
  FROM accounts AS a JOIN spells AS p
    ON p.organisation = a.organisation AND p.network = a.network AND p.bucket = a.bucket
  GROUP BY a.organisation, a.network, p.spell, a.account
), numbered AS (
  SELECT organisation, network, spell, account, failed, entered, first_us, last_us, src_ip,
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
), known AS (
  SELECT DISTINCT organisation, split_part("user", '@', 1) AS name FROM user_days WHERE outcome = 'Success' AND activity <> 'Call'
), crowd AS (
  SELECT organisation, count(*) AS names FROM known GROUP BY organisation
)
SELECT n.organisation, n.network, '' AS host,
       CASE WHEN count(*) FILTER (n.entered > 0) = 1 THEN max(n.account) FILTER (n.entered > 0) ELSE '' END AS "user",
       min(n.first_us) AS first_us, max(n.last_us) AS last_us,
       min(n.first_us) FILTER (n.n = $min_accounts) AS opened_us,
       CAST(sum(n.failed) AS BIGINT) AS count,
       string_agg(n.event_id, ' ' ORDER BY n.telling) FILTER (n.telling <= 10) AS event_ids,
       CASE WHEN count(*) FILTER (n.entered > 0) > 0 THEN 'high'
            WHEN max(c.names) >= $memory AND count(k.name) < $min_known * count(*) THEN 'low' ELSE 'medium' END AS level,
       count(*) AS accounts, CAST(max(n.failed) AS BIGINT) AS tries, max(d.sources) AS sources,
       count(*) FILTER (n.entered > 0) AS entered, min(n.src_ip) AS src_ip,
       count(k.name) AS known
FROM numbered AS n JOIN addresses AS d
  ON d.organisation = n.organisation AND d.network = n.network AND d.spell = n.spell
LEFT JOIN known AS k ON k.organisation = n.organisation AND k.name = split_part(n.account, '@', 1)
LEFT JOIN crowd AS c ON c.organisation = n.organisation
GROUP BY n.organisation, n.network, n.spell
