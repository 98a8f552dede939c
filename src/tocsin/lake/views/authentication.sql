-- title: Logons, tickets and other proofs of identity
-- class: 3002 authentication (Identity & Access Management)
-- about: One row an attempt, a logoff or an assignment of special privileges, on Windows, Linux, the wire and in the cloud.
-- column: activity_name VARCHAR: Logon, Logoff, Explicit Logon, Special Privileges, Authentication Ticket, Service Ticket, Preauth, Validate Credentials, MFA
-- column: status VARCHAR: Success, Failure, or NULL where the source does not know or the attempt was interrupted to ask for more
-- column: status_detail VARCHAR: the source's own code or reason
-- column: user_name VARCHAR: the account that logs on
-- column: user_domain VARCHAR: its domain, realm or tenant
-- column: user_uid VARCHAR: its SID or id
-- column: actor_user_name VARCHAR: the account that asked for it, where it is another
-- column: actor_user_domain VARCHAR: domain of that account
-- column: actor_process_file_path VARCHAR: program that asked for it
-- column: logon_type_id BIGINT: Windows logon type (2 console, 3 network, 10 remote desktop, …)
-- column: auth_protocol VARCHAR: NTLM, Kerberos, password, publickey, …
-- column: encryption VARCHAR: ticket encryption type as the source writes it (0x17 and rc4 are weak)
-- column: preauth_type VARCHAR: kind of Kerberos pre-authentication as the source writes it (0 is none: the account needs no proof)
-- column: service_name VARCHAR: service or application that was logged on to
-- column: privileges VARCHAR: privileges that came with it
-- column: src_endpoint_ip VARCHAR: where it came from
-- column: src_endpoint_port BIGINT: port where it came from
-- column: src_endpoint_hostname VARCHAR: name of the computer it came from
-- column: src_endpoint_location VARCHAR: country or region that the cloud service saw
-- column: dst_endpoint_ip VARCHAR: where it went to
-- column: dst_endpoint_port BIGINT: port where it went to
-- column: dst_endpoint_hostname VARCHAR: name of the computer it went to
-- column: http_request_user_agent VARCHAR: user agent of a cloud logon
-- column: session_uid VARCHAR: logon id or session id
-- column: is_mfa BOOLEAN: whether a second factor was used
-- column: device_hostname VARCHAR: the computer or service that recorded it

-- branch: Security 4624 (logged on) and 4625 (refused)
SELECT
  'Logon' AS activity_name,
  CASE WHEN "EventID" = '4624' THEN 'Success' ELSE 'Failure' END AS status,
  COALESCE(NULLIF("SubStatus", '0x0'), "Status", "FailureReason") AS status_detail,
  "TargetUserName" AS user_name,
  "TargetDomainName" AS user_domain,
  "TargetUserSid" AS user_uid,
  NULLIF("SubjectUserName", '-') AS actor_user_name,
  NULLIF("SubjectDomainName", '-') AS actor_user_domain,
  NULLIF("ProcessName", '-') AS actor_process_file_path,
  TRY_CAST("LogonType" AS BIGINT) AS logon_type_id,
  COALESCE(NULLIF("LmPackageName", '-'), "AuthenticationPackageName") AS auth_protocol,
  trim("LogonProcessName") AS service_name,
  regexp_replace(NULLIF("IpAddress", '-'), '^::ffff:', '') AS src_endpoint_ip,
  TRY_CAST("IpPort" AS BIGINT) AS src_endpoint_port,
  NULLIF("WorkstationName", '-') AS src_endpoint_hostname,
  COALESCE("Computer", "Hostname") AS dst_endpoint_hostname,
  "TargetLogonId" AS session_uid,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('4624', '4625');

-- branch: Security 4634 and 4647 (logged off)
SELECT
  'Logoff' AS activity_name,
  'Success' AS status,
  "TargetUserName" AS user_name,
  "TargetDomainName" AS user_domain,
  "TargetUserSid" AS user_uid,
  TRY_CAST("LogonType" AS BIGINT) AS logon_type_id,
  COALESCE("Computer", "Hostname") AS dst_endpoint_hostname,
  "TargetLogonId" AS session_uid,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('4634', '4647');

