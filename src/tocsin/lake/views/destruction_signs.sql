-- title: Signs that a computer is being destroyed
-- class: 0 base_event (none of its own)
-- about: One row a sign that a wiper, or ransomware, leaves on the way: disks opened below the file system, drivers put into the kernel, recovery taken away, services stopped, logs cleared, documents removed. Each is harmless now and then; analytics count and pair them. Shutdowns are here because they stop services too.
-- column: sign VARCHAR: raw disk, kernel driver, recovery inhibition, service stop, log clearing, file loss, shutdown
-- column: means VARCHAR: what was done
-- column: target VARCHAR: the device, driver, service, program, log or file
-- column: extension VARCHAR: of file loss: the document's extension, or the new one that it was given
-- column: is_usual BOOLEAN: of raw disk, kernel driver and file loss: whether Windows and installed programs do this every day from that path
-- column: is_trusted BOOLEAN: of kernel driver: whether the log says that its signature is valid; NULL where the log does not tell
-- column: actor_process_name VARCHAR: file name of the process
-- column: actor_process_file_path VARCHAR: path of the process
-- column: actor_process_cmd_line VARCHAR: its command line
-- column: actor_process_pid BIGINT: its process id
-- column: actor_process_uid VARCHAR: its process GUID
-- column: actor_user_name VARCHAR: account, with domain where the source gives it
-- column: device_hostname VARCHAR: the computer

-- branch: Sysmon 9 (a disk or volume read below the file system)
SELECT
  'raw disk' AS sign,
  CASE WHEN regexp_matches("Device", '(?i)harddisk[0-9]+.dr[0-9]+$|physicaldrive') THEN 'disk opened' ELSE 'volume opened' END AS means,
  "Device" AS target,
  is_usual_disk_reader("Image") AS is_usual,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '9';

-- branch: Security 4656 and 4663 (a handle to a disk or volume itself, where its auditing is on)
SELECT
  'raw disk' AS sign,
  CASE WHEN regexp_matches("ObjectName", '(?i)dr[0-9]+$') THEN 'disk opened' ELSE 'volume opened' END AS means,
  "ObjectName" AS target,
  is_usual_disk_reader("ProcessName") AS is_usual,
  split_part("ProcessName", chr(92), -1) AS actor_process_name,
  "ProcessName" AS actor_process_file_path,
  number_or_hex("ProcessId") AS actor_process_pid,
  "SubjectUserName" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('4656', '4663') AND regexp_matches("ObjectName", '(?i)^.device.harddisk([0-9]+.dr[0-9]+|volume[0-9]+)$');

