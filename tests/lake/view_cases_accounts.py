"""The cases of hosts, accounts and clouds; see `view_cases.py`."""

# ruff: noqa: E501  (a case is easier to read in long lines)

from view_cases import CLIENT, ENDS, FLOW, NETWORK, PROCESS, SYSMON, TASKS, Case, security, windows
from view_cases_alerts import ALERTS
from view_cases_base import base_cases
from view_cases_control import CONTROL
from view_cases_destruction import DESTRUCTION
from view_cases_names import NAMES

ACTOR = {"SubjectUserName": "bob", "SubjectDomainName": "LAB"}
BY_BOB = {"actor_user_name": "bob"}

LOGONS = [
    security(
        "authentication", "4625",
        ACTOR | {"TargetUserName": "anna", "TargetDomainName": "LAB", "LogonType": "3", "IpAddress": "::ffff:10.0.0.5",
                 "IpPort": "50123", "Status": "0xc000006d", "SubStatus": "0xc000006a", "WorkstationName": "-",
                 "LmPackageName": "NTLM V2", "AuthenticationPackageName": "NTLM"},
        BY_BOB | {"activity_name": "Logon", "status": "Failure", "status_detail": "0xc000006a", "user_name": "anna",
                  "logon_type_id": 3, "src_endpoint_ip": "10.0.0.5", "src_endpoint_port": 50123,
                  "src_endpoint_hostname": None, "auth_protocol": "NTLM V2", "dst_endpoint_hostname": "WS1"},
    ),
    security(
        "authentication", "4624", {"TargetUserName": "anna", "IpAddress": "-", "TargetLogonId": "0x9"},
        {"status": "Success", "user_name": "anna", "src_endpoint_ip": None, "session_uid": "0x9"},
    ),
    security(
        "authentication", "4634", {"TargetUserName": "anna", "LogonType": "3"},
        {"activity_name": "Logoff", "user_name": "anna", "logon_type_id": 3},
    ),
    security(
        "authentication", "4648", ACTOR | {"TargetUserName": "anna", "TargetServerName": "DC1", "ProcessName": "x"},
        BY_BOB | {"activity_name": "Explicit Logon", "dst_endpoint_hostname": "DC1", "src_endpoint_hostname": "WS1"},
    ),
    security(
        "authentication", "4672", ACTOR | {"PrivilegeList": "SeDebugPrivilege"},
        {"activity_name": "Special Privileges", "user_name": "bob", "privileges": "SeDebugPrivilege"},
    ),
    security(
        "authentication", "4769",
        {"TargetUserName": "anna@LAB.EXAMPLE", "ServiceName": "sql$", "TicketEncryptionType": "0x17", "Status": "0x0",
         "IpAddress": "::ffff:10.0.0.5"},
        {"activity_name": "Service Ticket", "status": "Success", "user_name": "anna", "encryption": "0x17",
         "service_name": "sql$", "src_endpoint_ip": "10.0.0.5", "auth_protocol": "Kerberos"},
    ),
    security(
        "authentication", "4768", {"TargetUserName": "lab", "Status": "0x0", "PreAuthType": "0", "ServiceName": "krbtgt"},
        {"activity_name": "Authentication Ticket", "status": "Success", "user_name": "lab", "preauth_type": "0"},
    ),
    security("authentication", "4771", {"TargetUserName": "anna"}, {"activity_name": "Preauth", "status": "Failure"}),
    security(
        "authentication", "4776", {"TargetUserName": "anna", "Workstation": "WS9", "Status": "0xc0000064"},
        {"status": "Failure", "auth_protocol": "NTLM", "src_endpoint_hostname": "WS9"},
    ),
    Case(
        "authentication", "zeek_kerberos",
        CLIENT | {"request_type": "AS", "client": "anna/LAB", "success": "F", "error_msg": "KDC_ERR", "service": "krbtgt"},
        ENDS | {"activity_name": "Authentication Ticket", "status": "Failure", "user_name": "anna", "user_domain": "LAB"},
    ),
    Case(
        "authentication", "zeek_ntlm",
        CLIENT | {"username": "anna", "domainname": "LAB", "success": "true", "hostname": "WS9"},
        ENDS | {"status": "Success", "user_name": "anna", "user_domain": "LAB", "src_endpoint_hostname": "WS9"},
    ),
    Case("authentication", "zeek_ssh", CLIENT | {"auth_success": "T"}, ENDS | {"status": "Success", "service_name": "ssh"}),
    Case(
        "authentication", "zeek_rdp", CLIENT | {"cookie": "anna", "result": "encrypted", "client_name": "ws"},
        ENDS | {"user_name": "anna", "service_name": "rdp", "status": None, "src_endpoint_hostname": "ws"},
    ),
    Case(
        "authentication", "eve_krb5",
        FLOW | {"krb5.msg_type": "KRB_ERROR", "krb5.failed_request": "KRB_AS_REQ", "krb5.error_code": "E", "krb5.cname": "anna"},
        ENDS | {"activity_name": "Authentication Ticket", "status": "Failure", "status_detail": "E", "user_name": "anna"},
    ),
    Case(
        "authentication", "syslog",
        {"program": "sshd", "host": "srv", "message": "Failed password for invalid user admin from 10.0.0.5 port 50123 ssh2"},
        {"status": "Failure", "status_detail": "invalid user", "user_name": "admin", "auth_protocol": "password",
         "src_endpoint_ip": "10.0.0.5", "src_endpoint_port": 50123, "dst_endpoint_hostname": "srv"},
    ),
    Case(
        "authentication", "syslog",
        {"program": "sshd", "message": "Accepted publickey for anna from 2001:db8::1 port 50123 ssh2: RSA SHA256:x"},
        {"status": "Success", "user_name": "anna", "auth_protocol": "publickey", "src_endpoint_ip": "2001:db8::1"},
    ),
    Case(
        "authentication", "linux_journald",
        {"_COMM": "sshd", "_HOSTNAME": "srv", "MESSAGE": "Accepted password for anna from 10.0.0.5 port 50123 ssh2"},
        {"status": "Success", "user_name": "anna", "src_endpoint_ip": "10.0.0.5", "device_hostname": "srv"},
    ),
    Case(
        "authentication", "linux_auditd",
        {"type": "USER_LOGIN", "res": "failed", "acct": "anna", "addr": "10.0.0.5", "hostname": "?", "node": "srv"},
        {"activity_name": "Logon", "status": "Failure", "user_name": "anna", "src_endpoint_ip": "10.0.0.5",
         "src_endpoint_hostname": None},
    ),
    Case(
        "authentication", "azure_signin",
        {"userPrincipalName": "anna@example.org", "ipAddress": "10.0.0.5", "status.errorCode": "50126",
         "status.failureReason": "bad password", "appDisplayName": "Mail", "location.countryOrRegion": "AL",
         "authenticationRequirement": "multiFactorAuthentication"},
        {"status": "Failure", "status_detail": "bad password", "user_name": "anna@example.org", "is_mfa": True,
         "src_endpoint_ip": "10.0.0.5", "src_endpoint_location": "AL", "service_name": "Mail"},
    ),
    Case(
        "authentication", "azure_signin", {"userPrincipalName": "anna@example.org", "status.errorCode": "50074"},
        {"status": None, "user_name": "anna@example.org"},
    ),
    Case(
        "authentication", "m365_audit",
        {"Operation": "UserLoginFailed", "UserId": "anna", "LogonError": "UserStrongAuthClientAuthNRequiredInterrupt"},
        {"status": None, "user_name": "anna"},
    ),
    Case(
        "authentication", "m365_audit", {"Operation": "UserLoginFailed", "UserId": "anna", "ClientIP": "[2001:db8::1]:53"},
        {"status": "Failure", "src_endpoint_ip": "2001:db8::1"},
    ),
    Case(
        "authentication", "m365_audit", {"Operation": "UserLoginFailed", "UserId": "anna", "ClientIP": "10.0.0.5:4431"},
        {"status": "Failure", "src_endpoint_ip": "10.0.0.5"},
    ),
    Case(
        "authentication", "m365_audit", {"Operation": "UserLoginFailed", "UserId": "anna", "ClientIP": "10.0.0.5"},
        {"status": "Failure", "user_name": "anna", "src_endpoint_ip": "10.0.0.5"},
    ),
    Case(
        "authentication", "okta",
        {"eventType": "user.session.start", "outcome.result": "SUCCESS", "actor.alternateId": "anna",
         "client.ipAddress": "10.0.0.5", "target": '[{"displayName": "App"}]'},
        {"activity_name": "Logon", "status": "Success", "user_name": "anna", "service_name": "App"},
    ),
    Case(
        "authentication", "aws_cloudtrail",
        {"eventName": "ConsoleLogin", "responseElements.ConsoleLogin": "Failure", "userIdentity.userName": "anna",
         "sourceIPAddress": "10.0.0.5", "additionalEventData.MFAUsed": "No"},
        {"status": "Failure", "user_name": "anna", "is_mfa": False, "src_endpoint_ip": "10.0.0.5"},
    ),
    Case(
        "authentication", "fortigate",
        {"type": "event", "subtype": "vpn", "action": "ssl-login-fail", "user": "anna", "remip": "10.0.0.5"},
        {"activity_name": "Logon", "status": "Failure", "user_name": "anna", "src_endpoint_ip": "10.0.0.5"},
    ),
    Case(
        "authentication", "fortigate",
        {"type": "event", "subtype": "user", "action": "FSSO-logon", "user": "anna", "srcip": "10.0.0.5"},
        {"activity_name": "Logon", "status": "Success", "user_name": "anna", "src_endpoint_ip": "10.0.0.5"},
    ),
    Case(
        "authentication", "paloalto",
        {"type": "GLOBALPROTECT", "event_id_name": "gateway-auth", "status": "failure", "src_user": "anna",
         "public_ip": "10.0.0.5", "error": "", "reason": "bad"},
        {"status": "Failure", "user_name": "anna", "status_detail": "bad", "service_name": "GlobalProtect"},
    ),
    Case(
        "authentication", "cisco_asa", {"message_id": "113015", "user": "anna", "src_ip": "10.0.0.5", "host": "asa1"},
        {"status": "Failure", "user_name": "anna", "src_endpoint_ip": "10.0.0.5"},
    ),
    Case(
        "authentication", "cisco_asa",
        {"message_id": "605004", "user": "anna", "src_ip": "10.0.0.5", "service": "ssh"},
        {"status": "Failure", "user_name": "anna", "src_endpoint_ip": "10.0.0.5", "service_name": "ssh"},
    ),
]  # fmt: skip

