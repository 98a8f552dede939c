-- title: A computer is being destroyed
-- level: critical
-- status: test
-- attack: T1561, T1485, T1490, T1489
-- tactics: impact
-- about: Two different signs of destruction on one computer within minutes: a disk opened past the file system, documents destroyed in bulk,
--   recovery taken away, services stopped, a new kernel driver, a task or service that was just spread over the network. Each happens
--   alone in harmless work; together they are what wipers have in common, whatever their name.
-- threshold: window = 15 min: between the first and the second sign; our judgement, and triage joins one host's activity over the same time
-- threshold: pause = 1 h: what happens on one computer without an hour's pause is one finding; our judgement
-- threshold: direct = 4 points: where a foreign program opened a whole disk or documents are being destroyed (3 points each), any second sign makes it critical
-- threshold: grave = 5 points: where shadow copies or backups were deleted, makes it critical; cleared logs add 1 there, a spread task nothing. Our judgement, like the points:
--   a deletion is 3; a volume opened, a new driver, the shadow copy or backup service disabled, a burst of stopped services 2; one protecting service stopped,
--   a new signed driver, other means against recovery, a spread task, a disk opened by a program known the day before 1.
--   So stopping the shadow copy service and deleting its copies, a usual repair, stays below. A new driver with recovery taken away (2 or 3) is critical
--   too. Other pairs of 5 points, and of 4 with an opened volume or a disabled backup service, are high.
-- threshold: min_files = 100 files: of a program in a minute, as in `mass-overwrite`
-- threshold: min_kinds = 4 kinds: of extensions among what was deleted or overwritten; what was renamed needs none
-- threshold: min_odd = 16 kinds: of odd new extensions: as many as four bits, which is what `mass-overwrite` asks for
-- threshold: step = 30 s: two steps make the minute in which files are counted
-- threshold: burst = 5 min: of counting services, as in `service-stop-burst`
-- threshold: min_services = 20 services: as in `service-stop-burst`
-- threshold: min_commands = 8 services: as in `service-stop-burst`
-- threshold: min_hosts = 5 hosts: that the same new task or service reached, as in `task-fan-out`
-- threshold: spread = 2 h: in which it reached them: computers take up changed group policy within two hours (Microsoft's default)
-- threshold: young = 1 d: programs and drivers that the network had a day earlier are no newcomers
-- threshold: history = 7 d: of memory before a signed driver counts as new
-- against: A portable disk tool that brings a driver. Scripts that prepare images of computers, which take recovery away and stop services.
-- against: Cleared logs alone never make this finding: they only add to others, because people who test and record clear logs too.
-- misses: A wiper that leaves one sign only, or whose second sign is not logged: Sysmon (9, 11, 23, 6) or audited objects and command lines are needed.
-- misses: A wiper inside a program of Windows or under Program Files; two signs further apart than the window.
-- tested: EVTX-to-MITRE-ATT&CK and OTRF Security Datasets (315 computer-days, with thefts of the directory's database through raw volumes and shadow copies, and the recorders'
--   own log clearing): nothing, rightly. No wiper is recorded there.
-- lookback: 2 h
-- evidence: destruction_signs: sign, means, target, actor_process_file_path, actor_process_cmd_line, actor_user_name, device_hostname
-- evidence: scheduled_job_activity: activity_name, job_name, job_cmd_line, actor_user_name, device_hostname
-- evidence: windows_service_activity: activity_name, service_name, service_cmd_line, actor_user_name, device_hostname
-- finding: {kinds} different signs of destruction within {span}: {what}.
-- next: Take the computer off the network now; do not restart it. Look for the same program, task or account on the others, and disconnect backups.
-- next: Stop what spreads it: group policy, remote services, the account.
WITH signs AS (
  SELECT organisation, network,
         CASE WHEN regexp_matches(device_hostname, '^[0-9.:]+$') THEN device_hostname
              ELSE split_part(lower(COALESCE(device_hostname, sensor, '')), '.', 1) END AS host,
         COALESCE(device_hostname, sensor, '') AS shown, sign, means, target, is_trusted, COALESCE(actor_user_name, '') AS actor,
         lower(COALESCE(actor_process_file_path, '')) AS program, actor_process_cmd_line AS command, time_us, event_id
  FROM destruction_signs
  WHERE COALESCE(is_usual, false) IS FALSE AND sign <> 'file loss'
), programs AS (
  SELECT organisation, network, process AS program, min(first_us) AS first_us
  FROM process_days
  WHERE process IN (SELECT program FROM signs WHERE sign = 'raw disk') AND NOT contains(process, 'windows' || chr(92))
  GROUP BY organisation, network, process
), drivers AS (
  SELECT organisation, network, detail AS driver, min(first_us) AS first_us
  FROM persistence_days
  WHERE kind IN ('driver', 'service') AND detail IN (SELECT substr(lower(target), 1, 200) FROM signs WHERE sign = 'kernel driver')
  GROUP BY organisation, network, detail
), stops AS (
  SELECT organisation, network, host, time_us // $burst AS bucket, lower(COALESCE(target, event_id)) AS service, max(shown) AS shown, max(actor) AS actor,
         min(time_us) AS time_us, min(event_id) AS event_id,
         max(CASE WHEN command IS NULL AND means = 'service stopped' THEN 0 ELSE 1 END) AS commanded
  FROM signs
  WHERE sign = 'service stop'
  GROUP BY organisation, network, host, time_us // $burst, lower(COALESCE(target, event_id))
), spaced AS (
  SELECT *, time_us - lag(time_us, $min_services - 1) OVER (PARTITION BY organisation, network, host ORDER BY time_us, service) AS many_us,
         time_us - lag(time_us, $min_commands - 1) OVER (PARTITION BY organisation, network, host, commanded ORDER BY time_us, service) AS some_us
  FROM stops
), files AS (
  SELECT organisation, network, COALESCE(device_hostname, sensor, '') AS shown, actor_process_file_path AS path, time_us // $step AS step, means,
         extension, count(*) AS n
  FROM destruction_signs
  WHERE sign = 'file loss' AND is_usual IS FALSE AND actor_process_file_path <> ''
  GROUP BY organisation, network, COALESCE(device_hostname, sensor, ''), actor_process_file_path, time_us // $step, means, extension
), busy AS (
  SELECT organisation, network, shown, path, bucket
  FROM (SELECT *, step AS bucket FROM files UNION ALL SELECT *, step - 1 FROM files)
  GROUP BY organisation, network, shown, path, bucket
  HAVING sum(n) >= $min_files
), bursts AS (
  SELECT organisation, network, shown, path, bucket
  FROM (SELECT b.*, f.means, f.extension, f.n
        FROM files AS f JOIN busy AS b ON b.organisation = f.organisation AND b.network = f.network AND b.shown = f.shown AND b.path = f.path
         AND (b.bucket = f.step OR b.bucket = f.step - 1))
  GROUP BY organisation, network, shown, path, bucket
  HAVING sum(n) FILTER (means = 'renamed') >= $min_files
      OR (sum(n) FILTER (means = 'oddly named') >= $min_files AND count(DISTINCT extension) FILTER (means = 'oddly named') >= $min_odd)
      OR (sum(n) FILTER (means IN ('deleted', 'overwritten')) >= $min_files
          AND count(DISTINCT extension) FILTER (means IN ('deleted', 'overwritten')) >= $min_kinds)
), lost AS (
  SELECT d.organisation, d.network, COALESCE(d.device_hostname, d.sensor, '') AS shown, d.actor_process_file_path AS path, d.target,
         max(COALESCE(d.actor_user_name, '')) AS actor, min(d.time_us) AS time_us, min(d.event_id) AS event_id
  FROM destruction_signs AS d
  SEMI JOIN (SELECT *, bucket AS step FROM bursts UNION ALL SELECT *, bucket + 1 FROM bursts) AS b
    ON b.organisation = d.organisation AND b.network = d.network AND b.shown = COALESCE(d.device_hostname, d.sensor, '')
   AND b.path = d.actor_process_file_path AND b.step = d.time_us // $step
  WHERE d.sign = 'file loss'
  GROUP BY d.organisation, d.network, COALESCE(d.device_hostname, d.sensor, ''), d.actor_process_file_path, d.target
), losses AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, shown, path ORDER BY time_us, event_id) AS n
  FROM lost
), made AS (
  SELECT organisation, network, lower(job_name) AS name, COALESCE(device_hostname, sensor, '') AS shown, job_cmd_line AS command, time_us, event_id
  FROM scheduled_job_activity
  WHERE activity_name IN ('Create', 'Update') AND NOT starts_with(lower(job_name), chr(92) || 'microsoft' || chr(92))
  UNION ALL
  SELECT organisation, network, lower(service_name), COALESCE(device_hostname, sensor, ''), service_cmd_line, time_us, event_id
  FROM windows_service_activity
  WHERE activity_name = 'Create'
), spread AS (
  SELECT organisation, network, name, shown, min(time_us) AS time_us, min(event_id) AS event_id, max(command) AS command,
         row_number() OVER (PARTITION BY organisation, network, name ORDER BY min(time_us), shown) AS n
  FROM made
  WHERE NOT regexp_matches(lower(COALESCE(command, '')), '^[^a-z%]*([a-z]:.program files|%program)')
  GROUP BY organisation, network, name, shown
), fans AS (
  SELECT s.organisation, s.network, s.name, min(s.time_us) FILTER (s.n = $min_hosts) AS reached_us
  FROM spread AS s
  GROUP BY s.organisation, s.network, s.name
  HAVING count(*) >= $min_hosts AND min(s.time_us) FILTER (s.n = $min_hosts) - min(s.time_us) <= $spread
), names AS (
  SELECT organisation, network, name, min(first_us) AS first_us
  FROM persistence_days
  WHERE kind IN ('task', 'service') AND name IN (SELECT name FROM fans)
  GROUP BY organisation, network, name
), told AS (
  SELECT s.organisation, s.network, s.host, s.shown, s.actor, 'raw disk' AS kind, s.program AS detail, s.time_us, s.event_id,
         CASE WHEN p.program IS NOT NULL THEN 1 WHEN s.means = 'volume opened' THEN 2 ELSE 3 END AS points
  FROM signs AS s LEFT JOIN programs AS p
    ON p.organisation = s.organisation AND p.network = s.network AND p.program = s.program AND p.first_us < s.time_us - $young
  WHERE s.sign = 'raw disk'
  UNION ALL
  SELECT s.organisation, s.network, s.host, s.shown, s.actor, 'driver', lower(s.target), s.time_us, s.event_id,
         CASE WHEN s.is_trusted THEN 1 ELSE 2 END
  FROM signs AS s CROSS JOIN period AS e
  LEFT JOIN drivers AS d ON d.organisation = s.organisation AND d.network = s.network AND d.driver = substr(lower(s.target), 1, 200)
   AND d.first_us < s.time_us - $young
  WHERE s.sign = 'kernel driver' AND d.driver IS NULL AND (NOT COALESCE(s.is_trusted, false) OR s.time_us - e.history_first_us >= $history)
  UNION ALL
  SELECT organisation, network, host, shown, actor, 'recovery', means, time_us, event_id,
         CASE WHEN means IN ('shadow copies deleted', 'backups deleted') THEN 3 WHEN means = 'backup service disabled' THEN 2 ELSE 1 END
  FROM signs
  WHERE sign = 'recovery inhibition'
  UNION ALL
  SELECT organisation, network, host, shown, actor, 'services', 'services stopped in a burst', time_us, event_id, 2
  FROM spaced
  WHERE many_us <= $burst OR (commanded = 1 AND some_us <= $burst)
  UNION ALL
  SELECT organisation, network, host, shown, actor, 'services', service || ' stopped', time_us, event_id, 1
  FROM spaced
  WHERE commanded = 1 AND regexp_matches(service, '^(vss|swprv|volume shadow copy|windefend|sense|mssense|wdnissvc|wbengine|sdrsvc|eventlog|windows event log|mpssvc|sysmon(64|drv)?|veeam.*|acronis.*|backupexec.*)$')
  UNION ALL
  SELECT organisation, network,
         CASE WHEN regexp_matches(shown, '^[0-9.:]+$') THEN shown ELSE split_part(lower(shown), '.', 1) END,
         shown, actor, 'documents', lower(path), time_us, event_id, 3
  FROM losses
  WHERE n % $min_files = 0
  UNION ALL
  SELECT m.organisation, m.network,
         CASE WHEN regexp_matches(m.shown, '^[0-9.:]+$') THEN m.shown ELSE split_part(lower(m.shown), '.', 1) END,
         m.shown, '', 'spread', m.name, CASE WHEN m.time_us < f.reached_us THEN f.reached_us ELSE m.time_us END, m.event_id, 1
  FROM spread AS m JOIN fans AS f ON f.organisation = m.organisation AND f.network = m.network AND f.name = m.name
  LEFT JOIN names AS k ON k.organisation = m.organisation AND k.network = m.network AND k.name = m.name AND k.first_us < f.reached_us - $young
  WHERE k.name IS NULL
  UNION ALL
  SELECT organisation, network, host, shown, actor, sign, means, time_us, event_id, 1
  FROM signs
  WHERE sign IN ('log clearing', 'shutdown')
), seen AS (
  SELECT organisation, network, host, time_us, kind, detail, points, shown, actor, event_id,
         COALESCE(max(CASE kind WHEN 'raw disk' THEN points END) OVER recent, 0) AS raw,
         COALESCE(max(CASE kind WHEN 'driver' THEN points END) OVER recent, 0) AS driver,
         COALESCE(max(CASE kind WHEN 'recovery' THEN points END) OVER recent, 0) AS recovery,
         CASE WHEN max(CASE kind WHEN 'shutdown' THEN 1 END) OVER recent = 1 THEN 0
              ELSE COALESCE(max(CASE kind WHEN 'services' THEN points END) OVER recent, 0) END AS services,
         COALESCE(max(CASE kind WHEN 'documents' THEN points END) OVER recent, 0) AS documents,
         COALESCE(max(CASE kind WHEN 'spread' THEN points END) OVER recent, 0) AS spread,
         COALESCE(max(CASE kind WHEN 'log clearing' THEN points END) OVER recent, 0) AS clearing
  FROM told
  WINDOW recent AS (PARTITION BY organisation, network, host ORDER BY time_us RANGE BETWEEN $window PRECEDING AND CURRENT ROW)
), weighed AS (
  SELECT *, raw + driver + recovery + services + documents + spread AS total,
         sign(raw) + sign(driver) + sign(recovery) + sign(services) + sign(documents) + sign(spread) AS kinds
  FROM seen
), struck AS (
  SELECT organisation, network, host, time_us,
         CASE WHEN (raw = 3 OR documents = 3) AND total >= $direct THEN 1 WHEN recovery = 3 AND total - spread + clearing >= $grave THEN 1
              WHEN recovery >= 2 AND driver = 2 THEN 1 ELSE 0 END AS critical
  FROM weighed
  WHERE kinds >= 2 AND (total - spread + clearing >= $grave OR (total >= $direct AND (raw >= 2 OR documents > 0 OR recovery = 2)))
), begun AS (
  SELECT *, CASE WHEN time_us - lag(time_us) OVER (PARTITION BY organisation, network, host ORDER BY time_us) <= $pause THEN 0 ELSE 1 END AS anew
  FROM struck
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, host ORDER BY time_us) AS spell
  FROM begun
), found AS (
  SELECT organisation, network, host, spell, min(time_us) AS struck_us, max(time_us) AS last_us, max(critical) AS critical,
         COALESCE(min(time_us) FILTER (critical = 1), min(time_us)) AS opened_us
  FROM spells
  GROUP BY organisation, network, host, spell
), members AS (
  SELECT f.*, t.kind, t.detail, t.points, t.shown, t.actor, t.time_us, t.event_id,
         row_number() OVER (PARTITION BY f.organisation, f.network, f.host, f.spell, t.kind ORDER BY t.points DESC, t.time_us, t.event_id) AS nth
  FROM found AS f JOIN told AS t
    ON t.organisation = f.organisation AND t.network = f.network AND t.host = f.host AND t.time_us BETWEEN f.struck_us - $window AND f.last_us
  WHERE t.kind <> 'shutdown'
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, host, spell ORDER BY nth, points DESC, time_us, event_id) AS n
  FROM members
)
SELECT organisation, network, max(shown) AS host, max(actor) AS "user", min(time_us) AS first_us, max(time_us) AS last_us, max(opened_us) AS opened_us,
       count(*) AS count, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
       CASE max(critical) WHEN 1 THEN 'critical' ELSE 'high' END AS level,
       count(*) FILTER (nth = 1 AND kind <> 'log clearing') AS kinds, CASE WHEN max(time_us) - min(time_us) < 60000000 THEN 'a minute' ELSE CAST(1 + (max(time_us) - min(time_us)) // 60000000 AS VARCHAR) || ' minutes' END AS span,
       string_agg(kind || ' (' || detail || ')', ', ' ORDER BY n) FILTER (nth = 1) AS what
FROM numbered
GROUP BY organisation, network, host, spell
