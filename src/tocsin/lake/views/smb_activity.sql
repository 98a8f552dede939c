-- title: Windows shares and named pipes
-- class: 4006 smb_activity (Network Activity)
-- about: One row an access to a share, a file on it, a pipe or a remote procedure, seen on the wire or by the server.
-- column: activity_name VARCHAR: what was done, as the source names it (SMB::FILE_OPEN, SMB2_COMMAND_CREATE, Share Access, …)
-- column: share VARCHAR: the share
-- column: share_type VARCHAR: DISK, PIPE, PRINT as the source writes it
-- column: file_path VARCHAR: file or pipe below the share
-- column: file_size BIGINT: bytes
-- column: dce_rpc_endpoint VARCHAR: interface of a remote procedure call
-- column: dce_rpc_command VARCHAR: operation of a remote procedure call
-- column: access_mask VARCHAR: rights that were asked for
-- column: status_detail VARCHAR: the server's answer
-- column: dialect VARCHAR: SMB version
-- column: actor_user_name VARCHAR: account
-- column: actor_user_domain VARCHAR: its domain
-- column: src_endpoint_ip VARCHAR: the client
-- column: src_endpoint_port BIGINT: the client's port
-- column: dst_endpoint_ip VARCHAR: the server
-- column: dst_endpoint_port BIGINT: the server's port
-- column: connection_info_uid VARCHAR: Zeek uid or Suricata flow_id
-- column: device_hostname VARCHAR: the server or sensor

-- branch: Security 5140 (share) and 5145 (file on a share, checked)
SELECT
  CASE "EventID" WHEN '5140' THEN 'Share Access' ELSE 'File Access' END AS activity_name,
  "ShareName" AS share,
  "ObjectType" AS share_type,
  "RelativeTargetName" AS file_path,
  "AccessMask" AS access_mask,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain,
  regexp_replace(NULLIF("IpAddress", '-'), '^::ffff:', '') AS src_endpoint_ip,
  TRY_CAST("IpPort" AS BIGINT) AS src_endpoint_port,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('5140', '5145');

-- branch: Zeek smb_files.log
SELECT
  "action" AS activity_name,
  "path" AS share,
  "name" AS file_path,
  TRY_CAST("size" AS BIGINT) AS file_size,
  zeek_endpoints(),
  "uid" AS connection_info_uid
FROM zeek_smb_files;

-- branch: Zeek smb_mapping.log
SELECT
  'Tree Connect' AS activity_name,
  "path" AS share,
  "share_type" AS share_type,
  zeek_endpoints(),
  "uid" AS connection_info_uid
FROM zeek_smb_mapping;

-- branch: Zeek dce_rpc.log
SELECT
  'Remote Procedure' AS activity_name,
  "named_pipe" AS file_path,
  "endpoint" AS dce_rpc_endpoint,
  "operation" AS dce_rpc_command,
  zeek_endpoints(),
  "uid" AS connection_info_uid
FROM zeek_dce_rpc;

-- branch: Suricata EVE smb
SELECT
  "smb.command" AS activity_name,
  "smb.share" AS share,
  "smb.share_type" AS share_type,
  COALESCE("smb.filename", "smb.named_pipe", "smb.directory") AS file_path,
  TRY_CAST("smb.size" AS BIGINT) AS file_size,
  TRY(json_extract_string("smb.dcerpc.interfaces", '$[0].uuid')) AS dce_rpc_endpoint,
  COALESCE("smb.dcerpc.opnum", "smb.dcerpc.request") AS dce_rpc_command,
  "smb.access" AS access_mask,
  "smb.status" AS status_detail,
  "smb.dialect" AS dialect,
  NULLIF("smb.ntlmssp.user", '') AS actor_user_name,
  NULLIF("smb.ntlmssp.domain", '') AS actor_user_domain,
  eve_endpoints(),
  "flow_id" AS connection_info_uid,
  "host" AS device_hostname
FROM eve_smb;
