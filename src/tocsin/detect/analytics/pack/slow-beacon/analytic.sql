-- title: The same few calls day after day to a rare outside address
-- level: medium
-- status: test
-- attack: T1071.001, T1071, T1029, T1573
-- tactics: command-and-control, exfiltration
-- about: For days, a computer has called the same outside address or domain equally often, around the clock, and hardly anybody
--   else here knows it. This reads the long memory: it sees what is too slow for the day's own logs.
-- threshold: min_days = 5 days: around the clock; our judgement, longer than a long weekend
-- threshold: span = 21 d: within which these days lie; what has been known for longer before them is an old acquaintance
-- threshold: day_share = 0.8 of the days: between the first and the last of them; a day of the network's or the sensor's may fail
-- threshold: day_length = 14 h: from the first to the last call of a day; a day at work is shorter
-- threshold: min_calls = 3 calls: a day, which is a call every eight hours
-- threshold: max_calls = 1_440 calls: a day, one a minute; `beacon` sees in hours what is faster
-- threshold: same_count = 0.35 of the median: or one call; six calls a day with a jitter of 20 % give five to seven
-- threshold: same_share = 0.8 of the days: whose count is the same
-- threshold: same_size = 0.5 of the median: bytes out a call; our judgement
-- threshold: few = 3 computers: that know the destination; our judgement
-- threshold: learned = 3 d: of memory before its first contact, and a destination counts as new; our judgement, a weekend long
-- threshold: told = 1 a day: the most even of each day and network
-- threshold: told_unproven = 1 destination: of those that were there when the memory began
-- novelty: an outside address or domain
-- against: A sensor, licence program or mail poller of one computer. It calls as evenly; where the memory is long it is an old acquaintance, and silent.
-- against: Where the memory does not reach back before the first call, what is called evenly is mostly a service that was always there: low.
-- misses: What began more than six weeks before the end of logs that are scanned all at once.
-- misses: Computers that are switched off at night. Destinations that more than three computers know.
-- misses: Pairs that the long memory folds away: of one network it keeps 250,000 a day, first those that few know.
-- misses: Addresses that change with every call, unless their domain stays.
-- tested: No public recording at hand lasts five days: its captures and tests only. RITA's `missing_host` (three days, 105,918 connections) and all recordings named in `beacon`: nothing told.
-- tested: Ten million events of a made-up network: 0.3 s of processor time, none told.
-- lookback: 0 h
-- evidence: network_activity: src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, traffic_bytes_out, traffic_bytes_in
-- evidence: tls_activity: src_endpoint_ip, tls_sni, dst_endpoint_ip
-- evidence: http_activity: src_endpoint_ip, http_request_url_hostname, http_request_http_method, http_request_url_path
-- finding: {host} has called {destination}{novelty} on {days} of {spread} days, about {calls} times a day around the clock; computers here that know it: {clients}.
-- next: Ask what program on the computer does this, and since when. Block the destination if nobody knows it.
-- keys: name AS domain, dst AS ip
WITH long_days AS (
  SELECT d.organisation, d.network, d.src, '' AS name, d.dst, d.dst_port AS port, d.protocol, d.day, d.n, d.first_us,
         d.last_us, d.bytes_out
  FROM pair_days AS d CROSS JOIN period AS p
  WHERE d.days = 1 AND d.day >= (p.last_us - $span) // 86400000000 AND d.n BETWEEN $min_calls AND $max_calls
    AND d.last_us - d.first_us >= $day_length AND d.protocol IN ('tcp', 'udp')
    AND NOT (d.protocol = 'udp' AND d.dst_port IN (53, 123)) AND d.dst <> '*'
  UNION ALL
  SELECT d.organisation, d.network, d.client AS src, d.domain AS name, '' AS dst, 0 AS port, 'name' AS protocol, d.day,
         d.handshakes + d.requests AS n, d.first_us, d.last_us, 0 AS bytes_out
  FROM domain_days AS d CROSS JOIN period AS p
  WHERE d.days = 1 AND d.day >= (p.last_us - $span) // 86400000000
    AND d.handshakes + d.requests BETWEEN $min_calls AND $max_calls AND d.last_us - d.first_us >= $day_length
    AND contains(d.domain, '.') AND NOT regexp_matches(d.domain, '^[0-9.]+$')
), pairs AS (
  SELECT l.organisation, l.network, l.src, l.name, l.dst, l.port, l.protocol, count(*) AS days,
         max(l.day) - min(l.day) + 1 AS spread
  FROM long_days AS l GROUP BY l.organisation, l.network, l.src, l.name, l.dst, l.port, l.protocol
  HAVING count(*) >= $min_days AND count(*) >= $day_share * (max(l.day) - min(l.day) + 1)
), outside AS (
  SELECT a.*, row_number() OVER (ORDER BY a.organisation, a.network, a.src, a.name, a.dst, a.port, a.protocol) AS pair,
         COALESCE(s.scope, '') AS src_scope
  FROM pairs AS a LEFT JOIN address_facts AS s ON s.ip = a.src LEFT JOIN address_facts AS d ON d.ip = a.dst
  WHERE a.name <> '' OR d.scope = 'public'
), remembered AS (
  SELECT o.pair, min(d.first_us) AS known_us, count(DISTINCT d.src) AS clients
  FROM pair_days AS d JOIN outside AS o ON o.organisation = d.organisation AND o.network = d.network AND o.dst = d.dst
  WHERE o.name = '' GROUP BY o.pair
  UNION ALL
  SELECT o.pair, min(d.first_us) AS known_us, count(DISTINCT d.client) AS clients
  FROM domain_days AS d
  JOIN outside AS o ON o.organisation = d.organisation AND o.network = d.network AND o.name = d.domain
  WHERE o.name <> '' GROUP BY o.pair
), rare AS (
  SELECT o.*, m.known_us, m.clients FROM outside AS o JOIN remembered AS m ON m.pair = o.pair
  WHERE m.clients <= $few AND o.src_scope = 'private'
), ordered AS (
  SELECT r.pair, l.day, l.n AS calls, l.first_us, l.last_us, l.bytes_out // l.n AS bytes_out,
         row_number() OVER (PARTITION BY r.pair ORDER BY l.n, l.day) AS by_calls,
         row_number() OVER (PARTITION BY r.pair ORDER BY l.bytes_out // l.n, l.day) AS by_bytes,
         row_number() OVER (PARTITION BY r.pair ORDER BY l.day) AS nth, r.days
  FROM rare AS r JOIN long_days AS l
    ON l.organisation = r.organisation AND l.network = r.network AND l.src = r.src AND l.name = r.name AND l.dst = r.dst
   AND l.port = r.port AND l.protocol = r.protocol
), usual AS (
  SELECT pair, max(calls) FILTER (by_calls = (days + 1) // 2) AS calls,
         max(bytes_out) FILTER (by_bytes = (days + 1) // 2) AS bytes_out
  FROM ordered GROUP BY pair
), even AS (
  SELECT o.pair, max(u.calls) AS calls, CAST(sum(o.calls) AS BIGINT) AS count, min(o.first_us) AS first_us,
         max(o.last_us) AS last_us,
         max(o.last_us) FILTER (o.nth = $min_days) AS opened_us,
         avg(CASE WHEN abs(o.calls - u.calls) <= greatest(1, $same_count * u.calls) THEN 1 ELSE 0 END) AS same_count,
         avg(CASE WHEN abs(o.bytes_out - u.bytes_out) <= $same_size * u.bytes_out THEN 1 ELSE 0 END) AS same_size
  FROM ordered AS o JOIN usual AS u ON u.pair = o.pair GROUP BY o.pair
), told AS (
  SELECT r.*, e.calls, e.count, e.first_us, e.last_us, e.opened_us, e.same_count + e.same_size AS evenness,
         r.known_us >= p.history_first_us + $learned AS new
  FROM rare AS r JOIN even AS e ON e.pair = r.pair CROSS JOIN period AS p
  WHERE e.same_count >= $same_share AND e.same_size >= $same_share AND e.last_us >= p.first_us
    AND e.opened_us >= p.first_us
    AND e.first_us - $span <= CASE WHEN r.known_us >= p.history_first_us + $learned THEN r.known_us ELSE p.history_first_us END
), calls AS (
  SELECT b.pair, n.time_us, n.event_id, true AS outside
  FROM network_activity AS n JOIN told AS b
    ON b.organisation = n.organisation AND b.network = n.network AND b.src = lower(n.src_endpoint_ip)
   AND b.dst = lower(n.dst_endpoint_ip) AND b.port = n.dst_endpoint_port
  UNION ALL
  SELECT b.pair, t.time_us, t.event_id, COALESCE(f.scope, '') = 'public' AS outside
  FROM tls_activity AS t
  JOIN told AS b ON b.organisation = t.organisation AND b.network = t.network AND b.src = lower(t.src_endpoint_ip)
  LEFT JOIN address_facts AS f ON f.ip = t.dst_endpoint_ip
  WHERE b.name <> '' AND (lower(t.tls_sni) = b.name OR ends_with(lower(t.tls_sni), '.' || b.name))
  UNION ALL
  SELECT b.pair, h.time_us, h.event_id,
         COALESCE(f.scope, '') = 'public' OR COALESCE(h.http_request_http_method, '') = 'CONNECT'
           OR h.http_request_url_text IS NOT NULL AS outside
  FROM (
    SELECT organisation, network, time_us, event_id, lower(src_endpoint_ip) AS src, dst_endpoint_ip,
           lower(split_part(http_request_url_hostname, ':', 1)) AS name, http_request_http_method, http_request_url_text
    FROM http_activity
  ) AS h
  JOIN told AS b ON b.organisation = h.organisation AND b.network = h.network AND b.src = h.src
  LEFT JOIN address_facts AS f ON f.ip = h.dst_endpoint_ip
  WHERE b.name <> '' AND (h.name = b.name OR ends_with(h.name, '.' || b.name))
), confirmed AS (
  SELECT pair FROM calls GROUP BY pair HAVING bool_or(outside)
), once AS (
  SELECT *, row_number() OVER (
    PARTITION BY organisation, network, new, CASE WHEN new THEN opened_us // 86400000000 ELSE 0 END
    ORDER BY evenness DESC, days DESC, name DESC, src, dst, port) AS rank
  FROM told WHERE pair IN (SELECT pair FROM confirmed)
), best AS (
  SELECT * FROM once WHERE rank <= CASE WHEN new THEN $told ELSE $told_unproven END
), placed AS (
  SELECT pair, event_id, row_number() OVER (PARTITION BY pair ORDER BY time_us, event_id) AS n,
         count(*) OVER (PARTITION BY pair) AS calls
  FROM calls
  WHERE pair IN (SELECT pair FROM best)
), spread AS (
  SELECT pair, event_id, row_number() OVER (PARTITION BY pair ORDER BY n) AS n FROM placed
  WHERE (n - 1) % ((calls + 9) // 10) = 0
), events AS (
  SELECT pair, string_agg(event_id, ' ' ORDER BY n) AS event_ids FROM spread WHERE n <= 10 GROUP BY pair
)
SELECT b.organisation, b.network, b.src AS host, '' AS "user", b.first_us, b.last_us, b.opened_us, b.count,
       COALESCE(e.event_ids, '') AS event_ids,
       CASE WHEN b.name <> '' THEN b.name
            ELSE b.dst || ' port ' || CAST(b.port AS VARCHAR) || '/' || b.protocol END AS destination,
       CASE WHEN b.new THEN ', which is new here,' ELSE '' END AS novelty, b.days, b.spread, b.calls, b.clients,
       b.name, b.dst, CASE WHEN b.new THEN 'medium' ELSE 'low' END AS level
FROM best AS b LEFT JOIN events AS e ON e.pair = b.pair
