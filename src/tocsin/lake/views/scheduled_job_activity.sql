-- title: Scheduled tasks
-- class: 1006 scheduled_job_activity (System Activity)
-- about: One row a task made, changed, enabled, disabled, deleted or started.
-- column: activity_name VARCHAR: Create, Update, Delete, Enable, Disable, Start
-- column: job_name VARCHAR: name of the task with its folder
-- column: job_cmd_line VARCHAR: command of the first action where the log holds the task's XML
-- column: job_desc VARCHAR: the task's XML or the action that ran
-- column: actor_user_name VARCHAR: who did it
-- column: actor_user_domain VARCHAR: domain of that account
-- column: device_hostname VARCHAR: the computer

-- branch: Security 4698 (made), 4699 (deleted), 4700 (enabled), 4701 (disabled), 4702 (changed)
SELECT
  CASE "EventID" WHEN '4698' THEN 'Create' WHEN '4699' THEN 'Delete' WHEN '4700' THEN 'Enable' WHEN '4701' THEN 'Disable' ELSE 'Update' END AS activity_name,
  "TaskName" AS job_name,
  NULLIF(concat_ws(' ', NULLIF(regexp_extract(COALESCE("TaskContentNew", "TaskContent"), '<Command>([^<]*)</Command>', 1), ''), NULLIF(regexp_extract(COALESCE("TaskContentNew", "TaskContent"), '<Arguments>([^<]*)</Arguments>', 1), '')), '') AS job_cmd_line,
  COALESCE("TaskContentNew", "TaskContent") AS job_desc,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('4698', '4699', '4700', '4701', '4702');

-- branch: TaskScheduler 106 (registered), 140 (changed), 141 (deleted), 129 and 200 (started)
SELECT
  CASE "EventID" WHEN '106' THEN 'Create' WHEN '140' THEN 'Update' WHEN '141' THEN 'Delete' ELSE 'Start' END AS activity_name,
  "TaskName" AS job_name,
  COALESCE("ActionName", "Path") AS job_cmd_line,
  split_part(COALESCE("UserContext", "UserName"), chr(92), -1) AS actor_user_name,
  CASE WHEN contains(COALESCE("UserContext", "UserName"), chr(92)) THEN split_part(COALESCE("UserContext", "UserName"), chr(92), 1) END AS actor_user_domain,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-TaskScheduler/Operational' AND "EventID" IN ('106', '129', '140', '141', '200');
