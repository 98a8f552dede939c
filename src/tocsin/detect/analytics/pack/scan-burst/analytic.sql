-- title: Scanning of ports, hosts or web paths
-- level: low
-- status: test
-- attack: T1046, T1595.001, T1595.002, T1595.003
-- tactics: reconnaissance, discovery
-- about: Somebody tries many ports, many hosts or many paths within a short time and mostly gets no answer or an error. From outside this is
--   daily weather and told at level low, only when it goes deep. From inside it is what intruders do to find their next host: medium, or high when it is wide.
-- threshold: window = 1 h: of tries of ports and hosts
-- threshold: web_window = 10 min: of tries of web paths
-- threshold: gap = 6 h: scanning that goes on after a shorter pause is one finding
-- threshold: min_hosts = 30 hosts: an inside host fails to reach on one port in a window. The most that an ordinary host of stratosphere-008, rita-testdata
--   and slips-dataset does is 4; a worm in the latter does 64, Nmap in stratosphere-002 does 100
-- threshold: min_outer_hosts = 40 hosts: the same for addresses on the Internet; clients of peer-to-peer networks come to some. The worm above does 45
-- threshold: min_ports = 20 ports: an inside host fails to reach on one host in a window. The most that an ordinary inside host of the same sets does is 6;
--   scans recorded there have 20, 42 and 100
-- threshold: outside_ports = 500 ports: the same from outside. A public server in rita-testdata is tried on 253 ports of an hour by mass scanners, and once on 612
-- threshold: failed = 0.7 of tries: on that port at least; inventory and monitoring mostly get answers. Our judgement
-- threshold: inside_paths = 50 paths: that an inside address asks of one site in vain. Our judgement
-- threshold: outside_paths = 200 paths: the same from outside. In rita-testdata mass scanners ask 15 public sites for up to 103 paths in ten minutes, others for 543 to 1,243
-- threshold: vain = 0.6 of requests: of a source at least get 400, 403, 404, 405 or 410; search engines and people mostly get pages. Our judgement
-- threshold: wide = 10 hosts: tried on many ports each, or this many ports tried on many hosts, make it high. Our judgement
-- threshold: routine = 0.5 of the hosts: reached on that port on earlier days too (long memory): inventory, monitoring, distribution do so every day
-- threshold: routine_days = 3 days: an intruder who comes back the next day is no routine. Our judgement
-- threshold: routine_span = 14 d: between the first and the last of these days, where the targets change from scan to scan: an inside source that for two weeks
--   tried in vain half as much of the same kind (this port of many hosts, many ports of one host) is your own scanner. Our judgement
-- against: Vulnerability management, inventory and monitoring. Give their addresses the role scanner or monitoring in the assets; what they do on
--   several days over two weeks is routine anyway, and before that it is told.
-- against: A release that breaks a site: its paths had answers before, so they do not count.
-- misses: An intruder who scans from the address of your own scanner, and one who goes on for weeks after the first times were told.
-- misses: What inside hosts ask of the sites of others, through a proxy or not. Slow scans (fewer than thirty hosts an hour), scans that get answers everywhere, that try each port on few hosts and each host on few ports,
--   and outside scanners that touch each host once.
-- tested: zeek/ and suricata/ (148,000 connections, 86,000 requests, 16 recordings): four inside hosts, all recorded as scanning (Nmap in
--   stratosphere-002, a worm and two port scans in slips-dataset); from outside five sites searched by more than 500 tries and one port scan of 612 ports
--   in three days of a public server, each at level low. No false finding among the ordinary hosts of these sets.
-- tested: 10 million records: 1.9 s of processor time.
-- lookback: 1 h
-- evidence: network_activity: src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port, connection_info_protocol_name, status_detail
-- evidence: http_activity: src_endpoint_ip, http_request_http_method, http_request_url_hostname, http_request_url_path, http_response_code, http_request_user_agent
-- finding: {origin} tried {what} within {minutes} min; {count} tries failed.
-- next: From inside: find the program that does it (who started it, since when), and what it reached. From outside: see whether something answered that should not.
-- keys: scanner AS ip
WITH heads AS (
  SELECT organisation, network, src_endpoint_ip AS src, time_us // $window AS hour
  FROM network_activity
  WHERE activity_name = 'Refuse' OR replace(status_detail, '.', '') = 'S'
     OR status_detail IN ('S0', 'REJ', 'RSTOS0', 'SH', 'S_', 'S_R', 'S_RA', 'SR_', 'REQ', 'INT', 'RST', 'new', '2', '0x2', '0x02')
  GROUP BY organisation, network, src_endpoint_ip, time_us // $window
  HAVING count(*) >= least($min_hosts, $min_ports)
), listed AS (
  SELECT lower(key) AS key FROM assets WHERE regexp_matches(lower(COALESCE(role, '')), 'scan|monitor|vulnerab') GROUP BY lower(key)
), tried AS (
  SELECT a.organisation, a.network, h.src, h.hour, a.dst_endpoint_ip AS dst, a.dst_endpoint_port AS port, count(*) AS n,
         count(*) FILTER (a.activity_name = 'Refuse' OR replace(a.status_detail, '.', '') = 'S'
           OR a.status_detail IN ('S0', 'REJ', 'RSTOS0', 'SH', 'S_', 'S_R', 'S_RA', 'SR_', 'REQ', 'INT', 'RST', 'new', '2', '0x2', '0x02')) AS failed,
         min(a.time_us) AS first_us, max(a.time_us) AS last_us, min(a.event_id) AS event_id
  FROM network_activity AS a JOIN heads AS h
    ON h.organisation = a.organisation AND h.network = a.network AND h.src = a.src_endpoint_ip AND h.hour = a.time_us // $window
  WHERE a.dst_endpoint_ip IS NOT NULL AND a.dst_endpoint_port IS NOT NULL AND h.src NOT IN (SELECT key FROM listed)
    AND (a.connection_info_protocol_name = 'tcp'
         OR a.connection_info_protocol_name = 'udp' AND a.src_endpoint_port > 1023
            AND a.src_endpoint_port NOT IN (1900, 3702, 5353, 5355, 11211))
  GROUP BY a.organisation, a.network, h.src, h.hour, a.dst_endpoint_ip, a.dst_endpoint_port
), placed AS (
  SELECT t.organisation, t.network, t.src, t.hour, t.dst, t.port, t.n, t.failed, t.first_us, t.last_us, t.event_id,
         fs.scope = 'private' AS inside, fd.scope = 'private' AS inner_target
  FROM tried AS t
  JOIN address_facts AS fs ON fs.ip = t.src
  JOIN address_facts AS fd ON fd.ip = t.dst
  WHERE fd.scope <> 'special' AND fs.scope <> 'special'
), wide_ports AS (
  SELECT organisation, network, src, hour, port, inner_target
  FROM placed
  WHERE inside
  GROUP BY organisation, network, src, hour, port, inner_target
  HAVING count(*) FILTER (failed > 0) >= CASE WHEN inner_target THEN $min_hosts ELSE $min_outer_hosts END AND sum(failed) >= $failed * sum(n)
), deep_hosts AS (
  SELECT organisation, network, src, hour, dst
  FROM placed
  WHERE failed > 0
  GROUP BY organisation, network, src, hour, dst, inside
  HAVING count(*) >= CASE WHEN inside THEN $min_ports ELSE $outside_ports END
), over_host AS (
  SELECT p.organisation, p.network, p.src, p.hour, p.dst, p.port, p.failed, p.first_us, p.last_us, p.event_id, p.inner_target,
         row_number() OVER (PARTITION BY p.organisation, p.network, p.src, p.hour, p.port, p.inner_target ORDER BY p.first_us, p.dst) AS nth
  FROM placed AS p JOIN wide_ports AS w
    ON w.organisation = p.organisation AND w.network = p.network AND w.src = p.src AND w.hour = p.hour AND w.port = p.port
   AND w.inner_target = p.inner_target
  WHERE p.failed > 0
), over_port AS (
  SELECT p.organisation, p.network, p.src, p.hour, p.dst, p.inside, p.failed, p.first_us, p.last_us, p.event_id,
         row_number() OVER (PARTITION BY p.organisation, p.network, p.src, p.hour, p.dst ORDER BY p.first_us, p.port) AS nth
  FROM placed AS p JOIN deep_hosts AS d
    ON d.organisation = p.organisation AND d.network = p.network AND d.src = p.src AND d.hour = p.hour AND d.dst = p.dst
  WHERE p.failed > 0
), visited AS (
  SELECT p.organisation, p.network, p.src, p.hour, p.port, d.dst
  FROM over_host AS p JOIN pair_days AS d
    ON d.organisation = p.organisation AND d.network = p.network AND d.src = p.src AND d.dst_port = p.port
   AND (d.dst = p.dst OR d.dst = '*') AND d.last_us < p.hour * $window
  GROUP BY p.organisation, p.network, p.src, p.hour, p.port, d.dst, p.dst
  HAVING sum(d.days) >= $routine_days
), usual AS (
  SELECT organisation, network, src, hour, port, count(*) AS hosts
  FROM visited GROUP BY organisation, network, src, hour, port
), over_hosts AS (
  SELECT organisation, network, src, hour, port, inner_target, count(*) AS hosts, sum(failed) AS failed, min(first_us) AS first_us, max(last_us) AS last_us,
         min(first_us) FILTER (nth = CASE WHEN inner_target THEN $min_hosts ELSE $min_outer_hosts END) AS opened_us,
         string_agg(event_id, ' ' ORDER BY nth) FILTER (nth <= 10) AS event_ids
  FROM over_host
  GROUP BY organisation, network, src, hour, port, inner_target
), over_ports AS (
  SELECT organisation, network, src, hour, dst, inside, count(*) AS ports, sum(failed) AS failed, min(first_us) AS first_us, max(last_us) AS last_us,
         min(first_us) FILTER (nth = CASE WHEN inside THEN $min_ports ELSE $outside_ports END) AS opened_us,
         string_agg(event_id, ' ' ORDER BY nth) FILTER (nth <= 10) AS event_ids
  FROM over_port
  GROUP BY organisation, network, src, hour, dst, inside
), vain_days AS (
  SELECT d.organisation, d.network, d.src, d.dst, d.dst_port AS port, d.day, min(d.first_us) AS first_us, max(d.last_us) AS last_us
  FROM pair_days AS d JOIN (SELECT organisation, network, src FROM over_hosts UNION SELECT organisation, network, src FROM over_ports WHERE inside) AS s
    ON s.organisation = d.organisation AND s.network = d.network AND s.src = d.src
  WHERE d.dst <> '*' AND d.dst_port >= 0 AND COALESCE(d.bytes_in, 0) = 0
  GROUP BY d.organisation, d.network, d.src, d.dst, d.dst_port, d.day
), wide_days AS (
  SELECT organisation, network, src, port, day, count(*) AS hosts, min(first_us) AS first_us, max(last_us) AS last_us
  FROM vain_days GROUP BY organisation, network, src, port, day
), deep_days AS (
  SELECT organisation, network, src, day, max(ports) AS ports, min(first_us) AS first_us, max(last_us) AS last_us
  FROM (SELECT organisation, network, src, dst, day, count(*) AS ports, min(first_us) AS first_us, max(last_us) AS last_us
        FROM vain_days GROUP BY organisation, network, src, dst, day) AS h
  GROUP BY organisation, network, src, day
), steady_hosts AS (
  SELECT o.organisation, o.network, o.src, o.hour, o.port
  FROM over_hosts AS o JOIN wide_days AS d
    ON d.organisation = o.organisation AND d.network = o.network AND d.src = o.src AND d.port = o.port
   AND d.last_us < o.hour * $window AND d.hosts >= $routine * o.hosts
  WHERE o.inner_target
  GROUP BY o.organisation, o.network, o.src, o.hour, o.port
  HAVING count(*) >= $routine_days AND max(d.last_us) - min(d.first_us) >= $routine_span
), steady_ports AS (
  SELECT o.organisation, o.network, o.src, o.hour, o.dst
  FROM over_ports AS o JOIN deep_days AS d
    ON d.organisation = o.organisation AND d.network = o.network AND d.src = o.src AND d.last_us < o.hour * $window AND d.ports >= $routine * o.ports
  WHERE o.inside
  GROUP BY o.organisation, o.network, o.src, o.hour, o.dst
  HAVING count(*) >= $routine_days AND max(d.last_us) - min(d.first_us) >= $routine_span
), asked AS (
  SELECT organisation, network, time_us // $web_window AS slot, src_endpoint_ip AS src,
         COALESCE(NULLIF(lower(split_part(http_request_url_hostname, ':', 1)), ''), dst_endpoint_ip, lower(device_hostname), sensor, '') AS site,
         min(dst_endpoint_ip) AS dst, count(*) FILTER (http_response_code IN (400, 403, 404, 405, 410)) AS failed
  FROM http_activity
  WHERE src_endpoint_ip IS NOT NULL AND table_name NOT IN ('proxy_squid', 'proxy_w3c', 'fortigate', 'paloalto')
  GROUP BY organisation, network, time_us // $web_window, src_endpoint_ip,
           COALESCE(NULLIF(lower(split_part(http_request_url_hostname, ':', 1)), ''), dst_endpoint_ip, lower(device_hostname), sensor, '')
  HAVING count(*) FILTER (http_response_code IN (400, 403, 404, 405, 410)) >= $vain * count(*)
), askers AS (
  SELECT a.organisation, a.network, a.slot, a.src, a.site, f.scope = 'private' AS inside,
         sum(a.failed) OVER (PARTITION BY a.organisation, a.network, a.slot, a.site, f.scope) AS failed
  FROM asked AS a JOIN address_facts AS f ON f.ip = a.src
  LEFT JOIN address_facts AS fd ON fd.ip = a.dst
  WHERE a.src NOT IN (SELECT key FROM listed) AND (f.scope <> 'private' OR COALESCE(fd.scope, 'private') = 'private')
), paths AS (
  SELECT k.organisation, k.network, k.site, k.slot, k.inside, CASE WHEN k.inside THEN k.src ELSE '' END AS inner_src,
         lower(split_part(h.http_request_url_path, '?', 1)) AS path, count(*) AS failed, min(h.time_us) AS first_us, max(h.time_us) AS last_us,
         min(h.event_id) AS event_id, min(k.src) AS src, max(k.src) AS last_src
  FROM http_activity AS h JOIN askers AS k
    ON k.organisation = h.organisation AND k.network = h.network AND k.slot = h.time_us // $web_window AND k.src = h.src_endpoint_ip
   AND k.site = COALESCE(NULLIF(lower(split_part(h.http_request_url_hostname, ':', 1)), ''), h.dst_endpoint_ip, lower(h.device_hostname), h.sensor, '')
  WHERE k.failed >= CASE WHEN k.inside THEN $inside_paths ELSE $outside_paths END AND h.http_response_code IN (400, 403, 404, 405, 410)
  GROUP BY k.organisation, k.network, k.site, k.slot, k.inside, CASE WHEN k.inside THEN k.src ELSE '' END,
           lower(split_part(h.http_request_url_path, '?', 1))
), answered AS (
  SELECT p.organisation, p.network, p.site, p.path
  FROM http_activity AS h JOIN (SELECT DISTINCT organisation, network, site, path FROM paths) AS p
    ON p.organisation = h.organisation AND p.network = h.network AND p.path = lower(split_part(h.http_request_url_path, '?', 1))
   AND p.site = COALESCE(NULLIF(lower(split_part(h.http_request_url_hostname, ':', 1)), ''), h.dst_endpoint_ip, lower(h.device_hostname), h.sensor, '')
  WHERE h.http_response_code < 400
  GROUP BY p.organisation, p.network, p.site, p.path
  UNION
  SELECT organisation, network, site, path FROM uri_days WHERE status_class IN (2, 3)
), vain AS (
  SELECT p.organisation, p.network, p.site, p.slot, p.inside, p.inner_src, p.failed, p.first_us, p.last_us, p.event_id, p.src, p.last_src,
         row_number() OVER (PARTITION BY p.organisation, p.network, p.site, p.slot, p.inside, p.inner_src ORDER BY p.first_us, p.path) AS nth
  FROM paths AS p LEFT JOIN answered AS a
    ON a.organisation = p.organisation AND a.network = p.network AND a.site = p.site AND a.path = p.path
  WHERE a.path IS NULL
), over_paths AS (
  SELECT organisation, network, site, slot, inside, inner_src, count(*) AS paths, sum(failed) AS failed, min(first_us) AS first_us, max(last_us) AS last_us,
         min(first_us) FILTER (nth = CASE WHEN inside THEN $inside_paths ELSE $outside_paths END) AS opened_us,
         string_agg(event_id, ' ' ORDER BY nth) FILTER (nth <= 10) AS event_ids, min(src) AS src, max(last_src) AS last_src
  FROM vain
  GROUP BY organisation, network, site, slot, inside, inner_src
  HAVING count(*) >= CASE WHEN inside THEN $inside_paths ELSE $outside_paths END
), hits AS (
  SELECT o.organisation, o.network, 'hosts' AS kind, o.src AS who, true AS inside, o.src, o.src AS last_src, CAST(o.port AS VARCHAR) AS target, o.hosts AS n,
         o.failed, o.first_us, o.last_us, o.opened_us, o.event_ids
  FROM over_hosts AS o LEFT JOIN usual AS u
    ON u.organisation = o.organisation AND u.network = o.network AND u.src = o.src AND u.hour = o.hour AND u.port = o.port
  LEFT JOIN steady_hosts AS s
    ON s.organisation = o.organisation AND s.network = o.network AND s.src = o.src AND s.hour = o.hour AND s.port = o.port AND o.inner_target
  WHERE COALESCE(u.hosts, 0) < $routine * o.hosts AND s.src IS NULL
  UNION ALL
  SELECT o.organisation, o.network, 'ports', CASE WHEN o.inside OR o.src LIKE '%:%' THEN o.src
         ELSE split_part(o.src, '.', 1) || '.' || split_part(o.src, '.', 2) || '.' || split_part(o.src, '.', 3) END,
         o.inside, o.src, o.src, o.dst, o.ports, o.failed, o.first_us, o.last_us, o.opened_us, o.event_ids
  FROM over_ports AS o LEFT JOIN steady_ports AS s
    ON s.organisation = o.organisation AND s.network = o.network AND s.src = o.src AND s.hour = o.hour AND s.dst = o.dst
  WHERE s.src IS NULL
  UNION ALL
  SELECT organisation, network, 'paths', CASE WHEN inside THEN src ELSE site END, inside, src, last_src, site, paths, failed, first_us, last_us, opened_us, event_ids
  FROM over_paths
), begun AS (
  SELECT organisation, network, kind, who, inside, src, last_src, target, n, failed, first_us, last_us, opened_us, event_ids,
         CASE WHEN first_us - max(last_us) OVER (PARTITION BY organisation, network, who ORDER BY first_us, kind, target
                                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) <= $gap THEN 0 ELSE 1 END AS anew
  FROM hits
), spelled AS (
  SELECT organisation, network, kind, who, inside, src, last_src, target, n, failed, first_us, last_us, opened_us, event_ids,
         sum(anew) OVER (PARTITION BY organisation, network, who ORDER BY first_us, kind, target) AS spell
  FROM begun
), ordered AS (
  SELECT organisation, network, kind, who, inside, src, last_src, target, n, failed, first_us, last_us, opened_us, event_ids, spell,
         row_number() OVER (PARTITION BY organisation, network, who, spell ORDER BY n DESC, kind, target, first_us) AS rank,
         row_number() OVER (PARTITION BY organisation, network, who, spell, kind ORDER BY n DESC, target, first_us) AS best
  FROM spelled
)
SELECT organisation, network, CASE WHEN max(inside) THEN who WHEN count(DISTINCT target) = 1 THEN max(target) ELSE '' END AS host, '' AS "user",
       min(first_us) AS first_us, max(last_us) AS last_us, min(opened_us) AS opened_us, CAST(sum(failed) AS BIGINT) AS count,
       max(event_ids) FILTER (rank = 1) AS event_ids,
       CASE WHEN NOT max(inside) THEN 'low'
            WHEN count(DISTINCT target) FILTER (kind = 'ports') >= $wide OR count(DISTINCT target) FILTER (kind = 'hosts') >= $wide THEN 'high'
            ELSE 'medium' END AS level,
       CASE WHEN max(inside) THEN 'The inside host ' || who
            WHEN min(src) = max(last_src) THEN 'The outside address ' || min(src)
            WHEN max(kind) FILTER (rank = 1) = 'paths' THEN 'Several outside addresses' ELSE 'Addresses of ' || who || '.0/24' END AS origin,
       concat_ws(' and ',
         CAST(max(n) FILTER (kind = 'ports') AS VARCHAR) || ' ports of ' || max(target) FILTER (kind = 'ports' AND best = 1)
           || CASE WHEN count(DISTINCT target) FILTER (kind = 'ports') > 1
                   THEN ' (further hosts: ' || CAST(count(DISTINCT target) FILTER (kind = 'ports') - 1 AS VARCHAR) || ')' ELSE '' END,
         'port ' || max(target) FILTER (kind = 'hosts' AND best = 1) || ' of ' || CAST(max(n) FILTER (kind = 'hosts') AS VARCHAR) || ' hosts'
           || CASE WHEN count(DISTINCT target) FILTER (kind = 'hosts') > 1
                   THEN ' (further ports: ' || CAST(count(DISTINCT target) FILTER (kind = 'hosts') - 1 AS VARCHAR) || ')' ELSE '' END,
         CAST(max(n) FILTER (kind = 'paths') AS VARCHAR) || ' paths of ' || COALESCE(NULLIF(max(target) FILTER (kind = 'paths' AND best = 1), ''), 'a web server')
           || CASE WHEN count(DISTINCT target) FILTER (kind = 'paths') > 1
                   THEN ' (further sites: ' || CAST(count(DISTINCT target) FILTER (kind = 'paths') - 1 AS VARCHAR) || ')' ELSE '' END) AS what,
       CAST(ceil((max(last_us) - min(first_us) + 1) / 60000000.0) AS BIGINT) AS minutes,
       CASE WHEN NOT max(inside) AND min(src) = max(last_src) THEN min(src) ELSE '' END AS scanner
FROM ordered
GROUP BY organisation, network, who, spell
