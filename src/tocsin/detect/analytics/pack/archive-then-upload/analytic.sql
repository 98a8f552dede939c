-- title: Archives were packed, then much was sent to a rare destination
-- level: medium
-- status: test
-- attack: T1560.001, T1041, T1048, T1567
-- tactics: collection, exfiltration
-- about: Somebody packed archives on a host, and within hours the host sent much to a place on the internet that hardly
--   anybody else here talks to. Together this is how stolen data leaves. An archive with a password makes it high, since
--   a password hides from the guards at the border what is inside.
-- threshold: within = 6 h: between the archive and the end of the sending (our judgement)
-- threshold: min_bytes = 20_000_000 bytes: to one network (/24); the most to a rare one in a day in real benign logs is 7.8 MB
--   (rita-testdata, a speed test)
-- threshold: min_ratio = 3 times: what came back (our judgement, as in data-leaving)
-- threshold: max_sources = 2 hosts: that ever talk to the network, this one among them (our judgement, as in data-leaving)
-- threshold: habit_share = 0.2 of bytes: sent there on an earlier day makes it a habit (our judgement)
-- threshold: habit_days = 3 d: of such earlier days (our judgement)
-- threshold: min_history = 7 d: of memory before; else only archives with a password are assessed, for habits are not known yet
-- against: Work that is packed for a customer, or a backup that packs and sends. Every night it is a habit after three days.
-- misses: Archives of programs with other names, and packing inside a script or a tool that is no program of its own.
-- misses: Hosts whose address no log tells (Sysmon 3, DHCP, firewall logs with names), and uploads through a proxy.
-- tested: rita-testdata, Stratosphere, slips-dataset: no starts of programs there. windows/ (117 recordings): no flows with bytes there. So
--   no real recording has both; the parts are measured in data-leaving.
-- lookback: 6 h
-- evidence: process_activity: device_hostname, process_user_name, process_cmd_line, parent_process_name
-- evidence: network_activity: src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, traffic_bytes_out, traffic_bytes_in
-- finding: {archives} archives were packed on {host} ({program}{with}), and within {minutes} minutes {sent} MB went to {dst}; hosts here that know its network: {sources}.
-- next: Find the archives and what is in them. Block the destination, isolate the host, keep its disk and memory.
-- keys: dst AS ip
WITH packed AS (
  SELECT organisation, network, time_us, event_id, device_hostname, lower(split_part(device_hostname, '.', 1)) AS name,
         lower(process_name) AS program, COALESCE(process_user_name, '') AS account,
         CASE WHEN regexp_matches(lower(process_name), '^(win)?rar([.]exe)?$|^7z')
               AND regexp_matches(process_cmd_line, '[ ]-(hp|p|HP|P)[^ ]') THEN 1 ELSE 0 END AS secret
  FROM process_activity
  WHERE COALESCE(activity_name, 'Launch') = 'Launch' AND device_hostname IS NOT NULL AND process_cmd_line IS NOT NULL
    AND (regexp_matches(lower(process_name), '^((win)?rar|7z[agr]?|7zg)([.]exe)?$') AND regexp_matches(lower(process_cmd_line), '[ ][amu][ ]')
      OR regexp_matches(lower(process_name), '^(zip|wzzip|makecab)([.]exe)?$')
      OR regexp_matches(lower(process_name), '^tar([.]exe)?$') AND regexp_matches(process_cmd_line, '[ ]-?[a-zA-Z]*c|--create')
      OR regexp_matches(lower(process_name), '^(powershell|pwsh)') AND contains(lower(process_cmd_line), 'compress-archive'))
), names AS (
  SELECT organisation, network, lower(split_part(device_hostname, '.', 1)) AS name, lower(src_endpoint_ip) AS ip
  FROM network_activity
  WHERE device_hostname IS NOT NULL AND actor_process_file_path IS NOT NULL AND connection_info_direction = 'Outbound'
  UNION
  SELECT organisation, network, lower(split_part(src_endpoint_hostname, '.', 1)) AS name, lower(src_endpoint_ip) AS ip
  FROM network_activity WHERE src_endpoint_hostname IS NOT NULL AND src_endpoint_ip IS NOT NULL
  UNION
  SELECT organisation, network, lower(split_part(src_endpoint_hostname, '.', 1)) AS name, lower(COALESCE(lease_ip, src_endpoint_ip)) AS ip
  FROM dhcp_activity WHERE src_endpoint_hostname IS NOT NULL AND COALESCE(lease_ip, src_endpoint_ip) IS NOT NULL
  UNION
  SELECT organisation, network, lower(split_part(src_endpoint_hostname, '.', 1)) AS name, lower(src_endpoint_ip) AS ip
  FROM authentication WHERE src_endpoint_hostname IS NOT NULL AND src_endpoint_ip IS NOT NULL
), packers AS (
  SELECT p.organisation, p.network, p.name, n.ip, min(p.time_us) AS first_us, max(p.time_us) AS last_us
  FROM packed AS p JOIN names AS n ON n.organisation = p.organisation AND n.network = p.network AND n.name = p.name
  GROUP BY p.organisation, p.network, p.name, n.ip
), flows AS (
  SELECT k.organisation, k.network, k.name, f.time_us, f.event_id, lower(f.src_endpoint_ip) AS src, lower(f.dst_endpoint_ip) AS dst,
         CASE WHEN contains(f.dst_endpoint_ip, ':')
              THEN split_part(lower(f.dst_endpoint_ip), ':', 1) || ':' || split_part(f.dst_endpoint_ip, ':', 2) || ':' || split_part(f.dst_endpoint_ip, ':', 3)
              ELSE regexp_replace(f.dst_endpoint_ip, '[.][0-9]+$', '') END AS place,
         f.traffic_bytes_out AS sent, COALESCE(f.traffic_bytes_in, 0) AS came
  FROM network_activity AS f JOIN packers AS k
    ON k.organisation = f.organisation AND k.network = f.network AND k.ip = lower(f.src_endpoint_ip)
   AND f.time_us >= k.first_us AND f.time_us <= k.last_us + $within
  JOIN address_facts AS d ON d.ip = f.dst_endpoint_ip AND d.scope = 'public'
  WHERE f.traffic_bytes_out > 0
), uploads AS (
  SELECT organisation, network, name, src, place, min(time_us) AS first_us, max(time_us) AS last_us, sum(sent) AS sent,
         arg_max(dst, sent) AS dst
  FROM flows GROUP BY organisation, network, name, src, place
  HAVING sum(sent) >= $min_bytes AND sum(sent) >= $min_ratio * sum(came)
), neighbours AS (
  SELECT m.organisation, u.place, count(DISTINCT m.src) AS sources
  FROM pair_days AS m JOIN (SELECT DISTINCT organisation, place FROM uploads) AS u
    ON u.organisation = m.organisation AND starts_with(m.dst, u.place)
   AND (starts_with(substr(m.dst, length(u.place) + 1), '.') OR starts_with(substr(m.dst, length(u.place) + 1), ':'))
  GROUP BY m.organisation, u.place
), days AS (
  SELECT u.organisation, u.network, u.name, u.src, u.place, m.day, max(m.days) AS days
  FROM uploads AS u JOIN pair_days AS m
    ON m.organisation = u.organisation AND m.network = u.network AND m.src = u.src
   AND starts_with(m.dst, u.place) AND m.last_us < u.first_us // 86400000000 * 86400000000
  GROUP BY u.organisation, u.network, u.name, u.src, u.place, m.day, u.sent
  HAVING sum(m.bytes_out) >= $habit_share * u.sent * max(m.days)
), habits AS (
  SELECT organisation, network, name, src, place FROM days
  GROUP BY organisation, network, name, src, place HAVING sum(days) >= $habit_days // 86400000000
), joined AS (
  SELECT u.organisation, u.network, u.name, u.src, u.place, u.dst, u.sent, u.first_us AS sent_us, u.last_us, n.sources,
         p.time_us, p.event_id, p.device_hostname, p.program, p.account, p.secret
  FROM uploads AS u
  JOIN neighbours AS n ON n.organisation = u.organisation AND n.place = u.place AND n.sources <= $max_sources
  JOIN packed AS p ON p.organisation = u.organisation AND p.network = u.network AND p.name = u.name
   AND p.time_us BETWEEN u.first_us - $within AND u.last_us
  LEFT JOIN habits AS h ON h.organisation = u.organisation AND h.network = u.network AND h.name = u.name
   AND h.src = u.src AND h.place = u.place
  WHERE h.name IS NULL
), found AS (
  SELECT j.organisation, j.network, j.name, j.src, j.place, max(j.device_hostname) AS host, max(j.account) AS account,
         max(j.dst) AS dst, max(j.sent) AS sent, max(j.sources) AS sources, min(j.time_us) AS first_us, max(j.last_us) AS last_us,
         max(j.time_us) AS packed_us, max(j.program) AS program, max(j.secret) AS secret, count(*) AS archives
  FROM joined AS j CROSS JOIN period AS p
  GROUP BY j.organisation, j.network, j.name, j.src, j.place
  HAVING max(j.secret) = 1 OR min(j.time_us) - max(p.history_first_us) >= $min_history
), told AS (
  SELECT organisation, network, name, src, place, 0 AS part, time_us, event_id, 0 AS sent,
         row_number() OVER (PARTITION BY organisation, network, name, src, place ORDER BY secret DESC, time_us, event_id) AS n
  FROM joined
  UNION ALL
  SELECT organisation, network, name, src, place, 1 AS part, time_us, event_id, sent,
         row_number() OVER (PARTITION BY organisation, network, name, src, place ORDER BY sent DESC, time_us, event_id) AS n
  FROM flows
), running AS (
  SELECT organisation, network, name, src, place, part, event_id, n, time_us,
         sum(sent) OVER (PARTITION BY organisation, network, name, src, place ORDER BY time_us, part, event_id
                         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far
  FROM told
), shown AS (
  SELECT organisation, network, name, src, place, count(*) AS count, min(time_us) FILTER (so_far >= $min_bytes) AS opened_us,
         string_agg(event_id, ' ' ORDER BY part, n) FILTER (n <= 5) AS event_ids
  FROM running GROUP BY organisation, network, name, src, place
)
SELECT f.organisation, f.network, f.host, f.account AS "user", f.first_us, f.last_us, s.opened_us, s.count, s.event_ids,
       CASE WHEN f.secret = 1 THEN 'high' ELSE 'medium' END AS level,
       f.archives, f.program, CASE WHEN f.secret = 1 THEN ', with a password' ELSE '' END AS "with",
       (f.last_us - f.first_us) // 60000000 AS minutes, CAST(f.sent // 1000000 AS BIGINT) AS sent, f.dst, f.sources
FROM found AS f JOIN shown AS s
  ON s.organisation = f.organisation AND s.network = f.network AND s.name = f.name AND s.src = f.src AND s.place = f.place
