-- title: Processes that started or ended
-- class: 1007 process_activity (System Activity)
-- about: One row a start or end of a process. The same start may appear twice where a host runs Sysmon and Windows auditing: `table_name` and `log_name` tell them apart.
-- column: activity_name VARCHAR: Launch or Terminate
-- column: log_name VARCHAR: the log inside the table: Sysmon, Security, auditd, sudo
-- column: device_hostname VARCHAR: the computer
-- column: process_name VARCHAR: file name of the process
-- column: process_file_path VARCHAR: path of its program
-- column: process_file_internal_name VARCHAR: the name that its maker compiled in (OriginalFileName)
-- column: process_file_hashes VARCHAR: hashes as the source writes them
-- column: process_cmd_line VARCHAR: its command line
-- column: process_working_directory VARCHAR: where it was started
-- column: process_pid BIGINT: its process id
-- column: process_uid VARCHAR: its id that is unique in the network (Sysmon ProcessGuid)
-- column: process_integrity VARCHAR: integrity level or mandatory label
-- column: process_user_name VARCHAR: account it runs as, without domain
-- column: process_user_domain VARCHAR: domain of that account
-- column: process_session_uid VARCHAR: logon id of its session
-- column: parent_process_name VARCHAR: file name of the parent
-- column: parent_process_file_path VARCHAR: path of the parent
-- column: parent_process_cmd_line VARCHAR: command line of the parent
-- column: parent_process_pid BIGINT: process id of the parent
-- column: parent_process_uid VARCHAR: unique id of the parent
-- column: actor_user_name VARCHAR: account that started it, without domain
-- column: actor_user_domain VARCHAR: domain of that account

-- branch: Sysmon 1 (process created)
SELECT
  'Launch' AS activity_name,
  'Sysmon' AS log_name,
  COALESCE("Computer", "Hostname") AS device_hostname,
  split_part("Image", chr(92), -1) AS process_name,
  "Image" AS process_file_path,
  "OriginalFileName" AS process_file_internal_name,
  "Hashes" AS process_file_hashes,
  "CommandLine" AS process_cmd_line,
  "CurrentDirectory" AS process_working_directory,
  TRY_CAST("ProcessId" AS BIGINT) AS process_pid,
  "ProcessGuid" AS process_uid,
  "IntegrityLevel" AS process_integrity,
  split_part("User", chr(92), -1) AS process_user_name,
  CASE WHEN contains("User", chr(92)) THEN split_part("User", chr(92), 1) END AS process_user_domain,
  "LogonId" AS process_session_uid,
  split_part("ParentImage", chr(92), -1) AS parent_process_name,
  "ParentImage" AS parent_process_file_path,
  "ParentCommandLine" AS parent_process_cmd_line,
  TRY_CAST("ParentProcessId" AS BIGINT) AS parent_process_pid,
  "ParentProcessGuid" AS parent_process_uid,
  split_part(COALESCE("ParentUser", "User"), chr(92), -1) AS actor_user_name,
  CASE WHEN contains(COALESCE("ParentUser", "User"), chr(92)) THEN split_part(COALESCE("ParentUser", "User"), chr(92), 1) END AS actor_user_domain
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '1';

-- branch: Sysmon 5 (process ended)
SELECT
  'Terminate' AS activity_name,
  'Sysmon' AS log_name,
  COALESCE("Computer", "Hostname") AS device_hostname,
  split_part("Image", chr(92), -1) AS process_name,
  "Image" AS process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS process_pid,
  "ProcessGuid" AS process_uid,
  split_part("User", chr(92), -1) AS process_user_name,
  CASE WHEN contains("User", chr(92)) THEN split_part("User", chr(92), 1) END AS process_user_domain
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '5';

