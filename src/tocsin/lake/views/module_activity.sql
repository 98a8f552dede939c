-- title: Modules and drivers loaded
-- class: 1005 module_activity (System Activity)
-- about: One row a library loaded into a process or a driver loaded into the kernel.
-- column: activity_name VARCHAR: Load
-- column: module_type VARCHAR: Library or Driver
-- column: module_file_name VARCHAR: file name of the module
-- column: module_file_path VARCHAR: its path
-- column: module_file_hashes VARCHAR: hashes as the source writes them
-- column: module_file_internal_name VARCHAR: OriginalFileName
-- column: module_file_is_signed BOOLEAN: whether it carries a signature
-- column: module_file_signature_subject VARCHAR: who signed it
-- column: module_file_signature_status VARCHAR: whether the signature holds
-- column: actor_process_name VARCHAR: file name of the process
-- column: actor_process_file_path VARCHAR: path of the process
-- column: actor_process_pid BIGINT: its process id
-- column: actor_process_uid VARCHAR: its process GUID
-- column: actor_user_name VARCHAR: account, with domain
-- column: device_hostname VARCHAR: the computer

-- branch: Sysmon 7 (library)
SELECT
  'Load' AS activity_name,
  'Library' AS module_type,
  split_part("ImageLoaded", chr(92), -1) AS module_file_name,
  "ImageLoaded" AS module_file_path,
  "Hashes" AS module_file_hashes,
  "OriginalFileName" AS module_file_internal_name,
  lower("Signed") = 'true' AS module_file_is_signed,
  NULLIF("Signature", '-') AS module_file_signature_subject,
  "SignatureStatus" AS module_file_signature_status,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '7';

-- branch: Sysmon 6 (driver)
SELECT
  'Load' AS activity_name,
  'Driver' AS module_type,
  split_part("ImageLoaded", chr(92), -1) AS module_file_name,
  "ImageLoaded" AS module_file_path,
  "Hashes" AS module_file_hashes,
  lower("Signed") = 'true' AS module_file_is_signed,
  NULLIF("Signature", '-') AS module_file_signature_subject,
  "SignatureStatus" AS module_file_signature_status,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '6';