-- branch: Sysmon 6 (a driver loaded that is not Windows's own)
SELECT
  'kernel driver' AS sign,
  'driver loaded' AS means,
  "ImageLoaded" AS target,
  regexp_matches(lower("ImageLoaded"), 'driverstore.filerepository|windows defender|:.program files') AS is_usual,
  COALESCE(lower("Signed") = 'true' AND "SignatureStatus" = 'Valid', false) AS is_trusted,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '6' AND NOT (COALESCE("Signature", '') = 'Microsoft Windows' AND COALESCE("SignatureStatus", '') = 'Valid');

-- branch: System 7045 (a kernel service installed)
SELECT
  'kernel driver' AS sign,
  'kernel service installed' AS means,
  "ImagePath" AS target,
  regexp_matches(lower("ImagePath"), 'driverstore.filerepository|windows defender|:.program files') AS is_usual,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'System' AND "EventID" = '7045' AND lower("ServiceType") IN ('kernel mode driver', 'file system driver', '0x1', '0x2');

-- branch: Security 4697 (a kernel service installed)
SELECT
  'kernel driver' AS sign,
  'kernel service installed' AS means,
  "ServiceFileName" AS target,
  regexp_matches(lower("ServiceFileName"), 'driverstore.filerepository|windows defender|:.program files') AS is_usual,
  "SubjectUserName" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4697' AND lower("ServiceType") IN ('0x1', '0x2');

-- branch: Sysmon 1 (a command that takes something away)
SELECT
  destruction_sign(destruction_means(command_words("CommandLine"))) AS sign,
  destruction_means(command_words("CommandLine")) AS means,
  destruction_target(command_words("CommandLine")) AS target,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  "CommandLine" AS actor_process_cmd_line,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '1' AND has_destruction_word("CommandLine") AND destruction_means(command_words("CommandLine")) IS NOT NULL;

-- branch: Security 4688 (likewise, where command lines are recorded)
SELECT
  destruction_sign(destruction_means(command_words("CommandLine"))) AS sign,
  destruction_means(command_words("CommandLine")) AS means,
  destruction_target(command_words("CommandLine")) AS target,
  split_part("NewProcessName", chr(92), -1) AS actor_process_name,
  "NewProcessName" AS actor_process_file_path,
  "CommandLine" AS actor_process_cmd_line,
  number_or_hex("NewProcessId") AS actor_process_pid,
  "SubjectUserName" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4688' AND has_destruction_word("CommandLine") AND destruction_means(command_words("CommandLine")) IS NOT NULL;

-- branch: PowerShell 4104 (a script that deletes shadow copies or clears logs; what it merely defines counts too)
SELECT
  destruction_sign(destruction_means(command_words("ScriptBlockText"))) AS sign,
  destruction_means(command_words("ScriptBlockText")) AS means,
  'powershell.exe' AS actor_process_name,
  substr("ScriptBlockText", 1, 500) AS actor_process_cmd_line,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-PowerShell/Operational' AND "EventID" = '4104' AND has_destruction_word(substr("ScriptBlockText", 1, 4000)) AND destruction_means(command_words("ScriptBlockText")) IN ('shadow copies deleted', 'log cleared');

-- branch: Sysmon 13 (crash dumps switched off: no memory image of what happened will stay)
SELECT
  'recovery inhibition' AS sign,
  'crash dumps off' AS means,
  "TargetObject" AS target,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '13' AND ends_with(lower("TargetObject"), 'crashdumpenabled') AND regexp_matches("Details", '^(DWORD .0x)?0+[)]?$');

-- branch: Application 524 (Windows Backup: its catalog deleted)
SELECT
  'recovery inhibition' AS sign,
  'backups deleted' AS means,
  'backup catalog' AS target,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Application' AND "EventID" = '524' AND "Provider_Name" = 'Microsoft-Windows-Backup';

-- branch: Security 1102 and System 104 (a log cleared)
SELECT
  'log clearing' AS sign,
  'log cleared' AS means,
  CASE "EventID" WHEN '1102' THEN 'Security' ELSE "EventData_Channel" END AS target,
  "SubjectUserName" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE ("Channel" IN ('Security', 'security') AND "EventID" = '1102') OR ("Channel" = 'System' AND "EventID" = '104');

-- branch: System 7036 (a service stopped, as Windows says it in several languages) and 7040 (disabled)
SELECT
  'service stop' AS sign,
  CASE "EventID" WHEN '7036' THEN 'service stopped' ELSE 'service disabled' END AS means,
  lower(COALESCE("param4", "param1")) AS target,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'System' AND ("EventID" = '7036' AND regexp_matches(lower("param2"), '^(stopped|beendet|angehalten|arrêté|detenido|arrestato|interrotto|parado|interrompido|gestopt|zatrzyman|остановлен|зупинен|stoppa|stoppet|pysäytetty|zastaven|leállítva|oprit|спрян|durduruldu)') OR "EventID" = '7040' AND regexp_matches(lower("param3"), '^(disabled|deaktiviert|désactivé|deshabilitado|disabilitato|desativado|uitgeschakeld|wyłączon|отключен|вимкнен|inaktivera|deaktiveret|zakázán|letiltva|dezactivat|devre dışı)'));

-- branch: Sysmon 23 and 26 (a document deleted)
SELECT
  'file loss' AS sign,
  'deleted' AS means,
  "TargetFilename" AS target,
  lost_document("TargetFilename") AS extension,
  is_usual_remover("Image") AS is_usual,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" IN ('23', '26') AND lost_document("TargetFilename") IS NOT NULL;

-- branch: Sysmon 11 (a document given another extension)
SELECT
  'file loss' AS sign,
  'renamed' AS means,
  "TargetFilename" AS target,
  renamed_document("TargetFilename") AS extension,
  is_usual_remover("Image") AND lower("Image") <> 'system' AS is_usual,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" = '11' AND renamed_document("TargetFilename") IS NOT NULL;

-- branch: Security 4663 (a document deleted, moved or written to, where its folder is audited)
SELECT
  'file loss' AS sign,
  CASE WHEN "AccessMask" = '0x10000' THEN 'deleted' ELSE 'overwritten' END AS means,
  "ObjectName" AS target,
  lost_document("ObjectName") AS extension,
  is_usual_remover("ProcessName") AS is_usual,
  split_part("ProcessName", chr(92), -1) AS actor_process_name,
  "ProcessName" AS actor_process_file_path,
  number_or_hex("ProcessId") AS actor_process_pid,
  "SubjectUserName" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4663' AND "ObjectType" = 'File' AND "AccessMask" IN ('0x10000', '0x2', '0x6') AND lost_document("ObjectName") IS NOT NULL;

-- branch: Security 1100 and 4609, System 1074, 6006, 13 and 109 (shutting down)
SELECT
  'shutdown' AS sign,
  'shutdown' AS means,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE ("Channel" IN ('Security', 'security') AND "EventID" IN ('1100', '4609')) OR ("Channel" = 'System' AND ("EventID" IN ('1074', '6006') OR "EventID" IN ('13', '109') AND "Provider_Name" LIKE 'Microsoft-Windows-Kernel-%'));

-- branch: auditd EXECVE (a command that takes something away)
SELECT
  destruction_sign(destruction_means(command_words("cmdline"))) AS sign,
  destruction_means(command_words("cmdline")) AS means,
  destruction_target(command_words("cmdline")) AS target,
  split_part(COALESCE("exe", "a0"), '/', -1) AS actor_process_name,
  COALESCE("exe", "a0") AS actor_process_file_path,
  "cmdline" AS actor_process_cmd_line,
  TRY_CAST("pid" AS BIGINT) AS actor_process_pid,
  COALESCE("auid_name", "auid") AS actor_user_name,
  "node" AS device_hostname
FROM linux_auditd
WHERE "type" = 'EXECVE' AND has_destruction_word("cmdline") AND destruction_means(command_words("cmdline")) IS NOT NULL;
