-- title: One connection of many hours to a rare outside address
-- level: medium
-- status: test
-- attack: T1571, T1572, T1219, T1071
-- tactics: command-and-control
-- about: A connection to an outside address that hardly anybody else here knows stayed open for half a day or more.
--   A reverse shell, a tunnel or a remote desktop needs no regular calls: it keeps one line open.
-- threshold: min_duration = 12 h: RITA's highest step of long connections (43,200 s); a day at work ends sooner
-- threshold: few = 3 computers: that know the destination in the last thirty days; our judgement
-- threshold: recent = 30 d: of the long memory, in which these computers count
-- threshold: known_for = 7 d: a destination that the network has known for longer than this is its custom; RITA's threshold of a new one (first_seen_increase_threshold)
-- threshold: learned = 3 d: of memory before its first contact, and a destination counts as new; our judgement, a weekend long
-- threshold: told = 1 a day: the longest connection to a new destination of each day and network
-- threshold: told_unproven = 3 destinations: at most, one for each day that is read, of those that were there when the memory began
-- novelty: a partner or service outside
-- against: A tunnel to a partner or a branch, remote maintenance or a large copy. Say once what they are.
-- against: Push services of phones and programs stay open, too, but many computers know them.
-- misses: Connections that are still open: sensors tell of them when they end. What is cut and opened again every hour.
-- misses: Destinations that many computers use, and what began before the node's memory, where this is longer than a week.
-- tested: Stratosphere 001 to 008 and slips, RITA's recordings (114,224 connections): nothing told. The session of three days in RITA's `missing_host` comes from outside.
-- tested: Ten million events of a made-up network: 0.1 s, none told.
-- lookback: 0 h
-- evidence: network_activity: src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, app_name, duration, traffic_bytes_out, traffic_bytes_in
-- finding: A connection from {source} to {dst} port {port}/{protocol}{novelty} stayed open for {hours} hours and carried {sent} MB out and {received} MB back; computers here that know it: {clients}.
-- next: Ask what the computer wants there. Look at what ran on it when the connection began, and end the connection if nobody knows.
-- keys: dst AS ip
WITH long AS (
  SELECT organisation, network, lower(src_endpoint_ip) AS src, lower(dst_endpoint_ip) AS dst, dst_endpoint_port AS port,
         connection_info_protocol_name AS protocol, time_us, duration, event_id,
         COALESCE(traffic_bytes_out, 0) AS bytes_out, COALESCE(traffic_bytes_in, 0) AS bytes_in,
         CAST(duration * 1000 AS BIGINT) AS lasted_us
  FROM network_activity
  WHERE duration * 1000 >= $min_duration AND connection_info_protocol_name IN ('tcp', 'udp')
    AND NOT (connection_info_protocol_name = 'udp' AND dst_endpoint_port IN (53, 123))
    AND traffic_bytes_out > 0 AND traffic_bytes_in > 0
), outside AS (
  SELECT l.*, COALESCE(s.scope, '') AS src_scope
  FROM long AS l LEFT JOIN address_facts AS s ON s.ip = l.src JOIN address_facts AS d ON d.ip = l.dst
  WHERE d.scope = 'public'
), seen AS (
  SELECT organisation, network, dst, count(DISTINCT src) AS clients FROM outside GROUP BY organisation, network, dst
), remembered AS (
  SELECT d.organisation, d.network, d.dst, min(d.first_us) AS known_us,
         count(DISTINCT d.src) FILTER (d.last_us >= p.last_us - $recent) AS clients
  FROM pair_days AS d JOIN seen AS o ON o.organisation = d.organisation AND o.network = d.network AND o.dst = d.dst
  CROSS JOIN period AS p
  GROUP BY d.organisation, d.network, d.dst
), peers AS (
  SELECT d.organisation, d.network, d.src, count(DISTINCT d.dst) AS peers
  FROM pair_days AS d
  JOIN (SELECT DISTINCT organisation, network, src FROM outside WHERE src_scope <> 'private') AS o
    ON o.organisation = d.organisation AND o.network = d.network AND o.src = d.src
  GROUP BY d.organisation, d.network, d.src
), rare AS (
  SELECT o.*, greatest(v.clients, COALESCE(m.clients, 0)) AS clients, p.last_us - p.first_us AS period,
         least(o.time_us, COALESCE(m.known_us, o.time_us)) >= p.history_first_us + $learned AS new
  FROM outside AS o
  JOIN seen AS v ON v.organisation = o.organisation AND v.network = o.network AND v.dst = o.dst
  LEFT JOIN remembered AS m ON m.organisation = o.organisation AND m.network = o.network AND m.dst = o.dst
  LEFT JOIN peers AS e ON e.organisation = o.organisation AND e.network = o.network AND e.src = o.src
  CROSS JOIN period AS p
  WHERE greatest(v.clients, COALESCE(m.clients, 0)) <= $few
    AND COALESCE(m.known_us, o.time_us) >= p.first_us - $known_for
    AND (o.src_scope = 'private' OR COALESCE(e.peers, 0) > $few)
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, dst, port, protocol
                               ORDER BY lasted_us DESC, event_id) AS n
  FROM rare
), told AS (
  SELECT organisation, network, dst, port, protocol, count(DISTINCT src) AS hosts, min(src) AS src,
         min(time_us) AS first_us,
         max(time_us + lasted_us) AS last_us, min(time_us + $min_duration) AS opened_us, count(*) AS count,
         string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids, max(lasted_us) AS lasted_us,
         sum(bytes_out) AS bytes_out, sum(bytes_in) AS bytes_in, max(clients) AS clients, bool_and(new) AS new,
         max(period) AS period
  FROM numbered GROUP BY organisation, network, dst, port, protocol
), best AS (
  SELECT *, row_number() OVER (
    PARTITION BY organisation, network, new, CASE WHEN new THEN opened_us // 86400000000 ELSE 0 END
    ORDER BY lasted_us DESC, dst, port) AS rank
  FROM told
)
SELECT organisation, network, CASE WHEN hosts = 1 THEN src ELSE '' END AS host, '' AS "user", first_us, last_us,
       opened_us, count, event_ids,
       CASE WHEN hosts = 1 THEN src ELSE CAST(hosts AS VARCHAR) || ' computers' END AS source, dst,
       CAST(port AS VARCHAR) AS port, protocol,
       CASE WHEN new THEN ', which is new here,' ELSE '' END AS novelty, lasted_us // 3600000000 AS hours,
       CAST(bytes_out // 1000000 AS BIGINT) AS sent, CAST(bytes_in // 1000000 AS BIGINT) AS received, clients
FROM best
WHERE rank <= CASE WHEN new THEN $told
                   ELSE least($told_unproven, greatest(1, (period + 86399999999) // 86400000000)) END
