-- title: Logs cleared and auditing changed
-- class: 1008 event_log_activity (System Activity)
-- about: One row a log cleared, an audit policy changed, or the event log service stopped.
-- column: activity_name VARCHAR: Clear, Disable, Update
-- column: log_name VARCHAR: the log that was cleared
-- column: status_detail VARCHAR: what was changed
-- column: actor_user_name VARCHAR: who did it
-- column: actor_user_domain VARCHAR: domain of that account
-- column: device_hostname VARCHAR: the computer

-- branch: Security 1102 (Security log cleared)
SELECT
  'Clear' AS activity_name,
  'Security' AS log_name,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '1102';

-- branch: System 104 (another log cleared)
SELECT
  'Clear' AS activity_name,
  COALESCE("EventData_Channel", "BackupPath") AS log_name,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'System' AND "EventID" = '104';

-- branch: Security 1100 (event log service shut down) and 4719 (audit policy changed)
SELECT
  CASE "EventID" WHEN '1100' THEN 'Disable' ELSE 'Update' END AS activity_name,
  'Security' AS log_name,
  concat_ws(' ', "SubcategoryGuid", "AuditPolicyChanges") AS status_detail,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('1100', '4719');
