-- title: Accounts and groups changed
-- class: 3001 account_change and 3006 group_management (Identity & Access Management)
-- about: One row an account made, changed, enabled, disabled, unlocked, deleted, given a password, or put into or out of a group.
-- column: activity_name VARCHAR: Create, Enable, Password Change, Password Reset, Disable, Delete, Lock, Unlock, Update, Add To Group, Remove From Group, Create Group, Delete Group
-- column: status VARCHAR: Success or Failure where the source says
-- column: user_name VARCHAR: the account that was changed
-- column: user_domain VARCHAR: its domain
-- column: user_uid VARCHAR: its SID or id
-- column: group_name VARCHAR: the group
-- column: group_domain VARCHAR: the group's domain
-- column: group_uid VARCHAR: the group's SID
-- column: actor_user_name VARCHAR: who did it
-- column: actor_user_domain VARCHAR: domain of that account
-- column: src_endpoint_ip VARCHAR: where it was done from
-- column: device_hostname VARCHAR: the computer or service that recorded it

-- branch: Security 4720, 4722 to 4726, 4738, 4740, 4767, 4781 (accounts)
SELECT
  CASE "EventID" WHEN '4720' THEN 'Create' WHEN '4722' THEN 'Enable' WHEN '4723' THEN 'Password Change' WHEN '4724' THEN 'Password Reset' WHEN '4725' THEN 'Disable' WHEN '4726' THEN 'Delete' WHEN '4740' THEN 'Lock' WHEN '4767' THEN 'Unlock' ELSE 'Update' END AS activity_name,
  COALESCE("TargetUserName", "NewTargetUserName") AS user_name,
  "TargetDomainName" AS user_domain,
  "TargetSid" AS user_uid,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('4720', '4722', '4723', '4724', '4725', '4726', '4738', '4740', '4767', '4781');

-- branch: Security 4728, 4732, 4756 (put into a group), 4729, 4733, 4757 (taken out), 4727, 4731, 4754 (group made), 4730, 4734, 4758 (group deleted)
SELECT
  CASE WHEN "EventID" IN ('4728', '4732', '4756') THEN 'Add To Group' WHEN "EventID" IN ('4729', '4733', '4757') THEN 'Remove From Group' WHEN "EventID" IN ('4727', '4731', '4754') THEN 'Create Group' ELSE 'Delete Group' END AS activity_name,
  NULLIF("MemberName", '-') AS user_name,
  "MemberSid" AS user_uid,
  "TargetUserName" AS group_name,
  "TargetDomainName" AS group_domain,
  "TargetSid" AS group_uid,
  "SubjectUserName" AS actor_user_name,
  "SubjectDomainName" AS actor_user_domain,
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows
WHERE "Channel" IN ('Security', 'security') AND "EventID" IN ('4727', '4728', '4729', '4730', '4731', '4732', '4733', '4734', '4754', '4756', '4757', '4758');

-- branch: auditd ADD_USER, DEL_USER, ADD_GROUP, DEL_GROUP, USER_CHAUTHTOK
SELECT
  CASE "type" WHEN 'ADD_USER' THEN 'Create' WHEN 'DEL_USER' THEN 'Delete' WHEN 'ADD_GROUP' THEN 'Create Group' WHEN 'DEL_GROUP' THEN 'Delete Group' ELSE 'Password Change' END AS activity_name,
  CASE WHEN COALESCE("res", "result") IN ('success', 'yes', '1') THEN 'Success' WHEN COALESCE("res", "result") IN ('failed', 'no', '0') THEN 'Failure' END AS status,
  CASE WHEN "type" LIKE '%_GROUP' THEN NULL ELSE COALESCE("acct", "id_name", "id") END AS user_name,
  CASE WHEN "type" LIKE '%_GROUP' THEN COALESCE("acct", "id_name", "id") END AS group_name,
  COALESCE("auid_name", "auid") AS actor_user_name,
  NULLIF("addr", '?') AS src_endpoint_ip,
  "node" AS device_hostname
FROM linux_auditd
WHERE "type" IN ('ADD_USER', 'DEL_USER', 'ADD_GROUP', 'DEL_GROUP', 'USER_CHAUTHTOK');

-- branch: Okta user lifecycle, group membership and factors
SELECT
  CASE WHEN "eventType" = 'user.lifecycle.create' THEN 'Create' WHEN "eventType" IN ('user.lifecycle.activate', 'user.lifecycle.unsuspend') THEN 'Enable' WHEN "eventType" IN ('user.lifecycle.deactivate', 'user.lifecycle.suspend') THEN 'Disable' WHEN "eventType" LIKE 'user.lifecycle.delete%' THEN 'Delete' WHEN "eventType" = 'user.account.lock' THEN 'Lock' WHEN "eventType" LIKE 'user.account.unlock%' THEN 'Unlock' WHEN "eventType" = 'user.account.update_password' THEN 'Password Change' WHEN "eventType" = 'user.account.reset_password' THEN 'Password Reset' WHEN "eventType" = 'group.user_membership.add' THEN 'Add To Group' WHEN "eventType" = 'group.user_membership.remove' THEN 'Remove From Group' ELSE 'Update' END AS activity_name,
  CASE "outcome.result" WHEN 'SUCCESS' THEN 'Success' WHEN 'FAILURE' THEN 'Failure' END AS status,
  TRY(json_extract_string("target", '$[0].alternateId')) AS user_name,
  TRY(json_extract_string("target", '$[0].id')) AS user_uid,
  CASE WHEN "eventType" LIKE 'group.%' THEN TRY(json_extract_string("target", '$[1].displayName')) END AS group_name,
  "actor.alternateId" AS actor_user_name,
  "client.ipAddress" AS src_endpoint_ip,
  'Okta' AS device_hostname
FROM okta
WHERE "eventType" LIKE 'user.lifecycle.%' OR "eventType" LIKE 'user.account.%' OR "eventType" LIKE 'group.user_membership.%';

-- branch: AWS CloudTrail, IAM users, groups and keys
SELECT
  CASE "eventName" WHEN 'CreateUser' THEN 'Create' WHEN 'DeleteUser' THEN 'Delete' WHEN 'AddUserToGroup' THEN 'Add To Group' WHEN 'RemoveUserFromGroup' THEN 'Remove From Group' WHEN 'CreateGroup' THEN 'Create Group' WHEN 'DeleteGroup' THEN 'Delete Group' WHEN 'ChangePassword' THEN 'Password Change' WHEN 'UpdateLoginProfile' THEN 'Password Reset' ELSE 'Update' END AS activity_name,
  CASE WHEN "errorCode" IS NULL THEN 'Success' ELSE 'Failure' END AS status,
  "requestParameters.userName" AS user_name,
  "recipientAccountId" AS user_domain,
  "requestParameters.groupName" AS group_name,
  COALESCE("userIdentity.userName", "userIdentity.arn", "userIdentity.type") AS actor_user_name,
  "sourceIPAddress" AS src_endpoint_ip,
  'AWS' AS device_hostname
FROM aws_cloudtrail
WHERE "eventSource" = 'iam.amazonaws.com' AND "eventName" IN ('CreateUser', 'DeleteUser', 'UpdateUser', 'AddUserToGroup', 'RemoveUserFromGroup', 'CreateGroup', 'DeleteGroup', 'ChangePassword', 'CreateLoginProfile', 'UpdateLoginProfile', 'CreateAccessKey', 'AttachUserPolicy', 'PutUserPolicy', 'DeactivateMFADevice');
