-- title: Rare thing that was set up to stay
-- level: medium
-- status: test
-- attack: T1543.003, T1053.005, T1547, T1546, T1136, T1098
-- tactics: persistence
-- about: A service, task, run key, driver or right that no computer had before was set up on one or two computers of
--   the fleet, and what it does is what intruders do, or it lies where software is not installed to and is still alive weeks later.
-- threshold: history = 14 d: of logs of that computer before, else everything is new; two working weeks (our judgement)
-- threshold: min_fleet = 10 hosts: in a smaller fleet everything is rare (our judgement)
-- threshold: max_hosts = 2 hosts: what more have is software, or soon will be (our judgement)
-- threshold: max_share = 0.01 of the fleet: the same in fleets of more than 200
-- threshold: max_new = 5 things: new on one computer and day; more come with an installation. Telling commands count all the same
-- threshold: alive = 14 d: after that it is no trial and no pilot of a rollout: the fleet has it by then, and it is no longer rare (our judgement)
-- threshold: min_days = 3 days: on which its program started or it was loaded again
-- threshold: newcomer = 1 d: who changes rights for the first time in the memory is no administrator of long standing
-- threshold: max_week = 2 findings: a network and week, the most telling first; how many there were is in the sentence
-- novelty: a service, task, account or start entry
-- against: An administrator's own script in a task or service, a vendor's tool on one server, a red team.
-- against: A new administrator's first day.
-- against: Patch days and rollouts reach many computers within days: they are not rare, and what lives in Program Files needs a telling command.
-- misses: What was set up before the logs begin, on a new computer, or in a fleet of less than ten that report such things.
-- misses: Things that copy the name of a common one, tasks that are logged without their command, units and cron jobs of Linux (only the file is known).
-- misses: More than two a week: look into the rollup `persistence_days` yourself when one is real.
-- tested: EVTX-to-MITRE-ATT&CK and Security-Datasets (424,347 Windows events, 53 computers): six findings, all six attacks; eleven, all attacks,
--   when no history is asked for. An earlier attempt without history, rarity and telling commands gave 274 on the same recordings.
-- tested: Zeek and Suricata recordings: not assessed, nothing there is set up. Logs of a real fleet over months were not at hand.
-- evidence: windows_service_activity: service_name, service_cmd_line, actor_user_name, device_hostname
-- evidence: scheduled_job_activity: job_name, job_cmd_line, actor_user_name, device_hostname
-- evidence: registry_key_activity: reg_target, reg_value_data, actor_user_name, device_hostname
-- evidence: module_activity: module_file_path, module_file_hashes, module_file_signature_status, device_hostname
-- evidence: account_change: activity_name, user_name, user_uid, group_name, actor_user_name, device_hostname
-- evidence: file_activity: file_path, activity_name, actor_user_name, device_hostname
-- evidence: process_activity: process_file_path, parent_process_name, process_cmd_line, process_user_name, device_hostname
-- finding: New on {host} and on {hosts} of {fleet} computers: {kind} {name}{what}; {why}{lived}. Such things in that week: {of_week}.
-- next: Ask who set it up. If nobody did, keep a copy of its program, then look for the same program, command and account on other computers.
-- keys: service AS service, task AS task, program AS file, account AS account
WITH things AS (
  SELECT organisation, network, kind,
         regexp_replace(regexp_replace(name, 's-1-5-[0-9-]+|[{]?[0-9a-f]{8}-[0-9a-f-]{27}[}]?', '*'), '_[0-9a-f]{5,8}$', '_*') AS name,
         host, replace(COALESCE(detail, ''), chr(92), '/') AS detail, "user" AS account, days, first_us, last_us, not_signed
  FROM persistence_days
  WHERE name <> '*'
), fleets AS (
  SELECT organisation, network, count(DISTINCT host) AS fleet FROM things GROUP BY organisation, network
), computers AS (
  SELECT organisation, network, host, min(first_us) AS first_us FROM host_days GROUP BY organisation, network, host
), owners AS (
  SELECT organisation, network, account, min(first_us) AS first_us
  FROM things WHERE kind = 'account' GROUP BY organisation, network, account
), items AS (
  SELECT organisation, network, kind, name, count(DISTINCT host) AS hosts, min(first_us) AS born_us, max(last_us) AS last_us,
         CAST(sum(days) AS BIGINT) AS days, CAST(sum(not_signed) AS BIGINT) AS not_signed
  FROM things GROUP BY organisation, network, kind, name
), rare AS (
  SELECT i.organisation, i.network, i.kind, i.name, i.hosts, f.fleet, i.born_us, i.last_us, i.days, i.not_signed
  FROM items AS i JOIN fleets AS f ON f.organisation = i.organisation AND f.network = i.network
  WHERE f.fleet >= $min_fleet AND i.hosts <= GREATEST($max_hosts, $max_share * f.fleet)
), placed AS (
  SELECT r.organisation, r.network, r.kind, r.name, r.hosts, r.fleet, r.born_us, r.last_us, r.days, r.not_signed,
         t.host, t.detail, t.account,
         row_number() OVER (PARTITION BY r.organisation, r.network, r.kind, r.name
                            ORDER BY t.first_us, length(t.detail) DESC, t.host, t.account DESC) AS n
  FROM rare AS r JOIN things AS t
    ON t.organisation = r.organisation AND t.network = r.network AND t.kind = r.kind AND t.name = r.name
), fresh AS (
  SELECT p.organisation, p.network, p.kind, p.name, p.hosts, p.fleet, p.born_us, p.last_us, p.days, p.host, p.detail, p.account,
         p.not_signed, o.first_us AS owner_us,
         count(*) OVER (PARTITION BY p.organisation, p.network, p.host, p.born_us // 86400000000) AS that_day
  FROM placed AS p
  JOIN computers AS c ON c.organisation = p.organisation AND c.network = p.network AND c.host = p.host
  LEFT JOIN owners AS o ON o.organisation = p.organisation AND o.network = p.network AND o.account = p.account
  WHERE p.n = 1 AND p.born_us >= c.first_us + $history
), judged AS (
  SELECT organisation, network, kind, name, hosts, fleet, born_us, last_us, days, host, detail, account, that_day,
         CASE WHEN kind <> 'account'
               AND regexp_matches(detail, '(powershell|pwsh)([.]exe)?"?[ ^].*-(e|ec|en|enc|encodedcommand|w|win|windowstyle) +(hidden|h|1|[a-z0-9+/=]{16})|frombase64string|downloadstring|downloadfile|net[.]webclient|[ (;]iex[ (]')
                THEN 'its command is hidden or coded, or fetches another'
              WHEN kind <> 'account'
               AND regexp_matches(detail, 'mshta|regsvr32.*(scrobj|http)|rundll32.*(javascript|/(temp|programdata|appdata|public)/)|[cw]script.*/(temp|programdata|appdata|public|downloads)/|certutil.*urlcache|bitsadmin.*transfer')
                THEN 'a system tool runs something from a folder that everyone may write to, or from the web'
              WHEN kind = 'service'
               AND regexp_matches(detail, '^"?(%+comspec%+|([a-z]:|%+systemroot%+)?(/windows)?(/system32/)?cmd([.]exe)?) +/|/(temp|tmp|users|perflogs|[$]recycle[.]bin)/|^"?//|127[.]0[.]0[.]1')
                THEN 'a service does not run from there'
              WHEN kind = 'task' AND regexp_matches(detail, '/(temp|tmp|public|perflogs|[$]recycle[.]bin)/')
                THEN 'it runs from a folder for temporary or public files'
              WHEN kind = 'run_key' AND (regexp_matches(name, '^(sethc|utilman|osk|narrator|magnify|displayswitch)[.]exe$')
                                         OR name IN ('userinitmprlogonscript', 'appinit_dlls') AND length(detail) > 3)
                THEN 'it hooks a place that programs hardly ever use'
              WHEN kind = 'run_key' AND regexp_matches(detail, '/(temp|tmp|public|perflogs|[$]recycle[.]bin)/')
                THEN 'it runs from a folder for temporary or public files'
              WHEN kind = 'startup' AND regexp_matches(name, '[.](hta|vbs|vbe|jse?|wsf|ps1|scr)$') THEN 'a script starts with the user'
              WHEN kind = 'driver' AND not_signed > 0 AND NOT contains(detail, '/system32/drivers/')
                THEN 'a driver without a valid signature lies outside the drivers'' folder'
              WHEN kind = 'account' AND owner_us >= born_us - $newcomer
               AND regexp_matches(detail, 'add to group.*(admin|backup operators|organization management|exchange windows permissions|wheel|sudo)')
                THEN 'who gave this right never changed an account before'
         END AS telling,
         kind IN ('service', 'task', 'driver') AND length(detail) > 3
         AND NOT regexp_matches(detail, '/program files|/programdata/microsoft/|/system32/(drivers/|driverstore/|svchost[.]exe|[a-z]+host)|/microsoft[.]net/|/winsxs/') AS strange
  FROM fresh
), suspects AS (
  SELECT organisation, network, kind, name, hosts, fleet, born_us, last_us, days, host, detail, account, telling
  FROM judged
  WHERE telling IS NOT NULL OR (strange AND that_day <= $max_new)
), life AS (
  SELECT s.organisation, s.network, s.kind, s.name, s.born_us, p.days, p.first_us, p.last_us, p.process AS program
  FROM suspects AS s JOIN process_days AS p
    ON p.organisation = s.organisation AND p.network = s.network AND p.host = s.host AND p.last_us >= s.born_us
   AND contains(s.detail, split_part(replace(p.process, chr(92), '/'), '/', -1))
  WHERE length(split_part(replace(p.process, chr(92), '/'), '/', -1)) >= 5
    AND NOT regexp_matches(p.process, '(cmd|powershell|pwsh|rundll32|regsvr32|mshta|[cw]script|svchost|conhost|schtasks|sc|net1?)[.]exe$')
  UNION ALL
  SELECT s.organisation, s.network, s.kind, s.name, s.born_us, t.days, t.first_us, t.last_us, CAST(NULL AS VARCHAR) AS program
  FROM suspects AS s JOIN things AS t
    ON t.organisation = s.organisation AND t.network = s.network AND t.kind = s.kind AND t.name = s.name
  WHERE s.kind IN ('driver', 'service', 'task')
), summed AS (
  SELECT organisation, network, kind, name, born_us, days, first_us, last_us, program,
         sum(days) OVER (PARTITION BY organisation, network, kind, name ORDER BY first_us, last_us, program
                         ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far
  FROM life
), lives AS (
  SELECT organisation, network, kind, name, CAST(sum(days) AS BIGINT) AS days, max(last_us) AS last_us, max(program) AS program,
         min(first_us) FILTER (so_far >= $min_days AND first_us >= born_us + $alive) AS alive_us
  FROM summed GROUP BY organisation, network, kind, name
), found AS (
  SELECT s.organisation, s.network, s.kind, s.name, s.hosts, s.fleet, s.born_us, s.host, s.detail, s.account, s.telling,
         GREATEST(s.last_us, COALESCE(l.last_us, s.last_us)) AS last_us, GREATEST(s.days, COALESCE(l.days, 0)) AS days,
         l.program, l.alive_us
  FROM suspects AS s
  LEFT JOIN lives AS l ON l.organisation = s.organisation AND l.network = s.network AND l.kind = s.kind AND l.name = s.name
), opened AS (
  SELECT organisation, network, kind, name, hosts, fleet, born_us, host, detail, account, telling, last_us, days, program,
         alive_us, CASE WHEN telling IS NOT NULL THEN born_us ELSE alive_us END AS opened_us
  FROM found
  WHERE telling IS NOT NULL OR alive_us IS NOT NULL
), whole AS (
  SELECT organisation, network, kind, name, hosts, fleet, born_us, host, detail, account, telling, last_us, days, program,
         alive_us, opened_us, (opened_us - 345600000000) // 604800000000 AS week,
         row_number() OVER (PARTITION BY organisation, network, host, (opened_us - 345600000000) // 604800000000
                            ORDER BY CASE WHEN telling IS NULL THEN 2 WHEN alive_us IS NULL THEN 1 ELSE 0 END, born_us, kind, name) AS of_host
  FROM opened
), ranked AS (
  SELECT organisation, network, kind, name, hosts, fleet, born_us, host, detail, account, telling, last_us, days, program,
         alive_us, opened_us, of_host, week,
         count(*) OVER (PARTITION BY organisation, network, week) AS of_week,
         row_number() OVER (PARTITION BY organisation, network, week
                            ORDER BY CASE WHEN of_host > 1 THEN 3 WHEN telling IS NULL THEN 2 WHEN alive_us IS NULL THEN 1 ELSE 0 END,
                                     CASE WHEN starts_with(telling, 'its command') THEN 0 ELSE 1 END, born_us, kind, name) AS place
  FROM whole
), chosen AS (
  SELECT r.organisation, r.network, r.kind, r.name, r.hosts, r.fleet, r.born_us, r.host, r.detail, r.account, r.telling,
         r.last_us, r.days, r.program, r.alive_us, r.opened_us, r.of_week
  FROM ranked AS r CROSS JOIN period AS p
  WHERE r.of_host = 1 AND r.place <= $max_week AND r.opened_us // 86400000000 >= p.first_us // 86400000000
), written AS (
  SELECT organisation, network, lower(COALESCE(device_hostname, sensor)) AS host, 'service' AS kind, lower(service_name) AS name, event_id, time_us
  FROM windows_service_activity WHERE activity_name = 'Create'
  UNION ALL
  SELECT organisation, network, lower(COALESCE(device_hostname, sensor)), 'task', lower(job_name), event_id, time_us
  FROM scheduled_job_activity WHERE activity_name IN ('Create', 'Update', 'Enable')
  UNION ALL
  SELECT organisation, network, lower(COALESCE(device_hostname, sensor)), 'driver', lower(module_file_name), event_id, time_us
  FROM module_activity WHERE module_type = 'Driver'
  UNION ALL
  SELECT organisation, network, lower(COALESCE(device_hostname, sensor)), 'account', lower(COALESCE(user_name, user_uid, group_name)), event_id, time_us
  FROM account_change
  UNION ALL
  SELECT organisation, network, lower(COALESCE(device_hostname, sensor)), 'startup', lower(file_name), event_id, time_us
  FROM file_activity WHERE activity_name IN ('Create', 'Update')
), events AS (
  SELECT c.organisation, c.network, c.kind, c.name, w.event_id, w.time_us, 0 AS rank
  FROM chosen AS c JOIN written AS w
    ON w.organisation = c.organisation AND w.network = c.network AND w.host = c.host AND w.kind = c.kind AND w.name = c.name
  UNION ALL
  SELECT c.organisation, c.network, c.kind, c.name, r.event_id, r.time_us, 0 AS rank
  FROM chosen AS c JOIN registry_key_activity AS r
    ON r.organisation = c.organisation AND r.network = c.network AND lower(COALESCE(r.device_hostname, r.sensor)) = c.host
   AND c.kind IN ('run_key', 'service') AND r.activity_name IN ('Set', 'Create')
   AND replace(lower(substr(r.reg_value_data, 1, 200)), chr(92), '/') = c.detail AND contains(lower(r.reg_target), c.name)
  UNION ALL
  SELECT c.organisation, c.network, c.kind, c.name, p.event_id, p.time_us, 1 AS rank
  FROM chosen AS c JOIN process_activity AS p
    ON p.organisation = c.organisation AND p.network = c.network AND lower(COALESCE(p.device_hostname, p.sensor)) = c.host
   AND lower(COALESCE(p.process_file_path, p.process_name)) = c.program AND p.time_us >= c.born_us
  WHERE p.activity_name = 'Launch'
), numbered AS (
  SELECT organisation, network, kind, name, event_id,
         row_number() OVER (PARTITION BY organisation, network, kind, name ORDER BY rank, time_us, event_id) AS n
  FROM events
), proof AS (
  SELECT organisation, network, kind, name, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids
  FROM numbered GROUP BY organisation, network, kind, name
)
SELECT c.organisation, c.network, c.host, COALESCE(c.account, '') AS "user", c.born_us AS first_us, c.last_us, c.opened_us,
       c.days AS count, COALESCE(e.event_ids, '') AS event_ids,
       CASE WHEN c.telling IS NULL THEN 'low' WHEN c.alive_us IS NULL THEN 'medium' ELSE 'high' END AS level,
       replace(c.kind, '_', ' ') AS kind, c.name, c.hosts, c.fleet, c.of_week,
       CASE WHEN c.detail <> '' THEN ' (' || substr(c.detail, 1, 120) || ')' ELSE '' END AS what,
       COALESCE(c.telling, 'software is not installed there') AS why,
       CASE WHEN c.alive_us IS NOT NULL THEN '; still alive after ' || CAST((c.last_us - c.born_us) // 86400000000 AS VARCHAR) || ' days' ELSE '' END AS lived,
       CASE WHEN c.kind = 'service' THEN c.name END AS service, CASE WHEN c.kind = 'task' THEN c.name END AS task,
       CASE WHEN c.kind = 'account' THEN c.name END AS account, c.program
FROM chosen AS c
LEFT JOIN proof AS e ON e.organisation = c.organisation AND e.network = c.network AND e.kind = c.kind AND e.name = c.name