-- branch: Security 4688 (process created; ProcessId is the parent's, ids are hexadecimal)
SELECT
  'Launch' AS activity_name,
  'Security' AS log_name,
  COALESCE("Computer", "Hostname") AS device_hostname,
  split_part("NewProcessName", chr(92), -1) AS process_name,
  "NewProcessName" AS process_file_path,
  "CommandLine" AS process_cmd_line,
  number_or_hex("NewProcessId") AS process_pid,
  "MandatoryLabel" AS process_integrity,
  COALESCE(NULLIF("TargetUserName", '-'), "SubjectUserName") AS process_user_name,
  COALESCE(NULLIF("TargetDomainName", '-'), "SubjectDomainName") AS process_user_domain,
  COALESCE(NULLIF("TargetLogonId", '0x0'), "SubjectLogonId") AS process_session_uid,
  split_part("ParentProcessName", chr(92), -1) AS parent_process_name,
  "ParentProcessName" AS parent_process_file_path,
  number_or_hex("ProcessId") AS parent_process_pid,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4688';

-- branch: Security 4689 (process ended)
SELECT
  'Terminate' AS activity_name,
  'Security' AS log_name,
  COALESCE("Computer", "Hostname") AS device_hostname,
  split_part("ProcessName", chr(92), -1) AS process_name,
  "ProcessName" AS process_file_path,
  number_or_hex("ProcessId") AS process_pid,
  "SubjectUserName" AS process_user_name,
  "SubjectDomainName" AS process_user_domain,
  "SubjectLogonId" AS process_session_uid
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4689';

-- branch: auditd EXECVE (program, ids and accounts come from its SYSCALL record)
SELECT
  'Launch' AS activity_name,
  'auditd' AS log_name,
  "node" AS device_hostname,
  split_part(COALESCE("exe", "a0"), '/', -1) AS process_name,
  COALESCE("exe", "a0") AS process_file_path,
  "cmdline" AS process_cmd_line,
  "cwd" AS process_working_directory,
  TRY_CAST("pid" AS BIGINT) AS process_pid,
  COALESCE("uid_name", "uid") AS process_user_name,
  "ses" AS process_session_uid,
  TRY_CAST("ppid" AS BIGINT) AS parent_process_pid,
  COALESCE("auid_name", "auid") AS actor_user_name
FROM linux_auditd
WHERE "type" = 'EXECVE';

-- branch: sudo in syslog (the command that it ran)
SELECT
  'Launch' AS activity_name,
  'sudo' AS log_name,
  "host" AS device_hostname,
  split_part(split_part(regexp_extract("message", 'COMMAND=(.*)$', 1), ' ', 1), '/', -1) AS process_name,
  split_part(regexp_extract("message", 'COMMAND=(.*)$', 1), ' ', 1) AS process_file_path,
  regexp_extract("message", 'COMMAND=(.*)$', 1) AS process_cmd_line,
  regexp_extract("message", 'PWD=([^;]*[^; ])', 1) AS process_working_directory,
  regexp_extract("message", 'USER=([^; ]+)', 1) AS process_user_name,
  '/usr/bin/sudo' AS parent_process_file_path,
  'sudo' AS parent_process_name,
  regexp_extract("message", '^ *([^ :]+) :', 1) AS actor_user_name
FROM syslog
WHERE "program" = 'sudo' AND contains("message", 'COMMAND=');

-- branch: sudo in the journal (the command that it ran)
SELECT
  'Launch' AS activity_name,
  'sudo' AS log_name,
  "_HOSTNAME" AS device_hostname,
  split_part(split_part(regexp_extract("MESSAGE", 'COMMAND=(.*)$', 1), ' ', 1), '/', -1) AS process_name,
  split_part(regexp_extract("MESSAGE", 'COMMAND=(.*)$', 1), ' ', 1) AS process_file_path,
  regexp_extract("MESSAGE", 'COMMAND=(.*)$', 1) AS process_cmd_line,
  regexp_extract("MESSAGE", 'PWD=([^;]*[^; ])', 1) AS process_working_directory,
  regexp_extract("MESSAGE", 'USER=([^; ]+)', 1) AS process_user_name,
  '/usr/bin/sudo' AS parent_process_file_path,
  'sudo' AS parent_process_name,
  regexp_extract("MESSAGE", '^ *([^ :]+) :', 1) AS actor_user_name
FROM linux_journald
WHERE COALESCE("SYSLOG_IDENTIFIER", "_COMM") = 'sudo' AND contains("MESSAGE", 'COMMAND=');
