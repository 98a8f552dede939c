-- title: Data carried in DNS names
-- level: medium
-- status: test
-- attack: T1071.004, T1572, T1048
-- tactics: command-and-control, exfiltration
-- about: One client asked for very many different names below one domain that hardly anybody else asks for, nearly
--   every name only once. Tunnels (iodine, dnscat2, dns2tcp, DNS beacons of attack frameworks) carry their data in
--   such names, and firewalls let DNS pass. Mostly record types that carry text make the finding high.
-- threshold: window = 24 h: Paxson et al., Practical Comprehensive Bounds on Surreptitious Communication Over DNS (USENIX Security 2013), bound a day
-- threshold: step = 12 h: windows overlap by half, so that midnight hides nothing
-- threshold: min_names = 100 names: RITA 5 scores C2 over DNS from 100 subdomains on; the most of one client and domain in real
--   benign logs is 67 (steamcontent.com, zed-sample)
-- threshold: min_characters = 4096 characters: of the names a day; Paxson et al. (2013) bound surreptitious traffic at 4 kB a day
--   for each client and registered domain; the most in real benign logs is 1,161 (cloudfront.net, rita-testdata)
-- threshold: odd_types = 0.5 of names: asked for as TXT, NULL, CNAME, KEY, MX, SRV or a private type, which tunnels prefer for what
--   they carry and people's programs hardly use; the most in real benign logs of names below a public domain is 0.14 (our judgement)
-- threshold: odd_factor = 0.5 of both bounds: what is enough where such types prevail (our judgement)
-- threshold: min_once = 0.7 of names: asked for once a record type; caches make popular names come back, a tunnel cannot repeat one
-- threshold: max_clients = 10 clients: a domain that more ask for is the organisation's own, a content network or a product (our judgement)
-- threshold: resolver_domains = 2_000 domains: in half a day; who asks for more asks for others too, and all names of a content network come
--   from one address then: only text types count. The busiest ordinary client in real benign logs asks for 157 in six hours (zed-sample)
-- threshold: regular_days = 3 d: earlier days on which the client asked for as many names there: it is a habit (our judgement)
-- against: A security product or mail filter that asks whether a hash is listed, by a name that holds it. Addresses are left
--   out, domains of many clients too, and what a client does regularly is passed over after three days.
-- against: An inventory or monitoring server resolves every host of the organisation; others ask for names of that domain too.
-- misses: Tunnels below 100 names or 4 kB of names a day (half of it with text types), or with digits only.
-- misses: A tunnel of more than ten clients below one domain, and data that comes in by answers to few names.
-- misses: A tunnel in plain addresses behind a resolver, where only the resolver's own queries are logged.
-- misses: DNS over HTTPS or TLS to a resolver outside, which no DNS log shows.
-- tested: Tunnels of iodine, dnscat2 and dns2tcp (15,450 queries): all three found, one finding each, also when
--   their types are replaced by A.
-- tested: Suricata's own test captures: the tunnel below tunnel.com (81 names, all TXT) is found, the made-up test0 to test1199.example.com not.
-- tested: rita-testdata: the dnscat2 trial of 23 names stays below the bound. Nothing else is found there.
-- tested: dns/normal-200k (one crawler, 100,001 queries), zed-sample, slips-dataset, Stratosphere: nothing.
-- lookback: 24 h
-- evidence: dns_activity: query_hostname, query_type, rcode, src_endpoint_ip, device_hostname, actor_process_name
-- finding: {client} asked for {names} different names below {domain} ({characters} characters), {once} of them only once; {odd} were asked for as types that carry text. Clients that know the domain: {clients}.
-- next: Look at what process asks, and at the name server of the domain. Block the domain at the resolver.
-- next: Let only the own resolvers ask the internet by DNS.
-- keys: domain AS domain
WITH asked AS (
  SELECT organisation, network, time_us // $step AS step,
         lower(COALESCE(CASE WHEN src_endpoint_port = 53 THEN dst_endpoint_ip ELSE src_endpoint_ip END, device_hostname, '')) AS client,
         lower(query_hostname) AS name, COALESCE(upper(query_type), '') AS type,
         count(*) FILTER (activity_name <> 'Response') AS queries, count(*) AS records,
         min(time_us) AS first_us, max(time_us) AS last_us, min(event_id) AS event_id
  FROM dns_activity
  WHERE query_hostname LIKE '%_.%_._%' AND length(query_hostname) >= 12
  GROUP BY ALL
), named AS (
  SELECT organisation, network, step, client, name,
         max(CASE WHEN type IN ('TXT', 'NULL', 'CNAME', 'KEY', 'MX', 'SRV', 'PRIVATE') OR starts_with(type, 'TYPE6')
             THEN 1 ELSE 0 END) AS odd,
         CASE WHEN max(GREATEST(queries, records - queries)) = 1 THEN 1 ELSE 0 END AS once,
         sum(GREATEST(queries, records - queries)) AS times,
         min(first_us) AS first_us, max(last_us) AS last_us, min(event_id) AS event_id
  FROM asked
  WHERE NOT ends_with(name, '.arpa') AND NOT ends_with(name, '.local') AND client <> ''
    AND NOT regexp_matches(name, '^([0-9a-f][.]){16}')
  GROUP BY organisation, network, step, client, name
), parted AS (
  SELECT organisation, network, step, client, name, odd, once, times, first_us, last_us, event_id,
         CASE WHEN regexp_matches(name, '[^.][.](ac|asso|co|com|edu|gob|gov|govt|gouv|gub|gv|in|info|ltd|me|mil|muni|ne|net|nhs|nom|or|org|plc|police|sch|tm)[.][a-z][a-z]$')
              THEN COALESCE(NULLIF(regexp_extract(name, '([^.]+[.][^.]+[.][^.]+)$', 1), ''), name)
              ELSE COALESCE(NULLIF(regexp_extract(name, '([^.]+[.][^.]+)$', 1), ''), name) END AS domain
  FROM named
), below AS (
  SELECT organisation, network, step, client, domain, count(*) AS names
  FROM parted GROUP BY organisation, network, step, client, domain
), resolvers AS (
  SELECT DISTINCT organisation, network, client FROM below
  GROUP BY organisation, network, step, client HAVING count(*) >= $resolver_domains
), sized AS (
  SELECT DISTINCT organisation, network, client, domain FROM below WHERE names >= $min_names * $odd_factor / 2
), kept AS (
  SELECT p.organisation, p.network, p.step, p.client, p.domain, p.name, p.odd, p.once, p.times, p.first_us, p.last_us, p.event_id,
         length(p.name) - length(p.domain) AS characters, regexp_replace(p.name, '[0-9]+', '#', 'g') AS shape
  FROM parted AS p JOIN sized AS s
    ON s.organisation = p.organisation AND s.network = p.network AND s.client = p.client AND s.domain = p.domain
), windowed AS (
  SELECT organisation, network, step AS bucket, client, domain, name, shape, odd, once, characters FROM kept
  UNION ALL
  SELECT organisation, network, step - $window // $step + 1, client, domain, name, shape, odd, once, characters FROM kept
), counted AS (
  SELECT organisation, network, bucket, client, domain, count(DISTINCT shape) AS shapes,
         count(DISTINCT name) AS names, count(DISTINCT name) FILTER (odd = 1) AS odd,
         count(DISTINCT name) FILTER (once = 1) AS once, sum(characters) AS characters
  FROM windowed GROUP BY organisation, network, bucket, client, domain
), struck AS (
  SELECT c.organisation, c.network, c.client, c.domain, min(c.bucket) AS bucket,
         max(CASE WHEN odd >= $odd_types * names THEN 1 ELSE 0 END) AS odd
  FROM counted AS c LEFT JOIN resolvers AS r
    ON r.organisation = c.organisation AND r.network = c.network AND r.client = c.client
  WHERE once >= $min_once * names AND (r.client IS NULL OR odd >= $odd_types * names)
    AND shapes >= $min_names * CASE WHEN odd >= $odd_types * names THEN $odd_factor ELSE 1 END
    AND characters >= $min_characters * CASE WHEN odd >= $odd_types * names THEN $odd_factor ELSE 1 END
  GROUP BY c.organisation, c.network, c.client, c.domain
), known AS (
  SELECT d.organisation, d.network, d.domain, count(DISTINCT d.client) AS clients
  FROM domain_days AS d JOIN (SELECT DISTINCT organisation, network, domain FROM struck) AS s
    ON s.organisation = d.organisation AND s.network = d.network AND s.domain = d.domain
  GROUP BY d.organisation, d.network, d.domain
), regular AS (
  SELECT d.organisation, d.network, d.client, d.domain
  FROM domain_days AS d JOIN struck AS s
    ON s.organisation = d.organisation AND s.network = d.network AND s.client = d.client AND s.domain = d.domain
   AND d.last_us < s.bucket * $step
  WHERE d.names >= $min_names * $odd_factor
  GROUP BY d.organisation, d.network, d.client, d.domain
  HAVING sum(d.days) >= $regular_days // 86400000000
), judged AS (
  SELECT s.organisation, s.network, s.client, s.domain, s.odd, s.bucket, COALESCE(k.clients, 1) AS clients
  FROM struck AS s
  LEFT JOIN known AS k ON k.organisation = s.organisation AND k.network = s.network AND k.domain = s.domain
  LEFT JOIN regular AS r
    ON r.organisation = s.organisation AND r.network = s.network AND r.client = s.client AND r.domain = s.domain
  WHERE r.client IS NULL AND COALESCE(k.clients, 1) <= $max_clients
), names AS (
  SELECT k.organisation, k.network, k.client, k.domain, j.clients, j.odd AS carries, k.name, max(k.odd) AS odd,
         min(k.once) AS once, sum(k.times) AS times, max(k.characters) AS characters, min(k.first_us) AS first_us,
         max(k.last_us) AS last_us, min(k.event_id) AS event_id
  FROM kept AS k JOIN judged AS j
    ON j.organisation = k.organisation AND j.network = k.network AND j.client = k.client AND j.domain = k.domain
   AND k.step >= j.bucket
  GROUP BY k.organisation, k.network, k.client, k.domain, j.clients, j.odd, k.name
), ordered AS (
  SELECT organisation, network, client, domain, clients, carries, odd, once, times, characters, first_us, last_us, event_id,
         row_number() OVER (PARTITION BY organisation, network, client, domain ORDER BY first_us, name) AS n,
         sum(characters) OVER (PARTITION BY organisation, network, client, domain ORDER BY first_us, name
                               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far,
         row_number() OVER (PARTITION BY organisation, network, client, domain ORDER BY characters DESC, name) AS telling
  FROM names
)
SELECT organisation, network, client AS host, '' AS "user", min(first_us) AS first_us, max(last_us) AS last_us,
       COALESCE(min(first_us) FILTER (n >= $min_names * CASE WHEN carries = 1 THEN $odd_factor ELSE 1 END
         AND so_far >= $min_characters * CASE WHEN carries = 1 THEN $odd_factor ELSE 1 END), max(last_us)) AS opened_us,
       CAST(sum(times) AS BIGINT) AS count,
       string_agg(event_id, ' ' ORDER BY telling) FILTER (telling <= 10) AS event_ids,
       CASE WHEN max(carries) = 1 THEN 'high' ELSE 'medium' END AS level,
       client, domain, max(clients) AS clients, count(*) AS names, CAST(sum(odd) AS BIGINT) AS odd,
       CAST(sum(once) AS BIGINT) AS once, CAST(sum(characters) AS BIGINT) AS characters
FROM ordered GROUP BY organisation, network, client, domain
