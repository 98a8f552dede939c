-- title: Generated domain names
-- level: high
-- status: test
-- attack: T1568.002
-- tactics: command-and-control
-- about: One client asked for many domains that do not exist and that nobody here asked for before. Malware computes such
--   names from the date and tries them until one answers. Their text is compared with the names that the organisation
--   itself resolves, in whatever language these are. Names that read like words are told as medium: when they are much
--   longer than usual, or very many.
-- threshold: window = 6 h: generators try tens of names at each start (our judgement)
-- threshold: min_missing = 25 domains: that did not exist, of one client a window; the most of an ordinary client in real benign
--   logs is 6 (zed-sample); ATT&CK T1568.002 speaks of hundreds or thousands of names
-- threshold: min_share = 0.1 of domains: that the client asked for in the window; the most in real benign logs with six or more is
--   0.04 (zed-sample), of a crawler 0.006 (dns/normal-200k: 494 of 86,538)
-- threshold: min_distance = 700 thousandths: how much less likely its pairs of letters are (mean natural logarithm) than those of resolved
--   names; the most of 200 random groups of 25 real names (the two OpenDNS lists) under a model of 300 others is 640
-- threshold: min_length = 1.8 times: how much longer they are on average than resolved names; the most of 1,000 random groups of 25 real
--   names is 1.65 (OpenDNS random list against the OpenDNS top list); dictionary generators put several words together
-- threshold: min_model = 500 domains: fewer resolved ones do not tell what is usual; then the text is not assessed (our judgement)
-- threshold: model_days = 7 d: of the long memory before the names, and they themselves: what the model is made from (our judgement)
-- threshold: plain_missing = 100 domains: where the text looks usual, or was not assessed (our judgement)
-- threshold: plain_share = 0.3 of domains: likewise (our judgement)
-- threshold: max_clients = 10 clients: what more ask for is a blocked advertiser or a dead link (our judgement)
-- threshold: max_client_share = 0.05 of clients: likewise in large organisations, where a worm may run on more than ten (our judgement)
-- threshold: min_history = 7 d: of memory before the name, else it is not assessed whether a domain was asked for before (our judgement)
-- against: A crawler, link checker or mail filter. It meets many dead names, but far more living ones.
-- against: A resolver that answers for blocked advertisers that they do not exist: everybody asks for them, every day.
-- against: Names that a browser makes up to test the resolver, and search lists: one label below the own domain or a private suffix.
-- misses: Generators whose names exist at once, or that try fewer than 25 in six hours; short names like words (pushdo) below 100.
-- misses: Logs of queries without answers, and clients behind a resolver where only the resolver's own queries are logged.
-- misses: Names in punycode (xn--) are counted, but their text is not judged.
-- tested: Clients that ask for 25 names of a family (benchmarks/dns.py, 20 a family): all found for conficker, cryptolocker, goz, new_goz,
--   ramdo, tinba, zeus and a mix of others as high, for matsnu and rovnix as medium, none for pushdo, which is found from 100 names on.
--   The length was added because matsnu and rovnix were missed without it; its value comes from harmless names alone.
-- tested: Simda in Stratosphere's capture of CTU-Malware-Capture-Botnet-355-1: found (112 names).
-- tested: dns/normal-200k (494 of 86,538 domains of a crawler do not exist), rita-testdata, zed-sample, slips-dataset, suricata-verify: nothing.
-- tested: A made-up client for which 100 real sites (OpenDNS lists) do not exist is found as medium, for which 50 do not is not.
-- lookback: 6 h
-- evidence: dns_activity: query_hostname, rcode, src_endpoint_ip, device_hostname, actor_process_name
-- finding: {client} asked for {missing} domains that do not exist, {share} % of all that it asked for, such as {example}; {text}.
-- next: Find the process that asks (Sysmon 22), and look which of the client's names did resolve at that time.
-- next: Isolate the client if one of them resolved.
WITH asked AS (
  SELECT organisation, network, time_us // $window AS bucket,
         lower(COALESCE(CASE WHEN src_endpoint_port = 53 THEN dst_endpoint_ip ELSE src_endpoint_ip END, device_hostname, '')) AS client,
         lower(CASE WHEN ends_with(query_hostname, '.') THEN substr(query_hostname, 1, length(query_hostname) - 1)
               ELSE query_hostname END) AS name,
         max(CASE WHEN rcode IN ('NXDOMAIN', '9003', '3') THEN 1 ELSE 0 END) AS missing,
         count(*) FILTER (rcode IN ('NXDOMAIN', '9003', '3')) AS times,
         min(time_us) AS first_us, max(time_us) AS last_us,
         min(event_id) FILTER (rcode IN ('NXDOMAIN', '9003', '3')) AS event_id
  FROM dns_activity
  WHERE query_hostname LIKE '%_._%'
  GROUP BY ALL
), parted AS (
  SELECT organisation, network, bucket, client, missing, times, first_us, last_us, event_id,
         CASE WHEN regexp_matches(name, '[^.][.](ac|asso|co|com|edu|gob|gov|govt|gouv|gub|gv|in|info|ltd|me|mil|muni|ne|net|nhs|nom|or|org|plc|police|sch|tm)[.][a-z][a-z]$')
              THEN COALESCE(NULLIF(regexp_extract(name, '([^.]+[.][^.]+[.][^.]+)$', 1), ''), name)
              ELSE COALESCE(NULLIF(regexp_extract(name, '([^.]+[.][^.]+)$', 1), ''), name) END AS domain
  FROM asked
  WHERE client <> '' AND NOT regexp_matches(name, '[.](arpa|local|lan|home|corp|internal|intranet|private|localdomain|domain|workgroup|onion)$')
), domains AS (
  SELECT organisation, network, bucket, client, domain, min(missing) AS missing, sum(times) AS times,
         min(first_us) AS first_us, max(last_us) AS last_us, min(event_id) AS event_id
  FROM parted GROUP BY organisation, network, bucket, client, domain
), sized AS (
  SELECT organisation, network, bucket, client, count(*) AS domains
  FROM domains GROUP BY organisation, network, bucket, client
  HAVING sum(missing) >= $min_missing AND sum(missing) >= $min_share * count(*)
), candidates AS (
  SELECT d.organisation, d.network, d.bucket, d.client, d.domain, s.domains, d.times, d.first_us, d.last_us, d.event_id
  FROM domains AS d JOIN sized AS s
    ON s.organisation = d.organisation AND s.network = d.network AND s.bucket = d.bucket AND s.client = d.client
  WHERE d.missing = 1
), remembered AS (
  SELECT d.organisation, d.domain, count(DISTINCT d.client) AS clients, min(d.first_us) AS first_us
  FROM domain_days AS d JOIN (SELECT DISTINCT organisation, domain FROM candidates) AS c
    ON c.organisation = d.organisation AND c.domain = d.domain
  GROUP BY d.organisation, d.domain
), spans AS (
  SELECT organisation, min(first_us) AS first_us, max(last_us) AS last_us FROM candidates GROUP BY organisation
), clients AS (
  SELECT d.organisation, count(DISTINCT d.client) AS clients
  FROM domain_days AS d JOIN spans AS s ON s.organisation = d.organisation
  WHERE d.last_us > s.first_us - $model_days AND d.day <= s.last_us // 86400000000 GROUP BY d.organisation
), fresh AS (
  SELECT c.organisation, c.network, c.bucket, c.client, c.domain, c.domains, c.times, c.first_us, c.last_us, c.event_id,
         split_part(c.domain, '.', 1) AS label
  FROM candidates AS c
  LEFT JOIN remembered AS r ON r.organisation = c.organisation AND r.domain = c.domain
  LEFT JOIN clients AS o ON o.organisation = c.organisation
  CROSS JOIN period AS p
  WHERE (c.first_us - p.history_first_us < $min_history OR COALESCE(r.first_us, c.first_us) >= c.first_us - $window)
    AND COALESCE(r.clients, 1) <= GREATEST($max_clients, $max_client_share * COALESCE(o.clients, 1))
), places AS (
  SELECT a.digit * 8 + b.digit + 1 AS place
  FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) AS a(digit)
  CROSS JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) AS b(digit)
), usual AS (
  SELECT d.organisation, split_part(d.domain, '.', 1) AS label, d.domain
  FROM domain_days AS d JOIN spans AS s ON s.organisation = d.organisation
  WHERE d.last_us > s.first_us - $model_days AND d.day <= s.last_us // 86400000000 AND contains(d.domain, '.')
    AND NOT regexp_matches(d.domain, '(^xn--|^[0-9.]+$|:)')
  GROUP BY d.organisation, d.domain HAVING sum(d.missing) = 0
), model AS (
  SELECT u.organisation, substr(u.label, p.place, 2) AS pair, substr(u.label, p.place, 1) AS letter, count(*) AS n
  FROM usual AS u JOIN places AS p ON p.place < length(u.label)
  GROUP BY u.organisation, substr(u.label, p.place, 2), substr(u.label, p.place, 1)
), letters AS (
  SELECT organisation, letter, sum(n) AS n FROM model GROUP BY organisation, letter
), likely AS (
  SELECT m.organisation, m.pair, m.n,
         CAST(round(1000 * ln((m.n + 0.5) / (l.n + 18.5))) AS BIGINT) AS weight
  FROM model AS m JOIN letters AS l ON l.organisation = m.organisation AND l.letter = m.letter
), habit AS (
  SELECT l.organisation, sum(l.n * l.weight) / sum(l.n) AS weight, max(s.domains) AS domains, max(s.length) AS length
  FROM likely AS l JOIN (SELECT organisation, count(*) AS domains, avg(length(label)) AS length FROM usual GROUP BY organisation) AS s
    ON s.organisation = l.organisation
  GROUP BY l.organisation
), pairs AS (
  SELECT DISTINCT f.organisation, f.label, p.place, substr(f.label, p.place, 2) AS pair, substr(f.label, p.place, 1) AS letter
  FROM fresh AS f JOIN places AS p ON p.place < length(f.label)
  WHERE NOT starts_with(f.label, 'xn--')
), weighed AS (
  SELECT p.organisation, p.label, count(*) AS pairs,
         sum(COALESCE(k.weight, CAST(round(1000 * ln(0.5 / (COALESCE(l.n, 0) + 18.5))) AS BIGINT))) AS weight
  FROM pairs AS p
  LEFT JOIN likely AS k ON k.organisation = p.organisation AND k.pair = p.pair
  LEFT JOIN letters AS l ON l.organisation = p.organisation AND l.letter = p.letter
  GROUP BY p.organisation, p.label
), judged AS (
  SELECT f.organisation, f.network, f.bucket, f.client, max(f.domains) AS domains, count(*) AS missing,
         CASE WHEN max(h.domains) >= $min_model AND COALESCE(sum(w.pairs), 0) > 0
              THEN max(h.weight) - sum(w.weight) / sum(w.pairs) END AS distance,
         CASE WHEN max(h.domains) >= $min_model
              THEN avg(length(f.label)) FILTER (NOT starts_with(f.label, 'xn--')) / max(h.length) END AS longer
  FROM fresh AS f
  LEFT JOIN weighed AS w ON w.organisation = f.organisation AND w.label = f.label
  LEFT JOIN habit AS h ON h.organisation = f.organisation
  GROUP BY f.organisation, f.network, f.bucket, f.client
), struck AS (
  SELECT organisation, network, bucket, client, domains, missing, distance,
         CASE WHEN distance >= $min_distance THEN 2 WHEN longer >= $min_length THEN 1 ELSE 0 END AS odd
  FROM judged
  WHERE ((distance >= $min_distance OR longer >= $min_length) AND missing >= $min_missing AND missing >= $min_share * domains)
     OR (missing >= $plain_missing AND missing >= $plain_share * domains)
), shown AS (
  SELECT f.organisation, f.network, f.client, f.domain, max(s.odd) AS odd, max(s.distance) AS distance,
         max(100 * s.missing // s.domains) AS share, sum(f.times) AS times,
         min(f.first_us) AS first_us, max(f.last_us) AS last_us, min(f.event_id) AS event_id,
         COALESCE(max(w.weight / w.pairs), 0) AS weight
  FROM fresh AS f
  JOIN struck AS s ON s.organisation = f.organisation AND s.network = f.network AND s.bucket = f.bucket AND s.client = f.client
  LEFT JOIN weighed AS w ON w.organisation = f.organisation AND w.label = f.label
  GROUP BY f.organisation, f.network, f.client, f.domain
), ordered AS (
  SELECT organisation, network, client, domain, odd, distance, share, times, first_us, last_us, event_id,
         max(odd) OVER (PARTITION BY organisation, network, client) AS generated,
         row_number() OVER (PARTITION BY organisation, network, client ORDER BY first_us, domain) AS n,
         row_number() OVER (PARTITION BY organisation, network, client ORDER BY weight, domain) AS telling
  FROM shown
)
SELECT organisation, network, client AS host, '' AS "user", min(first_us) AS first_us, max(last_us) AS last_us,
       COALESCE(min(first_us) FILTER (n = CASE WHEN generated > 0 THEN $min_missing ELSE $plain_missing END), max(last_us)) AS opened_us,
       CAST(sum(times) AS BIGINT) AS count,
       string_agg(event_id, ' ' ORDER BY telling) FILTER (telling <= 10) AS event_ids,
       CASE WHEN max(odd) = 2 THEN 'high' ELSE 'medium' END AS level,
       client, count(*) AS missing, CAST(max(share) AS BIGINT) AS share, min(domain) FILTER (telling = 1) AS example,
       CASE WHEN max(odd) = 2 THEN 'their letters do not follow each other as in the names that resolve here'
            WHEN max(odd) = 1 THEN 'they are much longer than the names that resolve here'
            WHEN max(distance) IS NULL THEN 'their text was not assessed, because too few names resolve here'
            ELSE 'their text looks usual' END AS text
FROM ordered GROUP BY organisation, network, client
