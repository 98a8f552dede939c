-- title: Much data leaves a host for a rare destination
-- level: medium
-- status: test
-- attack: T1041, T1048, T1567
-- tactics: exfiltration
-- about: In one day a host sent far more to one place on the internet than it ever sent out in a day, and hardly anybody
--   else here talks to that place. Thieves of data collect first and send then. In hours when the host is usually silent
--   half as much is enough, and the finding is high.
-- threshold: min_bytes = 100_000_000 bytes: to one network (/24) a day; the most to a rare one in real benign logs is 7.8 MB
--   (rita-testdata, a speed test); collections that are worth stealing are larger (our judgement)
-- threshold: factor = 3 times: the most that the host sent to all the internet on any day that is remembered (our judgement)
-- threshold: min_ratio = 3 times: what came back; calls with picture go both ways (our judgement)
-- threshold: max_sources = 2 hosts: that ever talk to the network, this one among them; clouds and services have more (our judgement)
-- threshold: min_days = 7 d: on which the host was seen before, a week with its weekend; else it is not assessed
-- threshold: memory = 35 d: of which the most is taken: as long as rollups keep single days
-- threshold: off_share = 0.5 of bytes: in hours of the day (UTC) in which the host was never seen before (our judgement)
-- threshold: off_factor = 0.5 of min_bytes: what is enough then (our judgement)
-- novelty: a destination of a backup or file exchange
-- against: A first backup to a new place, somebody who publishes a film, a machine that is moved to another provider.
-- against: Backups and file synchronisation send as much every day, so they are their own measure; and their destination has many hosts.
-- misses: Hosts that send much every day; data sent in small parts below three times the usual, or through a cloud that many use.
-- misses: Hosts with public addresses and hosts that are new. Uploads through a proxy, whose logs seldom hold what was sent.
-- tested: rita-testdata, Stratosphere, slips-dataset, suricata-verify: nothing; the most to one rare network in a day is 7.8 MB. These
--   captures are short, so most hosts are not assessed there for lack of seven days.
-- lookback: 24 h
-- evidence: network_activity: src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, traffic_bytes_out, traffic_bytes_in, duration
-- finding: {src} sent {sent} MB to {dst} and its neighbours within a day, {times} times the most that it had sent to all the internet on one of {days} days before ({usual} MB). Hosts here that know that network: {sources}. {off} % left in hours in which the host is usually silent.
-- next: Ask whose data it was and what program sent it. Look on the host for archives and for tools like rclone.
-- next: Block the destination and keep the host's disk.
-- keys: dst AS ip
WITH flows AS (
  SELECT organisation, network, time_us // 86400000000 AS day, lower(src_endpoint_ip) AS src, lower(dst_endpoint_ip) AS dst,
         table_name, sum(traffic_bytes_out) AS sent, sum(COALESCE(traffic_bytes_in, 0)) AS came
  FROM network_activity
  WHERE traffic_bytes_out > 0 AND src_endpoint_ip IS NOT NULL AND dst_endpoint_ip IS NOT NULL
  GROUP BY organisation, network, time_us // 86400000000, lower(src_endpoint_ip), lower(dst_endpoint_ip), table_name
), outward AS (
  SELECT f.organisation, f.network, f.day, f.src, f.dst,
         CASE WHEN contains(f.dst, ':') THEN split_part(f.dst, ':', 1) || ':' || split_part(f.dst, ':', 2) || ':' || split_part(f.dst, ':', 3)
              ELSE regexp_replace(f.dst, '[.][0-9]+$', '') END AS place,
         max(f.sent) AS sent, max(f.came) AS came
  FROM flows AS f
  JOIN address_facts AS d ON d.ip = f.dst AND d.scope = 'public'
  JOIN address_facts AS s ON s.ip = f.src AND s.scope = 'private'
  GROUP BY f.organisation, f.network, f.day, f.src, f.dst
), placed AS (
  SELECT organisation, network, day, src, place, sum(sent) AS sent, arg_max(dst, sent) AS dst
  FROM outward GROUP BY organisation, network, day, src, place
  HAVING sum(sent) >= $min_bytes * $off_factor AND sum(sent) >= $min_ratio * sum(came)
), hosts AS (
  SELECT DISTINCT organisation, network, src FROM placed
), remembered AS (
  SELECT m.organisation, m.network, m.src, m.day, m.days, m.last_us, m.hours,
         CASE WHEN d.scope = 'public' THEN m.bytes_out ELSE 0 END AS sent
  FROM pair_days AS m
  JOIN hosts AS h ON h.organisation = m.organisation AND h.network = m.network AND h.src = m.src
  LEFT JOIN address_facts AS d ON d.ip = m.dst
), totals AS (
  SELECT organisation, network, src, day, sum(sent) / max(days) AS sent, max(days) AS days, max(last_us) AS last_us,
         bit_or(hours) AS hours
  FROM remembered GROUP BY organisation, network, src, day
  UNION ALL
  SELECT o.organisation, o.network, o.src, o.day, sum(o.sent) AS sent, 0 AS days, max((o.day + 1) * 86400000000 - 1) AS last_us,
         0 AS hours
  FROM outward AS o JOIN hosts AS h ON h.organisation = o.organisation AND h.network = o.network AND h.src = o.src
  GROUP BY o.organisation, o.network, o.src, o.day
), usual AS (
  SELECT p.organisation, p.network, p.src, p.day, p.place, p.dst, p.sent, max(t.sent) AS usual, sum(t.days) AS days,
         bit_or(t.hours) AS hours
  FROM placed AS p JOIN totals AS t
    ON t.organisation = p.organisation AND t.network = p.network AND t.src = p.src
   AND t.last_us < p.day * 86400000000 AND t.last_us >= p.day * 86400000000 - $memory
  GROUP BY p.organisation, p.network, p.src, p.day, p.place, p.dst, p.sent
  HAVING sum(t.days) >= $min_days // 86400000000 AND p.sent >= $factor * max(t.sent)
), neighbours AS (
  SELECT m.organisation, u.place, count(DISTINCT m.src) AS sources
  FROM pair_days AS m JOIN (SELECT DISTINCT organisation, place FROM usual) AS u
    ON u.organisation = m.organisation AND starts_with(m.dst, u.place)
   AND (starts_with(substr(m.dst, length(u.place) + 1), '.') OR starts_with(substr(m.dst, length(u.place) + 1), ':'))
  GROUP BY m.organisation, u.place
), rare AS (
  SELECT u.organisation, u.network, u.src, u.day, u.place, u.dst, u.sent, u.usual, u.days, u.hours, n.sources
  FROM usual AS u JOIN neighbours AS n ON n.organisation = u.organisation AND n.place = u.place
  WHERE n.sources <= $max_sources
), sendings AS (
  SELECT r.organisation, r.network, r.src, r.day, r.place, r.dst, r.sent, r.usual, r.days, r.sources, f.time_us, f.event_id,
         f.traffic_bytes_out AS part,
         CASE WHEN r.hours & CAST(power(2, f.time_us // 3600000000 % 24) AS BIGINT) = 0 THEN f.traffic_bytes_out ELSE 0 END AS off
  FROM network_activity AS f JOIN rare AS r
    ON r.organisation = f.organisation AND r.network = f.network AND r.src = lower(f.src_endpoint_ip)
   AND r.day = f.time_us // 86400000000
   AND starts_with(lower(f.dst_endpoint_ip), r.place)
   AND (starts_with(substr(f.dst_endpoint_ip, length(r.place) + 1), '.') OR starts_with(substr(f.dst_endpoint_ip, length(r.place) + 1), ':'))
  WHERE f.traffic_bytes_out > 0
), ordered AS (
  SELECT organisation, network, src, day, place, dst, sent, usual, days, sources, time_us, event_id, part, off,
         sum(part) OVER (PARTITION BY organisation, network, src, day, place ORDER BY time_us, event_id
                         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far,
         row_number() OVER (PARTITION BY organisation, network, src, day, place ORDER BY part DESC, time_us, event_id) AS telling
  FROM sendings
), found AS (
  SELECT organisation, network, src, day, place, max(dst) AS dst, max(sent) AS sent, max(usual) AS usual, max(days) AS days,
         max(sources) AS sources, min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS flows,
         CAST(sum(off) AS DOUBLE) / sum(part) AS off,
         min(time_us) FILTER (so_far >= GREATEST($min_bytes * $off_factor, $factor * usual)) AS opened_us,
         string_agg(event_id, ' ' ORDER BY telling) FILTER (telling <= 10) AS event_ids
  FROM ordered GROUP BY organisation, network, src, day, place
), judged AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, src, place ORDER BY sent DESC, day) AS n
  FROM found WHERE sent >= $min_bytes OR off >= $off_share
)
SELECT organisation, network, src AS host, '' AS "user", first_us, last_us, COALESCE(opened_us, last_us) AS opened_us,
       flows AS count, event_ids, CASE WHEN off >= $off_share THEN 'high' ELSE 'medium' END AS level,
       src, dst, CAST(sent // 1000000 AS BIGINT) AS sent, CAST(usual AS BIGINT) // 1000000 AS usual,
       CAST(sent // GREATEST(CAST(usual AS BIGINT), 1000000) AS BIGINT) AS times,
       CAST(days AS BIGINT) AS days, sources, CAST(round(100 * off) AS BIGINT) AS off
FROM judged WHERE n = 1
