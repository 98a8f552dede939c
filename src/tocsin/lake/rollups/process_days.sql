-- title: Which programs ran where
-- about: One row a day, computer, program and parent. A start that Sysmon and Windows auditing both recorded counts twice.
-- column: host VARCHAR key: the computer; the sensor's name where the log names none
-- column: process VARCHAR key: path of the program in lower case, its name where the log has no path
-- column: parent VARCHAR key: file name of the parent in lower case
-- column: user VARCHAR max: an account that ran it
-- column: cmd_line_characters BIGINT max: the longest command line
-- entity: host
-- shared: process

SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  COALESCE(plain_name(device_hostname), plain_name(sensor)) AS host,
  plain_name(COALESCE(process_file_path, process_name)) AS process,
  plain_name(parent_process_name) AS parent,
  max(plain_name(process_user_name)) AS "user",
  max(length(process_cmd_line)) AS cmd_line_characters,
  occurrence()
FROM process_activity
WHERE activity_name = 'Launch'
GROUP BY ALL
