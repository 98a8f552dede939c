-- title: Files made, changed, deleted or carried
-- class: 1001 file_activity (System Activity)
-- about: One row a change of a file on a host, or a file seen on the wire (with its hashes).
-- column: activity_name VARCHAR: Create, Delete, Read, Update, Transfer
-- column: file_name VARCHAR: name without folder
-- column: file_path VARCHAR: path, or the name as it was sent
-- column: file_size BIGINT: bytes
-- column: file_mime_type VARCHAR: media type by content
-- column: file_hashes VARCHAR: hashes as the source writes them
-- column: file_md5 VARCHAR: MD5 where the source gives it on its own
-- column: file_sha1 VARCHAR: SHA-1 likewise
-- column: file_sha256 VARCHAR: SHA-256 likewise
-- column: actor_process_name VARCHAR: file name of the process
-- column: actor_process_file_path VARCHAR: path of the process
-- column: actor_process_pid BIGINT: its process id
-- column: actor_process_uid VARCHAR: its process GUID
-- column: actor_user_name VARCHAR: account, with domain where the source gives it
-- column: src_endpoint_ip VARCHAR: who sent it (on the wire), or who asked for it (shares)
-- column: dst_endpoint_ip VARCHAR: who received it
-- column: connection_info_uid VARCHAR: Zeek uid (list) or Suricata flow_id
-- column: device_hostname VARCHAR: the computer that recorded it

-- branch: Sysmon 11 (created), 2 (creation time changed), 15 (stream created), 23 and 26 (deleted)
SELECT
  CASE WHEN "EventID" IN ('11', '15') THEN 'Create' WHEN "EventID" = '2' THEN 'Update' ELSE 'Delete' END AS activity_name,
  split_part("TargetFilename", chr(92), -1) AS file_name,
  "TargetFilename" AS file_path,
  COALESCE("Hashes", "Hash") AS file_hashes,
  split_part("Image", chr(92), -1) AS actor_process_name,
  "Image" AS actor_process_file_path,
  TRY_CAST("ProcessId" AS BIGINT) AS actor_process_pid,
  "ProcessGuid" AS actor_process_uid,
  "User" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" = 'Microsoft-Windows-Sysmon/Operational' AND "EventID" IN ('2', '11', '15', '23', '26');

-- branch: Security 4663 (a file was accessed; AccessMask says how)
SELECT
  CASE WHEN "AccessMask" = '0x10000' THEN 'Delete' WHEN "AccessMask" IN ('0x2', '0x4', '0x6') THEN 'Update' ELSE 'Read' END AS activity_name,
  split_part("ObjectName", chr(92), -1) AS file_name,
  "ObjectName" AS file_path,
  split_part("ProcessName", chr(92), -1) AS actor_process_name,
  "ProcessName" AS actor_process_file_path,
  number_or_hex("ProcessId") AS actor_process_pid,
  "SubjectUserName" AS actor_user_name,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4663' AND "ObjectType" = 'File';

-- branch: auditd PATH (a path of an audited system call)
SELECT
  CASE COALESCE("nametype", '') WHEN 'CREATE' THEN 'Create' WHEN 'DELETE' THEN 'Delete' ELSE 'Read' END AS activity_name,
  split_part("name", '/', -1) AS file_name,
  "name" AS file_path,
  "node" AS device_hostname
FROM linux_auditd
WHERE "type" = 'PATH';

-- branch: Zeek files.log (its own column `source`, the protocol, is `source_` in the lake)
SELECT
  'Transfer' AS activity_name,
  "filename" AS file_name,
  "filename" AS file_path,
  TRY_CAST(COALESCE("total_bytes", "seen_bytes") AS BIGINT) AS file_size,
  "mime_type" AS file_mime_type,
  "md5" AS file_md5,
  "sha1" AS file_sha1,
  "sha256" AS file_sha256,
  COALESCE(TRY(json_extract_string("tx_hosts", '$[0]')), "id.orig_h") AS src_endpoint_ip,
  COALESCE(TRY(json_extract_string("rx_hosts", '$[0]')), "id.resp_h") AS dst_endpoint_ip,
  COALESCE("conn_uids", "uid") AS connection_info_uid
FROM zeek_files;

-- branch: Suricata EVE fileinfo
SELECT
  'Transfer' AS activity_name,
  split_part("fileinfo.filename", '/', -1) AS file_name,
  "fileinfo.filename" AS file_path,
  TRY_CAST("fileinfo.size" AS BIGINT) AS file_size,
  "fileinfo.magic" AS file_mime_type,
  "fileinfo.md5" AS file_md5,
  "fileinfo.sha1" AS file_sha1,
  "fileinfo.sha256" AS file_sha256,
  "src_ip" AS src_endpoint_ip,
  "dest_ip" AS dst_endpoint_ip,
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_fileinfo;