-- branch: Security 4648 (logon with credentials given explicitly; whether it succeeded is in the target's log)
SELECT
  'Explicit Logon' AS activity_name,
  "TargetUserName" AS user_name,
  "TargetDomainName" AS user_domain,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain,
  NULLIF("ProcessName", '-') AS actor_process_file_path,
  "TargetInfo" AS service_name,
  regexp_replace(NULLIF("IpAddress", '-'), '^::ffff:', '') AS src_endpoint_ip,
  TRY_CAST("IpPort" AS BIGINT) AS src_endpoint_port,
  COALESCE("Computer", "Hostname") AS src_endpoint_hostname,
  NULLIF("TargetServerName", '-') AS dst_endpoint_hostname,
  "SubjectLogonId" AS session_uid,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4648';

-- branch: Security 4672 (special privileges assigned to a new logon)
SELECT
  'Special Privileges' AS activity_name,
  'Success' AS status,
  "SubjectUserName" AS user_name,
  "SubjectDomainName" AS user_domain,
  "SubjectUserSid" AS user_uid,
  "PrivilegeList" AS privileges,
  COALESCE("Computer", "Hostname") AS dst_endpoint_hostname,
  "SubjectLogonId" AS session_uid,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4672';

-- branch: Security 4768 (ticket-granting ticket), 4769 and 4770 (service ticket), 4771 (pre-authentication failed), on the domain controller
SELECT
  CASE "EventID" WHEN '4768' THEN 'Authentication Ticket' WHEN '4771' THEN 'Preauth' ELSE 'Service Ticket' END AS activity_name,
  CASE WHEN "EventID" = '4771' THEN 'Failure' WHEN "Status" = '0x0' OR "EventID" = '4770' THEN 'Success' WHEN "Status" IS NOT NULL THEN 'Failure' END AS status,
  "Status" AS status_detail,
  split_part("TargetUserName", '@', 1) AS user_name,
  "TargetDomainName" AS user_domain,
  "TargetSid" AS user_uid,
  'Kerberos' AS auth_protocol,
  "TicketEncryptionType" AS encryption,
  "PreAuthType" AS preauth_type,
  "ServiceName" AS service_name,
  regexp_replace(NULLIF("IpAddress", '-'), '^::ffff:', '') AS src_endpoint_ip,
  TRY_CAST("IpPort" AS BIGINT) AS src_endpoint_port,
  COALESCE("Computer", "Hostname") AS dst_endpoint_hostname,
  "LogonGuid" AS session_uid,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('4768', '4769', '4770', '4771');

-- branch: Security 4776 (NTLM credentials validated)
SELECT
  'Validate Credentials' AS activity_name,
  CASE WHEN "Status" = '0x0' THEN 'Success' ELSE 'Failure' END AS status,
  "Status" AS status_detail,
  "TargetUserName" AS user_name,
  'NTLM' AS auth_protocol,
  "Workstation" AS src_endpoint_hostname,
  COALESCE("Computer", "Hostname") AS dst_endpoint_hostname,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" = '4776';

-- branch: Zeek kerberos.log
SELECT
  CASE "request_type" WHEN 'AS' THEN 'Authentication Ticket' WHEN 'TGS' THEN 'Service Ticket' END AS activity_name,
  CASE WHEN "success" IN ('true', 'T') THEN 'Success' WHEN "success" IN ('false', 'F') THEN 'Failure' END AS status,
  "error_msg" AS status_detail,
  split_part("client", '/', 1) AS user_name,
  split_part("client", '/', 2) AS user_domain,
  'Kerberos' AS auth_protocol,
  "cipher" AS encryption,
  "service" AS service_name,
  zeek_endpoints(),
  "uid" AS session_uid
FROM zeek_kerberos;

-- branch: Zeek ntlm.log
SELECT
  'Logon' AS activity_name,
  CASE WHEN "success" IN ('true', 'T') THEN 'Success' WHEN "success" IN ('false', 'F') THEN 'Failure' END AS status,
  "status" AS status_detail,
  "username" AS user_name,
  "domainname" AS user_domain,
  'NTLM' AS auth_protocol,
  "hostname" AS src_endpoint_hostname,
  zeek_endpoints(),
  COALESCE("server_dns_computer_name", "server_nb_computer_name") AS dst_endpoint_hostname,
  "uid" AS session_uid
FROM zeek_ntlm;

-- branch: Zeek ssh.log (auth_success is a guess from packet sizes)
SELECT
  'Logon' AS activity_name,
  CASE WHEN "auth_success" IN ('true', 'T') THEN 'Success' WHEN "auth_success" IN ('false', 'F') THEN 'Failure' END AS status,
  'SSH' AS auth_protocol,
  'ssh' AS service_name,
  zeek_endpoints(),
  "uid" AS session_uid
FROM zeek_ssh;

-- branch: Zeek rdp.log (the cookie often holds the account)
SELECT
  'Logon' AS activity_name,
  "result" AS status_detail,
  "cookie" AS user_name,
  "security_protocol" AS auth_protocol,
  'rdp' AS service_name,
  "client_name" AS src_endpoint_hostname,
  zeek_endpoints(),
  "uid" AS session_uid
FROM zeek_rdp;

-- branch: Suricata EVE krb5
SELECT
  CASE WHEN COALESCE("krb5.failed_request", "krb5.msg_type") LIKE 'KRB_AS%' THEN 'Authentication Ticket' ELSE 'Service Ticket' END AS activity_name,
  CASE WHEN "krb5.msg_type" = 'KRB_ERROR' OR "krb5.error_code" IS NOT NULL THEN 'Failure' WHEN "krb5.msg_type" LIKE '%_REP' THEN 'Success' END AS status,
  "krb5.error_code" AS status_detail,
  "krb5.cname" AS user_name,
  "krb5.realm" AS user_domain,
  'Kerberos' AS auth_protocol,
  COALESCE("krb5.ticket_encryption", "krb5.encryption") AS encryption,
  "krb5.sname" AS service_name,
  eve_endpoints(),
  "flow_id" AS session_uid,
  "host" AS device_hostname
FROM eve_krb5;

-- branch: sshd in syslog: Accepted, Failed
SELECT
  'Logon' AS activity_name,
  CASE WHEN "message" LIKE 'Accepted %' THEN 'Success' ELSE 'Failure' END AS status,
  CASE WHEN contains("message", ' invalid user ') THEN 'invalid user' END AS status_detail,
  regexp_extract("message", ' for (?:invalid user )?(.*) from ', 1) AS user_name,
  regexp_extract("message", '^(?:Accepted|Failed) ([^ ]+) for ', 1) AS auth_protocol,
  'sshd' AS service_name,
  regexp_extract("message", ' from ([^ ]+) port ', 1) AS src_endpoint_ip,
  TRY_CAST(regexp_extract("message", ' port ([0-9]+)', 1) AS BIGINT) AS src_endpoint_port,
  "host" AS dst_endpoint_hostname,
  "pid" AS session_uid,
  "host" AS device_hostname
FROM syslog
WHERE "program" IN ('sshd', 'sshd-session') AND regexp_matches("message", '^(Accepted|Failed) [^ ]+ for ');

-- branch: sshd in the journal: Accepted, Failed
SELECT
  'Logon' AS activity_name,
  CASE WHEN "MESSAGE" LIKE 'Accepted %' THEN 'Success' ELSE 'Failure' END AS status,
  CASE WHEN contains("MESSAGE", ' invalid user ') THEN 'invalid user' END AS status_detail,
  regexp_extract("MESSAGE", ' for (?:invalid user )?(.*) from ', 1) AS user_name,
  regexp_extract("MESSAGE", '^(?:Accepted|Failed) ([^ ]+) for ', 1) AS auth_protocol,
  'sshd' AS service_name,
  regexp_extract("MESSAGE", ' from ([^ ]+) port ', 1) AS src_endpoint_ip,
  TRY_CAST(regexp_extract("MESSAGE", ' port ([0-9]+)', 1) AS BIGINT) AS src_endpoint_port,
  "_HOSTNAME" AS dst_endpoint_hostname,
  "_PID" AS session_uid,
  "_HOSTNAME" AS device_hostname
FROM linux_journald
WHERE COALESCE("SYSLOG_IDENTIFIER", "_COMM") IN ('sshd', 'sshd-session') AND regexp_matches("MESSAGE", '^(Accepted|Failed) [^ ]+ for ');

-- branch: auditd USER_AUTH and USER_LOGIN
SELECT
  CASE "type" WHEN 'USER_AUTH' THEN 'Validate Credentials' ELSE 'Logon' END AS activity_name,
  CASE WHEN COALESCE("res", "result") IN ('success', 'yes', '1') THEN 'Success' WHEN COALESCE("res", "result") IN ('failed', 'no', '0') THEN 'Failure' END AS status,
  "op" AS status_detail,
  COALESCE("acct", "id_name", "id", "auid_name", "auid") AS user_name,
  "exe" AS actor_process_file_path,
  "terminal" AS service_name,
  NULLIF("addr", '?') AS src_endpoint_ip,
  NULLIF("hostname", '?') AS src_endpoint_hostname,
  "node" AS dst_endpoint_hostname,
  "ses" AS session_uid,
  "node" AS device_hostname
FROM linux_auditd
WHERE "type" IN ('USER_AUTH', 'USER_LOGIN');

-- branch: Azure AD / Entra ID sign-ins (Graph and diagnostic settings; an interrupt that asks for more, such as a second factor, is neither)
SELECT
  'Logon' AS activity_name,
  CASE WHEN COALESCE("status.errorCode", "properties.status.errorCode", "resultType", "ResultType") = '0' THEN 'Success' WHEN COALESCE("status.errorCode", "properties.status.errorCode", "resultType", "ResultType") NOT IN ('16000', '50058', '50072', '50074', '50076', '50079', '50097', '50125', '50129', '50140') THEN 'Failure' END AS status,
  COALESCE("status.failureReason", "properties.status.failureReason", "resultDescription", "ResultDescription") AS status_detail,
  COALESCE("userPrincipalName", "properties.userPrincipalName") AS user_name,
  COALESCE("tenantId", "properties.tenantId", "AADTenantId") AS user_domain,
  COALESCE("userId", "properties.userId") AS user_uid,
  COALESCE("authenticationProtocol", "properties.authenticationProtocol", "clientAppUsed", "properties.clientAppUsed") AS auth_protocol,
  COALESCE("appDisplayName", "properties.appDisplayName") AS service_name,
  COALESCE("ipAddress", "properties.ipAddress", "callerIpAddress") AS src_endpoint_ip,
  COALESCE("deviceDetail.displayName", "properties.deviceDetail.displayName") AS src_endpoint_hostname,
  COALESCE("location.countryOrRegion", "properties.location.countryOrRegion", "Location") AS src_endpoint_location,
  COALESCE("userAgent", "properties.userAgent") AS http_request_user_agent,
  COALESCE("correlationId", "properties.correlationId") AS session_uid,
  COALESCE("authenticationRequirement", "properties.authenticationRequirement") = 'multiFactorAuthentication' AS is_mfa,
  'Entra ID' AS device_hostname
FROM azure_signin;

-- branch: Microsoft 365 unified audit: UserLoggedIn, UserLoginFailed
SELECT
  'Logon' AS activity_name,
  CASE WHEN "Operation" = 'UserLoggedIn' THEN 'Success' WHEN NOT COALESCE("LogonError" LIKE '%Interrupt', false) THEN 'Failure' END AS status,
  COALESCE("LogonError", "ErrorNumber", "ResultStatus") AS status_detail,
  "UserId" AS user_name,
  "OrganizationId" AS user_domain,
  "UserKey" AS user_uid,
  "ApplicationId" AS service_name,
  NULLIF(regexp_extract(replace(COALESCE("ClientIP", "ActorIpAddress", "ClientIPAddress"), '[', ''), '^((?:[0-9]+[.]){3}[0-9]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)', 1), '') AS src_endpoint_ip,
  "InterSystemsId" AS session_uid,
  "Workload" AS device_hostname
FROM m365_audit
WHERE "Operation" IN ('UserLoggedIn', 'UserLoginFailed');

-- branch: Okta system log: sessions, authentication, MFA
SELECT
  CASE WHEN "eventType" LIKE '%mfa%' THEN 'MFA' WHEN "eventType" = 'user.session.end' THEN 'Logoff' ELSE 'Logon' END AS activity_name,
  CASE "outcome.result" WHEN 'SUCCESS' THEN 'Success' WHEN 'ALLOW' THEN 'Success' WHEN 'FAILURE' THEN 'Failure' WHEN 'DENY' THEN 'Failure' END AS status,
  COALESCE("outcome.reason", "eventType") AS status_detail,
  "actor.alternateId" AS user_name,
  "actor.id" AS user_uid,
  "authenticationContext.credentialType" AS auth_protocol,
  TRY(json_extract_string("target", '$[0].displayName')) AS service_name,
  "client.ipAddress" AS src_endpoint_ip,
  "client.geographicalContext.country" AS src_endpoint_location,
  "client.userAgent.rawUserAgent" AS http_request_user_agent,
  "authenticationContext.externalSessionId" AS session_uid,
  'Okta' AS device_hostname
FROM okta
WHERE "eventType" LIKE 'user.session.%' OR "eventType" LIKE 'user.authentication.%' OR "eventType" LIKE 'user.mfa.%';

-- branch: AWS CloudTrail ConsoleLogin
SELECT
  'Logon' AS activity_name,
  "responseElements.ConsoleLogin" AS status,
  "errorMessage" AS status_detail,
  COALESCE("userIdentity.userName", "userIdentity.type") AS user_name,
  COALESCE("userIdentity.accountId", "recipientAccountId") AS user_domain,
  COALESCE("userIdentity.arn", "userIdentity.principalId") AS user_uid,
  'AWS console' AS service_name,
  "sourceIPAddress" AS src_endpoint_ip,
  "awsRegion" AS src_endpoint_location,
  "userAgent" AS http_request_user_agent,
  "additionalEventData.MFAUsed" = 'Yes' AS is_mfa,
  'AWS' AS device_hostname
FROM aws_cloudtrail
WHERE "eventName" = 'ConsoleLogin';

-- branch: FortiGate logons (administrators, VPN, users)
SELECT
  CASE WHEN "action" IN ('logout', 'tunnel-down', 'auth-logout', 'FSSO-logoff') THEN 'Logoff' ELSE 'Logon' END AS activity_name,
  CASE WHEN "status" IN ('success') OR "action" IN ('tunnel-up', 'FSSO-logon', 'FSSO-logoff') THEN 'Success' WHEN "status" IN ('failed', 'failure') OR "action" IN ('ssl-login-fail') THEN 'Failure' END AS status,
  COALESCE("reason", "logdesc", "msg") AS status_detail,
  "user" AS user_name,
  "method" AS auth_protocol,
  COALESCE("tunneltype", "subtype") AS service_name,
  COALESCE("remip", "srcip") AS src_endpoint_ip,
  "srccountry" AS src_endpoint_location,
  "dstip" AS dst_endpoint_ip,
  "tunnelid" AS session_uid,
  "devname" AS device_hostname
FROM fortigate
WHERE "type" = 'event' AND "action" IN ('login', 'logout', 'tunnel-up', 'tunnel-down', 'ssl-login-fail', 'auth-logon', 'auth-logout', 'authentication', 'FSSO-logon', 'FSSO-logoff');

-- branch: Palo Alto GLOBALPROTECT
SELECT
  CASE WHEN "event_id_name" LIKE '%logout%' THEN 'Logoff' ELSE 'Logon' END AS activity_name,
  CASE "status" WHEN 'success' THEN 'Success' WHEN 'failure' THEN 'Failure' END AS status,
  COALESCE(NULLIF("error", ''), NULLIF("reason", ''), "event_id_name") AS status_detail,
  "src_user" AS user_name,
  "auth_method" AS auth_protocol,
  'GlobalProtect' AS service_name,
  "public_ip" AS src_endpoint_ip,
  "machine_name" AS src_endpoint_hostname,
  "src_region" AS src_endpoint_location,
  "portal" AS device_hostname
FROM paloalto
WHERE "type" = 'GLOBALPROTECT';

-- branch: Cisco ASA: AAA accepted (113004, 113008, 113012), refused (113005, 113015), logins to the device (605005, 611101) and refused ones (605004, 611102), VPN sessions begun (113039, 722022, 716001) and ended (113019, 716002)
SELECT
  CASE WHEN "message_id" IN ('113019', '716002') THEN 'Logoff' ELSE 'Logon' END AS activity_name,
  CASE WHEN "message_id" IN ('113005', '113015', '605004', '611102') THEN 'Failure' ELSE 'Success' END AS status,
  "message_id" AS status_detail,
  "user" AS user_name,
  COALESCE("group", "service") AS service_name,
  "src_ip" AS src_endpoint_ip,
  "host" AS device_hostname
FROM cisco_asa
WHERE "message_id" IN ('113004', '113005', '113008', '113012', '113015', '113019', '113039', '605004', '605005', '611101', '611102', '716001', '716002', '722022');