HOSTS = [
    windows(
        "file_activity", SYSMON, "11", {"TargetFilename": r"C:\t\a.dll", "Image": r"C:\b.exe", "ProcessId": "7"},
        {"activity_name": "Create", "file_name": "a.dll", "file_path": r"C:\t\a.dll", "actor_process_name": "b.exe"},
    ),
    windows("file_activity", SYSMON, "23", {"TargetFilename": r"C:\a", "Hashes": "h"}, {"activity_name": "Delete"}),
    security(
        "file_activity", "4663", {"ObjectType": "File", "ObjectName": r"C:\a.txt", "AccessMask": "0x2", "ProcessId": "0x10"},
        {"activity_name": "Update", "file_name": "a.txt", "actor_process_pid": 16},
    ),
    Case(
        "file_activity", "linux_auditd", {"type": "PATH", "name": "/etc/passwd", "nametype": "CREATE", "node": "srv"},
        {"activity_name": "Create", "file_name": "passwd", "device_hostname": "srv"},
    ),
    Case(
        "file_activity", "zeek_files",
        {"filename": "a.exe", "tx_hosts": '["192.0.2.7"]', "rx_hosts": '["10.0.0.5"]', "sha1": "s", "total_bytes": "9",
         "mime_type": "application/x-dosexec", "conn_uids": '["C1"]', "source_": "HTTP"},
        {"file_name": "a.exe", "src_endpoint_ip": "192.0.2.7", "dst_endpoint_ip": "10.0.0.5", "file_size": 9,
         "file_sha1": "s", "connection_info_uid": '["C1"]'},
    ),
    Case(
        "file_activity", "eve_fileinfo", FLOW | {"fileinfo.filename": "/d/a.exe", "fileinfo.size": "9", "fileinfo.md5": "m"},
        {"file_name": "a.exe", "file_size": 9, "file_md5": "m", "src_endpoint_ip": "10.0.0.5"},
    ),
    windows(
        "module_activity", SYSMON, "7", {"ImageLoaded": r"C:\a.dll", "Image": r"C:\b.exe", "Signed": "false", "Signature": "-"},
        {"module_type": "Library", "module_file_name": "a.dll", "module_file_is_signed": False,
         "module_file_signature_subject": None, "actor_process_name": "b.exe"},
    ),
    windows(
        "module_activity", SYSMON, "6", {"ImageLoaded": r"C:\a.sys", "Signed": "true", "Signature": "X"},
        {"module_type": "Driver", "module_file_name": "a.sys", "module_file_is_signed": True},
    ),
    windows(
        "registry_key_activity", SYSMON, "13", {"TargetObject": r"HKLM\Run\x", "Details": "b.exe", "Image": r"C:\b.exe"},
        {"activity_name": "Set", "reg_target": r"HKLM\Run\x", "reg_value_name": "x", "reg_value_data": "b.exe"},
    ),
    windows(
        "registry_key_activity", SYSMON, "12", {"EventType": "DeleteKey", "TargetObject": "HKLM"}, {"activity_name": "Delete"}
    ),
    security(
        "registry_key_activity", "4657",
        {"ObjectName": r"\REGISTRY\K", "ObjectValueName": "v", "OperationType": "%%1905", "NewValue": "1", "OldValue": "0"},
        {"activity_name": "Set", "reg_target": r"\REGISTRY\K\v", "reg_value_data": "1", "reg_value_previous_data": "0"},
    ),
    security(
        "scheduled_job_activity", "4698",
        ACTOR | {"TaskName": r"\t", "TaskContent": "<Exec><Command>cmd</Command><Arguments>/c x</Arguments></Exec>"},
        BY_BOB | {"activity_name": "Create", "job_name": r"\t", "job_cmd_line": "cmd /c x"},
    ),
    windows(
        "scheduled_job_activity", TASKS, "106", {"TaskName": r"\t", "UserContext": r"LAB\bob"},
        BY_BOB | {"activity_name": "Create", "job_name": r"\t", "actor_user_domain": "LAB"},
    ),
    windows(
        "windows_service_activity", "System", "7045",
        {"ServiceName": "s", "ImagePath": "x.exe", "StartType": "auto start", "AccountName": "LocalSystem"},
        {"activity_name": "Create", "service_name": "s", "service_cmd_line": "x.exe", "service_user_name": "LocalSystem"},
    ),
    security(
        "windows_service_activity", "4697", ACTOR | {"ServiceName": "s", "ServiceFileName": "x.exe"},
        BY_BOB | {"service_name": "s", "service_cmd_line": "x.exe"},
    ),
    windows(
        "windows_service_activity", "System", "7036", {"param1": "Print Spooler", "param2": "stopped"},
        {"activity_name": "State Change", "service_name": "Print Spooler", "service_state": "stopped"},
    ),
    security("event_log_activity", "1102", ACTOR, BY_BOB | {"activity_name": "Clear", "log_name": "Security"}),
    windows(
        "event_log_activity", "System", "104", ACTOR | {"EventData_Channel": "Application"},
        BY_BOB | {"activity_name": "Clear", "log_name": "Application"},
    ),
    security("event_log_activity", "4719", ACTOR | {"AuditPolicyChanges": "%%8448"}, {"status_detail": "%%8448"}),
    security(
        "account_change", "4720", ACTOR | {"TargetUserName": "new", "TargetDomainName": "LAB", "TargetSid": "S-1"},
        BY_BOB | {"activity_name": "Create", "user_name": "new", "user_domain": "LAB", "user_uid": "S-1"},
    ),
    security(
        "account_change", "4732", ACTOR | {"TargetUserName": "Administrators", "MemberName": "-", "MemberSid": "S-2"},
        BY_BOB | {"activity_name": "Add To Group", "group_name": "Administrators", "user_name": None, "user_uid": "S-2"},
    ),
    Case(
        "account_change", "linux_auditd", {"type": "ADD_USER", "acct": "new", "res": "success", "auid_name": "bob"},
        BY_BOB | {"activity_name": "Create", "status": "Success", "user_name": "new", "group_name": None},
    ),
]  # fmt: skip

