-- title: Mail read in bulk
-- level: medium
-- status: test
-- attack: T1114.002
-- tactics: collection
-- about: An account or an address reads far more mail in a day than it ever did, or than its peers do. Microsoft 365's audit log counts
--   messages (MailItemsAccessed), a web server's log counts the answers of Outlook on the web and of Exchange Web Services.
-- threshold: min_items = 1_000 messages: in a day; Microsoft throttles the record MailItemsAccessed at 1,000 in 24 hours and says that under one percent of mailboxes get there
-- threshold: min_mailboxes = 10 mailboxes: of others that one account reads in a day; a secretary has a few (our judgement)
-- threshold: min_bytes = 500_000_000 bytes: answers in a day to one address; a day of reading mail in a browser takes some tens of millions (our judgement)
-- threshold: min_requests = 5_000 requests: in a day, where the log has no bytes (IIS does not write them by default); our judgement
-- threshold: growth = 5 times: the busiest day before, or what all but five percent of the peers do; twice or three times is a day after holidays (our judgement)
-- threshold: history = 7 d: of its own before that counts; for what is newer than the logs of a week, the peers do
-- threshold: min_peers = 10 accounts: or addresses, before peers count
-- threshold: habit_days = 3 days: earlier ones, and at least half of those since the account or address began, with as much within `growth`: then it is
--   routine before a week is over, such as a synchronisation that was set up on Monday. A thief who comes back the next day is none. Our judgement
-- threshold: fresh = 1 d: an address that the account used no longer than this before is new, and so is an account that began no longer before
-- against: A migration, archive, synchronisation or backup that begins, or a new computer's mail program: each reads everything once.
-- against: A gateway or a reverse proxy stands for many people: its own history is as large, so it passes.
-- misses: Slow reading that stays below its own history, anything in the first week of logs, new accounts in a house of fewer than ten, reading by MAPI and ActiveSync.
-- misses: Messages after Microsoft began to throttle the record: then the true number is larger.
-- tested: Zeek and Suricata recordings (86,341 HTTP requests): nothing, rightly; none of them is of a mail server.
--   Real audit logs or web logs of a mail server over weeks were not at hand.
-- lookback: 24 h
-- evidence: api_activity: api_operation, api_operation_count, actor_user_name, resource_name, src_endpoint_ip, http_request_user_agent
-- evidence: http_activity: http_request_http_method, http_request_url_path, src_endpoint_ip, actor_user_name, http_response_length, http_request_user_agent
-- finding: {who} read {amount} in a day ({times} times {against}){others}.
-- next: Ask the account's owner. If it was not they: end its sessions, reset its password, look for other accounts from the same address.
-- next: List the messages that were read (InternetMessageId in the audit records): that is what was lost.
-- keys: account AS account, src_ip AS ip
WITH reads AS (
  SELECT organisation, network, event_id, time_us, time_us // 86400000000 AS day, lower(actor_user_name) AS account, src_endpoint_ip AS src_ip,
         lower(COALESCE(resource_name, '')) AS mailbox, COALESCE(api_operation_count, 1) AS items
  FROM api_activity
  WHERE api_operation = 'MailItemsAccessed' AND actor_user_name IS NOT NULL AND COALESCE(status, 'Success') = 'Success'
), account_days AS (
  SELECT organisation, network, account, day, count(*) AS n, CAST(sum(items) AS BIGINT) AS items, max(src_ip) AS src_ip,
         count(DISTINCT mailbox) FILTER (mailbox <> account AND mailbox <> '') AS mailboxes
  FROM reads GROUP BY organisation, network, account, day
), account_ranks AS (
  SELECT organisation, network, day, n, row_number() OVER (PARTITION BY organisation, network, day ORDER BY n DESC) AS place,
         count(*) OVER (PARTITION BY organisation, network, day) AS peers
  FROM account_days
), account_peers AS (
  SELECT organisation, network, day, max(peers) AS peers, max(n) FILTER (place > (peers + 19) // 20) AS usual
  FROM account_ranks GROUP BY organisation, network, day
), heavy AS (
  SELECT organisation, network, account, day, n, items, src_ip, mailboxes
  FROM account_days WHERE items >= $min_items OR mailboxes >= $min_mailboxes
), calls AS (
  SELECT u.organisation, u.network, u."user" AS account, u.day, CAST(sum(u.n) AS BIGINT) // max(u.days) AS n, min(u.first_us) AS first_us
  FROM user_days AS u JOIN (SELECT DISTINCT organisation, network, account FROM heavy) AS h
    ON h.organisation = u.organisation AND h.network = u.network AND h.account = u."user"
  WHERE u.activity = 'Call'
  GROUP BY u.organisation, u.network, u."user", u.day
), account_past AS (
  SELECT h.organisation, h.network, h.account, h.day, max(c.n) AS busiest, min(c.first_us) AS first_us
  FROM heavy AS h JOIN calls AS c
    ON c.organisation = h.organisation AND c.network = h.network AND c.account = h.account AND c.day < h.day
  GROUP BY h.organisation, h.network, h.account, h.day
), account_habit AS (
  SELECT h.organisation, h.network, h.account, h.day
  FROM heavy AS h JOIN calls AS c
    ON c.organisation = h.organisation AND c.network = h.network AND c.account = h.account AND c.day < h.day
  GROUP BY h.organisation, h.network, h.account, h.day, h.n
  HAVING count(*) FILTER (c.n * $growth > h.n) >= $habit_days AND 2 * count(*) FILTER (c.n * $growth > h.n) >= h.day - min(c.day)
), watched AS (
  SELECT organisation, network, min(first_us) AS first_us FROM user_days WHERE activity = 'Call' GROUP BY organisation, network
), places AS (
  SELECT organisation, network, "user" AS account, src_ip, min(first_us) AS first_us
  FROM user_days WHERE src_ip <> '' GROUP BY organisation, network, "user", src_ip
), begun AS (
  SELECT u.organisation, u.network, u."user" AS account, min(u.first_us) AS first_us
  FROM user_days AS u JOIN (SELECT DISTINCT organisation, network, account FROM heavy) AS h
    ON h.organisation = u.organisation AND h.network = u.network AND h.account = u."user"
  GROUP BY u.organisation, u.network, u."user"
), strange AS (
  SELECT r.organisation, r.network, r.account, r.day, count(DISTINCT r.src_ip) AS addresses
  FROM reads AS r
  JOIN heavy AS h ON h.organisation = r.organisation AND h.network = r.network AND h.account = r.account AND h.day = r.day
  JOIN places AS p ON p.organisation = r.organisation AND p.network = r.network AND p.account = r.account AND p.src_ip = r.src_ip
  WHERE p.first_us >= r.day * 86400000000 - $fresh
  GROUP BY r.organisation, r.network, r.account, r.day
), account_found AS (
  SELECT h.organisation, h.network, h.account, h.day, h.n, h.items, h.src_ip, h.mailboxes, COALESCE(s.addresses, 0) AS addresses,
         COALESCE(a.first_us <= h.day * 86400000000 - $history, false) AS own,
         COALESCE(g.first_us >= h.day * 86400000000 - $fresh, false) AS newcomer,
         CASE WHEN a.first_us <= h.day * 86400000000 - $history THEN a.busiest
              WHEN w.first_us <= h.day * 86400000000 - $history AND p.peers > $min_peers THEN p.usual END AS usual
  FROM heavy AS h
  LEFT JOIN account_past AS a ON a.organisation = h.organisation AND a.network = h.network AND a.account = h.account AND a.day = h.day
  LEFT JOIN account_peers AS p ON p.organisation = h.organisation AND p.network = h.network AND p.day = h.day
  JOIN watched AS w ON w.organisation = h.organisation AND w.network = h.network
  LEFT JOIN strange AS s ON s.organisation = h.organisation AND s.network = h.network AND s.account = h.account AND s.day = h.day
  LEFT JOIN begun AS g ON g.organisation = h.organisation AND g.network = h.network AND g.account = h.account
  LEFT JOIN account_habit AS b ON b.organisation = h.organisation AND b.network = h.network AND b.account = h.account AND b.day = h.day
  WHERE b.account IS NULL
), account_kept AS (
  SELECT organisation, network, account, day, n, items, src_ip, mailboxes, addresses, own, newcomer, usual
  FROM account_found WHERE n >= $growth * usual
), summed AS (
  SELECT r.organisation, r.network, r.account, r.event_id, r.time_us,
         sum(r.items) OVER (PARTITION BY r.organisation, r.network, r.account, r.day ORDER BY r.time_us, r.event_id) AS so_far,
         row_number() OVER (PARTITION BY r.organisation, r.network, r.account ORDER BY r.items DESC, r.time_us, r.event_id) AS n
  FROM reads AS r JOIN account_kept AS k
    ON k.organisation = r.organisation AND k.network = r.network AND k.account = r.account AND k.day = r.day
), account_proof AS (
  SELECT organisation, network, account, min(time_us) AS first_us, max(time_us) AS last_us, min(time_us) FILTER (so_far >= $min_items) AS opened_us,
         string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids
  FROM summed GROUP BY organisation, network, account
), client_days AS (
  SELECT u.organisation, u.network, u.site, u.client, u.day, CAST(sum(u.n) AS BIGINT) // max(u.days) AS n,
         CAST(sum(u.bytes) AS BIGINT) // max(u.days) AS bytes, min(u.first_us) AS first_us
  FROM uri_days AS u
  WHERE u.client NOT IN ('', '*') AND (starts_with(u.path, '/ews/') OR starts_with(u.path, '/owa/')) AND u.status_class IN (0, 2)
  GROUP BY u.organisation, u.network, u.site, u.client, u.day
), busy AS (
  SELECT c.organisation, c.network, c.site, c.client, c.day, c.n, c.bytes
  FROM client_days AS c CROSS JOIN period AS p
  WHERE c.day >= p.first_us // 86400000000 AND (c.bytes >= $min_bytes OR (c.bytes = 0 AND c.n >= $min_requests))
), client_past AS (
  SELECT b.organisation, b.network, b.site, b.client, b.day, max(c.n) AS most, max(c.bytes) AS most_bytes, min(c.first_us) AS first_us
  FROM busy AS b JOIN client_days AS c
    ON c.organisation = b.organisation AND c.network = b.network AND c.site = b.site AND c.client = b.client AND c.day < b.day
  GROUP BY b.organisation, b.network, b.site, b.client, b.day
), client_habit AS (
  SELECT b.organisation, b.network, b.site, b.client, b.day
  FROM busy AS b JOIN client_days AS c
    ON c.organisation = b.organisation AND c.network = b.network AND c.site = b.site AND c.client = b.client AND c.day < b.day
  GROUP BY b.organisation, b.network, b.site, b.client, b.day, b.n, b.bytes
  HAVING count(*) FILTER (CASE WHEN b.bytes > 0 THEN c.bytes * $growth > b.bytes ELSE c.n * $growth > b.n END) >= $habit_days
     AND 2 * count(*) FILTER (CASE WHEN b.bytes > 0 THEN c.bytes * $growth > b.bytes ELSE c.n * $growth > b.n END) >= b.day - min(c.day)
), client_best AS (
  SELECT organisation, network, site, client, max(n) AS n, max(bytes) AS bytes, min(first_us) AS first_us
  FROM client_days GROUP BY organisation, network, site, client
), client_ranks AS (
  SELECT organisation, network, site, n, bytes, first_us, count(*) OVER (PARTITION BY organisation, network, site) AS peers,
         row_number() OVER (PARTITION BY organisation, network, site ORDER BY n DESC) AS place,
         row_number() OVER (PARTITION BY organisation, network, site ORDER BY bytes DESC) AS place_bytes
  FROM client_best
), client_peers AS (
  SELECT organisation, network, site, max(peers) AS peers, max(n) FILTER (place > (peers + 19) // 20) AS most,
         max(bytes) FILTER (place_bytes > (peers + 19) // 20) AS most_bytes, min(first_us) AS first_us
  FROM client_ranks GROUP BY organisation, network, site
), client_found AS (
  SELECT b.organisation, b.network, b.site, b.client, b.day, b.n, b.bytes,
         COALESCE(a.first_us <= b.day * 86400000000 - $history, false) AS own,
         CASE WHEN a.first_us <= b.day * 86400000000 - $history THEN CASE WHEN b.bytes > 0 THEN a.most_bytes ELSE a.most END
              WHEN p.first_us <= b.day * 86400000000 - $history AND p.peers > $min_peers
              THEN CASE WHEN b.bytes > 0 THEN p.most_bytes ELSE p.most END END AS usual
  FROM busy AS b
  LEFT JOIN client_past AS a
    ON a.organisation = b.organisation AND a.network = b.network AND a.site = b.site AND a.client = b.client AND a.day = b.day
  LEFT JOIN client_peers AS p ON p.organisation = b.organisation AND p.network = b.network AND p.site = b.site
  LEFT JOIN client_habit AS h
    ON h.organisation = b.organisation AND h.network = b.network AND h.site = b.site AND h.client = b.client AND h.day = b.day
  WHERE h.client IS NULL
), client_kept AS (
  SELECT organisation, network, site, client, day, n, bytes, own, usual
  FROM client_found WHERE CASE WHEN bytes > 0 THEN bytes ELSE n END >= $growth * usual
), asked AS (
  SELECT h.organisation, h.network, k.client, k.day, h.event_id, h.time_us, lower(h.actor_user_name) AS account,
         sum(COALESCE(h.http_response_length, 0)) OVER (PARTITION BY h.organisation, h.network, k.client, k.day ORDER BY h.time_us, h.event_id) AS bytes,
         row_number() OVER (PARTITION BY h.organisation, h.network, k.client, k.day ORDER BY h.time_us, h.event_id) AS requests,
         row_number() OVER (PARTITION BY h.organisation, h.network, k.client ORDER BY h.http_response_length DESC, h.time_us, h.event_id) AS n
  FROM http_activity AS h
  JOIN (SELECT DISTINCT organisation, network, client, day FROM client_kept) AS k
    ON k.organisation = h.organisation AND k.network = h.network AND k.client = replace(lower(h.src_endpoint_ip), '::ffff:', '')
   AND k.day = h.time_us // 86400000000
  WHERE h.http_request_http_method = 'POST'
    AND (starts_with(lower(h.http_request_url_path), '/ews/') OR starts_with(lower(h.http_request_url_path), '/owa/'))
), client_proof AS (
  SELECT organisation, network, client, min(time_us) AS first_us, max(time_us) AS last_us, count(DISTINCT account) AS accounts, max(account) AS account,
         min(time_us) FILTER (bytes >= $min_bytes OR requests >= $min_requests) AS opened_us,
         string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids
  FROM asked GROUP BY organisation, network, client
)
SELECT k.organisation, k.network, '' AS host, k.account AS "user", min(p.first_us) AS first_us, max(p.last_us) AS last_us,
       min(COALESCE(p.opened_us, p.last_us)) AS opened_us, CAST(sum(k.n) AS BIGINT) AS count, min(p.event_ids) AS event_ids,
       CASE WHEN max(k.mailboxes) >= $min_mailboxes OR max(k.addresses) > 0 THEN 'high' ELSE 'medium' END AS level,
       k.account AS who, k.account, max(k.src_ip) AS src_ip, CAST(max(k.items) AS VARCHAR) || ' messages' AS amount,
       max(k.n // GREATEST(k.usual, 1)) AS times,
       CASE WHEN bool_or(k.own) THEN 'its busiest day before' ELSE 'what its peers do' END AS against,
       CASE WHEN max(k.mailboxes) > 0 THEN ', in ' || CAST(max(k.mailboxes) AS VARCHAR) || ' mailboxes of others' ELSE '' END
       || CASE WHEN bool_or(k.newcomer) THEN ', and was never seen before'
               WHEN max(k.addresses) > 0 THEN ', from an address that is new to it' ELSE '' END AS others
FROM account_kept AS k JOIN account_proof AS p ON p.organisation = k.organisation AND p.network = k.network AND p.account = k.account
GROUP BY k.organisation, k.network, k.account
UNION ALL
SELECT k.organisation, k.network, k.site, COALESCE(CASE WHEN max(p.accounts) = 1 THEN max(p.account) END, ''), min(p.first_us), max(p.last_us),
       min(COALESCE(p.opened_us, p.last_us)), CAST(sum(k.n) AS BIGINT), min(p.event_ids), 'medium',
       k.client, '', k.client,
       CASE WHEN max(k.bytes) > 0 THEN CAST(max(k.bytes) // 1000000 AS VARCHAR) || ' MB of mail' ELSE CAST(max(k.n) AS VARCHAR) || ' answers of the mail server' END,
       max(CASE WHEN k.bytes > 0 THEN k.bytes ELSE k.n END // GREATEST(k.usual, 1)),
       CASE WHEN bool_or(k.own) THEN 'its busiest day before' ELSE 'what its peers do' END,
       CASE WHEN max(p.accounts) > 0 THEN ', as ' || CAST(max(p.accounts) AS VARCHAR) || ' accounts' ELSE '' END
FROM client_kept AS k JOIN client_proof AS p ON p.organisation = k.organisation AND p.network = k.network AND p.client = k.client
GROUP BY k.organisation, k.network, k.site, k.client
