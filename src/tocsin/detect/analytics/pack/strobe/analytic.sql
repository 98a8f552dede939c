-- title: Once a second to a rare outside address
-- level: medium
-- status: test
-- attack: T1071, T1571
-- tactics: command-and-control
-- about: A computer opened a connection to one outside address every second, hour after hour, and hardly anybody else here knows
--   that address. Tunnels, implants in a loop and broken programs do that; RITA calls it a strobe.
-- threshold: hour_contacts = 3_600 contacts: an hour. RITA calls a pair a strobe from 86,400 connections a day on, which is the same pace
-- threshold: min_hours = 3 hours: of one day at that pace; our judgement, a download in parts or a game ends sooner
-- threshold: few = 3 computers: that know the destination in the last thirty days; our judgement
-- threshold: recent = 30 d: of the long memory, in which these computers count
-- threshold: known_for = 7 d: a destination that the network has known for longer than this is its custom; RITA's threshold of a new one (first_seen_increase_threshold)
-- threshold: told = 1 a day: the busiest of each day and network
-- against: A broken program that calls a server which has gone away, or a load test.
-- against: Name and time service (ports 53 and 123) is left out: servers of the network ask that often.
-- misses: A pace that is slower than once a second: `beacon` sees it where it is regular.
-- misses: A contact to one of our own addresses: floods and scans are told of elsewhere.
-- tested: Stratosphere 001 to 008 and slips, RITA's recordings (114,224 connections): nothing told; none of them holds a strobe with its connections.
-- tested: Ten million events of a made-up network: 0.1 s, none told.
-- lookback: 0 h
-- needs: network_activity
-- evidence: network_activity: src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, status_detail, traffic_bytes_out, traffic_bytes_in
-- finding: {host} opened {count} connections to {dst} port {port}/{protocol} in {hours} hours of a day, {pace} a second; computers here that know it: {clients}.
-- next: Find the program that does this. End it if nobody knows it, and look at what else the computer calls.
-- keys: dst AS ip
WITH busy AS (
  SELECT d.organisation, d.network, d.day, d.src, d.dst, d.dst_port AS port, d.protocol,
         COALESCE(s.scope, '') AS src_scope
  FROM pair_days AS d LEFT JOIN address_facts AS s ON s.ip = d.src JOIN address_facts AS t ON t.ip = d.dst
  CROSS JOIN period AS p
  WHERE d.n >= $hour_contacts * $min_hours AND d.days = 1 AND t.scope = 'public'
    AND d.day BETWEEN p.first_us // 86400000000 AND p.last_us // 86400000000
    AND NOT (d.protocol = 'udp' AND d.dst_port IN (53, 123))
), remembered AS (
  SELECT d.organisation, d.network, d.dst, min(d.first_us) AS known_us,
         count(DISTINCT d.src) FILTER (d.last_us >= p.last_us - $recent) AS clients
  FROM pair_days AS d JOIN (SELECT DISTINCT organisation, network, dst FROM busy) AS b
    ON b.organisation = d.organisation AND b.network = d.network AND b.dst = d.dst CROSS JOIN period AS p
  GROUP BY d.organisation, d.network, d.dst
), peers AS (
  SELECT d.organisation, d.network, d.src, count(DISTINCT d.dst) AS peers
  FROM pair_days AS d JOIN (SELECT DISTINCT organisation, network, src FROM busy WHERE src_scope <> 'private') AS b
    ON b.organisation = d.organisation AND b.network = d.network AND b.src = d.src
  GROUP BY d.organisation, d.network, d.src
), rare AS (
  SELECT b.*, m.clients
  FROM busy AS b JOIN remembered AS m ON m.organisation = b.organisation AND m.network = b.network AND m.dst = b.dst
  LEFT JOIN peers AS e ON e.organisation = b.organisation AND e.network = b.network AND e.src = b.src
  CROSS JOIN period AS p
  WHERE m.clients <= $few AND m.known_us >= p.first_us - $known_for
    AND (b.src_scope = 'private' OR COALESCE(e.peers, 0) > $few)
), hours AS (
  SELECT r.organisation, r.network, r.day, r.src, r.dst, r.port, r.protocol, max(r.clients) AS clients,
         n.time_us // 3600000000 AS hour,
         count(*) AS contacts, min(n.time_us) AS first_us, max(n.time_us) AS last_us, min(n.event_id) AS event_id
  FROM network_activity AS n JOIN rare AS r
    ON r.organisation = n.organisation AND r.network = n.network AND r.src = lower(n.src_endpoint_ip)
   AND r.dst = lower(n.dst_endpoint_ip) AND r.port = n.dst_endpoint_port
   AND r.protocol = lower(n.connection_info_protocol_name) AND r.day = n.time_us // 86400000000
  GROUP BY r.organisation, r.network, r.day, r.src, r.dst, r.port, r.protocol, n.time_us // 3600000000
  HAVING count(*) >= $hour_contacts
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, day, src, dst, port, protocol ORDER BY hour) AS n
  FROM hours
), told AS (
  SELECT organisation, network, day, src, dst, port, protocol, max(clients) AS clients, count(*) AS hours,
         CAST(sum(contacts) AS BIGINT) AS count,
         min(first_us) AS first_us, max(last_us) AS last_us, min(last_us) FILTER (n = $min_hours) AS opened_us,
         string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids
  FROM numbered GROUP BY organisation, network, day, src, dst, port, protocol HAVING count(*) >= $min_hours
), best AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, day ORDER BY count DESC, src, dst, port) AS rank
  FROM told
)
SELECT organisation, network, src AS host, '' AS "user", first_us, last_us, opened_us, count, event_ids, dst,
       CAST(port AS VARCHAR) AS port, protocol, clients, hours,
       floor(CAST(count AS DOUBLE) * 10 / (hours * 3600)) / 10 AS pace
FROM best WHERE rank <= $told