CLOUD = [
    Case(
        "account_change", "okta",
        {"eventType": "group.user_membership.add", "outcome.result": "SUCCESS", "actor.alternateId": "bob",
         "target": '[{"alternateId": "anna", "id": "1"}, {"displayName": "Admins"}]'},
        BY_BOB | {"activity_name": "Add To Group", "user_name": "anna", "group_name": "Admins"},
    ),
    Case(
        "account_change", "aws_cloudtrail",
        {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "requestParameters.userName": "new",
         "userIdentity.userName": "bob"},
        BY_BOB | {"activity_name": "Create", "status": "Success", "user_name": "new"},
    ),
    Case(
        "api_activity", "aws_cloudtrail",
        {"eventSource": "s3.amazonaws.com", "eventName": "GetObject", "errorCode": "AccessDenied", "awsRegion": "eu",
         "userIdentity.userName": "bob", "requestParameters.bucketName": "b", "recipientAccountId": "1"},
        BY_BOB | {"api_operation": "GetObject", "status": "Failure", "status_detail": "AccessDenied",
                  "resource_name": "b", "cloud_provider": "AWS", "cloud_account_uid": "1", "cloud_region": "eu"},
    ),
    Case(
        "api_activity", "azure_activity",
        {"operationName": "MICROSOFT.COMPUTE/X", "resultType": "Success", "caller": "bob", "resourceId": "/r"},
        BY_BOB | {"api_operation": "MICROSOFT.COMPUTE/X", "status": "Success", "resource_name": "/r"},
    ),
    Case(
        "api_activity", "azure_audit",
        {"activityDisplayName": "Add member", "result": "failure", "initiatedBy.user.userPrincipalName": "bob",
         "targetResources": '[{"displayName": "Admins", "type": "Group"}]'},
        BY_BOB | {"api_operation": "Add member", "status": "Failure", "resource_name": "Admins", "resource_type": "Group"},
    ),
    Case(
        "api_activity", "m365_audit",
        {"Operation": "New-InboxRule", "Workload": "Exchange", "ResultStatus": "True", "UserId": "bob", "ObjectId": "o",
         "Parameters": '[{"Name":"ForwardTo","Value":"a@b.example"}]'},
        BY_BOB | {"api_operation": "New-InboxRule", "status": "Success", "resource_name": "o",
                  "api_request_data": '[{"Name":"ForwardTo","Value":"a@b.example"}]'},
    ),
    Case(
        "api_activity", "m365_audit",
        {"Operation": "MailItemsAccessed", "UserId": "bob", "MailboxOwnerUPN": "anna", "OperationCount": "7"},
        BY_BOB | {"api_operation": "MailItemsAccessed", "resource_name": "anna", "api_operation_count": 7},
    ),
    Case(
        "api_activity", "okta", {"eventType": "app.add", "outcome.result": "DENY", "actor.alternateId": "bob"},
        BY_BOB | {"api_operation": "app.add", "status": "Failure", "cloud_provider": "Okta"},
    ),
    Case(
        "api_activity", "gcp_audit",
        {"protoPayload.methodName": "SetIamPolicy", "protoPayload.authenticationInfo.principalEmail": "bob",
         "protoPayload.status.code": "7", "resource.labels.project_id": "p"},
        BY_BOB | {"api_operation": "SetIamPolicy", "status": "Failure", "cloud_account_uid": "p"},
    ),
    Case(
        "api_activity", "kubernetes_audit",
        {"verb": "create", "objectRef.resource": "pods", "objectRef.name": "x", "user.username": "bob",
         "responseStatus.code": "403", "sourceIPs": '["10.0.0.5"]'},
        BY_BOB | {"api_operation": "create", "status": "Failure", "resource_type": "pods", "src_endpoint_ip": "10.0.0.5"},
    ),
    Case(
        "api_activity", "exchange_admin_audit",
        {"CmdletName": "New-MailboxExportRequest", "Caller": "bob", "Succeeded": "True", "ObjectModified": "m",
         "CmdletParameters": "{Mailbox, FilePath}"},
        BY_BOB | {"api_operation": "New-MailboxExportRequest", "status": "Success", "resource_name": "m",
                  "api_request_data": "{Mailbox, FilePath}"},
    ),
    Case(
        "api_activity", "windows",
        {"Channel": "MSExchange Management", "EventID": "1", "Computer": "MAIL1",
         "Data": '["New-MailboxSearch","-Name \\"x\\"","a.example/Users/bob","S-1-5-21-1-2-3-4"]'},
        BY_BOB | {"api_operation": "New-MailboxSearch", "api_request_data": '-Name "x"', "status": "Success",
                  "actor_user_uid": "S-1-5-21-1-2-3-4", "cloud_account_uid": "MAIL1"},
    ),
    Case(
        "api_activity", "windows",
        {"Channel": "MSExchange Management", "EventID": "6", "Hostname": "MAIL1",
         "Message": 'Cmdlet failed. Cmdlet Remove-Mailbox, parameters -Identity "m".'},
        {"api_operation": "Remove-Mailbox", "api_request_data": '-Identity "m"', "status": "Failure", "cloud_account_uid": "MAIL1"},
    ),
]  # fmt: skip

CASES = PROCESS + NETWORK + LOGONS + HOSTS + CLOUD + DESTRUCTION + CONTROL + ALERTS + NAMES
CASES += base_cases(CASES)
