-- title: Many hosts reach a domain that nobody knew
-- level: low
-- status: experimental
-- attack: T1566, T1195
-- tactics: initial-access
-- about: A domain that nobody in this organisation had ever asked for is asked for by many of its hosts within an hour. So it
--   looks when a wave of mail is clicked on, or when a supplier's update calls a new place from every host at once. It is
--   low by itself: what else these hosts do says whether it matters.
-- threshold: window = 1 h: in which the hosts ask for it for the first time
-- threshold: new_for = 24 h: since the first of all: a mail filter may look before the people do (our judgement)
-- threshold: min_clients = 10 clients: an hour (our judgement: no real recording of a whole organisation over weeks was at hand)
-- threshold: min_share = 0.01 of clients: of the day with most clients before, so that a large organisation does not tell every new site (our judgement)
-- threshold: min_history = 14 d: of memory before, days on which there was something, else it is not assessed: at first all is new
-- threshold: most = 1 domains: a day, the one with most clients: further ones would bury it (our judgement)
-- novelty: a domain
-- against: A product's new domain after an update, a conference tool, a site in the news, an advertiser's new name on a popular page.
-- misses: Fewer than ten hosts or one in a hundred within an hour, and updates that hosts fetch over days.
-- misses: Attackers who use a known domain, and the second new domain of a day.
-- misses: Hosts with public addresses: they cannot be told from visitors of the own web sites.
-- misses: Clients behind a resolver or proxy where only that one's own queries are logged.
-- tested: rita-testdata, zed-sample, slips-dataset, suricata-verify: nothing. None of them has 14 days of one organisation, so this says
--   little. In rita-testdata 258 visitors of an own web site looked like it before visitors were left out.
-- lookback: 24 h
-- evidence: dns_activity: query_hostname, rcode, src_endpoint_ip, device_hostname, actor_process_name
-- evidence: tls_activity: tls_sni, src_endpoint_ip, dst_endpoint_ip
-- evidence: http_activity: http_request_url_hostname, http_request_url_path, http_request_user_agent, src_endpoint_ip
-- finding: {count} clients asked for {domain} for the first time within an hour; nobody here had in {days} days of memory.
-- next: Look what led there: the mails and updates of the hour before. Ask who registered the domain, and when.
-- keys: domain AS domain
WITH events AS (
  SELECT organisation, network, time_us, event_id, lower(query_hostname) AS name,
         lower(COALESCE(CASE WHEN src_endpoint_port = 53 THEN dst_endpoint_ip ELSE src_endpoint_ip END, device_hostname)) AS client
  FROM dns_activity
  WHERE query_hostname LIKE '%_._%' AND NOT COALESCE(rcode, '') IN ('NXDOMAIN', '9003', '3')
  UNION ALL
  SELECT organisation, network, time_us, event_id, lower(tls_sni) AS name, lower(src_endpoint_ip) AS client
  FROM tls_activity WHERE tls_sni LIKE '%_._%'
  UNION ALL
  SELECT organisation, network, time_us, event_id,
         lower(regexp_replace(http_request_url_hostname, ':[0-9]*$', '')) AS name, lower(src_endpoint_ip) AS client
  FROM http_activity WHERE http_request_url_hostname LIKE '%_._%'
), waves AS (
  SELECT organisation, day, domain, count(DISTINCT client) AS clients
  FROM domain_days AS d CROSS JOIN period AS p
  WHERE d.last_us >= p.first_us AND regexp_matches(d.client, '^(10|192[.]168|172[.](1[6-9]|2[0-9]|3[01])|100[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))[.]|^f[cde][0-9a-f]{2}:|^[^:]*[a-z][^:]*$')
    AND d.first_us - p.history_first_us >= $min_history AND d.queries + d.handshakes + d.requests > d.missing
    AND regexp_matches(domain, '[a-z][.][a-z0-9-]+$|[0-9-][.][a-z][a-z0-9-]*$')
    AND NOT regexp_matches(domain, '[.](arpa|local|lan|home|corp|internal|intranet|private|localdomain|workgroup)$')
  GROUP BY organisation, day, domain HAVING count(DISTINCT client) >= $min_clients
), fresh AS (
  SELECT d.organisation, d.domain, min(d.first_us) AS begun_us
  FROM domain_days AS d JOIN (SELECT DISTINCT organisation, domain FROM waves) AS w
    ON w.organisation = d.organisation AND w.domain = d.domain
  CROSS JOIN period AS p
  GROUP BY d.organisation, d.domain
  HAVING min(d.first_us) - max(p.history_first_us) >= $min_history
), arrivals AS (
  SELECT d.organisation, d.network, d.domain, d.client, f.begun_us, min(d.first_us) AS first_us
  FROM domain_days AS d JOIN fresh AS f ON f.organisation = d.organisation AND f.domain = d.domain
  WHERE d.queries + d.handshakes + d.requests > d.missing
    AND regexp_matches(d.client, '^(10|192[.]168|172[.](1[6-9]|2[0-9]|3[01])|100[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))[.]|^f[cde][0-9a-f]{2}:|^[^:]*[a-z][^:]*$')
  GROUP BY d.organisation, d.network, d.domain, d.client, f.begun_us
), active AS (
  SELECT d.organisation, d.day, count(DISTINCT d.client) AS clients, max(d.days) AS days
  FROM domain_days AS d
  WHERE EXISTS (SELECT 1 FROM fresh AS f WHERE f.organisation = d.organisation)
    AND regexp_matches(d.client, '^(10|192[.]168|172[.](1[6-9]|2[0-9]|3[01])|100[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7]))[.]|^f[cde][0-9a-f]{2}:|^[^:]*[a-z][^:]*$')
  GROUP BY d.organisation, d.day
), memory AS (
  SELECT f.organisation, f.domain, sum(a.days) AS days, max(a.clients) AS usual
  FROM fresh AS f JOIN active AS a ON a.organisation = f.organisation AND a.day < f.begun_us // 86400000000
  GROUP BY f.organisation, f.domain HAVING sum(a.days) >= $min_history // 86400000000
), hourly AS (
  SELECT a.organisation, min(a.network) AS network, a.domain, a.begun_us, a.first_us // $window AS bucket,
         count(DISTINCT a.client) AS clients, max(m.days) AS days, max(m.usual) AS usual
  FROM arrivals AS a JOIN memory AS m ON m.organisation = a.organisation AND m.domain = a.domain
  CROSS JOIN period AS p
  WHERE a.first_us - a.begun_us <= $new_for AND a.first_us >= p.first_us
  GROUP BY a.organisation, a.domain, a.begun_us, a.first_us // $window
  HAVING count(DISTINCT a.client) >= $min_clients
), ranked AS (
  SELECT h.organisation, h.network, h.domain, h.begun_us, h.bucket, h.clients, h.days,
         row_number() OVER (PARTITION BY h.organisation, h.domain ORDER BY h.clients DESC, h.bucket) AS best,
         GREATEST($min_clients, $min_share * h.usual) AS enough
  FROM hourly AS h
), told AS (
  SELECT organisation, network, domain, bucket, clients, enough, days,
         row_number() OVER (PARTITION BY organisation, bucket * $window // 86400000000
                            ORDER BY clients DESC, bucket, domain) AS rank
  FROM ranked WHERE best = 1 AND clients >= enough
), seen AS (
  SELECT t.organisation, t.network, t.domain, t.bucket, t.enough, t.days, e.client,
         min(e.time_us) AS first_us, max(e.time_us) AS last_us, min(e.event_id) AS event_id
  FROM events AS e JOIN told AS t
    ON t.organisation = e.organisation AND t.bucket = e.time_us // $window
   AND (e.name = t.domain OR ends_with(e.name, '.' || t.domain))
  WHERE t.rank <= $most
  GROUP BY t.organisation, t.network, t.domain, t.bucket, t.enough, t.days, e.client
), ordered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, domain ORDER BY first_us, client) AS n FROM seen
)
SELECT organisation, network, '' AS host, '' AS "user", min(first_us) AS first_us, max(last_us) AS last_us,
       COALESCE(min(first_us) FILTER (n >= enough), max(first_us)) AS opened_us,
       count(*) AS count, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
       domain, CAST(max(days) AS BIGINT) AS days
FROM ordered GROUP BY organisation, network, domain
