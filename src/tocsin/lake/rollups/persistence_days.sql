-- title: What was set up to stay
-- about: One row a day, computer and thing that survives a restart: services, tasks, run keys, drivers, accounts and rights, startup files. Drivers that carry Microsoft's own valid signature are left out. What stays without being set up anew shows itself in `process_days`.
-- column: host VARCHAR key: the computer or service; the sensor's name where the log names none
-- column: kind VARCHAR key: service, task, run_key, driver, account, startup
-- column: name VARCHAR key: name of the service, task, registry value, driver file, account or startup file, in lower case
-- column: detail VARCHAR key: the command, value, path or change behind it, in lower case, at most 200 characters
-- column: user VARCHAR key: who did it, without domain
-- column: hash VARCHAR max: hashes of the driver as the source writes them, in lower case
-- column: not_signed BIGINT sum: driver loads without a valid signature
-- entity: host
-- shared: name

WITH kept AS (
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(plain_name(device_hostname), plain_name(sensor)) AS host,
    'service' AS kind,
    service_name AS name,
    service_cmd_line AS detail,
    actor_user_name AS account,
    CAST(NULL AS VARCHAR) AS hash,
    false AS not_signed
  FROM windows_service_activity
  WHERE activity_name = 'Create'
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(plain_name(device_hostname), plain_name(sensor)) AS host,
    'task' AS kind,
    job_name AS name,
    job_cmd_line AS detail,
    actor_user_name AS account,
    CAST(NULL AS VARCHAR) AS hash,
    false AS not_signed
  FROM scheduled_job_activity
  WHERE activity_name IN ('Create', 'Update', 'Enable')
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(plain_name(device_hostname), plain_name(sensor)) AS host,
    CASE WHEN regexp_matches(lower(reg_target), '.(imagepath|servicedll)$') THEN 'service' ELSE 'run_key' END AS kind,
    CASE
      WHEN regexp_matches(lower(reg_target), '.parameters.servicedll$') THEN split_part(reg_target, chr(92), -3)
      WHEN regexp_matches(lower(reg_target), '.(imagepath|servicedll|debugger)$') THEN split_part(reg_target, chr(92), -2)
      ELSE split_part(reg_target, chr(92), -1)
    END AS name,
    reg_value_data AS detail,
    actor_user_name AS account,
    CAST(NULL AS VARCHAR) AS hash,
    false AS not_signed
  FROM registry_key_activity
  WHERE activity_name IN ('Set', 'Create') AND reg_value_data IS NOT NULL AND regexp_matches(
    lower(reg_target),
    'currentversion.(policies.explorer.)?run(once|onceex|services|servicesonce)?.[^.]|winlogon.(shell|userinit|notify|gpextensions)|image file execution options.*.debugger$|silentprocessexit.*.monitorprocess$|windows.appinit_dlls$|active setup.installed components.*.stubpath$|session manager.(bootexecute|appcertdlls)|environment.userinitmprlogonscript$|control.lsa.(security|authentication|notification) packages$|currentversion.explorer.(user )?shell folders.(common )?startup$|services.*.(imagepath|servicedll)$'
  )
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(plain_name(device_hostname), plain_name(sensor)) AS host,
    'driver' AS kind,
    module_file_name AS name,
    module_file_path AS detail,
    CAST(NULL AS VARCHAR) AS account,
    lower(module_file_hashes) AS hash,
    COALESCE(module_file_is_signed, false) IS FALSE OR COALESCE(module_file_signature_status, '') <> 'Valid' AS not_signed
  FROM module_activity
  WHERE module_type = 'Driver' AND NOT (
    COALESCE(module_file_signature_subject, '') = 'Microsoft Windows' AND COALESCE(module_file_signature_status, '') = 'Valid'
  )
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(plain_name(device_hostname), plain_name(sensor)) AS host,
    'account' AS kind,
    COALESCE(user_name, user_uid, group_name) AS name,
    concat_ws(' ', activity_name, group_name) AS detail,
    actor_user_name AS account,
    CAST(NULL AS VARCHAR) AS hash,
    false AS not_signed
  FROM account_change
  WHERE activity_name IN ('Create', 'Enable', 'Password Reset', 'Add To Group')
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    COALESCE(plain_name(device_hostname), plain_name(sensor)) AS host,
    'startup' AS kind,
    file_name AS name,
    file_path AS detail,
    actor_user_name AS account,
    CAST(NULL AS VARCHAR) AS hash,
    false AS not_signed
  FROM file_activity
  WHERE activity_name IN ('Create', 'Update') AND regexp_matches(
    lower(file_path),
    'start menu.programs.startup.|^/etc/(cron|systemd/|init[.]d|rc[.]local|profile[.]d|ld[.]so[.]preload|udev/rules[.]d)|^/var/spool/cron|^/(usr/)?lib/systemd/system/|[.]ssh/authorized_keys|/[.]+(bashrc|bash_profile|profile|zshrc)$|launch(agents|daemons)/'
  )
)
SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  host,
  kind,
  plain_name(name) AS name,
  lower(substr(detail, 1, 200)) AS detail,
  plain_name(split_part(account, chr(92), -1)) AS "user",
  max(hash) AS hash,
  count(*) FILTER (WHERE not_signed) AS not_signed,
  occurrence()
FROM kept
WHERE name IS NOT NULL
GROUP BY ALL
