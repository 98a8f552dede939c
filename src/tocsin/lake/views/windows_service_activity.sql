-- title: Windows services
-- class: 201004 windows_service_activity (Windows extension)
-- about: One row a service installed, or its start type changed, or its state changed.
-- column: activity_name VARCHAR: Create, Update, State Change
-- column: service_name VARCHAR: name of the service
-- column: service_cmd_line VARCHAR: the program that it runs
-- column: service_type VARCHAR: kind of service as the source writes it
-- column: service_start_type VARCHAR: how it is started as the source writes it
-- column: service_user_name VARCHAR: account it runs as
-- column: service_state VARCHAR: its new state or start type
-- column: actor_user_name VARCHAR: who did it, where the source says
-- column: device_hostname VARCHAR: the computer

-- branch: System 7045 (installed)
SELECT
  'Create' AS activity_name,
  "ServiceName" AS service_name,
  "ImagePath" AS service_cmd_line,
  "ServiceType" AS service_type,
  "StartType" AS service_start_type,
  "AccountName" AS service_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'System' AND "EventID" = '7045';

-- branch: Security 4697 (installed)
SELECT
  'Create' AS activity_name,
  "ServiceName" AS service_name,
  "ServiceFileName" AS service_cmd_line,
  "ServiceType" AS service_type,
  "ServiceStartType" AS service_start_type,
  "ServiceAccount" AS service_user_name,
  "SubjectUserName" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4697';

-- branch: System 7036 (state changed), 7040 (start type changed), of the service control manager
SELECT
  CASE "EventID" WHEN '7040' THEN 'Update' ELSE 'State Change' END AS activity_name,
  COALESCE("param4", "param1") AS service_name,
  CASE WHEN "EventID" = '7040' THEN "param3" END AS service_start_type,
  CASE WHEN "EventID" = '7036' THEN "param2" END AS service_state,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'System' AND "EventID" IN ('7036', '7040');
