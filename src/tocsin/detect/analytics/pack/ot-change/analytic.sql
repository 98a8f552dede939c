-- title: Somebody new asks a controller, or asks it something new
-- level: medium
-- status: test
-- attack: T0848, T0886, T0888
-- tactics: discovery
-- about: Control networks repeat themselves: the same stations ask the same controllers the same questions for years. A station that had
--   never talked to a controller, or a question that it had never been asked, is somebody who looks around, or who tries his way.
--   Commands that change something are told by `ot-write`.
-- threshold: learn = 3 d: that a controller must be known for. Our judgement: polling has a cycle of seconds, shifts one of a day; what comes once a week is told once
-- threshold: proven = 14 d: that a controller must be known for before a new caller of few is more than low: what comes once a week has then come twice
-- threshold: spell = 1 d: what one station newly does within a day is one finding
-- threshold: many = 3 controllers: asked anew by one station: our judgement, more than a repair needs; such a finding is high
-- novelty: a talker or function of the plant
-- against: A new or renamed control station, an asset inventory that asks every controller, a service technician.
-- misses: Reading by a station that always reads the same.
-- misses: Controllers that were first seen less than three days before, field buses, and protocols for which Zeek writes no such log.
-- tested: zed-sample (268 Modbus records of a student competition, two stations that ask eight controllers with an unknown function within half an hour): nothing, rightly: no controller is known for three days. No longer recording of a control network with these logs was at hand.
-- evidence: ics_activity: src_endpoint_ip, dst_endpoint_ip, protocol, function_name, object_name, status
-- finding: {src} asked {controllers} controllers what they had not been asked: {strange} of them had never been called by it. Functions: {functions}.
-- next: Find out what the station is and who works on it. A device that nobody knows belongs off the control network.
-- keys: src AS ip
-- reference: https://attack.mitre.org/techniques/T0848/
WITH hourly AS (
  SELECT organisation, network, lower(src_endpoint_ip) AS src, lower(dst_endpoint_ip) AS dst, protocol,
         lower(COALESCE(function_name, '')) AS function_name, is_write, time_us // 3600000000 AS hour,
         min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS n, min(event_id) AS event_id
  FROM ics_activity
  WHERE COALESCE(activity_name, 'Request') = 'Request' AND src_endpoint_ip IS NOT NULL AND dst_endpoint_ip IS NOT NULL
  GROUP BY organisation, network, lower(src_endpoint_ip), lower(dst_endpoint_ip), protocol, lower(COALESCE(function_name, '')),
           is_write, time_us // 3600000000
), ever AS (
  SELECT organisation, network, src, dst, protocol, function_name, is_write, first_us FROM hourly
  UNION ALL
  SELECT organisation, network, src, dst, protocol, function_name, writes > 0, first_us
  FROM ics_days WHERE dst <> '*' AND src <> '*' AND function_name <> '*'
), controllers AS (
  SELECT organisation, network, dst, min(first_us) AS since_us FROM ever GROUP BY organisation, network, dst
), talkers AS (
  SELECT organisation, network, src, dst, min(first_us) AS since_us, min(first_us) FILTER (is_write) AS wrote_us
  FROM ever GROUP BY organisation, network, src, dst
), questions AS (
  SELECT organisation, network, dst, protocol, function_name, min(first_us) AS since_us
  FROM ever GROUP BY organisation, network, dst, protocol, function_name
), fresh AS (
  SELECT h.organisation, h.network, h.src, h.dst, h.protocol, h.function_name, h.first_us, h.last_us, h.n, h.event_id,
         h.first_us - t.since_us < $spell AND t.since_us - k.since_us >= $learn AS strange,
         h.first_us - k.since_us >= $proven AS proven
  FROM hourly AS h
  JOIN controllers AS k ON k.organisation = h.organisation AND k.network = h.network AND k.dst = h.dst
  JOIN talkers AS t ON t.organisation = h.organisation AND t.network = h.network AND t.src = h.src AND t.dst = h.dst
  JOIN questions AS q ON q.organisation = h.organisation AND q.network = h.network AND q.dst = h.dst
                     AND q.protocol = h.protocol AND q.function_name = h.function_name
  WHERE NOT h.is_write
    AND (t.wrote_us IS NULL OR t.wrote_us - k.since_us < $learn OR abs(h.first_us - t.wrote_us) >= $spell)
    AND ((h.first_us - t.since_us < $spell AND t.since_us - k.since_us >= $learn)
      OR (h.first_us - q.since_us < $spell AND q.since_us - k.since_us >= $learn))
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
), asked AS (
  SELECT organisation, network, src, spell, dst, max(CASE WHEN strange THEN 1 ELSE 0 END) AS strange
  FROM spells GROUP BY organisation, network, src, spell, dst
), reached AS (
  SELECT organisation, network, src, spell, count(*) AS controllers, CAST(sum(strange) AS BIGINT) AS strange
  FROM asked GROUP BY organisation, network, src, spell
)
SELECT s.organisation, s.network, s.src AS host, '' AS "user", min(s.first_us) AS first_us, max(s.last_us) AS last_us,
       min(s.first_us) AS opened_us, CAST(sum(s.n) AS BIGINT) AS count,
       string_agg(s.event_id, ' ' ORDER BY s.n_event) FILTER (s.n_event <= 10) AS event_ids, s.src,
       max(r.controllers) AS controllers, max(r.strange) AS strange, max(f.functions) AS functions,
       CASE WHEN max(r.controllers) >= $many THEN 'high' WHEN bool_or(s.proven) THEN 'medium' ELSE 'low' END AS level
FROM numbered AS s
JOIN named AS f ON f.organisation = s.organisation AND f.network = s.network AND f.src = s.src AND f.spell = s.spell
JOIN reached AS r ON r.organisation = s.organisation AND r.network = s.network AND r.src = s.src AND r.spell = s.spell
GROUP BY s.organisation, s.network, s.src, s.spell
