-- title: Flood of web requests
-- level: high
-- status: test
-- attack: T1499.002, T1499.003
-- tactics: impact
-- about: A web site gets many times more requests than before, from many more addresses, and they look like those of programs, not of
--   people: few paths that are dear to answer, no pictures or styles, one kind of program. Visitors no longer reach the site.
-- threshold: bucket = 10 s: short, so that a flood is known within a minute
-- threshold: streak = 60 s: buckets are counted together over this time
-- threshold: min_buckets = 3 buckets: half of a streak. Our judgement
-- threshold: min_requests = 200 requests: a bucket, so 20 a second. DDoSia's attacks are published as 1,000 to 680,000 packets a second; the smallest are some 100 requests.
--   The most that a site gets in a bucket in rita-testdata is 226, from a scanner that uses many addresses
-- threshold: min_sources = 20 addresses: in a minute; below it one crawler or one scanner explains it. Our judgement
-- threshold: request_growth = 5 times: more requests than on average before. Our judgement
-- threshold: source_growth = 2 times: more addresses in a minute than usual. Our judgement
-- threshold: busy = 2 times: more than in the busy minutes of earlier days (long memory). Our judgement
-- threshold: busy_share = 0.01 of minutes: with traffic are busy ones: earlier floods are rarer than that
-- threshold: strangers = 0.5 of addresses: are public ones at least; staff that fetches something through a proxy has private ones
-- threshold: baseline = 6 h: how far back the average reaches
-- threshold: quiet = 10 min: of the site outside the flood must be known to compare with; else one sign more is needed
-- threshold: looked_at = 5 min: of the flood from its beginning; then it shows what it is
-- threshold: pause = 5 min: with less load end a rise; so does a jump by request_growth within ten minutes. Each rise is judged by itself: a flood may follow a crowd
-- threshold: gap = 60 min: DDoSia's attacks last 18 minutes on average, as published, and come back to a target; within the hour it is one attack
-- threshold: min_signs = 4 signs: of eight that tell programs from people (below). Our judgement
-- threshold: min_machine = 2 signs: of these that a crowd of people does not have: it too wants one page, comes at once and makes the server fail
-- threshold: min_signs_tls = 3 signs: where only TLS handshakes are seen, which show four of the eight. Our judgement
-- threshold: few_paths = 0.6 of requests: go to the three most wanted paths; a page brings its parts with it, which have other paths
-- threshold: more_paths = 1.5 times: more than before, where that is known: an interface for programs always has few paths
-- threshold: fresh_queries = 0.5 of requests: have a query string that no other request has, so no cache answers them
-- threshold: no_assets = 0.2 of requests: at most are for pictures, styles, scripts; of browsers they are most. Our judgement
-- threshold: no_referrer = 0.1 of requests: at most say where they come from; browsers say it for every part of a page. Our judgement
-- threshold: fewer_agents = 0.5 times: effective number (from the entropy) of user agents or JA4 at most, against before. Our judgement
-- threshold: agents_per_source = 0.1 agents: an address at most where nothing is known from before. Our judgement
-- threshold: repeats = 5 requests: of an address for one path within looked_at on average. Jung, Krishnamurthy and Rabinovich (WWW 2002) tell
--   crowds from attacks by the requests a client makes; people reload, programs repeat
-- threshold: failing = 0.1 of answers: are server errors, and failing_more than before
-- threshold: failing_more = 3 times: more errors than before, or a longer time for an answer. Our judgement
-- threshold: told = 0.05 of requests: a path must have to be named
-- threshold: abrupt = 0.25 times: in the minute before there was at most this part of the load; a crowd gathers over minutes (Jung et al., WWW 2002)
-- threshold: hosting = 0.5 of addresses: of hosting providers, where ranges were imported; people do not live there
-- against: A flash crowd (election night, a deadline, tickets): pages with their parts, referrers, many kinds of browsers, rising over minutes.
-- against: An app whose users all retry at once after an outage looks like this; its site asks for the same paths on quiet days.
-- against: Staff that fetches something through your own proxy: their addresses are private, and this asks for public ones.
-- misses: Floods behind a CDN or load balancer whose log names only its own addresses; slow attacks that hold connections open (Slowloris).
-- misses: A single address that floods, floods below 20 requests a second, and those that copy whole visits of browsers.
-- misses: The end of a flood that is longer than an hour may be told too early: it has become the average by then.
-- tested: zeek/ and suricata/ (86,000 HTTP requests, 103,000 TLS handshakes): nothing, rightly; among them four public sites that a scanner asks
--   22 times a second for 299 paths through 200 addresses, and a red team's 28,000 handshakes a minute from two addresses.
-- tested: No real recording of a flood with its visitors was at hand; what it finds is shown by captures only.
-- tested: 10 million requests, half of them one flood: 3.1 s of processor time, 0.7 GB, opened after 30 s.
-- lookback: 6 h
-- evidence: http_activity: http_request_http_method, http_request_url_hostname, http_request_url_path, http_request_url_query_string, http_response_code, http_request_user_agent, http_request_length, src_endpoint_ip, dst_endpoint_port
-- evidence: tls_activity: tls_sni, tls_ja4, src_endpoint_ip, dst_endpoint_ip, dst_endpoint_port
-- finding: {named} got {count} {what} within {minutes} min, up to {rate} a second ({before}), at the beginning from {sources} addresses: {signs}.
-- next: Tell your provider or scrubbing service paths, agents and times (`tocsin analytics run web-flood --fingerprint DIR` writes them down). Answer the dear paths from a cache, or ask for a proof of work.
-- next: Look at what else happens meanwhile: floods also cover other attacks.
WITH counted AS (
  SELECT organisation, network, true AS web,
         COALESCE(NULLIF(lower(split_part(http_request_url_hostname, ':', 1)), ''), dst_endpoint_ip, lower(device_hostname), sensor, '') AS site,
         time_us // $bucket AS bucket, count(*) AS n
  FROM http_activity
  GROUP BY organisation, network,
           COALESCE(NULLIF(lower(split_part(http_request_url_hostname, ':', 1)), ''), dst_endpoint_ip, lower(device_hostname), sensor, ''),
           time_us // $bucket
  UNION ALL
  SELECT organisation, network, false, COALESCE(NULLIF(lower(tls_sni), ''), dst_endpoint_ip, ''), time_us // $bucket, count(*)
  FROM tls_activity
  GROUP BY organisation, network, COALESCE(NULLIF(lower(tls_sni), ''), dst_endpoint_ip, ''), time_us // $bucket
), sites AS (
  SELECT organisation, network, web, site, count(*) FILTER (n >= $min_requests) AS busy
  FROM counted GROUP BY organisation, network, web, site
), busy AS (
  SELECT c.organisation, c.network, c.web, c.site, c.bucket, c.n,
         COALESCE(sum(c.n) OVER (PARTITION BY c.organisation, c.network, c.web, c.site ORDER BY c.bucket
                                 RANGE BETWEEN $baseline // $bucket PRECEDING AND $streak // $bucket PRECEDING), 0)
           * 1.0 / greatest(least(c.bucket - p.first_us // $bucket, $baseline // $bucket) - $streak // $bucket, 1) AS usual,
         COALESCE(sum(c.n) OVER (PARTITION BY c.organisation, c.network, c.web, c.site ORDER BY c.bucket
                                 RANGE BETWEEN $quiet // $bucket PRECEDING AND $streak // $bucket PRECEDING), 0)
           * 1.0 / greatest(least(c.bucket - p.first_us // $bucket, $quiet // $bucket) - $streak // $bucket, 1) AS recent
  FROM counted AS c CROSS JOIN period AS p
  JOIN sites AS s ON s.organisation = c.organisation AND s.network = c.network AND s.web = c.web AND s.site = c.site
  WHERE s.busy >= $min_buckets
), days AS (
  SELECT b.organisation, b.network, b.entity AS site, b.bin, sum(b.n) AS n
  FROM size_bins AS b CROSS JOIN period AS p
  WHERE b.metric = 'requests_minute' AND b.last_us < p.first_us
  GROUP BY b.organisation, b.network, b.entity, b.bin
), ranked AS (
  SELECT organisation, network, site, bin, sum(n) OVER (PARTITION BY organisation, network, site ORDER BY bin DESC) AS above,
         sum(n) OVER (PARTITION BY organisation, network, site) AS total
  FROM days
), minutes AS (
  SELECT organisation, network, site, power(1.1, max(bin) + 1) AS most
  FROM ranked WHERE above >= $busy_share * total GROUP BY organisation, network, site
), struck AS (
  SELECT b.organisation, b.network, b.web, b.site, b.bucket, b.n,
         count(*) OVER (PARTITION BY b.organisation, b.network, b.web, b.site ORDER BY b.bucket
                        RANGE BETWEEN $streak // $bucket - 1 PRECEDING AND CURRENT ROW) AS streak,
         b.n >= $request_growth * b.recent AS jumped
  FROM busy AS b LEFT JOIN minutes AS m ON b.web AND m.organisation = b.organisation AND m.network = b.network AND m.site = b.site
  WHERE b.n >= $min_requests AND b.n >= $request_growth * b.usual AND b.n * 60000000 / $bucket >= $busy * COALESCE(m.most, 0)
), begun AS (
  SELECT organisation, network, web, site, bucket, n, streak,
         CASE WHEN bucket - lag(bucket) OVER (PARTITION BY organisation, network, web, site ORDER BY bucket) <= $pause // $bucket
                   AND NOT (jumped AND NOT lag(jumped) OVER (PARTITION BY organisation, network, web, site ORDER BY bucket))
              THEN 0 ELSE 1 END AS anew
  FROM struck
), joined AS (
  SELECT organisation, network, web, site, bucket, n, streak,
         sum(anew) OVER (PARTITION BY organisation, network, web, site ORDER BY bucket) AS spell
  FROM begun
), spells AS (
  SELECT row_number() OVER (ORDER BY organisation, network, web, site, spell) AS id, organisation, network, web, site,
         min(bucket) AS first_bucket, max(bucket) AS last_bucket, min(bucket) FILTER (streak >= $min_buckets) AS open_bucket,
         count(*) AS buckets, sum(n) AS requests, max(n) AS peak
  FROM joined
  GROUP BY organisation, network, web, site, spell
  HAVING max(streak) >= $min_buckets AND count(*) >= $min_buckets
), taken AS (
  SELECT DISTINCT b.organisation, b.network, b.web, b.site, b.bucket
  FROM busy AS b JOIN spells AS s
    ON s.organisation = b.organisation AND s.network = b.network AND s.web = b.web AND s.site = b.site
   AND b.bucket BETWEEN s.first_bucket AND s.last_bucket
), wanted AS (
  SELECT s.id, s.organisation, s.network, s.web, s.site, s.first_bucket, h.time_us // $bucket AS bucket,
         h.time_us // $bucket > s.last_bucket AS later, h.time_us, h.event_id, h.src_endpoint_ip AS src, h.http_request_user_agent AS agent,
         lower(split_part(COALESCE(h.http_request_url_path, h.http_request_url_text, ''), '?', 1)) AS path,
         COALESCE(NULLIF(h.http_request_url_query_string, ''), NULLIF(split_part(COALESCE(h.http_request_url_path, h.http_request_url_text), '?', 2), '')) AS query,
         COALESCE(h.http_request_referrer, '-') NOT IN ('-', '') AS referred, h.http_response_code AS code, h.duration
  FROM http_activity AS h JOIN spells AS s
    ON s.web AND s.organisation = h.organisation AND s.network = h.network
   AND s.site = COALESCE(NULLIF(lower(split_part(h.http_request_url_hostname, ':', 1)), ''), h.dst_endpoint_ip, lower(h.device_hostname), h.sensor, '')
  UNION ALL
  SELECT s.id, s.organisation, s.network, s.web, s.site, s.first_bucket, h.time_us // $bucket,
         h.time_us // $bucket > s.last_bucket, h.time_us, h.event_id, h.src_endpoint_ip, COALESCE(h.tls_ja4, h.tls_ja3_hash), '', NULL, false, NULL, NULL
  FROM tls_activity AS h JOIN spells AS s
    ON NOT s.web AND s.organisation = h.organisation AND s.network = h.network AND s.site = COALESCE(NULLIF(lower(h.tls_sni), ''), h.dst_endpoint_ip, '')
), parts AS (
  SELECT r.id, r.time_us, r.event_id, r.src, r.agent, r.path, r.query, r.referred, r.code, r.duration,
         CASE WHEN r.bucket BETWEEN r.first_bucket AND r.first_bucket + $looked_at // $bucket - 1 AND NOT r.later THEN 'flood'
              WHEN t.bucket IS NOT NULL THEN 'other'
              WHEN r.bucket BETWEEN r.first_bucket - $streak // $bucket AND r.first_bucket - 1 THEN 'before' ELSE 'quiet' END AS phase,
         regexp_matches(r.path, '[.](css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|otf|mp4|webm|webmanifest)$') AS asset
  FROM wanted AS r LEFT JOIN taken AS t
    ON t.organisation = r.organisation AND t.network = r.network AND t.web = r.web AND t.site = r.site AND t.bucket = r.bucket
  WHERE r.bucket < r.first_bucket + $looked_at // $bucket OR r.later
), measured AS (
  SELECT id, phase, count(*) AS n, count(*) FILTER (asset) * 1.0 / count(*) AS assets, count(*) FILTER (referred) * 1.0 / count(*) AS referred,
         count(*) FILTER (code >= 500) * 1.0 / greatest(count(code), 1) AS failed, avg(duration) AS duration,
         max(time_us // 60000000) - min(time_us // 60000000) + 1 AS minutes, min(time_us) AS first_us
  FROM parts GROUP BY id, phase
), pathed AS (
  SELECT id, phase, path, count(*) AS n, sum(count(*)) OVER (PARTITION BY id, phase) AS total,
         row_number() OVER (PARTITION BY id, phase ORDER BY count(*) DESC, path) AS rank
  FROM parts WHERE phase IN ('flood', 'quiet') GROUP BY id, phase, path
), paths AS (
  SELECT id, phase, sum(n) FILTER (rank <= 3) * 1.0 / sum(n) AS share, string_agg(substr(path, 1, 60), ', ' ORDER BY rank) FILTER (rank <= 3 AND n >= $told * total) AS listed
  FROM pathed GROUP BY id, phase
), spoken AS (
  SELECT id, phase, agent, count(*) AS n, sum(count(*)) OVER (PARTITION BY id, phase) AS total
  FROM parts WHERE phase IN ('flood', 'quiet') AND agent IS NOT NULL AND agent NOT IN ('', '-') GROUP BY id, phase, agent
), agents AS (
  SELECT id, phase, exp(-sum(n * 1.0 / total * ln(n * 1.0 / total))) AS effective FROM spoken GROUP BY id, phase
), called AS (
  SELECT id, src, path, count(*) AS n, count(DISTINCT query) AS queries, min(event_id) AS event_id, min(time_us) AS time_us
  FROM parts WHERE phase = 'flood' GROUP BY id, src, path
), callers AS (
  SELECT c.id, count(*) AS pairs, sum(c.queries) AS queries, count(DISTINCT c.src) AS sources,
         count(DISTINCT c.src) FILTER (f.scope = 'public') AS strangers, count(DISTINCT c.src) FILTER (f.hosting) AS hosted,
         count(DISTINCT c.src) FILTER (f.hosting IS NOT NULL) AS assessed
  FROM called AS c LEFT JOIN address_facts AS f ON f.ip = c.src
  GROUP BY c.id
), visited AS (
  SELECT id, phase, time_us // 60000000 AS minute, count(DISTINCT src) AS sources
  FROM parts WHERE phase IN ('flood', 'quiet') GROUP BY id, phase, time_us // 60000000
), visitors AS (
  SELECT v.id, max(v.sources) FILTER (v.phase = 'flood') AS now, sum(v.sources) FILTER (v.phase = 'quiet') * 1.0 / max(m.minutes) AS usual
  FROM visited AS v LEFT JOIN measured AS m ON m.id = v.id AND m.phase = 'quiet'
  GROUP BY v.id
), telling AS (
  SELECT c.id, c.event_id, row_number() OVER (PARTITION BY c.id ORDER BY p.rank, c.n DESC, c.time_us, c.src) AS n
  FROM called AS c JOIN pathed AS p ON p.id = c.id AND p.phase = 'flood' AND p.path = c.path
), evidence AS (
  SELECT id, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids FROM telling GROUP BY id
), judged AS (
  SELECT s.organisation, s.network, s.web, s.site, s.first_bucket, s.last_bucket, s.open_bucket, s.requests, s.peak, e.event_ids, f.first_us,
         v.now AS sources, q.n IS NOT NULL AND q.minutes * 60000000 >= $quiet AS known,
         COALESCE(q.n, 0) * 1.0 / greatest(COALESCE(q.minutes, 0) * 60, 60) AS usual, s.requests * 1000000.0 / (s.buckets * $bucket) AS rate,
         v.usual AS usual_sources, c.strangers * 1.0 / c.sources AS strangers, pf.listed,
         CASE WHEN s.web AND pf.share >= $few_paths AND pf.share >= $more_paths * COALESCE(pq.share, 0) THEN 1 ELSE 0 END AS few,
         CASE WHEN c.queries >= $fresh_queries * f.n THEN 1 ELSE 0 END AS queries,
         CASE WHEN s.web AND f.assets <= $no_assets AND (q.assets IS NULL OR f.assets <= 0.5 * q.assets AND q.assets >= $no_assets) THEN 1 ELSE 0 END AS bare,
         CASE WHEN s.web AND f.referred <= $no_referrer AND q.referred >= 2 * $no_referrer THEN 1 ELSE 0 END AS direct,
         CASE WHEN af.effective <= $fewer_agents * aq.effective OR aq.effective IS NULL AND af.effective <= $agents_per_source * c.sources THEN 1 ELSE 0 END AS alike,
         CASE WHEN f.n >= $repeats * c.pairs THEN 1 ELSE 0 END AS repeated,
         CASE WHEN f.failed >= $failing AND f.failed >= $failing_more * COALESCE(q.failed, 0) OR f.duration >= $failing_more * q.duration THEN 1 ELSE 0 END AS failing,
         CASE WHEN s.first_bucket - p.first_us // $bucket >= $streak // $bucket
                   AND COALESCE(b.n, 0) <= $abrupt * f.n * ($streak * 1.0 / least((s.last_bucket - s.first_bucket + 1) * $bucket, $looked_at)) THEN 1 ELSE 0 END AS sudden,
         CASE WHEN c.assessed > 0 AND c.hosted >= $hosting * c.assessed THEN 1 ELSE 0 END AS rented,
         c.assessed, c.hosted, af.effective, f.assets, f.failed
  FROM spells AS s CROSS JOIN period AS p
  JOIN measured AS f ON f.id = s.id AND f.phase = 'flood'
  LEFT JOIN measured AS q ON q.id = s.id AND q.phase = 'quiet'
  LEFT JOIN measured AS b ON b.id = s.id AND b.phase = 'before'
  JOIN paths AS pf ON pf.id = s.id AND pf.phase = 'flood'
  LEFT JOIN paths AS pq ON pq.id = s.id AND pq.phase = 'quiet'
  LEFT JOIN agents AS af ON af.id = s.id AND af.phase = 'flood'
  LEFT JOIN agents AS aq ON aq.id = s.id AND aq.phase = 'quiet'
  JOIN callers AS c ON c.id = s.id
  JOIN visitors AS v ON v.id = s.id
  JOIN evidence AS e ON e.id = s.id
), found AS (
  SELECT organisation, network, web, site, first_us, last_bucket, open_bucket, requests, peak, event_ids, sources, known, usual, listed,
         few, queries, bare, direct, alike, repeated, failing, sudden, rented, assessed, hosted, effective, assets, failed,
         sum(CASE WHEN web THEN 1 ELSE 0 END) OVER (PARTITION BY organisation, network, site) AS seen_in_web
  FROM judged
  WHERE sources >= $min_sources AND strangers >= $strangers AND sources >= $source_growth * COALESCE(usual_sources, 0) AND rate >= $request_growth * usual
    AND queries + bare + direct + alike + repeated + rented >= $min_machine
    AND greatest(few, queries) + bare + direct + alike + repeated + failing + sudden + rented
        >= CASE WHEN web THEN $min_signs ELSE $min_signs_tls END + CASE WHEN known THEN 0 ELSE 1 END
), again AS (
  SELECT organisation, network, web, site, first_us, last_bucket, open_bucket, requests, peak, event_ids, sources, known, usual, listed,
         few, queries, bare, direct, alike, repeated, failing, sudden, assessed, hosted,
         CASE WHEN open_bucket - lag(last_bucket) OVER (PARTITION BY organisation, network, web, site ORDER BY open_bucket) <= $gap // $bucket
              THEN 0 ELSE 1 END AS anew
  FROM found
  WHERE web OR seen_in_web = 0
), attacks AS (
  SELECT organisation, network, web, site, first_us, last_bucket, open_bucket, requests, peak, event_ids, sources, known, usual, listed,
         few, queries, bare, direct, alike, repeated, failing, sudden, assessed, hosted,
         sum(anew) OVER (PARTITION BY organisation, network, web, site ORDER BY open_bucket) AS attack
  FROM again
), ordered AS (
  SELECT organisation, network, web, site, first_us, last_bucket, open_bucket, requests, peak, event_ids, sources, known, usual, listed,
         few, queries, bare, direct, alike, repeated, failing, sudden, assessed, hosted, attack,
         row_number() OVER (PARTITION BY organisation, network, web, site, attack ORDER BY open_bucket) AS nth,
         sum(requests) OVER (PARTITION BY organisation, network, web, site, attack) AS total,
         max(peak) OVER (PARTITION BY organisation, network, web, site, attack) AS highest,
         max(last_bucket) OVER (PARTITION BY organisation, network, web, site, attack) AS end_bucket
  FROM attacks

)
SELECT organisation, network, site AS host, '' AS "user", CASE WHEN site = '' THEN 'A web server' ELSE site END AS named, first_us, (end_bucket + 1) * $bucket - 1 AS last_us, (open_bucket + 1) * $bucket - 1 AS opened_us,
       CAST(total AS BIGINT) AS count, event_ids, CASE WHEN web THEN 'requests' ELSE 'TLS handshakes' END AS what, sources,
       CAST(ceil(((end_bucket + 1) * $bucket - first_us) / 60000000.0) AS BIGINT) AS minutes, CAST(round(highest * 1000000.0 / $bucket) AS BIGINT) AS rate,
       CASE WHEN known THEN CAST(round(usual, 1) AS VARCHAR) || ' usually' ELSE 'what is usual is not known' END AS before,
       concat_ws(', ', CASE WHEN few = 1 OR queries = 1 THEN 'most for ' || listed END, CASE WHEN queries = 1 THEN 'with ever new query strings' END,
                 CASE WHEN bare = 1 THEN 'hardly any pictures or styles' END, CASE WHEN direct = 1 THEN 'no referrers' END,
                 CASE WHEN alike = 1 THEN 'few kinds of programs' END, CASE WHEN repeated = 1 THEN 'the same again and again' END,
                 CASE WHEN failing = 1 THEN 'the server fails or is slow' END, CASE WHEN sudden = 1 THEN 'from one minute to the next' END,
                 CASE WHEN assessed = 0 THEN 'share of hosting providers not assessed'
                      ELSE CAST(100 * hosted // assessed AS VARCHAR) || ' % of the addresses are of hosting providers' END) AS signs
FROM ordered
WHERE nth = 1
