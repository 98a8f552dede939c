-- title: A fleet fell silent
-- level: high
-- status: test
-- attack: T1495, T1529, T0826, T0827
-- tactics: impact
-- about: Many devices that report day and night stopped reporting within minutes of each other, while others of the organisation went on.
--   So did the modems of Viasat's KA-SAT network on 24 February 2022. A fleet is what the list of assets calls one. Without such an entry
--   it is the devices that write one kind of log, by the common beginning of their names where at least ten share it.
-- threshold: share = 0.3 of the fleet: that reports without a pause. Viasat's statement of 30 March 2022 speaks of most of the active modems in Ukraine; less than a third is a cable or a mast
-- threshold: window = 10 min: within which the silences begin; one begins between the last event and the next, which the longest pause bounds. Our judgement: one command, not one switch after the other
-- threshold: min_silent = 5 devices: our judgement; fewer hang on one power socket or one switch
-- threshold: min_silence = 15 min: our judgement: a restart with an update is over by then
-- threshold: factor = 2 times: longer than the device's own longest pause of the day before. Of 4 host-days that were steady in AIT-ADS (five-day test networks) one had such a silence
-- threshold: max_pause = 1 h: a device that pauses longer, at night too, is not steady and does not count
-- threshold: memory = 24 h: in which the longest pause is looked for, so that every night is in it
-- threshold: seen = 12 h: without a long pause before the silence: a working day of people is shorter. One whole day of 24 hours in the long memory counts as much
-- threshold: stem = 10 devices: with the same beginning of their names are a fleet of their own
-- threshold: slot = 5 min: events are counted in slots of this length, only to be fewer
-- against: Planned power or network maintenance, a new version that all devices fetch at once. Those that come back are told.
-- against: A collector or a line that failed: then everything behind it is silent. Look there first.
-- against: Logs that were exported up to different times.
-- misses: Devices that die one after the other over hours, and fleets of which less than a third is hit.
-- misses: Devices that report less than once an hour or only by day, and those that were first seen less than twelve hours before.
-- misses: Devices that show only as addresses in the flows of others. Their own log or the log of their hub is needed.
-- tested: AIT-ADS (alerts of 47 computers of four test networks over four to six days, taken as what each computer reports): nothing, rightly.
-- tested: EVTX-to-MITRE-ATT&CK, Security-Datasets, loghub, CloudTrail, zed-sample, Suricata, Stratosphere, SLIPS and RITA test data: nothing; nearly all are too short or have too few recorders to be assessed.
-- tested: No recording of a real fleet that fell silent was at hand: the captures are written by us.
-- evidence: base_event: device_hostname, sensor, table_name
-- finding: {count} of {total} devices of {fleet} stopped reporting within {minutes} minutes, though each had reported without a pause longer than {pause} minutes; {back} of them came back.
-- next: Ask the operator whether work was planned. Reach one device by another way and look at its storage and its firmware before it is restarted.
-- next: Look at the management segment: who signed in and which command went to all of them in the hours before.
-- reference: https://attack.mitre.org/software/S1125/
WITH raw AS (
  SELECT organisation, network, device_hostname, sensor, table_name, time_us // $slot AS slot, min(time_us) AS first_us,
         max(time_us) AS last_us
  FROM base_event
  GROUP BY organisation, network, device_hostname, sensor, table_name, time_us // $slot
), heard AS (
  SELECT organisation, network, lower(COALESCE(device_hostname, sensor)) AS host,
         CASE WHEN starts_with(table_name, 'zeek_') THEN 'zeek' WHEN starts_with(table_name, 'eve_') THEN 'suricata'
              ELSE table_name END AS kind,
         slot, min(first_us) AS first_us, max(last_us) AS last_us
  FROM raw
  WHERE COALESCE(device_hostname, sensor) <> ''
  GROUP BY organisation, network, lower(COALESCE(device_hostname, sensor)), kind, slot
), present_hosts AS (
  SELECT organisation, network, host, kind FROM heard GROUP BY organisation, network, host, kind
), remembered AS (
  SELECT d.organisation, d.network, d.host,
         CASE WHEN starts_with(d.table_name, 'zeek_') THEN 'zeek' WHEN starts_with(d.table_name, 'eve_') THEN 'suricata'
              ELSE d.table_name END AS kind,
         count(*) FILTER (d.days = 1 AND d.day < p.first_us // 86400000000 AND bit_count(d.hours) = 24) AS whole_days,
         max(d.last_us) FILTER (d.last_us < p.first_us) AS heard_us
  FROM host_days AS d CROSS JOIN period AS p
  WHERE d.host <> '*'
  GROUP BY d.organisation, d.network, d.host, kind
), lost AS (
  SELECT r.organisation, r.network, r.host, r.kind, r.heard_us
  FROM remembered AS r CROSS JOIN period AS p
  LEFT JOIN present_hosts AS h
    ON h.organisation = r.organisation AND h.network = r.network AND h.host = r.host AND h.kind = r.kind
  WHERE h.host IS NULL AND r.whole_days > 0 AND r.heard_us >= p.first_us - $max_pause
), all_heard AS (
  SELECT organisation, network, host, kind, slot, first_us, last_us FROM heard
  UNION ALL
  SELECT organisation, network, host, kind, heard_us // $slot, heard_us, heard_us FROM lost
), slots AS (
  SELECT h.organisation, h.network, COALESCE(a.fleet, h.kind) AS class, a.fleet IS NOT NULL AS listed, h.host, h.slot,
         min(h.first_us) AS first_us, max(h.last_us) AS last_us
  FROM all_heard AS h LEFT JOIN assets AS a ON a.key = h.host
  GROUP BY h.organisation, h.network, COALESCE(a.fleet, h.kind), a.fleet IS NOT NULL, h.host, h.slot
), always AS (
  SELECT organisation, network, host FROM remembered WHERE whole_days > 0 GROUP BY organisation, network, host
), paused AS (
  SELECT organisation, network, class, listed, host, slot, first_us, last_us,
         first_us - lag(last_us) OVER (PARTITION BY organisation, network, class, host ORDER BY slot) AS pause_us,
         lead(first_us) OVER (PARTITION BY organisation, network, class, host ORDER BY slot) AS next_us,
         min(first_us) OVER (PARTITION BY organisation, network, class, host) AS since_us
  FROM slots
), paced AS (
  SELECT organisation, network, class, listed, host, first_us, last_us, next_us, since_us,
         max(pause_us) OVER (PARTITION BY organisation, network, class, host
                             ORDER BY first_us RANGE BETWEEN $memory PRECEDING AND CURRENT ROW) AS longest_us
  FROM paused
), steady AS (
  SELECT p.organisation, p.network, p.class, p.listed, p.host, p.last_us, p.next_us,
         COALESCE(p.longest_us, $max_pause) AS longest_us, a.host IS NOT NULL AS always_on
  FROM paced AS p LEFT JOIN always AS a
    ON a.organisation = p.organisation AND a.network = p.network AND a.host = p.host
  WHERE (p.longest_us <= $max_pause AND p.last_us - p.since_us >= $seen)
     OR (COALESCE(p.longest_us, $max_pause) <= $max_pause AND a.host IS NOT NULL)
), names AS (
  SELECT organisation, network, class, host, regexp_extract(host, '^[^0-9.]+', 0) AS stem
  FROM steady WHERE NOT listed GROUP BY organisation, network, class, host
), stems AS (
  SELECT organisation, network, class, stem FROM names
  WHERE stem <> '' GROUP BY organisation, network, class, stem HAVING count(*) >= $stem
), fleets AS (
  SELECT n.organisation, n.network, n.class, n.host, n.class || ' ' || n.stem || '*' AS fleet
  FROM names AS n JOIN stems AS s
    ON s.organisation = n.organisation AND s.network = n.network AND s.class = n.class AND s.stem = n.stem
), members AS (
  SELECT s.organisation, s.network, COALESCE(f.fleet, s.class) AS fleet, s.host, s.last_us, s.next_us, s.longest_us,
         s.always_on
  FROM steady AS s LEFT JOIN fleets AS f
    ON f.organisation = s.organisation AND f.network = s.network AND f.class = s.class AND f.host = s.host
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
), present AS (
  SELECT organisation, network, fleet, host, last_us // $max_pause AS hour FROM members
  UNION
  SELECT organisation, network, fleet, host, last_us // $max_pause + 1 FROM members
  UNION
  SELECT m.organisation, m.network, m.fleet, m.host, p.first_us // $max_pause - 1
  FROM members AS m CROSS JOIN period AS p WHERE m.always_on
), sizes AS (
  SELECT organisation, network, fleet, hour, count(*) AS total FROM present GROUP BY organisation, network, fleet, hour
), silences AS (
  SELECT m.organisation, m.network, m.fleet, m.host, m.last_us, m.next_us, m.longest_us,
         greatest($min_silence, $factor * m.longest_us) AS need_us,
         m.last_us + $window + m.longest_us AS until_us
  FROM members AS m JOIN ends AS e ON e.organisation = m.organisation AND m.last_us BETWEEN e.begin_us AND e.end_us
  CROSS JOIN period AS p
  WHERE (m.last_us >= p.first_us OR p.first_us - m.last_us < greatest($min_silence, $factor * m.longest_us))
    AND least(COALESCE(m.next_us, e.end_us), e.end_us) - m.last_us >= greatest($min_silence, $factor * m.longest_us)
), edges AS (
  SELECT organisation, network, fleet, last_us AS at_us, 1 AS step FROM silences
  UNION ALL
  SELECT organisation, network, fleet, until_us, -1 FROM silences
), running AS (
  SELECT organisation, network, fleet, at_us, step,
         sum(step) OVER (PARTITION BY organisation, network, fleet ORDER BY at_us, step DESC
                         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS silent
  FROM edges
), struck AS (
  SELECT r.organisation, r.network, r.fleet, r.at_us, z.total
  FROM running AS r JOIN sizes AS z
    ON z.organisation = r.organisation AND z.network = r.network AND z.fleet = r.fleet
   AND z.hour = r.at_us // $max_pause
  WHERE r.step = 1 AND r.silent >= $min_silent AND r.silent >= $share * z.total
), begun AS (
  SELECT organisation, network, fleet, at_us, total,
         CASE WHEN at_us - lag(at_us) OVER (PARTITION BY organisation, network ORDER BY at_us, fleet) <= $window
              THEN 0 ELSE 1 END AS anew
  FROM struck
), spells AS (
  SELECT organisation, network, fleet, at_us, total,
         sum(anew) OVER (PARTITION BY organisation, network ORDER BY at_us, fleet
                         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS spell
  FROM begun
), outages AS (
  SELECT organisation, network, fleet, spell, min(at_us) AS from_us, max(at_us) AS to_us, max(total) AS total
  FROM spells GROUP BY organisation, network, fleet, spell
), gone AS (
  SELECT o.organisation, o.network, o.spell, o.fleet, o.total, s.host, s.last_us, s.next_us, s.longest_us, s.need_us,
         row_number() OVER (PARTITION BY o.organisation, o.network, o.spell, o.fleet
                            ORDER BY s.last_us + s.need_us, s.host) AS n
  FROM outages AS o JOIN silences AS s
    ON s.organisation = o.organisation AND s.network = o.network AND s.fleet = o.fleet
   AND s.last_us <= o.to_us AND s.until_us >= o.from_us
), known AS (
  SELECT organisation, network, spell, min(last_us + need_us) AS opened_us
  FROM gone WHERE n >= $min_silent AND n >= $share * total GROUP BY organisation, network, spell
), told AS (
  SELECT organisation, network, spell, count(DISTINCT host) AS silent, min(last_us) AS first_us, max(last_us) AS last_us,
         max(longest_us) AS longest_us, count(DISTINCT host) FILTER (next_us IS NOT NULL) AS back
  FROM gone GROUP BY organisation, network, spell
), named AS (
  SELECT organisation, network, spell, string_agg(fleet, ', ' ORDER BY fleet) AS fleet, sum(total) AS total
  FROM outages GROUP BY organisation, network, spell
), lasts AS (
  SELECT organisation, network, spell, host, max(last_us) AS last_us
  FROM gone WHERE n <= 5 GROUP BY organisation, network, spell, host
), witnesses AS (
  SELECT l.organisation, l.network, l.spell, l.host, l.last_us, min(b.event_id) AS event_id
  FROM base_event AS b JOIN lasts AS l
    ON b.organisation = l.organisation AND b.network = l.network AND b.time_us = l.last_us
   AND lower(COALESCE(b.device_hostname, b.sensor)) = l.host
  GROUP BY l.organisation, l.network, l.spell, l.host, l.last_us
), numbered AS (
  SELECT organisation, network, spell, event_id,
         row_number() OVER (PARTITION BY organisation, network, spell ORDER BY last_us, host) AS n
  FROM witnesses
), shown AS (
  SELECT organisation, network, spell, string_agg(event_id, ' ' ORDER BY n) AS event_ids
  FROM numbered WHERE n <= 5 GROUP BY organisation, network, spell
)
SELECT t.organisation, t.network, '' AS host, '' AS "user", t.first_us, t.last_us, k.opened_us, t.silent AS count,
       COALESCE(s.event_ids, '') AS event_ids, n.fleet, CAST(greatest(n.total, t.silent) AS BIGINT) AS total, t.back,
       (t.last_us - t.first_us) // 60000000 + 1 AS minutes, t.longest_us // 60000000 + 1 AS pause,
       CASE WHEN 2 * t.back > t.silent THEN 'medium' ELSE 'high' END AS level
FROM told AS t
JOIN known AS k ON k.organisation = t.organisation AND k.network = t.network AND k.spell = t.spell
JOIN named AS n ON n.organisation = t.organisation AND n.network = t.network AND n.spell = t.spell
LEFT JOIN shown AS s ON s.organisation = t.organisation AND s.network = t.network AND s.spell = t.spell
