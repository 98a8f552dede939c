-- title: A sensor stopped
-- level: medium
-- status: test
-- attack: T1685, T1685.002, T0829
-- tactics: defense-impairment
-- about: A log source that wrote without a pause, day and night, stopped, although others of the organisation went on. Who wants to stay
--   unseen switches off what sees. A full disk does the same, and nobody would see an attack then either. A log source is one network
--   sensor, firewall, proxy, server log or cloud log, or all computers behind one collector.
-- threshold: min_silence = 1 h: our judgement: rotation, restart and a late batch are over by then; Microsoft's and Amazon's cloud logs may be that late
-- threshold: factor = 3 times: longer than the source's own longest pause. Our reckoning: with random pauses of ten minutes on average, chance makes such a silence about once in fifty years
-- threshold: max_pause = 1 h: a source that pauses longer is not steady: then nothing is said
-- threshold: memory = 7 d: in which the longest pause is looked for, so that a weekend is in it where it was seen
-- threshold: seen = 24 h: before it is judged: one night at least. One whole day of 24 hours in the long memory counts as much
-- threshold: window = 10 min: sources that stop within that time are one outage
-- threshold: devices = 5 devices: a collector with as many steady computers behind it is a fleet, which `fleet-silence` tells
-- threshold: slot = 5 min: events are counted in slots of this length, only to be fewer
-- against: Maintenance of the sensor, a full disk, an expired certificate, a changed address of the collector. All of them want a person.
-- against: Logs that were exported up to different times.
-- misses: Sources that pause for more than an hour at night or at weekends, and those that were seen for less than a day.
-- misses: A sensor that still writes, but less. A single computer of many that stops.
-- misses: An organisation with one log source: nothing says then that time went on.
-- tested: AIT-ADS (alerts of 47 computers, each taken as a log source): one finding in four networks and 18 days: a server whose agent was loud for a day, then silent for nine hours. Nobody knows why.
-- tested: RITA test data (recorded in several years, read as one organisation): one false finding at first, none since a silence is measured against logs of the same days only.
-- tested: EVTX-to-MITRE-ATT&CK, Security-Datasets, loghub, CloudTrail, zed-sample, Suricata, Stratosphere and SLIPS: nothing; nearly all are too short to be assessed.
-- evidence: base_event: device_hostname, sensor, table_name
-- finding: {stopped} stopped writing, though it had never paused longer than {pause} minutes and other log sources went on; the silence lasted {hours} hours{ended}.
-- next: Find out whether the sensor runs and whether its events arrive. Look at the last events and at who signed in to it before.
-- next: Ask other sensors what happened in the blind time.
WITH raw AS (
  SELECT organisation, network, device_hostname, sensor, table_name, time_us // $slot AS slot, min(time_us) AS first_us,
         max(time_us) AS last_us
  FROM base_event
  GROUP BY organisation, network, device_hostname, sensor, table_name, time_us // $slot
), heard AS (
  SELECT organisation, network, sensor,
         CASE WHEN table_name IN ('windows', 'syslog', 'linux_auditd', 'linux_journald', 'windows_firewall') THEN ''
              ELSE lower(COALESCE(device_hostname, '')) END AS device,
         CASE WHEN starts_with(table_name, 'zeek_') THEN 'zeek' WHEN starts_with(table_name, 'eve_') THEN 'suricata'
              ELSE table_name END AS kind,
         slot, min(first_us) AS first_us, max(last_us) AS last_us, count(DISTINCT lower(device_hostname)) AS hosts
  FROM raw
  GROUP BY organisation, network, sensor, device, kind, slot
), remembered AS (
  SELECT d.organisation, d.network, d.host, count(*) FILTER (bit_count(d.hours) = 24) AS whole_days
  FROM host_days AS d CROSS JOIN period AS p
  WHERE d.days = 1 AND d.day < p.first_us // 86400000000 AND d.host <> '*'
  GROUP BY d.organisation, d.network, d.host
), paused AS (
  SELECT organisation, network, sensor, device, kind, slot, first_us, last_us, hosts,
         first_us - lag(last_us) OVER (PARTITION BY organisation, network, sensor, device, kind ORDER BY slot) AS pause_us,
         lead(first_us) OVER (PARTITION BY organisation, network, sensor, device, kind ORDER BY slot) AS next_us,
         min(first_us) OVER (PARTITION BY organisation, network, sensor, device, kind) AS since_us
  FROM heard
), paced AS (
  SELECT organisation, network, sensor, device, kind, first_us, last_us, next_us, since_us,
         max(pause_us) OVER (PARTITION BY organisation, network, sensor, device, kind
                             ORDER BY first_us RANGE BETWEEN $memory PRECEDING AND CURRENT ROW) AS longest_us,
         max(hosts) OVER (PARTITION BY organisation, network, sensor, device, kind
                          ORDER BY first_us RANGE BETWEEN $max_pause PRECEDING AND CURRENT ROW) AS hosts
  FROM paused
), steady AS (
  SELECT p.organisation, p.network, p.sensor, p.device, p.kind, p.last_us, p.next_us, p.longest_us, p.hosts
  FROM paced AS p LEFT JOIN remembered AS r
    ON r.organisation = p.organisation AND r.network = p.network
   AND r.host = COALESCE(NULLIF(p.device, ''), lower(p.sensor))
  WHERE p.longest_us <= $max_pause AND (p.last_us - p.since_us >= $seen OR r.whole_days > 0)
), clock AS (
  SELECT organisation, last_us // $slot AS slot, min(last_us) AS first_us, max(last_us) AS last_us
  FROM steady GROUP BY organisation, last_us // $slot
), breaks AS (
  SELECT organisation, slot, first_us, last_us,
         CASE WHEN first_us - lag(last_us) OVER (PARTITION BY organisation ORDER BY slot) <= $max_pause THEN 0 ELSE 1 END AS anew
  FROM clock
), spans AS (
  SELECT organisation, first_us, last_us,
         sum(anew) OVER (PARTITION BY organisation ORDER BY slot ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS span
  FROM breaks
), ends AS (
  SELECT organisation, min(first_us) AS begin_us, max(last_us) AS end_us FROM spans GROUP BY organisation, span
), silences AS (
  SELECT s.organisation, s.network, s.sensor, s.device, s.kind, s.last_us, s.next_us, s.longest_us,
         s.last_us + greatest($min_silence, $factor * s.longest_us) AS known_us,
         least(COALESCE(s.next_us, e.end_us), e.end_us) - s.last_us AS silence_us
  FROM steady AS s JOIN ends AS e ON e.organisation = s.organisation AND s.last_us BETWEEN e.begin_us AND e.end_us
  WHERE (s.device <> '' OR s.hosts < $devices)
    AND least(COALESCE(s.next_us, e.end_us), e.end_us) - s.last_us >= greatest($min_silence, $factor * s.longest_us)
), begun AS (
  SELECT *, CASE WHEN last_us - lag(last_us) OVER (PARTITION BY organisation, network ORDER BY last_us, kind, device, sensor)
                      <= $window THEN 0 ELSE 1 END AS anew
  FROM silences
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network ORDER BY last_us, kind, device, sensor
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS spell
  FROM begun
), lasts AS (
  SELECT s.organisation, s.network, s.spell, s.sensor, s.device, s.kind, min(b.event_id) AS event_id,
         row_number() OVER (PARTITION BY s.organisation, s.network, s.spell ORDER BY s.last_us, s.kind, s.device, s.sensor) AS n
  FROM base_event AS b JOIN spells AS s
    ON b.organisation = s.organisation AND b.network = s.network AND b.sensor = s.sensor AND b.time_us = s.last_us
  WHERE (s.device = '' OR lower(b.device_hostname) = s.device)
    AND (b.table_name = s.kind OR (s.kind = 'zeek' AND starts_with(b.table_name, 'zeek_'))
         OR (s.kind = 'suricata' AND starts_with(b.table_name, 'eve_')))
  GROUP BY s.organisation, s.network, s.spell, s.sensor, s.device, s.kind, s.last_us
), shown AS (
  SELECT organisation, network, spell, string_agg(event_id, ' ' ORDER BY n) AS event_ids
  FROM lasts WHERE n <= 3 GROUP BY organisation, network, spell
), told AS (
  SELECT organisation, network, spell, count(*) AS sources, count(next_us) AS back, min(last_us) AS first_us,
         max(last_us) AS last_us, min(known_us) AS opened_us, max(longest_us) AS longest_us, max(silence_us) AS silence_us,
         max(COALESCE(NULLIF(device, ''), NULLIF(sensor, ''), '')) AS host,
         string_agg(kind || COALESCE(' of ' || COALESCE(NULLIF(device, ''), NULLIF(sensor, '')), ''), ', '
                    ORDER BY kind, device, sensor) AS stopped
  FROM spells GROUP BY organisation, network, spell
)
SELECT t.organisation, t.network, CASE WHEN t.sources = 1 THEN t.host ELSE '' END AS host, '' AS "user",
       t.first_us, t.last_us, t.opened_us, t.sources AS count, s.event_ids, t.stopped,
       t.longest_us // 60000000 + 1 AS pause, t.silence_us // 3600000000 AS hours,
       CASE WHEN t.back = t.sources THEN '' ELSE ' and goes on' END AS ended
FROM told AS t JOIN shown AS s ON s.organisation = t.organisation AND s.network = t.network AND s.spell = t.spell
