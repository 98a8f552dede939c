-- title: Who asked what of which controller
-- about: One row a day, control station, controller and function of a control protocol. Answers are not in here.
-- column: src VARCHAR key: address of who asked
-- column: dst VARCHAR key: address of the controller
-- column: protocol VARCHAR key: modbus, dnp3, s7comm, enip, cip
-- column: function_name VARCHAR key: what was asked for, in lower case
-- column: writes BIGINT sum: requests that change outputs, registers, program or operating state
-- entity: src
-- shared: dst

SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  plain_ip(src_endpoint_ip) AS src,
  plain_ip(dst_endpoint_ip) AS dst,
  protocol,
  plain_name(function_name) AS function_name,
  count(*) FILTER (WHERE is_write) AS writes,
  occurrence()
FROM ics_activity
WHERE src_endpoint_ip IS NOT NULL AND dst_endpoint_ip IS NOT NULL AND COALESCE(activity_name, 'Request') = 'Request'
GROUP BY ALL
