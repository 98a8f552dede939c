-- title: Many services stopped at once
-- level: medium
-- status: test
-- attack: T1489
-- tactics: impact
-- about: One computer stopped many different services within minutes, and was not shutting down. Databases, mail and
--   backup hold files open; wipers and ransomware stop them first to reach the files.
-- threshold: window = 5 min: kill scripts run through in seconds to minutes; our judgement
-- threshold: min_services = 20 services: Check Point's report on Ryuk (2018) counts more than 180 services and 40 programs; the most in five minutes in our real data without an attack is 2
-- threshold: min_commands = 8 services: stopped or disabled by commands: people stop a product's few services by name, rarely eight
-- threshold: shutdown = 5 min: every service stops then; Windows says before that it shuts down
-- against: An upgrade of a large product, or a switch of a cluster. Shutdown and restart are left out.
-- misses: A wiper that restarts the computer at once looks like a shutdown. Windows 10 and later may not record that a service stopped.
-- misses: Languages of Windows other than some twenty, where only commands are seen.
-- tested: EVTX-to-MITRE-ATT&CK and OTRF Security Datasets (315 computer-days): no recorded attack of this kind, and nothing found.
-- lookback: 15 min
-- evidence: destruction_signs: means, target, actor_process_file_path, actor_process_cmd_line, actor_user_name, device_hostname
-- finding: {count} services and programs were stopped within {span}, {commands} of them by commands, among them {what}.
-- next: See what stopped them, and whether somebody maintains the computer. If not, take it off the network.
WITH stops AS (
  SELECT organisation, network, COALESCE(device_hostname, sensor, '') AS host, time_us // $window AS bucket, lower(COALESCE(target, event_id)) AS service,
         max(COALESCE(actor_user_name, '')) AS actor, min(time_us) AS time_us, min(event_id) AS event_id,
         max(CASE WHEN actor_process_cmd_line IS NULL AND means = 'service stopped' THEN 0 ELSE 1 END) AS commanded
  FROM destruction_signs
  WHERE sign = 'service stop'
  GROUP BY organisation, network, COALESCE(device_hostname, sensor, ''), time_us // $window, lower(COALESCE(target, event_id))
), spaced AS (
  SELECT *, lag(time_us, $min_services - 1) OVER (PARTITION BY organisation, network, host ORDER BY time_us, service) AS before_many,
         CASE WHEN commanded = 1 THEN
           lag(time_us, $min_commands - 1) OVER (PARTITION BY organisation, network, host, commanded ORDER BY time_us, service) END AS before_some
  FROM stops
), struck AS (
  SELECT organisation, network, host, bucket, min(time_us) AS opened_us
  FROM spaced
  WHERE time_us - before_many <= $window OR time_us - before_some <= $window
  GROUP BY organisation, network, host, bucket
), begun AS (
  SELECT *, CASE WHEN bucket - lag(bucket) OVER (PARTITION BY organisation, network, host ORDER BY bucket) <= 2 THEN 0 ELSE 1 END AS anew
  FROM struck
), spells AS (
  SELECT organisation, network, host, min(opened_us) AS opened_us, min(bucket) AS first_bucket, max(bucket) AS last_bucket
  FROM (SELECT *, sum(anew) OVER (PARTITION BY organisation, network, host ORDER BY bucket) AS spell FROM begun)
  GROUP BY organisation, network, host, spell
), awake AS (
  SELECT p.organisation, p.network, p.host, p.opened_us, p.first_bucket, p.last_bucket
  FROM spells AS p LEFT JOIN destruction_signs AS d
    ON d.sign = 'shutdown' AND d.organisation = p.organisation AND d.network = p.network AND COALESCE(d.device_hostname, d.sensor, '') = p.host
   AND d.time_us BETWEEN p.opened_us - 2 * $shutdown AND p.opened_us + $shutdown
  GROUP BY p.organisation, p.network, p.host, p.opened_us, p.first_bucket, p.last_bucket
  HAVING count(d.event_id) = 0
), members AS (
  SELECT a.organisation, a.network, a.host, a.opened_us, s.service, max(s.actor) AS actor, min(s.time_us) AS time_us, min(s.event_id) AS event_id,
         max(s.commanded) AS commanded
  FROM awake AS a JOIN stops AS s
    ON s.organisation = a.organisation AND s.network = a.network AND s.host = a.host AND s.bucket BETWEEN a.first_bucket - 1 AND a.last_bucket
  GROUP BY a.organisation, a.network, a.host, a.opened_us, s.service
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, host, opened_us ORDER BY commanded DESC, time_us, service) AS n
  FROM members
)
SELECT organisation, network, host, max(actor) AS "user", min(time_us) AS first_us, max(time_us) AS last_us, opened_us, count(*) AS count,
       string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
       CASE WHEN count(*) FILTER (commanded = 1) >= $min_commands THEN 'high' ELSE 'medium' END AS level,
       count(*) FILTER (commanded = 1) AS commands, CASE WHEN max(time_us) - min(time_us) < 60000000 THEN 'a minute' ELSE CAST(1 + (max(time_us) - min(time_us)) // 60000000 AS VARCHAR) || ' minutes' END AS span,
       string_agg(service, ', ' ORDER BY n) FILTER (n <= 5) AS what
FROM numbered
GROUP BY organisation, network, host, opened_us
