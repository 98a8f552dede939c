-- title: Packet flood on a service
-- level: high
-- status: test
-- attack: T1498.001, T1498.002, T1499.001
-- tactics: impact
-- about: One of your addresses gets far more half-open connections than before (SYN flood), or large answers that nobody
--   asked for from many public servers (reflection). The service behind it is slow or gone for everybody else. Where the
--   address is not yours, your own hosts take part in an attack on others.
-- threshold: bucket = 10 s: short, so that a flood is known within a minute
-- threshold: streak = 60 s: buckets are counted together over this time
-- threshold: min_buckets = 3 buckets: half of a streak; a burst of retries ends sooner. Our judgement
-- threshold: min_packets = 1000 packets: a bucket, so 100 a second: a tenth of the 1,000 packets a second that the smallest DDoSia
--   attacks have, as published (1,000 to 680,000), because flow records are often sampled. The most that the real sets hold is 8 a second (a dead database, rita-testdata)
-- threshold: min_sources = 20 addresses: new ones until it is opened; below it one broken client or one scanner explains it. Our judgement
-- threshold: empty = 0.5 of the half-open: come from addresses that complete no connection meanwhile; of a crowd that overloads a server each gets through now and then. Our judgement
-- threshold: resent = 0.5 of the half-open: at most are of connections that were tried again: a client without answer tries again, raw packets do not. Our judgement,
--   between 137 of 143 connections that clients of the real sets began and nobody answered (119 of them one client's) and none of 2,379 of port scans, 2 % of 3,440
--   from scanners of the internet (zeek/ without the seven of 008 that were answered)
-- threshold: apart = 500 ms: between two tries at least: half of the second that a client waits (RFC 6298 section 2.1). A mirror port that shows a packet twice is faster
-- threshold: max_tries = 11 packets: of one connection at most are a client's: Linux since 6.5 (ip-sysctl: tcp_syn_retries, tcp_syn_linear_timeouts)
-- threshold: lone_packets = 10000 packets: a bucket, so 1,000 a second: from fewer addresses only this counts, no client retries so often
-- threshold: max_ports = 20 ports: half-open connections that are spread over more ports than this share are a port scan: see per_port
-- threshold: per_port = 20 packets: a port on average until it is opened. A SYN flood repeats its ports, a port scan does not (T1046)
-- threshold: packet_growth = 5 times: against the address's own rate before. Our judgement
-- threshold: busy = 2 times: more than the connections of its busy minutes on earlier days (long memory). Our judgement
-- threshold: busy_share = 0.01 of minutes: with traffic are busy ones: earlier floods are rarer than that
-- threshold: fresh_share = 0.5 of the addresses: were not seen with the target before (24 h and all earlier days): when a service dies, its own clients retry. Our judgement
-- threshold: plain_syn = 80 bytes: a packet at most: a SYN with all its options and headers (RFC 9293: header of at most 60 bytes, IPv4 20)
-- threshold: min_answer = 200 bytes: a packet: answers of abused services are large (CISA TA14-017A); ordinary DNS and NTP answers are below it
-- threshold: amplification = 10 times: more bytes than were sent to the same kind of service. CISA TA14-017A lists factors from about 4 (NetBIOS) to tens of thousands (memcached); what forged requests caused was not asked for at all
-- threshold: gap = 60 min: DDoSia's attacks last 18 minutes on average, as published, and come back to a target; within the hour it is one attack
-- threshold: history = 24 h: how far back "before" reaches
-- against: A service that died: its clients retry. They are the addresses that were there before, so few of them are new.
-- against: A crowd under which a server breaks down: most of its people also get through now and then. Where nobody does, their programs
--   try again from the same port. Where a log shows neither (sampled flows, or a server that refuses all), it looks the same.
-- against: Where two sensors see the same connections, both count: half of the rate is enough.
-- against: A vulnerability scan of one host goes over many ports; resolvers and time servers get answers that they asked for.
-- misses: Floods of complete connections (see `web-flood`), of UDP to random ports, of ICMP, and carpet bombing over many addresses with little on each.
-- misses: Senders that use one port and come back 2 to 11 times until it is opened, and floods by ordinary connects to a server that is dead already.
-- misses: Cisco ASA tells of half-open connections without packets: only what it denies counts.
-- misses: Abuse of your own open resolver against others. Floods below 100 packets a second in the records.
-- tested: Zeek, nfdump, Argus and Suricata flows of zeek/ (stratosphere-001-008, rita-testdata, slips-dataset with its port scans and
--   botnets: 145,000 connections) and suricata/ (2,900): nothing, rightly. None of these sets holds a flood with addresses and times.
-- tested: kdd99 has 165,202 connections of a SYN flood, without times and addresses: by their state 99.1 % would count, of 120,931 normal ones 4.5 %.
-- tested: 10 million records, half of them one flood of 4,600 a second: 2.3 s of processor time, 0.6 GB, opened after 30 s.
-- lookback: 24 h
-- evidence: network_activity: src_endpoint_ip, src_endpoint_port, dst_endpoint_ip, dst_endpoint_port, status_detail, traffic_packets_out, traffic_bytes_out, traffic_bytes_in
-- finding: {kind} on {host} {ports}: {count} packets in {minutes} minutes, up to {rate} a second, at the beginning from {sources} addresses, {fresh} of them never seen there before; {before}; {hosting}.
-- next: Tell your provider or scrubbing service address, ports, protocol and times (`tocsin analytics run packet-flood --fingerprint DIR` writes them down). Switch on SYN cookies and rate limits.
-- next: Look at what else happens meanwhile: floods also cover other attacks.
WITH flows AS (
  SELECT organisation, network, time_us // $bucket AS bucket, src_endpoint_ip, dst_endpoint_ip,
         connection_info_protocol_name = 'tcp' AS syn,
         connection_info_protocol_name = 'tcp' OR src_endpoint_port IN (17, 19, 53, 69, 111, 123, 137, 161, 389, 520, 1900, 3702, 5353, 5683, 11211)
           AND (COALESCE(dst_endpoint_port, -1) NOT IN (17, 19, 53, 69, 111, 123, 137, 161, 389, 520, 1900, 3702, 5353, 5683, 11211)
                OR COALESCE(traffic_bytes_out, 0) >= COALESCE(traffic_bytes_in, 0)) AS to_dst,
         COALESCE(traffic_packets_out, 0) AS packets_out, COALESCE(traffic_packets_in, 0) AS packets_in,
         COALESCE(traffic_bytes_out, 0) AS bytes_out, COALESCE(traffic_bytes_in, 0) AS bytes_in
  FROM network_activity
  WHERE src_endpoint_ip IS NOT NULL AND dst_endpoint_ip IS NOT NULL
    AND (connection_info_protocol_name = 'tcp'
         AND (activity_name = 'Refuse' OR app_name = 'incomplete'
              OR status_detail IN ('S0', 'REJ', 'RSTOS0', 'SH', 'new', 'S_', 'S_R', 'S_RA', 'S_SA', 'SR_', '2', '0x2', '0x02')
              OR replace(status_detail, '.', '') = 'S'
              OR status_detail = 'S1' AND COALESCE(traffic_bytes_in, 0) = 0
              OR status_detail = 'timeout' AND COALESCE(traffic_bytes_in, 0) <= $plain_syn * COALESCE(traffic_packets_in, 0))
         AND COALESCE(traffic_bytes_out, 0) <= $plain_syn * COALESCE(traffic_packets_out, 4)
         OR connection_info_protocol_name = 'udp' AND (src_endpoint_port IN (17, 19, 53, 69, 111, 123, 137, 161, 389, 520, 1900, 3702, 5353, 5683, 11211)
                                                       OR dst_endpoint_port IN (17, 19, 53, 69, 111, 123, 137, 161, 389, 520, 1900, 3702, 5353, 5683, 11211)))
), buckets AS (
  SELECT organisation, network, syn, CASE WHEN to_dst THEN dst_endpoint_ip ELSE src_endpoint_ip END AS target, bucket,
         sum(CASE WHEN syn THEN greatest(packets_out, 1) WHEN to_dst AND bytes_out > 0 THEN greatest(packets_out, 1)
                  WHEN NOT to_dst AND bytes_in > 0 THEN greatest(packets_in, 1) ELSE 0 END) AS packets
  FROM flows
  GROUP BY organisation, network, syn, CASE WHEN to_dst THEN dst_endpoint_ip ELSE src_endpoint_ip END, bucket
  HAVING sum(CASE WHEN syn THEN greatest(packets_out, 1) WHEN to_dst AND bytes_out > 0 THEN greatest(packets_out, 1)
                  WHEN NOT to_dst AND bytes_in > 0 THEN greatest(packets_in, 1) ELSE 0 END) >= $min_packets
     AND (syn OR sum(CASE WHEN to_dst THEN bytes_out ELSE bytes_in END)
                 >= greatest($amplification * sum(CASE WHEN to_dst THEN bytes_in ELSE bytes_out END),
                             $min_answer * sum(CASE WHEN to_dst AND bytes_out > 0 THEN greatest(packets_out, 1)
                                                    WHEN NOT to_dst AND bytes_in > 0 THEN greatest(packets_in, 1) ELSE 0 END)))
), streaks AS (
  SELECT organisation, network, syn, target, bucket, packets,
         count(*) OVER (PARTITION BY organisation, network, syn, target ORDER BY bucket
                        RANGE BETWEEN $streak // $bucket - 1 PRECEDING AND CURRENT ROW) AS streak,
         CASE WHEN bucket - lag(bucket) OVER (PARTITION BY organisation, network, syn, target ORDER BY bucket) <= $gap // $bucket
              THEN 0 ELSE 1 END AS anew
  FROM buckets
), counted AS (
  SELECT organisation, network, syn, target, bucket, packets, streak,
         sum(anew) OVER (PARTITION BY organisation, network, syn, target ORDER BY bucket) AS spell
  FROM streaks
), spells AS (
  SELECT row_number() OVER (ORDER BY organisation, network, syn, target, spell) AS id,
         organisation, network, syn, target, min(bucket) AS first_bucket, max(bucket) AS last_bucket, count(*) AS buckets,
         min(bucket) FILTER (streak >= $min_buckets) AS open_bucket, sum(packets) AS packets, max(packets) AS peak
  FROM counted
  GROUP BY organisation, network, syn, target, spell
  HAVING max(streak) >= $min_buckets
), parts AS (
  SELECT s.id, a.src_endpoint_ip AS remote, a.src_endpoint_port AS remote_port, a.dst_endpoint_port AS port, s.syn, a.time_us, a.event_id,
         a.time_us // $bucket AS bucket, s.first_bucket, s.open_bucket, greatest(COALESCE(a.traffic_packets_out, 0), 1) AS packets,
         CASE WHEN s.syn
              THEN COALESCE(a.activity_name = 'Refuse' OR a.app_name = 'incomplete'
                            OR a.status_detail IN ('S0', 'REJ', 'RSTOS0', 'SH', 'new', 'S_', 'S_R', 'S_RA', 'S_SA', 'SR_', '2', '0x2', '0x02')
                            OR replace(a.status_detail, '.', '') = 'S'
                            OR a.status_detail = 'S1' AND COALESCE(a.traffic_bytes_in, 0) = 0
                            OR a.status_detail = 'timeout' AND COALESCE(a.traffic_bytes_in, 0) <= $plain_syn * COALESCE(a.traffic_packets_in, 0), false)
                   AND COALESCE(a.traffic_bytes_out, 0) <= $plain_syn * COALESCE(a.traffic_packets_out, 4)
              ELSE COALESCE(a.traffic_bytes_out, 0) > COALESCE(a.traffic_bytes_in, 0) END AS counts,
         COALESCE(a.activity_name = 'Open' OR COALESCE(a.traffic_bytes_in, 0) = 0
                  AND a.traffic_bytes_out <= $plain_syn * least(COALESCE(a.traffic_packets_out, 1), $max_tries), false) AS says_nothing,
         a.table_name, a.sensor, a.time_us + COALESCE(a.duration, 0) * 1000 AS until_us
  FROM network_activity AS a JOIN spells AS s
    ON s.organisation = a.organisation AND s.network = a.network AND s.target = a.dst_endpoint_ip
   AND a.time_us // $bucket BETWEEN s.first_bucket - $history // $bucket AND s.open_bucket
  WHERE a.connection_info_protocol_name = CASE WHEN s.syn THEN 'tcp' ELSE 'udp' END AND a.src_endpoint_ip IS NOT NULL
  UNION ALL
  SELECT s.id, a.dst_endpoint_ip, a.dst_endpoint_port, a.src_endpoint_port, s.syn, a.time_us, a.event_id,
         a.time_us // $bucket, s.first_bucket, s.open_bucket, greatest(COALESCE(a.traffic_packets_in, 0), 1),
         COALESCE(a.traffic_bytes_in, 0) > COALESCE(a.traffic_bytes_out, 0), false,
         a.table_name, a.sensor, a.time_us + COALESCE(a.duration, 0) * 1000
  FROM network_activity AS a JOIN spells AS s
    ON s.organisation = a.organisation AND s.network = a.network AND s.target = a.src_endpoint_ip
   AND a.time_us // $bucket BETWEEN s.first_bucket - $history // $bucket AND s.open_bucket
  WHERE NOT s.syn AND a.connection_info_protocol_name = 'udp' AND a.dst_endpoint_ip IS NOT NULL
), remotes AS (
  SELECT id, remote, min(bucket - first_bucket) < 0 AS known, max(bucket - first_bucket) >= 0 AS during,
         sum(packets) FILTER (bucket >= first_bucket AND counts) AS packets, count(*) FILTER (bucket >= first_bucket AND NOT counts AND NOT says_nothing) AS completed
  FROM parts
  GROUP BY id, remote
), remembered AS (
  SELECT s.id, d.src AS remote
  FROM pair_days AS d JOIN spells AS s
    ON s.organisation = d.organisation AND s.network = d.network AND s.target = d.dst
   AND d.first_us < s.first_bucket * $bucket
  GROUP BY s.id, d.src
), sources AS (
  SELECT r.id, count(*) AS sources, count(*) FILTER (NOT r.known AND m.remote IS NULL) AS fresh,
         sum(r.packets) FILTER (r.completed = 0) * 1.0 / sum(r.packets) AS empty,
         sum(r.packets) FILTER (f.hosting) * 1.0 / sum(r.packets) FILTER (f.hosting IS NOT NULL) AS hosting
  FROM remotes AS r
  LEFT JOIN remembered AS m ON m.id = r.id AND m.remote = r.remote
  LEFT JOIN address_facts AS f ON f.ip = r.remote
  WHERE r.during
  GROUP BY r.id
), tries AS (
  SELECT id, sum(packets) AS packets, remote_port IS NOT NULL AND sum(packets) BETWEEN 2 AND $max_tries AND max(until_us) - min(time_us) >= $apart AS again
  FROM parts
  WHERE bucket >= first_bucket AND counts
  GROUP BY id, table_name, sensor, remote, remote_port, port
), tried AS (
  SELECT id, COALESCE(sum(packets) FILTER (again), 0) * 1.0 / sum(packets) AS resent FROM tries GROUP BY id
), ports AS (
  SELECT id, CASE WHEN syn THEN port ELSE remote_port END AS port, sum(packets) AS packets,
         row_number() OVER (PARTITION BY id ORDER BY sum(packets) DESC, CASE WHEN syn THEN port ELSE remote_port END) AS n
  FROM parts
  WHERE bucket >= first_bucket AND counts
  GROUP BY id, CASE WHEN syn THEN port ELSE remote_port END
), aimed AS (
  SELECT id, count(*) AS ports, sum(packets) AS packets, string_agg(CAST(port AS VARCHAR), ', ' ORDER BY n) FILTER (n <= 5) AS listed
  FROM ports GROUP BY id
), earlier AS (
  SELECT id, sum(packets) AS packets FROM parts WHERE bucket < first_bucket AND counts GROUP BY id
), firsts AS (
  SELECT id, bucket, remote, min(event_id) AS event_id, min(time_us) AS time_us,
         row_number() OVER (PARTITION BY id ORDER BY min(time_us), remote) AS n
  FROM parts
  WHERE bucket >= first_bucket AND counts
  GROUP BY id, bucket, remote
), evidence AS (
  SELECT id, min(time_us) AS first_us, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids
  FROM firsts GROUP BY id
), busy AS (
  SELECT s.id, b.bin, sum(b.n) AS n
  FROM size_bins AS b JOIN spells AS s
    ON s.organisation = b.organisation AND s.network = b.network AND s.target = b.entity
   AND b.last_us < s.first_bucket * $bucket
  WHERE b.metric = 'connections_minute'
  GROUP BY s.id, b.bin
), ranked AS (
  SELECT id, bin, sum(n) OVER (PARTITION BY id ORDER BY bin DESC) AS above, sum(n) OVER (PARTITION BY id) AS total
  FROM busy
), usual AS (
  SELECT id, power(1.1, max(bin) + 1) / 60 AS rate FROM ranked WHERE above >= $busy_share * total GROUP BY id
), judged AS (
  SELECT s.organisation, s.network, s.syn, s.target, s.last_bucket, s.open_bucket, s.packets, s.peak, v.first_us, v.event_ids,
         c.sources, c.fresh, c.empty, c.hosting, t.resent, a.listed, a.ports, a.packets AS aimed,
         greatest(least(v.first_us - p.first_us, $history), 0) AS known_us,
         COALESCE(e.packets, 0) * 1000000.0 / greatest(least(v.first_us - p.first_us, $history), $streak) AS rate_before,
         COALESCE(u.rate, 0) AS usual_rate, s.packets * 1000000.0 / (s.buckets * $bucket) AS rate
  FROM spells AS s CROSS JOIN period AS p
  JOIN sources AS c ON c.id = s.id
  JOIN tried AS t ON t.id = s.id
  JOIN aimed AS a ON a.id = s.id
  JOIN evidence AS v ON v.id = s.id
  LEFT JOIN earlier AS e ON e.id = s.id
  LEFT JOIN usual AS u ON u.id = s.id
)
SELECT organisation, network, target AS host, '' AS "user", first_us, (last_bucket + 1) * $bucket - 1 AS last_us,
       (open_bucket + 1) * $bucket - 1 AS opened_us, CAST(packets AS BIGINT) AS count, event_ids,
       CASE WHEN fresh >= $min_sources THEN 'high' ELSE 'medium' END AS level,
       CASE WHEN syn THEN 'SYN flood' ELSE 'Reflection flood' END AS kind,
       CASE WHEN syn THEN 'to port ' ELSE 'from port ' END || listed AS ports, sources, fresh,
       CAST(round(peak * 1000000.0 / $bucket) AS BIGINT) AS rate,
       CAST(ceil(((last_bucket + 1) * $bucket - first_us) / 60000000.0) AS BIGINT) AS minutes,
       CASE WHEN known_us >= $streak THEN CAST(round(rate_before, 1) AS VARCHAR) || ' a second before'
            ELSE 'what was before is not known' END AS before,
       CASE WHEN hosting IS NULL THEN 'share of hosting providers not assessed'
            ELSE CAST(CAST(round(100 * hosting) AS BIGINT) AS VARCHAR) || ' % from hosting providers' END AS hosting
FROM judged
WHERE target NOT IN (SELECT ip FROM address_facts WHERE scope = 'special')
  AND (fresh >= $min_sources AND fresh >= $fresh_share * sources OR peak >= $lone_packets)
  AND (NOT syn OR empty >= $empty AND resent <= $resent)
  AND (NOT syn OR ports <= $max_ports OR aimed >= $per_port * ports)
  AND rate >= $packet_growth * rate_before AND rate >= $busy * usual_rate
