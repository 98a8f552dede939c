-- title: Disk opened below the file system
-- level: medium
-- status: test
-- attack: T1561, T1006
-- tactics: impact
-- about: A program that is neither part of Windows nor installed software opened a disk or a volume itself, past the file system.
--   Wipers overwrite boot records and partitions that way, and thieves copy locked files such as the directory's database.
-- threshold: pause = 1 h: what one program does on one computer without an hour's pause is one finding; our judgement, as triage joins one host's activity
-- threshold: young = 1 d: a program that ran on any computer of the network a day earlier is no newcomer and told at level low; our judgement
-- against: Portable tools that write USB sticks or read the health of disks. Imaging and backup software that runs from its own folder.
-- misses: A wiper that runs inside a program of Windows, or that lies under Program Files. Disks opened through a driver of its own.
-- misses: Reads and writes are not told apart: Sysmon reports the handle only.
-- tested: EVTX-to-MITRE-ATT&CK and OTRF Security Datasets (424,347 events of 53 computers, 315 computer-days): 1,514 such handles, of which 1,513 are of Windows itself
--   and silent; one finding, right: PowerShell reading a volume to copy the directory's database (T1006).
-- lookback: 1 h
-- evidence: destruction_signs: means, target, actor_process_file_path, actor_process_cmd_line, actor_user_name, device_hostname
-- finding: {program} opened {what} past the file system ({count} handles).
-- next: Find out who started the program. If nobody can say, take the computer off the network before it restarts, and keep the program's file.
-- keys: program AS file
WITH opened AS (
  SELECT organisation, network, COALESCE(device_hostname, sensor, '') AS host,
         lower(COALESCE(actor_process_file_path, actor_process_name, '')) AS program,
         COALESCE(actor_user_name, '') AS actor, time_us, event_id, means, COALESCE(target, '') AS target
  FROM destruction_signs
  WHERE sign = 'raw disk' AND COALESCE(is_usual, false) IS FALSE
), begun AS (
  SELECT *, CASE WHEN time_us - lag(time_us) OVER (PARTITION BY organisation, network, host, program ORDER BY time_us) <= $pause
                 THEN 0 ELSE 1 END AS anew
  FROM opened
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, host, program ORDER BY time_us) AS spell
  FROM begun
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, host, program, spell
                               ORDER BY CASE means WHEN 'volume opened' THEN 1 ELSE 0 END, time_us, event_id) AS n
  FROM spells
), found AS (
  SELECT organisation, network, host, program, spell, max(actor) AS actor, min(time_us) AS first_us, max(time_us) AS last_us,
         count(*) AS count, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
         count(*) FILTER (means <> 'volume opened') AS disks, count(DISTINCT target) AS targets, max(target) FILTER (n = 1) AS target
  FROM numbered
  GROUP BY organisation, network, host, program, spell
), known AS (
  SELECT organisation, network, process AS program, min(first_us) AS first_us
  FROM process_days
  WHERE process IN (SELECT program FROM found) AND NOT contains(process, 'windows' || chr(92))
  GROUP BY organisation, network, process
)
SELECT f.organisation, f.network, f.host, f.actor AS "user", f.first_us, f.last_us, f.first_us AS opened_us, f.count, f.event_ids,
       CASE WHEN k.program IS NOT NULL THEN 'low' WHEN f.disks > 0 THEN 'high' ELSE 'medium' END AS level,
       f.program, CASE WHEN f.targets > 1 THEN CAST(f.targets AS VARCHAR) || ' disks and volumes' ELSE f.target END AS what
FROM found AS f
LEFT JOIN known AS k ON k.organisation = f.organisation AND k.network = f.network AND k.program = f.program
 AND k.first_us < f.first_us - $young
