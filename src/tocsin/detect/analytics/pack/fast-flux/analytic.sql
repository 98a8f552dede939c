-- title: A name that moves over many networks (fast flux)
-- level: medium
-- status: experimental
-- attack: T1568.001
-- tactics: command-and-control
-- about: A name that this organisation did not know a week ago, and that few clients ask for, resolves to addresses in
--   more and more unrelated networks over hours. Criminals hide their servers behind hacked machines that way.
-- threshold: window = 24 h: Holz et al., Measuring and Detecting Fast-Flux Service Networks (NDSS 2008), judge a name by its addresses and networks over time
-- threshold: min_networks = 30 networks: of 65,536 addresses each (/16); the most of one name in real benign logs is 23
--   (0.debian.pool.ntp.org, zed-sample), of a load balancer 16 (fls-na.amazon.com, rita-testdata)
-- threshold: min_hours = 4 hours: in which networks came that were new for the name; a large pool shows itself at once (our judgement)
-- threshold: max_clients = 10 clients: a domain that more ask for is a content network or a product (our judgement)
-- threshold: new_for = 7 d: how long the domain is known at most: flux domains are short-lived (our judgement)
-- threshold: min_history = 7 d: of memory before the domain came, else nothing is assessed: it would all be new
-- novelty: a domain
-- against: A pool of time servers (pool.ntp.org) or a large load balancer. Mostly they are known for long or asked for by many.
-- against: Peer-to-peer programs with seeds in DNS. They are seldom new.
-- misses: Flux below 30 networks a day, domains older than a week, IPv6 addresses.
-- misses: The time to live is not read: few logs have it. That new networks keep coming says the same.
-- misses: Networks of one provider count apart: which autonomous system an address belongs to is not asked.
-- tested: rita-testdata, zed-sample, slips-dataset, suricata-verify: no name comes near the bound over more than two hours. No real
--   recording of fast flux was at hand.
-- lookback: 24 h
-- evidence: dns_activity: query_hostname, answers, src_endpoint_ip, device_hostname, actor_process_name
-- finding: {name} resolved to {count} addresses in {networks} networks; in {hours} hours networks came that were new. Clients that know {domain}: {clients}, the first of them since {days} days.
-- next: Ask the clients what they wanted there; block the name at the resolver, not the addresses.
-- keys: domain AS domain
WITH answered AS (
  SELECT organisation, network, time_us // $window AS bucket, lower(query_hostname) AS name, answers,
         min(time_us) AS first_us, max(time_us) AS last_us, min(event_id) AS event_id,
         min(COALESCE(CASE WHEN src_endpoint_port = 53 THEN dst_endpoint_ip ELSE src_endpoint_ip END, device_hostname, '')) AS client
  FROM dns_activity
  WHERE query_hostname LIKE '%_._%' AND answers LIKE '%_.%_.%_.%_' AND COALESCE(upper(query_type), 'A') = 'A'
  GROUP BY organisation, network, time_us // $window, lower(query_hostname), answers
), parts AS (
  SELECT organisation, network, bucket, name, client, first_us, last_us, event_id,
         unnest(string_split(regexp_replace(answers, '[^0-9.]+', ' ', 'g'), ' ')) AS ip
  FROM answered
), addresses AS (
  SELECT organisation, network, bucket, name, ip, split_part(ip, '.', 1) || '.' || split_part(ip, '.', 2) AS place,
         min(client) AS client, min(first_us) AS first_us, max(last_us) AS last_us, min(event_id) AS event_id
  FROM parts
  WHERE regexp_matches(ip, '^([0-9]{1,3}[.]){3}[0-9]{1,3}$')
    AND NOT regexp_matches(ip, '^(0|10|127|169[.]254|172[.](1[6-9]|2[0-9]|3[01])|192[.]168)[.]')
  GROUP BY organisation, network, bucket, name, ip
), places AS (
  SELECT organisation, network, bucket, name, place, min(client) AS client, count(*) AS addresses,
         min(first_us) AS first_us, max(last_us) AS last_us, min(event_id) AS event_id
  FROM addresses GROUP BY organisation, network, bucket, name, place
), struck AS (
  SELECT organisation, network, bucket, name, count(*) AS networks, count(DISTINCT first_us // 3600000000) AS hours,
         min(first_us) AS first_us,
         CASE WHEN regexp_matches(name, '[^.][.](ac|asso|co|com|edu|gob|gov|govt|gouv|gub|gv|in|info|ltd|me|mil|muni|ne|net|nhs|nom|or|org|plc|police|sch|tm)[.][a-z][a-z]$')
              THEN COALESCE(NULLIF(regexp_extract(name, '([^.]+[.][^.]+[.][^.]+)$', 1), ''), name)
              ELSE COALESCE(NULLIF(regexp_extract(name, '([^.]+[.][^.]+)$', 1), ''), name) END AS domain
  FROM places GROUP BY organisation, network, bucket, name
  HAVING count(*) >= $min_networks AND count(DISTINCT first_us // 3600000000) >= $min_hours
), known AS (
  SELECT d.organisation, d.domain, count(DISTINCT d.client) AS clients, min(d.first_us) AS first_us
  FROM domain_days AS d JOIN (SELECT DISTINCT organisation, domain FROM struck) AS s
    ON s.organisation = d.organisation AND s.domain = d.domain
  GROUP BY d.organisation, d.domain
), judged AS (
  SELECT s.organisation, s.network, s.domain, s.bucket, s.name, s.networks, s.hours, k.clients,
         (s.first_us - k.first_us) // 86400000000 AS days,
         row_number() OVER (PARTITION BY s.organisation, s.network, s.domain ORDER BY s.networks DESC, s.bucket, s.name) AS n
  FROM struck AS s JOIN known AS k ON k.organisation = s.organisation AND k.domain = s.domain
  CROSS JOIN period AS p
  WHERE k.clients <= $max_clients AND s.first_us - k.first_us <= $new_for AND k.first_us - p.history_first_us >= $min_history
), ordered AS (
  SELECT p.organisation, p.network, j.domain, p.name, j.networks, j.hours, j.clients, j.days, p.client, p.addresses,
         p.first_us, p.last_us, p.event_id,
         row_number() OVER (PARTITION BY p.organisation, p.network, j.domain ORDER BY p.first_us, p.place) AS n,
         row_number() OVER (PARTITION BY p.organisation, p.network, j.domain, p.event_id ORDER BY p.first_us, p.place) AS copy
  FROM places AS p JOIN judged AS j
    ON j.organisation = p.organisation AND j.network = p.network AND j.bucket = p.bucket AND j.name = p.name AND j.n = 1
), told AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, domain ORDER BY copy, n) AS telling FROM ordered
)
SELECT organisation, network, CASE WHEN count(DISTINCT client) = 1 THEN min(client) ELSE '' END AS host, '' AS "user",
       min(first_us) AS first_us, max(last_us) AS last_us,
       GREATEST(min(first_us) FILTER (n = $min_networks), min(first_us) + ($min_hours - 1) * 3600000000) AS opened_us,
       CAST(sum(addresses) AS BIGINT) AS count,
       string_agg(event_id, ' ' ORDER BY telling) FILTER (telling <= 10 AND copy = 1) AS event_ids,
       domain, min(name) AS name, max(networks) AS networks, max(hours) AS hours, max(clients) AS clients, max(days) AS days
FROM told GROUP BY organisation, network, domain
