-- title: A cloud account at work where it never signed in
-- level: medium
-- status: experimental
-- attack: T1550.001, T1528, T1606.002
-- tactics: lateral-movement, credential-access
-- about: Who signs in to Microsoft 365, Azure or Okta gets a token, and works with it from where he signed in. An account that worked from a
--   network from which no sign-in of it is known used a token that was stolen, forged, or given to an application. This is said only where
--   the organisation's own logs show that nearly all work is preceded by a sign-in from the same network.
-- threshold: min_calls = 5 calls: from there on one day: our judgement; one may be a preview in a chat
-- threshold: min_accounts = 10 accounts: must have signed in at all in these logs, else the sign-in logs are not there
-- threshold: covered = 0.95 of work: (account, network and day) must have its sign-in, else telephones roam or logs are missing, and nothing is said
-- threshold: shared = 0.1 of accounts: that work from one network: it is a service of the provider or the organisation's own way out
-- threshold: many = 3 accounts: from one such network make it high
-- novelty: a place of work
-- against: A telephone abroad, or on another network than the one where it signed in. A new application that works in the user's name.
-- misses: Tokens used through a relay near the owner, and organisations whose people work from everywhere with old tokens.
-- misses: Access keys of AWS and Google Cloud: there is no sign-in before their use.
-- tested: No real activity with its sign-ins was at hand. AWS CloudTrail attack set: not assessed, rightly.
-- lookback: 24 h
-- evidence: api_activity: actor_user_name, src_endpoint_ip, api_operation, resource_name, http_request_user_agent
-- finding: {accounts} accounts worked from {src} ({count} calls), from where none of them ever signed in; {share} of the organisation's work follows a sign-in from the same network.
-- next: Ask the person. End the sessions of the accounts, and look at which application the token was given to and what it read.
-- keys: src_ip AS ip
-- reference: https://attack.mitre.org/techniques/T1550/001/
WITH calls AS (
  SELECT organisation, network, lower(actor_user_name) AS account, lower(src_endpoint_ip) AS src_ip, time_us // 86400000000 AS day,
         count(*) AS n, min(time_us) AS first_us, max(time_us) AS last_us, min(event_id) AS event_id
  FROM api_activity
  WHERE cloud_provider IN ('Microsoft 365', 'Azure', 'Okta') AND contains(actor_user_name, '@') AND src_endpoint_ip IS NOT NULL
    AND COALESCE(status, 'Success') = 'Success' AND api_operation NOT IN ('UserLoggedIn', 'UserLoginFailed')
  GROUP BY organisation, network, lower(actor_user_name), lower(src_endpoint_ip), time_us // 86400000000
), work AS (
  SELECT c.organisation, c.network, c.account, c.src_ip, regexp_replace(c.src_ip, '[.][0-9]+$', '') AS src_network, c.day, c.n,
         c.first_us, c.last_us, c.event_id
  FROM calls AS c JOIN address_facts AS f ON f.ip = c.src_ip AND f.scope = 'public'
), signed AS (
  SELECT organisation, lower(user_name) AS account, regexp_replace(lower(src_endpoint_ip), '[.][0-9]+$', '') AS src_network
  FROM authentication
  WHERE status = 'Success' AND activity_name IN ('Logon', 'MFA') AND contains(user_name, '@') AND src_endpoint_ip IS NOT NULL
  UNION
  SELECT organisation, "user", regexp_replace(src_ip, '[.][0-9]+$', '')
  FROM user_days WHERE outcome = 'Success' AND activity IN ('Logon', 'MFA') AND contains("user", '@') AND src_ip NOT IN ('', '*')
), judged AS (
  SELECT w.organisation, w.network, w.account, w.src_ip, w.src_network, w.day, w.n, w.first_us, w.last_us, w.event_id,
         s.account IS NOT NULL AS known
  FROM work AS w LEFT JOIN signed AS s
    ON s.organisation = w.organisation AND s.account = w.account AND s.src_network = w.src_network
), crowd AS (
  SELECT organisation, count(DISTINCT account) AS accounts FROM judged GROUP BY organisation
), exits AS (
  SELECT j.organisation, j.src_network
  FROM judged AS j JOIN crowd AS c ON c.organisation = j.organisation
  GROUP BY j.organisation, j.src_network, c.accounts
  HAVING count(DISTINCT j.account) > 1 AND count(DISTINCT j.account) >= $shared * c.accounts
), trusted AS (
  SELECT organisation, count(DISTINCT account) FILTER (known) AS accounts, count(*) FILTER (known) AS covered, count(*) AS total
  FROM judged GROUP BY organisation
), odd AS (
  SELECT j.organisation, j.network, j.account, j.src_ip, j.n, j.first_us, j.last_us, j.event_id, t.covered, t.total
  FROM judged AS j
  JOIN trusted AS t ON t.organisation = j.organisation AND t.accounts >= $min_accounts AND t.covered >= $covered * t.total
  LEFT JOIN exits AS e ON e.organisation = j.organisation AND e.src_network = j.src_network
  WHERE NOT j.known AND j.n >= $min_calls AND e.src_network IS NULL
), members AS (
  SELECT organisation, network, src_ip, account, sum(n) AS n, min(first_us) AS first_us, max(last_us) AS last_us,
         min(event_id) AS event_id, max(covered) AS covered, max(total) AS total
  FROM odd GROUP BY organisation, network, src_ip, account
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, src_ip ORDER BY first_us, account) AS place FROM members
)
SELECT organisation, network, '' AS host, CASE WHEN count(*) = 1 THEN max(account) ELSE '' END AS "user",
       min(first_us) AS first_us, max(last_us) AS last_us, min(first_us) AS opened_us, CAST(sum(n) AS BIGINT) AS count,
       string_agg(event_id, ' ' ORDER BY place) FILTER (place <= 10) AS event_ids, src_ip, src_ip AS src, count(*) AS accounts,
       CAST(100 * max(covered) // max(total) AS VARCHAR) || ' %' AS share,
       CASE WHEN count(*) >= $many THEN 'high' ELSE 'medium' END AS level
FROM numbered
GROUP BY organisation, network, src_ip
