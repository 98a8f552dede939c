-- title: An account that was in two countries at once
-- level: medium
-- status: experimental
-- attack: T1078.004, T1078
-- tactics: initial-access
-- about: An account signed in, and soon after from a country in which it had never signed in before, sooner than anybody can travel.
--   Somebody else has its password or its session, or it went through a private relay. Where neither the facts about addresses nor the
--   log say where an address is, this is not assessed.
-- threshold: speed = 1000 km/h: an airliner flies about 900
-- threshold: far = 500 km: our judgement; the place of an address is often off by the size of a small country
-- threshold: soon = 1 h: where only countries are known: our judgement, as nobody flies that fast from home to home; borders can be crossed on foot
-- threshold: shared = 5 accounts: and a tenth of all that sign in from one address: it is the organisation's own way out and says nothing about where people are
-- threshold: slot = 10 min: sign-ins are counted in slots of this length, only to be fewer
-- against: Relays that people use on their own (VPN, Apple's private relay), telephones abroad whose data go home, people at a border.
-- against: Wrong places in the facts about addresses.
-- misses: Sign-ins from the account's own country, where residential relays are chosen for that, and from countries where the account was before.
-- misses: The first sign-in that the long memory holds of an account.
-- tested: No real sign-ins of people with places were at hand. AWS CloudTrail attack set: two sign-ins, nothing.
-- lookback: 24 h
-- evidence: authentication: user_name, src_endpoint_ip, src_endpoint_location, service_name, is_mfa, http_request_user_agent
-- finding: {account} signed in from {place} {minutes} minutes after {place_before}{how}; it had never signed in from there.
-- next: Ask the person. If it was not him, end the sessions, reset the password and look at mailbox rules and new devices.
-- keys: src_ip AS ip
-- reference: https://attack.mitre.org/techniques/T1078/004/
WITH signed AS (
  SELECT organisation, network, table_name, lower(user_name) AS account, lower(src_endpoint_ip) AS src_ip,
         CASE WHEN table_name <> 'aws_cloudtrail' THEN max(lower(src_endpoint_location)) END AS location,
         time_us // $slot AS slot, min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS n, min(event_id) AS event_id
  FROM authentication
  WHERE status = 'Success' AND activity_name = 'Logon' AND user_name IS NOT NULL AND src_endpoint_ip IS NOT NULL
  GROUP BY organisation, network, table_name, lower(user_name), lower(src_endpoint_ip), time_us // $slot
), crowd AS (
  SELECT organisation, count(DISTINCT account) AS accounts FROM signed GROUP BY organisation
), exits AS (
  SELECT s.organisation, s.src_ip
  FROM signed AS s JOIN crowd AS c ON c.organisation = s.organisation
  GROUP BY s.organisation, s.src_ip, c.accounts
  HAVING count(DISTINCT s.account) >= $shared AND count(DISTINCT s.account) * 10 >= c.accounts
), placed AS (
  SELECT s.organisation, s.network, s.table_name, s.account, s.src_ip, COALESCE(lower(f.country), s.location) AS place,
         f.latitude, f.longitude, s.first_us, s.last_us, s.n, s.event_id
  FROM signed AS s
  JOIN address_facts AS f ON f.ip = s.src_ip AND f.scope = 'public'
  LEFT JOIN exits AS e ON e.organisation = s.organisation AND e.src_ip = s.src_ip
  WHERE e.src_ip IS NULL AND COALESCE(lower(f.country), s.location) IS NOT NULL
), ordered AS (
  SELECT *, lag(place) OVER w AS place_before, lag(last_us) OVER w AS us_before, lag(event_id) OVER w AS id_before,
         lag(latitude) OVER w AS latitude_before, lag(longitude) OVER w AS longitude_before
  FROM placed
  WINDOW w AS (PARTITION BY organisation, network, table_name, account ORDER BY first_us, last_us, src_ip)
), known AS (
  SELECT organisation, network, table_name, account, place, min(first_us) AS since_us
  FROM placed GROUP BY organisation, network, table_name, account, place
), remembered AS (
  SELECT u.organisation, u.network, u."user" AS account, COALESCE(lower(f.country), lower(u.location)) AS place
  FROM user_days AS u CROSS JOIN period AS p LEFT JOIN address_facts AS f ON f.ip = u.src_ip
  WHERE u.outcome = 'Success' AND u.activity <> 'Call' AND u.first_us < p.first_us
  GROUP BY u.organisation, u.network, u."user", COALESCE(lower(f.country), lower(u.location))
), jumps AS (
  SELECT o.organisation, o.network, o.account, o.src_ip, o.place, o.place_before, o.us_before, o.first_us, o.last_us, o.n,
         o.event_id, o.id_before, greatest(o.first_us - o.us_before, 0) AS pause_us,
         CASE WHEN o.latitude IS NOT NULL AND o.latitude_before IS NOT NULL
              THEN 12742 * asin(sqrt(least(1.0,
                     power(sin(radians(o.latitude - o.latitude_before) / 2), 2)
                     + cos(radians(o.latitude)) * cos(radians(o.latitude_before))
                       * power(sin(radians(o.longitude - o.longitude_before) / 2), 2)))) END AS km
  FROM ordered AS o
  JOIN known AS k ON k.organisation = o.organisation AND k.network = o.network AND k.table_name = o.table_name
                 AND k.account = o.account AND k.place = o.place AND k.since_us = o.first_us
  LEFT JOIN remembered AS r ON r.organisation = o.organisation AND r.network = o.network AND r.account = o.account AND r.place = o.place
  WHERE o.place <> o.place_before AND r.place IS NULL
), found AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, account, first_us // 86400000000 ORDER BY first_us, src_ip) AS n_day
  FROM jumps
  WHERE CASE WHEN km IS NULL THEN pause_us < $soon
             ELSE km >= $far AND km * 3600000000 > $speed * pause_us END
)
SELECT organisation, network, '' AS host, account AS "user", us_before AS first_us, last_us, first_us AS opened_us,
       CAST(n + 1 AS BIGINT) AS count, event_id || ' ' || id_before AS event_ids, account, src_ip, upper(place) AS place,
       upper(place_before) AS place_before, pause_us // 60000000 AS minutes,
       COALESCE(', ' || CAST(CAST(round(km / 10) AS BIGINT) * 10 AS VARCHAR) || ' km away', '') AS how
FROM found WHERE n_day = 1
