-- title: Regular contact with a rare outside address
-- level: medium
-- status: test
-- attack: T1071.001, T1071, T1573, T1571, T1029
-- tactics: command-and-control, exfiltration
-- about: A computer calls the same outside address or name at regular times, with calls of the same size, hour after hour,
--   and hardly anybody else in the network knows that destination. Implants ask their master for orders like that.
-- threshold: min_contacts = 20 contacts: our judgement; with fewer, chance looks regular. Four hours over a week give 42
-- threshold: max_contacts = 86_400 contacts: once a second for a day; RITA calls more a strobe, and so does the analytic `strobe`
-- threshold: timing = 0.5 of the score: our judgement; regularity in time is what makes a beacon
-- threshold: size = 0.35 of the score: our judgement; on labelled recordings equal sizes tell machines from people best
-- threshold: persistence = 0.15 of the score: our judgement; most harmless programs are as persistent
-- threshold: min_score = 0.65: of 120 made-up beacons with a jitter of 20 % and lost calls the lowest has 0.79, of 120 random callers the highest 0.43 (benchmarks/beacons.py)
-- threshold: min_timing = 0.6: our judgement; 0 is what calls at random times have, 0.9 a jitter of 20 %
-- threshold: tolerance = 0.25 of the median interval: a jitter of 20 % keeps every interval inside
-- threshold: same_size = 0.1 of the median: our judgement; an order now and then is larger, the calls between are alike
-- threshold: chance = 0.32 of regularity: what calls at random times (a Poisson process) have; it counts as none
-- threshold: common = 0.1 of the computers: with which rarity is used up; our judgement
-- threshold: margin = 200 computers: added to a network's for rarity, so that two of twelve are not many; our judgement
-- threshold: no_size = 0.5 of size: where the log has no sizes, neither for nor against
-- threshold: max_share = 0.02 of the computers: RITA's threshold of a rare destination (prevalence_increase_threshold)
-- threshold: few = 3 computers: of small networks two percent is nobody
-- threshold: min_span = 12 h: a day at work, with its open pages and programs, ends sooner
-- threshold: short_span = 30 min: in a recording that is shorter than min_span, the time that the contact lasts at least
-- threshold: short_share = 0.8 of the recording: and the share of it that the contact lasts
-- threshold: known_for = 7 d: a destination that the network has known for longer than this is its custom; RITA's threshold of a new one (first_seen_increase_threshold)
-- threshold: learned = 3 d: of memory before its first contact, and a destination counts as new; our judgement, a weekend long
-- threshold: told = 1 a day: the best new destination of each day and network; more could not be looked into
-- threshold: told_unproven = 3 destinations: at most, one for each day that is read, of those that were there when the memory began
-- novelty: an outside address or domain
-- against: One computer's own program, such as a new sensor or a vendor's remote maintenance. It looks the same until somebody says what it is.
-- against: Monitoring, licence and update programs, telemetry and chat keep such hours. They reach destinations that many know or that have been known for long, and these are passed over.
-- against: Where the memory does not reach back before the first call, what is called regularly is mostly a service that was always there: low.
-- misses: Names and addresses that many computers use (cloud storage, chat, code hosting) as a dead drop.
-- misses: Contacts in random order of hours, or fewer than twenty in the period that is looked at.
-- misses: What began before the node's memory, where this is longer than a week.
-- tested: Stratosphere 001, 003, 008, each alone (2 malicious and 98 other outbound pairs): the njRAT of 001 is told (its times, which begin at 0, were moved to its day). Of the benign computer of 008 two are told in 28 hours (an antivirus push service, a Microsoft server): a lone computer without a memory has no rarity. The RAT of 003 called too seldom.
-- tested: The same pairs ranked (benchmarks/beacons.py): ROC-AUC 0.699 and average precision 0.516, RITA's formula 0.526 and 0.261. The weights were chosen with these recordings at hand, and two malicious pairs are few.
-- tested: Stratosphere 007 (an infected Raspberry Pi, a day): one of the sites that it calls every half an hour is told.
-- tested: RITA's own recordings: the C2 behind a proxy is told (397 calls in 27 h). Thirteen benign computers in a day: nothing told. A cloud server in three days: its package mirror is told. The caller that a README names comes from outside: first of 616 pairs by score (RITA: seventh), and not told.
-- tested: Thirteen further recordings of Stratosphere (slips, seconds to a day): nothing told; no beacon of twenty calls is known in them.
-- tested: Ten million events of a made-up network: 5 s of processor time, none told.
-- lookback: 7 d
-- evidence: network_activity: src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, traffic_bytes_out, traffic_bytes_in, status_detail
-- evidence: tls_activity: src_endpoint_ip, tls_sni, dst_endpoint_ip, tls_ja3_hash
-- evidence: http_activity: src_endpoint_ip, http_request_url_hostname, http_request_http_method, http_request_url_path, http_request_user_agent
-- finding: {source} contacted {destination}{novelty} {count} times within {lasting}, about every {every}; computers here that know it: {clients}{among} (score {score}).
-- next: Ask what program on the computer does this, and since when. Block the destination if nobody knows it.
-- keys: name AS domain, dst AS ip
WITH calls AS (
  SELECT organisation, network, src_endpoint_ip AS src, '' AS name, dst_endpoint_ip AS dst, dst_endpoint_port AS port,
         connection_info_protocol_name AS protocol, count(*) AS contacts, min(time_us) AS first_us,
         max(time_us) AS last_us
  FROM network_activity
  WHERE src_endpoint_ip IS NOT NULL AND dst_endpoint_ip IS NOT NULL AND connection_info_protocol_name IN ('tcp', 'udp')
    AND NOT (connection_info_protocol_name = 'udp' AND dst_endpoint_port IN (53, 123))
  GROUP BY ALL
), named AS (
  SELECT organisation, network, src_endpoint_ip AS src, tls_sni AS raw, dst_endpoint_ip AS dst, false AS proxied,
         count(*) AS contacts, min(time_us) AS first_us, max(time_us) AS last_us
  FROM tls_activity WHERE src_endpoint_ip IS NOT NULL AND contains(tls_sni, '.')
  GROUP BY ALL
  UNION ALL
  SELECT organisation, network, src_endpoint_ip AS src, http_request_url_hostname AS raw, dst_endpoint_ip AS dst,
         http_request_http_method = 'CONNECT' OR http_request_url_text IS NOT NULL AS proxied,
         count(*) AS contacts, min(time_us) AS first_us, max(time_us) AS last_us
  FROM http_activity WHERE src_endpoint_ip IS NOT NULL AND contains(http_request_url_hostname, '.')
  GROUP BY ALL
), known AS (
  SELECT organisation, network, src, '' AS name, dst, port, protocol, contacts, first_us, last_us, false AS proxied
  FROM calls
  UNION ALL
  SELECT organisation, network, src, lower(split_part(raw, ':', 1)) AS name, dst, 0 AS port, 'name' AS protocol,
         contacts, first_us, last_us, COALESCE(proxied, false) AS proxied
  FROM named
), pairs AS (
  SELECT organisation, network, src, name, CASE WHEN name = '' THEN dst ELSE '' END AS dst, port, protocol,
         max(dst) AS ip, bool_or(proxied) AS proxied, CAST(sum(contacts) AS BIGINT) AS contacts,
         min(first_us) AS first_us, max(last_us) AS last_us
  FROM known GROUP BY organisation, network, src, name, CASE WHEN name = '' THEN dst ELSE '' END, port, protocol
), computers AS (
  SELECT c.organisation, c.network, count(*) AS seen, count(*) FILTER (f.scope = 'private') AS own
  FROM (SELECT DISTINCT organisation, network, src FROM pairs) AS c LEFT JOIN address_facts AS f ON f.ip = c.src
  GROUP BY c.organisation, c.network
), busy AS (
  SELECT p.organisation, p.network, p.src, p.name, p.dst, p.port, p.protocol, COALESCE(s.scope, '') AS src_scope
  FROM pairs AS p LEFT JOIN address_facts AS s ON s.ip = p.src LEFT JOIN address_facts AS d ON d.ip = p.ip
  CROSS JOIN period AS t
  WHERE (p.last_us - p.first_us >= $min_span OR t.last_us - t.history_first_us < $min_span)
    AND p.contacts >= $min_contacts AND p.contacts <= $max_contacts * (1 + (p.last_us - p.first_us) // 86400000000)
    AND (p.proxied OR (d.scope = 'public' AND NOT regexp_matches(p.name, '^[0-9.]+$')))
), clients AS (
  SELECT p.organisation, p.network, p.name, p.dst, count(DISTINCT p.src) AS clients
  FROM pairs AS p JOIN (SELECT DISTINCT organisation, network, name, dst FROM busy) AS b
    ON b.organisation = p.organisation AND b.network = p.network AND b.name = p.name AND b.dst = p.dst
  GROUP BY p.organisation, p.network, p.name, p.dst
), peers AS (
  SELECT c.organisation, c.network, c.src, count(DISTINCT c.dst) AS peers
  FROM calls AS c JOIN (SELECT DISTINCT organisation, network, src FROM busy WHERE src_scope <> 'private') AS b
    ON b.organisation = c.organisation AND b.network = c.network AND b.src = c.src
  GROUP BY c.organisation, c.network, c.src
), candidates AS (
  SELECT b.organisation, b.network, b.src, b.name, b.dst, b.port, b.protocol, b.src_scope, t.clients,
         COALESCE(s.peers, 0) AS peers,
         CASE WHEN z.own > 0 THEN z.own ELSE z.seen END AS computers, z.own
  FROM busy AS b
  JOIN clients AS t ON t.organisation = b.organisation AND t.network = b.network AND t.name = b.name AND t.dst = b.dst
  JOIN computers AS z ON z.organisation = b.organisation AND z.network = b.network
  LEFT JOIN peers AS s ON s.organisation = b.organisation AND s.network = b.network AND s.src = b.src
  WHERE t.clients <= $few OR t.clients <= $max_share * z.own
), chosen AS (
  SELECT *, row_number() OVER (ORDER BY organisation, network, src, name, dst, port, protocol) AS pair FROM candidates
), web AS (
  SELECT c.pair, w.time_us, w.dst_endpoint_ip AS ip, w.event_id, w.connection_info_uid AS uid
  FROM tls_activity AS w JOIN chosen AS c
    ON c.organisation = w.organisation AND c.network = w.network AND c.src = w.src_endpoint_ip
   AND c.name = lower(split_part(w.tls_sni, ':', 1))
  WHERE c.name <> ''
  UNION ALL
  SELECT c.pair, w.time_us, w.dst_endpoint_ip AS ip, w.event_id, w.connection_info_uid AS uid
  FROM http_activity AS w JOIN chosen AS c
    ON c.organisation = w.organisation AND c.network = w.network AND c.src = w.src_endpoint_ip
   AND c.name = lower(split_part(w.http_request_url_hostname, ':', 1))
  WHERE c.name <> ''
), carried AS (
  SELECT connection_info_uid AS uid, max(COALESCE(traffic_bytes_out, 0)) AS bytes_out
  FROM network_activity
  WHERE connection_info_uid IN (SELECT uid FROM web)
  GROUP BY connection_info_uid
), contacts AS (
  SELECT c.pair, n.time_us // 1000000 AS second, min(n.time_us) AS time_us,
         max(COALESCE(n.traffic_bytes_out, 0)) AS bytes_out,
         bool_or(COALESCE(n.traffic_bytes_out, n.traffic_packets_out) IS NOT NULL) AS sized, min(n.event_id) AS event_id
  FROM network_activity AS n JOIN chosen AS c
    ON c.organisation = n.organisation AND c.network = n.network AND c.src = n.src_endpoint_ip
   AND c.dst = n.dst_endpoint_ip AND c.port = n.dst_endpoint_port AND c.protocol = n.connection_info_protocol_name
  WHERE c.name = ''
  GROUP BY c.pair, n.time_us // 1000000
  UNION ALL
  SELECT w.pair, w.time_us // 1000000 AS second, min(w.time_us) AS time_us, max(COALESCE(b.bytes_out, 0)) AS bytes_out,
         bool_or(b.uid IS NOT NULL) AS sized, min(w.event_id) AS event_id
  FROM web AS w LEFT JOIN carried AS b ON b.uid = w.uid
  GROUP BY w.pair, w.time_us // 1000000
), spaced AS (
  SELECT pair, time_us, bytes_out, sized, event_id,
         time_us - lag(time_us) OVER (PARTITION BY pair ORDER BY time_us) AS since
  FROM contacts
), long_gaps AS (
  SELECT pair, since, row_number() OVER (PARTITION BY pair ORDER BY since) AS n,
         count(*) OVER (PARTITION BY pair) AS gaps
  FROM spaced WHERE since IS NOT NULL
), bursts AS (
  SELECT pair, max(since) FILTER (n = (gaps * 9 + 9) // 10) // 10 AS burst FROM long_gaps GROUP BY pair
), beats AS (
  SELECT s.pair, s.time_us, s.bytes_out, s.sized, s.event_id,
         row_number() OVER (PARTITION BY s.pair ORDER BY s.time_us) AS n
  FROM spaced AS s JOIN bursts AS b ON b.pair = s.pair
  WHERE s.since IS NULL OR s.since >= b.burst
), steps AS (
  SELECT pair, 1 AS strides, time_us - lag(time_us, 1) OVER (PARTITION BY pair ORDER BY time_us) AS step FROM beats
  UNION ALL
  SELECT pair, 2 AS strides, time_us - lag(time_us, 2) OVER (PARTITION BY pair ORDER BY time_us) AS step FROM beats
), ordered AS (
  SELECT pair, strides, step, row_number() OVER (PARTITION BY pair, strides ORDER BY step) AS n,
         count(*) OVER (PARTITION BY pair, strides) AS steps
  FROM steps WHERE step IS NOT NULL
), quartiles AS (
  SELECT pair, strides, max(step) FILTER (n = (steps + 3) // 4) AS low,
         max(step) FILTER (n = (steps + 1) // 2) AS middle,
         max(step) FILTER (n = (3 * steps + 3) // 4) AS high
  FROM ordered GROUP BY pair, strides
), regular AS (
  SELECT o.pair, o.strides, max(q.middle) AS middle,
         0.5 * avg(CASE WHEN abs(o.step - q.middle * least(3, greatest(1, (2 * o.step + q.middle) // (2 * q.middle))))
                             <= $tolerance * q.middle THEN 1 ELSE 0 END)
         + 0.5 * (1.0 - max(CAST(q.high - q.low AS DOUBLE) / (q.high + q.low))) AS share
  FROM ordered AS o JOIN quartiles AS q ON q.pair = o.pair AND q.strides = o.strides
  GROUP BY o.pair, o.strides
), timing AS (
  SELECT pair, greatest(0, (max(share) - $chance) / (1 - $chance)) AS timing,
         min(middle) FILTER (strides = 1) AS every_us
  FROM regular GROUP BY pair
), weighed AS (
  SELECT pair, bytes_out, sized, row_number() OVER (PARTITION BY pair ORDER BY bytes_out) AS n,
         count(*) OVER (PARTITION BY pair) AS beats
  FROM beats
), usual AS (
  SELECT pair, max(beats) AS beats, max(bytes_out) FILTER (n = (beats + 1) // 2) AS bytes_out FROM weighed GROUP BY pair
), size AS (
  SELECT w.pair, max(w.beats) AS beats,
         CASE WHEN bool_or(w.sized)
              THEN avg(CASE WHEN abs(w.bytes_out - u.bytes_out) <= $same_size * u.bytes_out THEN 1 ELSE 0 END)
              ELSE $no_size END AS size
  FROM weighed AS w JOIN usual AS u ON u.pair = w.pair
  GROUP BY w.pair
), spans AS (
  SELECT pair, min(time_us) AS first_us, max(time_us) AS last_us, least(24, greatest(1, max(n) // 2)) AS bars
  FROM beats GROUP BY pair
), bars AS (
  SELECT b.pair, max(s.bars) AS bars,
         count(DISTINCT (b.time_us - s.first_us) * s.bars // (s.last_us - s.first_us + 1)) AS filled
  FROM beats AS b JOIN spans AS s ON s.pair = b.pair
  GROUP BY b.pair
), scored AS (
  SELECT c.pair, c.organisation, c.network, c.src, c.name, c.dst, c.port, c.protocol, c.src_scope, c.peers, c.clients,
         c.computers, c.own, z.beats, t.every_us, s.first_us, s.last_us, t.timing, z.size,
         CAST(b.filled AS DOUBLE) / b.bars
           * least(1, CAST(s.last_us - s.first_us AS DOUBLE)
                      / greatest(1, least(86400000000, p.last_us - p.first_us))) AS persistence,
         1.0 - 1.0 / sqrt(z.beats) AS confidence,
         greatest(0, 1 - CAST(CASE WHEN c.src_scope = 'private' THEN c.clients ELSE least(c.clients, c.peers) END - 1
                              AS DOUBLE) / ($common * (c.computers + $margin))) AS rarity
  FROM chosen AS c JOIN timing AS t ON t.pair = c.pair JOIN size AS z ON z.pair = c.pair
  JOIN spans AS s ON s.pair = c.pair
  JOIN bars AS b ON b.pair = c.pair CROSS JOIN period AS p
), ranked AS (
  SELECT *, ($timing * timing + $size * size + $persistence * persistence) * confidence * rarity AS score,
         COALESCE(regexp_extract(name, '([^.]+[.][^.]+)$', 1), '') AS two,
         COALESCE(regexp_extract(name, '([^.]+[.][^.]+[.][^.]+)$', 1), '') AS three
  FROM scored
), good AS (
  SELECT r.*, p.first_us AS period_us, p.last_us AS end_us, p.history_first_us AS history_us
  FROM ranked AS r CROSS JOIN period AS p
  WHERE r.score >= $min_score AND r.timing >= $min_timing AND r.beats >= $min_contacts
    AND (r.src_scope = 'private' OR (r.clients <= $few AND r.peers > $few))
    AND (r.last_us - r.first_us >= $min_span
         OR (p.last_us - p.history_first_us < $min_span AND r.last_us - r.first_us >= $short_span
             AND r.last_us - r.first_us >= $short_share * (p.last_us - p.first_us)))
), remembered AS (
  SELECT g.pair, min(d.first_us) AS known_us, count(DISTINCT d.src) AS clients
  FROM pair_days AS d JOIN good AS g ON g.organisation = d.organisation AND g.network = d.network AND g.dst = d.dst
  WHERE g.name = '' GROUP BY g.pair
  UNION ALL
  SELECT g.pair, min(d.first_us) AS known_us, count(DISTINCT d.client) AS clients
  FROM domain_days AS d JOIN good AS g
    ON g.organisation = d.organisation AND g.network = d.network AND d.domain IN (g.two, g.three)
  WHERE g.name <> '' GROUP BY g.pair
), fresh AS (
  SELECT g.*, greatest(g.clients, COALESCE(m.clients, 0)) AS knowing,
         least(g.first_us, COALESCE(m.known_us, g.first_us)) >= g.history_us + $learned AS new
  FROM good AS g LEFT JOIN remembered AS m ON m.pair = g.pair
  WHERE COALESCE(m.known_us, g.first_us) >= g.period_us - $known_for
    AND (COALESCE(m.clients, 0) <= $few OR m.clients <= $max_share * g.computers)
), served AS (
  SELECT DISTINCT f.src, w.ip FROM web AS w JOIN fresh AS f ON f.pair = w.pair
), kept AS (
  SELECT f.*, row_number() OVER (PARTITION BY f.organisation, f.network, f.name, f.dst, f.port, f.protocol
                                 ORDER BY f.score DESC, f.src) AS nth
  FROM fresh AS f LEFT JOIN served AS v ON v.src = f.src AND v.ip = f.dst
  WHERE f.name <> '' OR v.ip IS NULL
), shown AS (
  SELECT b.pair, b.event_id, row_number() OVER (PARTITION BY b.pair ORDER BY b.n) AS n
  FROM beats AS b JOIN kept AS k ON k.pair = b.pair
  WHERE (b.n - 1) % ((k.beats + 9) // 10) = 0
), proved AS (
  SELECT b.pair, min(b.time_us) FILTER (b.n = $min_contacts) AS enough_us
  FROM beats AS b JOIN kept AS k ON k.pair = b.pair GROUP BY b.pair
), events AS (
  SELECT pair, string_agg(event_id, ' ' ORDER BY n) AS event_ids FROM shown WHERE n <= 10 GROUP BY pair
), told AS (
  SELECT k.organisation, k.network, k.name, k.dst, k.port, k.protocol, count(DISTINCT k.src) AS hosts,
         min(k.src) AS src,
         min(k.first_us) AS first_us, max(k.last_us) AS last_us,
         min(greatest(o.enough_us, k.first_us + CASE WHEN k.last_us - k.first_us >= $min_span THEN $min_span
                                                     ELSE $short_span END)) AS opened_us,
         CAST(sum(k.beats) AS BIGINT) AS count, max(k.score) AS score, min(k.every_us) AS every_us,
         max(k.knowing) AS clients,
         max(k.own) AS own, max(e.event_ids) FILTER (k.nth = 1) AS event_ids,
         max(k.end_us - k.period_us) AS period, bool_and(k.new) AS new
  FROM kept AS k JOIN proved AS o ON o.pair = k.pair JOIN events AS e ON e.pair = k.pair
  GROUP BY k.organisation, k.network, k.name, k.dst, k.port, k.protocol
), best AS (
  SELECT *, row_number() OVER (
    PARTITION BY organisation, network, new, CASE WHEN new THEN opened_us // 86400000000 ELSE 0 END
    ORDER BY score DESC, first_us, name, dst, port) AS rank
  FROM told
)
SELECT organisation, network, CASE WHEN hosts = 1 THEN src ELSE '' END AS host, '' AS "user", first_us, last_us,
       opened_us, count, event_ids,
       CASE WHEN hosts = 1 THEN src ELSE CAST(hosts AS VARCHAR) || ' computers' END AS source,
       CASE WHEN name <> '' THEN name
            ELSE dst || ' port ' || CAST(port AS VARCHAR) || '/' || protocol END AS destination,
       CASE WHEN new THEN ', which is new here,' ELSE '' END AS novelty,
       CASE WHEN every_us < 120000000 THEN CAST(every_us // 1000000 AS VARCHAR) || ' s'
            WHEN every_us < 7200000000 THEN CAST(every_us // 60000000 AS VARCHAR) || ' min'
            ELSE CAST((every_us + 1800000000) // 3600000000 AS VARCHAR) || ' h' END AS every,
       CASE WHEN last_us - first_us < 7200000000 THEN CAST((last_us - first_us) // 60000000 AS VARCHAR) || ' min'
            ELSE CAST((last_us - first_us) // 3600000000 AS VARCHAR) || ' h' END AS lasting,
       clients, CASE WHEN own >= clients THEN ' of ' || CAST(own AS VARCHAR) ELSE '' END AS among,
       floor(score * 100 + 0.5) / 100 AS score, name, dst,
       CASE WHEN new THEN 'medium' ELSE 'low' END AS level
FROM best
WHERE rank <= CASE WHEN new THEN $told
                   ELSE least($told_unproven, greatest(1, (period + 86399999999) // 86400000000)) END
