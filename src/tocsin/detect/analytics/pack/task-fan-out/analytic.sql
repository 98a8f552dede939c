-- title: The same new task or service on many computers
-- level: high
-- status: test
-- attack: T1053.005, T1484.001, T1569.002
-- tactics: execution, privilege-escalation
-- about: Within an hour one new scheduled task or service appeared on many computers, and it runs a script, a shell, a program
--   from a share or from a folder where programs do not belong (the latter two and coded scripts make it high). Wipers were spread through group policy and remote services like that.
-- threshold: window = 1 h: also what joins several names to one finding; computers take up changed group policy within 90 minutes and a random 30 (Microsoft's default); remote services take minutes
-- threshold: min_hosts = 5 hosts: people who help at several computers rarely reach five within an hour; our judgement, no real data has so many computers
-- threshold: young = 1 d: a task or service that some computer of the network had a day earlier is no newcomer
-- against: Rollouts by script. A program under Program Files or of Windows itself, which installers set up, is not counted.
-- against: Remote administration tools that bring a service along: after their first day they are known. PsExec's own service on many
--   computers is low: administrators use it like that, and what it ran is told by other findings.
-- misses: Names that differ from computer to computer, and logs of tasks that do not say what is run.
-- misses: A wiper that runs by group policy without a task, or from under Program Files.
-- tested: EVTX-to-MITRE-ATT&CK and OTRF Security Datasets (53 computers): 320 tasks and services were made; nothing found, and no
--   attack of this kind is recorded, nor a rollout: its false alarms are not known from real data.
-- lookback: 1 h
-- evidence: scheduled_job_activity: activity_name, job_name, job_cmd_line, actor_user_name, device_hostname
-- evidence: windows_service_activity: activity_name, service_name, service_cmd_line, service_user_name, actor_user_name, device_hostname
-- finding: The new {kind} {name}{more} appeared on {count} computers within {span}. It runs {command}
-- next: Disable the policy or the account that spreads it, before the task's time comes. Keep the program that it runs.
-- keys: name AS task
WITH made AS (
  SELECT organisation, network, 'task' AS kind, lower(job_name) AS name, lower(COALESCE(device_hostname, sensor, '')) AS host,
         COALESCE(device_hostname, sensor, '') AS shown, job_cmd_line AS command, COALESCE(actor_user_name, '') AS actor, time_us, event_id
  FROM scheduled_job_activity
  WHERE activity_name IN ('Create', 'Update') AND NOT starts_with(lower(job_name), chr(92) || 'microsoft' || chr(92)) AND job_cmd_line IS NOT NULL
  UNION ALL
  SELECT organisation, network, 'service', lower(service_name), lower(COALESCE(device_hostname, sensor, '')),
         COALESCE(device_hostname, sensor, ''), service_cmd_line, COALESCE(actor_user_name, ''), time_us, event_id
  FROM windows_service_activity
  WHERE activity_name = 'Create' AND NOT COALESCE(regexp_matches(lower(service_cmd_line), '[.]sys.?$'), false)
), suspicious AS (
  SELECT organisation, network, kind, name, host, max(shown) AS shown, max(command) AS command, max(actor) AS actor, min(time_us) AS time_us,
         min(event_id) AS event_id
  FROM made
  WHERE NOT regexp_matches(lower(command), '^[^a-z%]*([a-z]:.program files|%program(files|w6432)|.?%?(systemroot|windir)%?.(system32|syswow64)|[a-z]:.windows.(explorer[.]exe|system32|syswow64|ccm|microsoft[.]net|servicing)|[a-z]:.programdata.microsoft.)')
     OR regexp_matches(lower(command), '(cmd|powershell|pwsh|wscript|cscript|mshta|rundll32|regsvr32|msbuild|installutil|bitsadmin|certutil|comspec)([.]exe|%)?["'' ]|.temp.|.perflogs.|.users.public.|.programdata.[^' || chr(92) || chr(92) || ']+$')
  GROUP BY organisation, network, kind, name, host
), spread AS (
  SELECT *, lag(time_us, $min_hosts - 1) OVER (PARTITION BY organisation, network, kind, name ORDER BY time_us, host) AS before,
         CASE WHEN regexp_matches(lower(command), ' -e[nc]{0,2}[a-z]* [a-z0-9+/=]{20}|(^|[^a-z0-9])temp[^a-z0-9]|perflogs|users.public|sysvol|netlogon|' || chr(92) || chr(92) || chr(92) || chr(92) || '[a-z0-9.-]+[^a-z0-9.-][a-z0-9]')
              THEN 1 ELSE 0 END AS grave,
         row_number() OVER (PARTITION BY organisation, network, kind, name ORDER BY time_us, host) AS n
  FROM suspicious
), found AS (
  SELECT organisation, network, kind, name, max(shown) FILTER (n = 1) AS host, max(actor) AS actor, min(time_us) AS first_us, max(time_us) AS last_us,
         min(time_us) FILTER (time_us - before <= $window) AS opened_us, count(*) AS count,
         string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids, max(command) FILTER (n = 1) AS command, max(grave) AS grave
  FROM spread
  GROUP BY organisation, network, kind, name
  HAVING count(*) FILTER (time_us - before <= $window) > 0
), known AS (
  SELECT organisation, network, kind, name, min(first_us) AS first_us
  FROM persistence_days
  WHERE kind IN ('task', 'service') AND name IN (SELECT name FROM found)
  GROUP BY organisation, network, kind, name
), fresh AS (
  SELECT f.*, CASE WHEN f.opened_us - lag(f.opened_us) OVER (PARTITION BY f.organisation, f.network, f.kind ORDER BY f.opened_us) <= $window
                   THEN 0 ELSE 1 END AS anew
  FROM found AS f
  LEFT JOIN known AS k ON k.organisation = f.organisation AND k.network = f.network AND k.kind = f.kind AND k.name = f.name
  WHERE COALESCE(k.first_us, f.first_us) >= f.opened_us - $young
), waves AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, kind ORDER BY opened_us) AS wave
  FROM fresh
), ranked AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, kind, wave ORDER BY grave DESC, opened_us, name) AS rank
  FROM waves
)
SELECT organisation, network, CASE WHEN bool_and(regexp_matches(lower(name || ' ' || command), '^psexesvc [^ ]*psexesvc[.]exe"?$')) THEN '' ELSE max(host) FILTER (rank = 1) END AS host, max(actor) FILTER (rank = 1) AS "user", min(first_us) AS first_us,
       max(last_us) AS last_us, min(opened_us) AS opened_us, max(count) AS count, max(event_ids) FILTER (rank = 1) AS event_ids,
       CASE WHEN max(grave) = 1 THEN 'high'
            WHEN bool_and(regexp_matches(lower(name || ' ' || command), '^psexesvc [^ ]*psexesvc[.]exe"?$')) THEN 'low'
            ELSE 'medium' END AS level, kind, max(name) FILTER (rank = 1) AS name,
       CASE WHEN count(*) > 1 THEN ', and ' || CAST(count(*) - 1 AS VARCHAR) || ' more with it,' ELSE '' END AS more,
       substr(max(command) FILTER (rank = 1), 1, 200) AS command,
       CASE WHEN max(last_us) - min(first_us) < 60000000 THEN 'a minute'
            ELSE CAST(1 + (max(last_us) - min(first_us)) // 60000000 AS VARCHAR) || ' minutes' END AS span
FROM ranked
GROUP BY organisation, network, kind, wave
