-- title: Which computers and sensors reported
-- about: One row a day, computer and native table: who sent which kind of log, how much, and in which hours.
-- column: host VARCHAR key: the computer that recorded the events; the sensor where the log names no computer
-- column: table_name VARCHAR key: the native table
-- shared: table_name

SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  COALESCE(plain_name(device_hostname), plain_name(sensor)) AS host,
  table_name,
  occurrence()
FROM base_event
GROUP BY ALL
