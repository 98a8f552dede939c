-- title: Password spraying
-- level: medium
-- status: experimental
-- attack: T1110.003
-- tactics: credential-access
-- about: Many accounts were tried with few passwords each, so that no account is locked.
--   One of them with a weak password is enough.
-- threshold: window = 24 h: the spray that our users saw spread over a day (issue 4)
-- threshold: min_accounts = 20 accounts: fewer failing accounts a day are forgotten passwords
-- threshold: max_tries = 3 tries: below common lockout policies
-- against: A service whose stored password expired fails for one account, not for many.
-- misses: Sprays slower than a day.
-- lookback: 24 h
-- evidence: authentication: user_name, src_endpoint_ip, status, status_detail
-- finding: {count} sign-ins failed for {accounts} accounts, at most {tries} for each, from {sources} addresses.
-- keys: src_ip AS ip
WITH tried AS (
  SELECT organisation, network, time_us // $window AS bucket, lower(user_name) AS account, count(*) AS tries,
         min(time_us) AS first_us, max(time_us) AS last_us, min(event_id) AS event_id,
         min(src_endpoint_ip) AS src_ip
  FROM authentication
  WHERE status = 'Failure' AND user_name IS NOT NULL
  GROUP BY organisation, network, time_us // $window, lower(user_name)
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, bucket ORDER BY first_us, account) AS n
  FROM tried WHERE tries <= $max_tries
)
SELECT organisation, network, '' AS host, '' AS "user", min(first_us) AS first_us, max(last_us) AS last_us,
       min(first_us) FILTER (n = $min_accounts) AS opened_us, CAST(sum(tries) AS BIGINT) AS count,
       string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
       count(*) AS accounts, max(tries) AS tries, count(DISTINCT src_ip) AS sources, min(src_ip) AS src_ip
FROM numbered GROUP BY organisation, network, bucket HAVING count(*) >= $min_accounts
