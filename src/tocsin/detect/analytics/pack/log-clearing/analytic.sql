-- title: Event logs cleared
-- level: medium
-- status: test
-- attack: T1070.001, T1070.002
-- tactics: stealth
-- about: The log of security events, or several logs, were emptied. Nothing in daily work needs that; who does it
--   hides what came before. Alone it is no proof of destruction, and `wiper-kernel` does not count it as such.
-- threshold: pause = 1 h: what happens on one computer without an hour's pause is one finding; our judgement
-- threshold: several = 5 logs: one log of some component is cleared for repair now and then, five are not; the recorded attack cleared dozens
-- against: Preparing an image of a computer, exercises, and people who make room or want a clean start before a test.
-- misses: Logs that are deleted as files, and the event log service that is stopped. Where logs are collected at once, nothing is lost.
-- tested: EVTX-to-MITRE-ATT&CK and OTRF Security Datasets (315 computer-days): the four recorded attacks are found, in three findings. The people who
--   recorded the data cleared their logs before each recording as well: 41 more findings, which are true as facts and no attack.
-- lookback: 1 h
-- evidence: destruction_signs: means, target, actor_process_file_path, actor_process_cmd_line, actor_user_name, device_hostname
-- finding: Logs were cleared: {what}.
-- next: Ask the account's owner. Look at what other computers and sensors recorded of this one in the hour before.
WITH cleared AS (
  SELECT organisation, network, COALESCE(device_hostname, sensor, '') AS host, COALESCE(actor_user_name, '') AS actor, time_us, event_id,
         lower(COALESCE(target, '')) AS log
  FROM destruction_signs
  WHERE sign = 'log clearing'
), begun AS (
  SELECT *, CASE WHEN time_us - lag(time_us) OVER (PARTITION BY organisation, network, host ORDER BY time_us) <= $pause
                 THEN 0 ELSE 1 END AS anew
  FROM cleared
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, host ORDER BY time_us) AS spell
  FROM begun
), logs AS (
  SELECT organisation, network, host, spell, log, max(actor) AS actor, count(*) AS times, min(time_us) AS first_us, max(time_us) AS last_us,
         min(event_id) AS event_id,
         CASE WHEN log IN ('security', 'system', 'microsoft-windows-sysmon/operational') OR starts_with(log, '/var/log') THEN 0 ELSE 1 END AS rank
  FROM spells
  GROUP BY organisation, network, host, spell, log
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, host, spell ORDER BY rank, first_us, log) AS n,
         row_number() OVER (PARTITION BY organisation, network, host, spell ORDER BY first_us, log) AS nth
  FROM logs
)
SELECT organisation, network, host, max(actor) AS "user", min(first_us) AS first_us, max(last_us) AS last_us,
       COALESCE(min(first_us) FILTER (rank = 0), min(first_us) FILTER (nth = $several)) AS opened_us,
       CAST(sum(times) AS BIGINT) AS count, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
       CASE WHEN count(*) >= $several THEN 'high' ELSE 'medium' END AS level,
       CASE WHEN count(*) > 3 THEN CAST(count(*) AS VARCHAR) || ' of them, ' ELSE '' END
       || string_agg(CASE log WHEN '' THEN 'one without a name' ELSE log END, ', ' ORDER BY n) FILTER (n <= 3) AS what
FROM numbered
GROUP BY organisation, network, host, spell
HAVING count(*) FILTER (rank = 0) > 0 OR count(*) >= $several
