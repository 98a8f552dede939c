-- title: Requests to industrial controllers and their answers
-- class: 4001 network_activity (Network Activity); OCSF has no class of its own for control protocols
-- about: One row a message of Modbus, DNP3, S7, EtherNet/IP or CIP, as Zeek's own logs and those of the packages icsnpp (CISA) and of Amazon have them; a row of DNP3 is a request with its answer.
-- column: activity_name VARCHAR: Request, Response, or NULL where a row is both or the log does not say
-- column: protocol VARCHAR: modbus, dnp3, s7comm, enip, cip
-- column: function_name VARCHAR: what is asked for, as the log names it
-- column: function_code VARCHAR: its number as the log writes it, where it does
-- column: is_write BOOLEAN: whether it changes outputs, registers, program or operating state; false for reading and for what is not known
-- column: object_name VARCHAR: what it is asked of: unit, class and instance, tag or subfunction
-- column: status VARCHAR: Success or Failure where the answer says
-- column: status_detail VARCHAR: the answer's own code or reason
-- column: src_endpoint_ip VARCHAR: who opened the connection: the control station
-- column: src_endpoint_port BIGINT: its port
-- column: dst_endpoint_ip VARCHAR: who was called: the controller
-- column: dst_endpoint_port BIGINT: the controller's port
-- column: connection_info_uid VARCHAR: Zeek uid
-- column: device_hostname VARCHAR: the sensor that recorded it, where Zeek was told to write its name

-- branch: Zeek modbus.log
SELECT
  CASE "pdu_type" WHEN 'REQ' THEN 'Request' WHEN 'RESP' THEN 'Response' END AS activity_name,
  'modbus' AS protocol,
  "func" AS function_name,
  contains(upper(COALESCE("func", '')), 'WRITE') AS is_write,
  'unit ' || "unit" AS object_name,
  CASE WHEN "exception" IS NOT NULL THEN 'Failure' WHEN "pdu_type" = 'RESP' THEN 'Success' END AS status,
  "exception" AS status_detail,
  zeek_endpoints(),
  "uid" AS connection_info_uid,
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_modbus;

-- branch: Zeek dnp3.log
SELECT
  CASE WHEN "fc_request" IS NULL THEN 'Response' END AS activity_name,
  'dnp3' AS protocol,
  COALESCE("fc_request", "fc_reply") AS function_name,
  regexp_matches(upper(COALESCE("fc_request", '')), '^(WRITE|SELECT|OPERATE|DIRECT_OPERATE|COLD_RESTART|WARM_RESTART|INITIALIZE|START_APPL|STOP_APPL|SAVE_CONFIG|ACTIVATE_CONFIG|DISABLE_UNSOLICITED|DELETE_FILE|FREEZE_CLEAR)') AS is_write,
  "iin" AS status_detail,
  zeek_endpoints(),
  "uid" AS connection_info_uid,
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_dnp3;

-- branch: S7 (s7comm.log of icsnpp-s7comm, or of Amazon's package, which writes the function as type=… among the parameters)
SELECT
  CASE
    WHEN lower(COALESCE("rosctr_name", "rosctr")) LIKE 'job%' THEN 'Request'
    WHEN lower(COALESCE("rosctr_name", "rosctr")) LIKE 'ack%' THEN 'Response'
    WHEN "is_orig" IN ('true', 'T') THEN 'Request'
    WHEN "is_orig" IN ('false', 'F') THEN 'Response'
  END AS activity_name,
  's7comm' AS protocol,
  COALESCE("function_name", NULLIF(regexp_extract("parameter", 'type=([A-Za-z0-9 _/-]+)', 1), ''), "rosctr_name", "rosctr") AS function_name,
  "function_code" AS function_code,
  regexp_matches(lower(COALESCE("function_name", regexp_extract("parameter", 'type=([A-Za-z0-9 _/-]+)', 1), '')), '(write|download|plc control|plc stop|stop plc|start plc|pi.service)')
    OR regexp_matches(lower(COALESCE("subfunction_name", '')), '^(stop|warm restart|cold restart|hot restart|run|modify variable|force|memory reset|set clock)') AS is_write,
  "subfunction_name" AS object_name,
  CASE WHEN lower("error_class") IN ('no error', '0x00', '0') THEN 'Success' WHEN "error_class" IS NOT NULL THEN 'Failure' END AS status,
  COALESCE("error_code", "error_class") AS status_detail,
  zeek_endpoints(),
  "uid" AS connection_info_uid,
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_s7comm;

-- branch: EtherNet/IP (enip.log of icsnpp-enip or of Amazon's package): the envelope, which itself writes nothing
SELECT
  CASE WHEN "is_orig" IN ('true', 'T') THEN 'Request' WHEN "is_orig" IN ('false', 'F') THEN 'Response' END AS activity_name,
  'enip' AS protocol,
  COALESCE("enip_command", "command") AS function_name,
  "enip_command_code" AS function_code,
  false AS is_write,
  CASE WHEN lower(COALESCE("enip_status", "status")) IN ('success', '0x00000000', '0x00', '0') THEN 'Success' WHEN COALESCE("enip_status", "status") IS NOT NULL THEN 'Failure' END AS status,
  COALESCE("enip_status", "status") AS status_detail,
  zeek_endpoints(),
  "uid" AS connection_info_uid,
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_enip;

-- branch: CIP inside EtherNet/IP (cip.log of icsnpp-enip or of Amazon's package)
SELECT
  CASE
    WHEN lower("direction") = 'request' THEN 'Request'
    WHEN lower("direction") = 'response' OR lower(COALESCE("cip_service", "service")) LIKE '%reply' THEN 'Response'
    WHEN "is_orig" IN ('true', 'T') THEN 'Request'
    WHEN "is_orig" IN ('false', 'F') THEN 'Response'
  END AS activity_name,
  'cip' AS protocol,
  COALESCE("cip_service", "service") AS function_name,
  "cip_service_code" AS function_code,
  regexp_matches(lower(COALESCE("cip_service", "service", '')), '^(set|write|read.modify.write|reset|start|stop|create|delete|apply|restore|insert|remove|nop.write|download|execute.pccc)') AS is_write,
  COALESCE("class_name" || COALESCE(' ' || "instance_id", ''), "class_id", "tags") AS object_name,
  CASE WHEN lower(COALESCE("cip_status", "status")) IN ('success', '0x00', '0') THEN 'Success' WHEN COALESCE("cip_status", "status") IS NOT NULL THEN 'Failure' END AS status,
  COALESCE("cip_status", "status") AS status_detail,
  zeek_endpoints(),
  "uid" AS connection_info_uid,
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_cip;
