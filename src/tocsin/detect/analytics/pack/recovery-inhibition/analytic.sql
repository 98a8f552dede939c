-- title: Recovery taken away
-- level: high
-- status: test
-- attack: T1490
-- tactics: impact
-- about: Shadow copies or backups were deleted, or their service or repair at start was switched off. Wipers and ransomware do that
--   minutes before they destroy files, so that nothing can be brought back.
-- threshold: pause = 1 h: what happens on one computer without an hour's pause is one finding; our judgement
-- threshold: enough = 2 points: deleting shadow copies or backups is two, each other means is one: they are part of hardening and imaging guides, two of them together rarely
-- threshold: grave = 3 points: a deletion and another means: MITRE ATT&CK T1490 lists them side by side in the procedures of wipers and ransomware
-- against: A backup job that makes room. Removing the oldest copy or keeping the newest ones is not counted. Scripts that prepare images of computers.
-- misses: Deletions through programming interfaces (COM, WMI) that leave no command line, and logs without command lines.
-- misses: wbadmin with -deleteOldest, which backup jobs use every night and an attacker could too.
-- tested: EVTX-to-MITRE-ATT&CK (281 recordings): both deletions of shadow copies are found; `wbadmin delete backup -deleteOldest` is not, as `misses` says.
-- tested: OTRF Security Datasets (404,138 events, of which two thefts of the directory's database that create shadow copies): nothing, rightly.
-- lookback: 1 h
-- evidence: destruction_signs: means, target, actor_process_file_path, actor_process_cmd_line, actor_user_name, device_hostname
-- finding: Recovery was taken away: {what}.
-- next: Take the computer off the network and see what started the command. Check that backups elsewhere can be read, and disconnect them.
WITH signs AS (
  SELECT organisation, network, COALESCE(device_hostname, sensor, '') AS host, COALESCE(actor_user_name, '') AS actor, time_us, event_id, means,
         CASE WHEN means IN ('shadow copies deleted', 'backups deleted') THEN 2 ELSE 1 END AS points
  FROM destruction_signs
  WHERE sign = 'recovery inhibition'
), begun AS (
  SELECT *, CASE WHEN time_us - lag(time_us) OVER (PARTITION BY organisation, network, host ORDER BY time_us) <= $pause
                 THEN 0 ELSE 1 END AS anew
  FROM signs
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, host ORDER BY time_us) AS spell
  FROM begun
), ways AS (
  SELECT organisation, network, host, spell, means, max(points) AS points, max(actor) AS actor, count(*) AS n,
         min(time_us) AS first_us, max(time_us) AS last_us
  FROM spells
  GROUP BY organisation, network, host, spell, means
), reached AS (
  SELECT *, sum(points) OVER (PARTITION BY organisation, network, host, spell ORDER BY first_us) AS points_then
  FROM ways
), ids AS (
  SELECT organisation, network, host, spell, event_id,
         row_number() OVER (PARTITION BY organisation, network, host, spell ORDER BY points DESC, time_us, event_id) AS n
  FROM spells
), named AS (
  SELECT organisation, network, host, spell, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids
  FROM ids
  GROUP BY organisation, network, host, spell
)
SELECT r.organisation, r.network, r.host, max(r.actor) AS "user", min(r.first_us) AS first_us, max(r.last_us) AS last_us,
       min(r.first_us) FILTER (r.points_then >= $enough) AS opened_us, CAST(sum(r.n) AS BIGINT) AS count, max(i.event_ids) AS event_ids,
       CASE WHEN sum(r.points) >= $grave OR max(r.points) = 2 THEN 'high' ELSE 'medium' END AS level,
       string_agg(r.means, ', ' ORDER BY r.means) AS what
FROM reached AS r JOIN named AS i
  ON i.organisation = r.organisation AND i.network = r.network AND i.host = r.host AND i.spell = r.spell
GROUP BY r.organisation, r.network, r.host, r.spell
HAVING sum(r.points) >= $enough
