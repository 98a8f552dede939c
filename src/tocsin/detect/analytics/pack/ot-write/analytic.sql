-- title: A controller was written to by somebody new, or in a new way
-- level: high
-- status: test
-- attack: T0855, T0836, T0843
-- tactics: impact
-- about: Control protocols know no password: whoever reaches a controller can switch it. A station that had never written to this
--   controller did so, or a controller was given a kind of command that it had never been given: another output, another program, a stop.
-- threshold: learn = 3 d: that a controller must be known for. Our judgement: polling has a cycle of seconds, shifts one of a day; what comes once a week is told once
-- threshold: proven = 14 d: that a controller must be known for before one station at one or two controllers is more than low: what comes once a week has then come twice
-- threshold: many = 3 controllers: commanded by one new station within a spell, however short the memory; our judgement
-- threshold: spell = 1 d: what one station does within a day of its first such command is one finding
-- novelty: a writer or command of the plant
-- against: Engineers at work, a new control station or one with a new address, commissioning. The list of assets with its maintenance windows
--   (maintenance_from and maintenance_to as HH:MM, UTC) keeps planned work out.
-- against: A station that always wrote to its controllers gives a rarer command, such as a set point of the season: low, unless it
--   stops, restarts or programs them.
-- misses: Commands from a station that gives the same kind of command to the same controller every day, whatever their values are.
-- misses: Controllers that were first seen less than three days before, field buses, and protocols for which Zeek writes no such log.
-- tested: zed-sample (268 Modbus records of a student competition, two stations that ask eight controllers with an unknown function within half an hour): nothing, rightly: no controller is known for three days. No longer recording of a control network with these logs was at hand.
-- evidence: ics_activity: src_endpoint_ip, dst_endpoint_ip, protocol, function_name, object_name, status
-- finding: {src} gave {count} commands to {controllers} controllers that were new to them: {functions}. {how}
-- next: Ask who is responsible for the controller whether this work was planned. If not, compare program and values with the last known good state.
-- next: Find out who was signed in to the station, and by which way.
-- keys: src AS ip
-- reference: https://attack.mitre.org/techniques/T0855/
WITH requests AS (
  SELECT i.organisation, i.network, lower(i.src_endpoint_ip) AS src, lower(i.dst_endpoint_ip) AS dst, i.protocol,
         lower(COALESCE(i.function_name, '')) AS function_name, i.is_write, i.time_us, i.event_id,
         i.time_us // 60000000 % 1440 AS minute,
         TRY_CAST(split_part(a.maintenance_from, ':', 1) AS BIGINT) * 60
           + TRY_CAST(split_part(a.maintenance_from, ':', 2) AS BIGINT) AS from_minute,
         TRY_CAST(split_part(a.maintenance_to, ':', 1) AS BIGINT) * 60
           + TRY_CAST(split_part(a.maintenance_to, ':', 2) AS BIGINT) AS to_minute
  FROM ics_activity AS i LEFT JOIN assets AS a ON a.key = lower(i.dst_endpoint_ip)
  WHERE COALESCE(i.activity_name, 'Request') = 'Request' AND i.src_endpoint_ip IS NOT NULL AND i.dst_endpoint_ip IS NOT NULL
), hourly AS (
  SELECT organisation, network, src, dst, protocol, function_name, is_write, time_us // 3600000000 AS hour,
         max(from_minute) AS from_minute, min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS n,
         count(*) FILTER (from_minute IS NULL OR to_minute IS NULL OR NOT
                          CASE WHEN from_minute <= to_minute THEN minute >= from_minute AND minute < to_minute
                               ELSE minute >= from_minute OR minute < to_minute END) AS outside,
         min(event_id) AS event_id
  FROM requests
  GROUP BY organisation, network, src, dst, protocol, function_name, is_write, time_us // 3600000000
), ever AS (
  SELECT organisation, network, src, dst, protocol, function_name, is_write, first_us FROM hourly
  UNION ALL
  SELECT organisation, network, src, dst, protocol, function_name, writes > 0, first_us
  FROM ics_days WHERE dst <> '*' AND src <> '*' AND function_name <> '*'
), controllers AS (
  SELECT organisation, network, dst, min(first_us) AS since_us FROM ever GROUP BY organisation, network, dst
), writers AS (
  SELECT organisation, network, src, dst, min(first_us) AS since_us FROM ever WHERE is_write GROUP BY organisation, network, src, dst
), commands AS (
  SELECT organisation, network, dst, protocol, function_name, min(first_us) AS since_us
  FROM ever WHERE is_write GROUP BY organisation, network, dst, protocol, function_name
), fresh AS (
  SELECT h.organisation, h.network, h.src, h.dst, h.protocol, h.function_name, h.from_minute, h.first_us, h.last_us, h.n,
         h.event_id, h.first_us - w.since_us < $spell AND w.since_us - k.since_us >= $learn AS by_new_writer,
         h.first_us - k.since_us >= $proven AS proven
  FROM hourly AS h
  JOIN controllers AS k ON k.organisation = h.organisation AND k.network = h.network AND k.dst = h.dst
  JOIN writers AS w ON w.organisation = h.organisation AND w.network = h.network AND w.src = h.src AND w.dst = h.dst
  JOIN commands AS c ON c.organisation = h.organisation AND c.network = h.network AND c.dst = h.dst
                    AND c.protocol = h.protocol AND c.function_name = h.function_name
  WHERE h.is_write AND h.outside > 0
    AND ((h.first_us - w.since_us < $spell AND w.since_us - k.since_us >= $learn)
      OR (h.first_us - c.since_us < $spell AND c.since_us - k.since_us >= $learn))
), begun AS (
  SELECT *, CASE WHEN first_us - lag(first_us) OVER (PARTITION BY organisation, network, src ORDER BY first_us, dst, function_name)
                      < $spell THEN 0 ELSE 1 END AS anew
  FROM fresh
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, src ORDER BY first_us, dst, function_name
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS spell
  FROM begun
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, src, spell ORDER BY first_us, dst, function_name) AS n_event
  FROM spells
), functions AS (
  SELECT organisation, network, src, spell, protocol || ' ' || function_name AS told FROM spells
  GROUP BY organisation, network, src, spell, protocol || ' ' || function_name
), ordered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, src, spell ORDER BY told) AS n FROM functions
), named AS (
  SELECT organisation, network, src, spell, string_agg(told, ', ' ORDER BY n) FILTER (n <= 5) AS functions
  FROM ordered GROUP BY organisation, network, src, spell
), reached AS (
  SELECT organisation, network, src, spell, count(DISTINCT dst) AS controllers FROM spells
  GROUP BY organisation, network, src, spell
)
SELECT s.organisation, s.network, s.src AS host, '' AS "user", min(s.first_us) AS first_us, max(s.last_us) AS last_us,
       min(s.first_us) AS opened_us, CAST(sum(s.n) AS BIGINT) AS count,
       string_agg(s.event_id, ' ' ORDER BY s.n_event) FILTER (s.n_event <= 10) AS event_ids, s.src,
       max(r.controllers) AS controllers, max(f.functions) AS functions,
       CASE WHEN bool_or(regexp_matches(s.function_name, 'stop|restart|download|program|firmware|delete|reset|initialize'))
              OR (count(*) FILTER (s.by_new_writer) > 0 AND (bool_or(s.proven) OR max(r.controllers) >= $many))
            THEN 'high' ELSE 'low' END AS level,
       CASE WHEN count(*) FILTER (s.by_new_writer) > 0 THEN 'It had never written to them before.'
            ELSE 'It writes to them, but not in this way.' END
         || CASE WHEN count(s.from_minute) > 0 THEN ' No maintenance is planned at that time.' ELSE '' END AS how
FROM numbered AS s
JOIN named AS f ON f.organisation = s.organisation AND f.network = s.network AND f.src = s.src AND f.spell = s.spell
JOIN reached AS r ON r.organisation = s.organisation AND r.network = s.network AND r.src = s.src AND r.spell = s.spell
GROUP BY s.organisation, s.network, s.src, s.spell
