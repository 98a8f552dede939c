-- title: A mailbox is pulled from outside
-- level: medium
-- status: test
-- attack: T1114.002
-- tactics: collection
-- about: One account, or where the log names none one address on the internet, took far more from the own mail server in a day
--   than it ever did, or than others do. Whoever has a password or an export right copies whole mailboxes through the same
--   web pages and services that people read their mail with (OWA, EWS, MAPI, ActiveSync, IMAP).
-- threshold: min_bytes = 500_000_000 bytes: from the mail server a day; who reads mail stays far below, a mailbox holds gigabytes (our judgement)
-- threshold: min_requests = 10_000 requests: POST to the mail services a day, where no bytes are logged (IIS logs none unless told;
--   our judgement: one each nine seconds all day long)
-- threshold: own_factor = 5 times: the most of one remembered day of the same account or address (our judgement)
-- threshold: own_days = 3 d: days that are remembered of it; with fewer, others are the measure (our judgement)
-- threshold: peer_factor = 10 times: what nine of ten accounts or addresses from outside stay below that day (our judgement)
-- threshold: min_peers = 10 others: from outside that day; with fewer, nothing is said (our judgement)
-- threshold: min_history = 3 d: of memory before who is new is measured by others; else a service that was always there would be told
-- threshold: memory = 35 d: of which the most is taken: as long as rollups keep single days
-- threshold: max_accounts = 5 accounts: signed in from one address whose flows are judged; behind more is a gateway (our judgement)
-- against: A new computer or telephone that fetches its mailbox anew. Then it is the account's usual place, and it happens once.
-- against: A branch office behind one address, where the log names no account. Archiving and migration services outside.
-- misses: Pulls below half a gigabyte or 10,000 requests a day; pulls through a reverse proxy that hides the address and the account.
-- misses: Pulls from inside the network, and mail in the cloud: its audit logs have analytics of their own.
-- tested: rita-testdata, Stratosphere, slips-dataset, suricata-verify and the web server logs in windows/ (proxylogon): nothing. No real
--   log of a mail server over days was at hand, so its silence on a real one is not measured.
-- lookback: 24 h
-- evidence: http_activity: src_endpoint_ip, actor_user_name, http_request_http_method, http_request_url_path, http_response_length, http_request_user_agent
-- evidence: network_activity: src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, traffic_bytes_in, duration
-- finding: {who} took {megabytes} MB in {count} requests or connections from the mail server within a day, from {sources} addresses outside; {measure}.
-- next: Ask the owner. Look which mailboxes the account opened (impersonation and delegation rights), end its sessions, reset its password.
-- keys: client AS ip, account AS account
WITH pages AS (
  SELECT h.organisation, h.network, h.time_us, h.event_id, lower(h.src_endpoint_ip) AS client, lower(h.dst_endpoint_ip) AS server,
         lower(COALESCE(h.device_hostname, h.http_request_url_hostname, h.dst_endpoint_ip, '')) AS place,
         COALESCE(lower(split_part(NULLIF(NULLIF(h.actor_user_name, '-'), ''), chr(92), -1)), '') AS account, COALESCE(h.http_response_length, 0) AS came,
         CASE WHEN upper(h.http_request_http_method) = 'POST' THEN 1 ELSE 0 END AS posted
  FROM http_activity AS h
  JOIN address_facts AS a ON a.ip = h.src_endpoint_ip AND a.scope = 'public'
  WHERE regexp_matches(lower(h.http_request_url_path), '^/(owa|ews|mapi|rpc|microsoft-server-activesync|zimbra|service/soap|roundcube|webmail|sogo)(/|[?]|$)')
), servers AS (
  SELECT DISTINCT organisation, network, server FROM pages WHERE server IS NOT NULL
  UNION
  SELECT DISTINCT organisation, network, lower(dst_endpoint_ip) AS server FROM tls_activity
  WHERE regexp_matches(lower(tls_sni), '^(mail|owa|webmail|exchange|autodiscover|imap|zimbra)[0-9]*[.]')
), flows AS (
  SELECT f.organisation, f.network, f.time_us, f.event_id, lower(f.src_endpoint_ip) AS client, lower(f.dst_endpoint_ip) AS server,
         f.traffic_bytes_in AS came
  FROM network_activity AS f
  JOIN address_facts AS a ON a.ip = f.src_endpoint_ip AND a.scope = 'public'
  JOIN address_facts AS b ON b.ip = f.dst_endpoint_ip AND b.scope = 'private'
  LEFT JOIN servers AS s ON s.organisation = f.organisation AND s.network = f.network AND s.server = lower(f.dst_endpoint_ip)
  WHERE f.traffic_bytes_in > 0 AND (f.dst_endpoint_port IN (143, 993, 110, 995) OR (f.dst_endpoint_port = 443 AND s.server IS NOT NULL))
), gateways AS (
  SELECT organisation, network, client FROM pages
  GROUP BY organisation, network, client HAVING count(DISTINCT NULLIF(account, '')) > $max_accounts
), named AS (
  SELECT organisation, network, client, max(account) AS account FROM pages
  WHERE account <> '' GROUP BY organisation, network, client HAVING count(DISTINCT account) = 1
), taken AS (
  SELECT organisation, network, time_us // 86400000000 AS day, CASE WHEN account <> '' THEN account ELSE client END AS who, account,
         client, 0 AS wire, place AS server, count(*) AS n, sum(came) AS came, sum(posted) AS posted,
         min(time_us) AS first_us, max(time_us) AS last_us
  FROM pages GROUP BY organisation, network, time_us // 86400000000, account, client, place
  UNION ALL
  SELECT f.organisation, f.network, f.time_us // 86400000000 AS day, COALESCE(n.account, f.client) AS who, COALESCE(n.account, '') AS account,
         f.client, 1 AS wire, f.server, count(*) AS n, sum(f.came) AS came, 0 AS posted,
         min(f.time_us) AS first_us, max(f.time_us) AS last_us
  FROM flows AS f
  LEFT JOIN named AS n ON n.organisation = f.organisation AND n.network = f.network AND n.client = f.client
  LEFT JOIN gateways AS g ON g.organisation = f.organisation AND g.network = f.network AND g.client = f.client
  WHERE g.client IS NULL
  GROUP BY f.organisation, f.network, f.time_us // 86400000000, COALESCE(n.account, f.client), COALESCE(n.account, ''), f.client, f.server
), daily AS (
  SELECT organisation, network, day, who, max(account) AS account, arg_max(client, came) AS client, arg_max(server, came) AS server,
         count(DISTINCT client) AS sources, sum(n) AS n, sum(posted) AS posted,
         GREATEST(sum(CASE WHEN wire = 1 THEN came ELSE 0 END), sum(CASE WHEN wire = 0 THEN came ELSE 0 END)) AS came,
         min(first_us) AS first_us, max(last_us) AS last_us
  FROM taken GROUP BY organisation, network, day, who
), large AS (
  SELECT organisation, network, day, who, client FROM daily WHERE came >= $min_bytes OR posted >= $min_requests
), past AS (
  SELECT l.organisation, l.network, l.day, l.who, d.day AS earlier, 1 AS days, d.came, d.posted
  FROM large AS l JOIN daily AS d
    ON d.organisation = l.organisation AND d.network = l.network AND d.who = l.who AND d.day < l.day AND d.day >= l.day - $memory // 86400000000
  UNION ALL
  SELECT l.organisation, l.network, l.day, l.who, m.day AS earlier, max(m.days) AS days, sum(m.bytes_in) / max(m.days) AS came, 0 AS posted
  FROM large AS l JOIN pair_days AS m
    ON m.organisation = l.organisation AND m.network = l.network AND m.src = l.client
   AND m.last_us < l.day * 86400000000 AND m.first_us >= l.day * 86400000000 - $memory
  WHERE m.dst_port IN (143, 993, 110, 995, 443) AND l.who = l.client
  GROUP BY l.organisation, l.network, l.day, l.who, m.day
  UNION ALL
  SELECT l.organisation, l.network, l.day, l.who, u.day AS earlier, max(u.days) AS days, sum(u.bytes) / max(u.days) AS came,
         sum(u.n) / max(u.days) AS posted
  FROM large AS l JOIN uri_days AS u
    ON u.organisation = l.organisation AND u.network = l.network AND u.client = l.client
   AND u.last_us < l.day * 86400000000 AND u.first_us >= l.day * 86400000000 - $memory
  WHERE u.method = 'POST' AND l.who = l.client
    AND regexp_matches(u.path, '^/(owa|ews|mapi|rpc|microsoft-server-activesync|zimbra|service/soap|roundcube|webmail|sogo)(/|$)')
  GROUP BY l.organisation, l.network, l.day, l.who, u.day
), own AS (
  SELECT organisation, network, day, who, GREATEST(count(DISTINCT CASE WHEN days = 1 THEN earlier END), max(days)) AS days,
         max(came) AS came, max(posted) AS posted
  FROM past GROUP BY organisation, network, day, who
), ranked AS (
  SELECT organisation, network, day, who, came, posted,
         row_number() OVER (PARTITION BY organisation, network, day ORDER BY came, who) AS by_bytes,
         row_number() OVER (PARTITION BY organisation, network, day ORDER BY posted, who) AS by_posts,
         count(*) OVER (PARTITION BY organisation, network, day) AS people
  FROM daily
), peers AS (
  SELECT organisation, network, day, max(people) - 1 AS others,
         max(came) FILTER (10 * by_bytes <= 9 * people) AS came, max(posted) FILTER (10 * by_posts <= 9 * people) AS posted
  FROM ranked GROUP BY organisation, network, day
), judged AS (
  SELECT d.organisation, d.network, d.day, d.who, d.account, d.client, d.server, d.sources, d.n, d.came, d.posted, d.first_us, d.last_us,
         CASE WHEN COALESCE(o.days, 0) >= $own_days // 86400000000 THEN 1 ELSE 0 END AS known,
         COALESCE(o.came, 0) AS own_came, COALESCE(o.posted, 0) AS own_posted, p.others, p.came AS peer_came, p.posted AS peer_posted
  FROM daily AS d
  JOIN large AS l ON l.organisation = d.organisation AND l.network = d.network AND l.day = d.day AND l.who = d.who
  JOIN peers AS p ON p.organisation = d.organisation AND p.network = d.network AND p.day = d.day
  LEFT JOIN own AS o ON o.organisation = d.organisation AND o.network = d.network AND o.day = d.day AND o.who = d.who
), struck AS (
  SELECT organisation, network, day, who, account, client, server, sources, n, came, posted, judged.first_us, judged.last_us, known,
         own_came, own_posted, peer_came, peer_posted, row_number() OVER (PARTITION BY organisation, network, who ORDER BY day) AS nth
  FROM judged CROSS JOIN period AS p
  WHERE (known = 1 AND (came >= $min_bytes AND came >= $own_factor * own_came
                        OR posted >= $min_requests AND posted >= $own_factor * own_posted))
     OR (known = 0 AND others >= $min_peers AND judged.first_us - p.history_first_us >= $min_history
         AND (came >= $min_bytes AND came >= $peer_factor * peer_came
              OR posted >= $min_requests AND posted >= $peer_factor * peer_posted))
), events AS (
  SELECT p.organisation, p.network, CASE WHEN p.account <> '' THEN p.account ELSE p.client END AS who,
         p.time_us // 86400000000 AS day, p.event_id, p.came, p.time_us
  FROM pages AS p
  UNION ALL
  SELECT f.organisation, f.network, COALESCE(n.account, f.client) AS who, f.time_us // 86400000000 AS day, f.event_id, f.came, f.time_us
  FROM flows AS f LEFT JOIN named AS n ON n.organisation = f.organisation AND n.network = f.network AND n.client = f.client
), telling AS (
  SELECT e.organisation, e.network, e.who, e.day, e.event_id, e.time_us,
         row_number() OVER (PARTITION BY e.organisation, e.network, e.who, e.day ORDER BY e.came DESC, e.time_us, e.event_id) AS n,
         row_number() OVER (PARTITION BY e.organisation, e.network, e.who, e.day ORDER BY e.time_us, e.event_id) AS nth_event,
         sum(e.came) OVER (PARTITION BY e.organisation, e.network, e.who, e.day ORDER BY e.time_us, e.event_id
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far
  FROM events AS e JOIN struck AS s ON s.organisation = e.organisation AND s.network = e.network AND s.who = e.who AND s.day = e.day AND s.nth = 1
), shown AS (
  SELECT organisation, network, who, day, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
         min(time_us) FILTER (so_far >= $min_bytes OR nth_event >= $min_requests) AS opened_us
  FROM telling GROUP BY organisation, network, who, day
)
SELECT s.organisation, s.network, s.server AS host, s.account AS "user", s.first_us, s.last_us,
       COALESCE(e.opened_us, s.last_us) AS opened_us, CAST(s.n AS BIGINT) AS count, e.event_ids,
       s.who, s.account, s.client, s.sources, CAST(s.came // 1000000 AS BIGINT) AS megabytes,
       CASE WHEN s.known = 1
            THEN 'the most of a day before was ' || CAST(CAST(s.own_came AS BIGINT) // 1000000 AS VARCHAR) || ' MB and '
                 || CAST(CAST(s.own_posted AS BIGINT) AS VARCHAR) || ' requests'
            ELSE 'nine of ten others stayed below ' || CAST(s.peer_came // 1000000 AS VARCHAR) || ' MB and '
                 || CAST(CAST(s.peer_posted AS BIGINT) AS VARCHAR) || ' requests' END AS measure
FROM struck AS s JOIN shown AS e
  ON e.organisation = s.organisation AND e.network = s.network AND e.who = s.who AND e.day = s.day
WHERE s.nth = 1
