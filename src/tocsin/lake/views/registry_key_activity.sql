-- title: Windows registry
-- class: 201001 registry_key_activity and 201002 registry_value_activity (Windows extension)
-- about: One row a key or value made, set, renamed or deleted.
-- column: activity_name VARCHAR: Create, Set, Rename, Delete
-- column: reg_target VARCHAR: the key, with the value's name at the end where a value is meant
-- column: reg_value_name VARCHAR: the value's name
-- column: reg_value_data VARCHAR: what was written
-- column: reg_value_previous_data VARCHAR: what it held before, where the source says
-- column: reg_new_target VARCHAR: the new name after a rename
-- column: actor_process_name VARCHAR: file name of the process
-- column: actor_process_file_path VARCHAR: path of the process
-- column: actor_process_pid BIGINT: its process id
-- column: actor_process_uid VARCHAR: its process GUID
-- column: actor_user_name VARCHAR: account, with domain where the source gives it
-- column: device_hostname VARCHAR: the computer

-- branch: Sysmon 12 (key or value created or deleted), 13 (value set), 14 (renamed)
SELECT
  CASE WHEN "EventID" = '13' THEN 'Set' WHEN "EventID" = '14' THEN 'Rename' WHEN COALESCE("EventTypeOrignal", "EventType") LIKE 'Delete%' THEN 'Delete' ELSE 'Create' END AS activity_name,
  "TargetObject" AS reg_target,
  CASE WHEN "EventID" = '13' THEN split_part("TargetObject", chr(92), -1) END AS reg_value_name,
  "Details" AS reg_value_data,
  "NewName" AS reg_new_target,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" IN ('12', '13', '14');

-- branch: Security 4657 (value changed; %%1904 new, %%1905 changed, %%1906 deleted)
SELECT
  CASE "OperationType" WHEN '%%1904' THEN 'Create' WHEN '%%1906' THEN 'Delete' ELSE 'Set' END AS activity_name,
  concat("ObjectName", chr(92), "ObjectValueName") AS reg_target,
  "ObjectValueName" AS reg_value_name,
  "NewValue" AS reg_value_data,
  "OldValue" AS reg_value_previous_data,
  split_part("ProcessName", chr(92), -1) AS actor_process_name,
  "ProcessName" AS actor_process_file_path,
  number_or_hex("ProcessId") AS actor_process_pid,
  "SubjectUserName" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4657';
