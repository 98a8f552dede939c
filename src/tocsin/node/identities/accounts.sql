-- title: Which names an account's identifier had
-- about: One row an identifier and name, with all names of the identifiers that are asked for or had a name that is. Windows writes SIDs, Entra writes object ids.

WITH said AS (
  SELECT organisation, network, user_uid, user_name, user_domain, time_us
  FROM authentication
  WHERE time_us BETWEEN $low_us AND $high_us AND status = 'Success' AND user_uid IS NOT NULL AND user_name IS NOT NULL
  UNION ALL
  SELECT organisation, network, user_uid, user_name, user_domain, time_us
  FROM account_change
  WHERE time_us BETWEEN $low_us AND $high_us AND user_uid IS NOT NULL AND user_name IS NOT NULL
), called AS (
  SELECT
    organisation,
    network,
    upper(user_uid) AS identifier,
    CASE WHEN contains(user_name, '@') THEN user_name ELSE concat(user_domain, chr(92), user_name) END AS name,
    lower(split_part(user_name, '@', 1)) AS bare,
    min(time_us) AS first_us,
    max(time_us) AS last_us
  FROM said
  WHERE (contains(user_name, '@') OR (user_domain IS NOT NULL AND user_domain NOT IN ('', '-')))
    AND NOT ends_with(user_name, '$')
    AND regexp_matches(upper(user_uid), '^(S-1-5-21-[0-9-]+|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12})$')
  GROUP BY organisation, network, identifier, name, bare
), wanted AS (
  SELECT DISTINCT identifier FROM called
  WHERE bare IN (SELECT value FROM asked_accounts) OR identifier IN (SELECT value FROM asked_identifiers)
)
SELECT organisation, network, identifier, name, first_us, last_us
FROM called
WHERE identifier IN (SELECT identifier FROM wanted)
ORDER BY last_us DESC, first_us, organisation, network, identifier, name
LIMIT $most
