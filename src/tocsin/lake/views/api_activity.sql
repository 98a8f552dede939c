-- title: Calls to cloud and management interfaces
-- class: 6003 api_activity (Application Activity)
-- about: One row a call that a cloud, identity or cluster service recorded: who did what to which resource from where.
-- column: api_operation VARCHAR: what was called (event name, operation, method, verb)
-- column: api_service_name VARCHAR: which service was called
-- column: api_operation_count BIGINT: how many things one record stands for, where the source says (MailItemsAccessed: messages)
-- column: api_request_data VARCHAR: parameters of the call as the source writes them (of Exchange cmdlets)
-- column: status VARCHAR: Success or Failure where the source says
-- column: status_detail VARCHAR: error code, result or message
-- column: actor_user_name VARCHAR: who called
-- column: actor_user_uid VARCHAR: id or ARN of who called
-- column: actor_user_type VARCHAR: kind of caller as the source writes it
-- column: actor_session_uid VARCHAR: access key or session that was used
-- column: resource_name VARCHAR: what it was done to
-- column: resource_type VARCHAR: kind of resource
-- column: src_endpoint_ip VARCHAR: where the call came from
-- column: http_request_user_agent VARCHAR: user agent of the caller
-- column: cloud_provider VARCHAR: AWS, Azure, Microsoft 365, GCP, Okta, Kubernetes, Exchange
-- column: cloud_account_uid VARCHAR: account, tenant, project or namespace
-- column: cloud_region VARCHAR: region

-- branch: AWS CloudTrail
SELECT
  "eventName" AS api_operation,
  "eventSource" AS api_service_name,
  CASE WHEN "errorCode" IS NULL THEN 'Success' ELSE 'Failure' END AS status,
  COALESCE("errorCode", "errorMessage") AS status_detail,
  COALESCE("userIdentity.userName", "userIdentity.sessionContext.sessionIssuer.userName", "userIdentity.invokedBy", "userIdentity.type") AS actor_user_name,
  COALESCE("userIdentity.arn", "userIdentity.principalId") AS actor_user_uid,
  "userIdentity.type" AS actor_user_type,
  "userIdentity.accessKeyId" AS actor_session_uid,
  COALESCE(TRY(json_extract_string("resources", '$[0].ARN')), "requestParameters.bucketName", "requestParameters.roleName", "requestParameters.userName", "requestParameters.secretId", "requestParameters.functionName", "requestParameters.instanceId") AS resource_name,
  TRY(json_extract_string("resources", '$[0].type')) AS resource_type,
  "sourceIPAddress" AS src_endpoint_ip,
  "userAgent" AS http_request_user_agent,
  'AWS' AS cloud_provider,
  "recipientAccountId" AS cloud_account_uid,
  "awsRegion" AS cloud_region
FROM aws_cloudtrail;

-- branch: Azure activity log
SELECT
  COALESCE("operationName.value", "operationName", "operationNameValue") AS api_operation,
  COALESCE("resourceProviderName.value", "resourceProviderName", "category.value", "category") AS api_service_name,
  CASE WHEN COALESCE("status.value", "resultType", "status") IN ('Succeeded', 'Success', 'Accepted', 'Started', 'Start') THEN 'Success' WHEN COALESCE("status.value", "resultType", "status") IN ('Failed', 'Failure') THEN 'Failure' END AS status,
  COALESCE("subStatus.value", "resultSignature", "status.value", "resultType") AS status_detail,
  COALESCE("caller", "identity.claims.name", "identity.authorization.evidence.principalId") AS actor_user_name,
  "identity.authorization.evidence.principalId" AS actor_user_uid,
  "identity.authorization.evidence.principalType" AS actor_user_type,
  "correlationId" AS actor_session_uid,
  "resourceId" AS resource_name,
  COALESCE("resourceType.value", "resourceType") AS resource_type,
  COALESCE("callerIpAddress", "httpRequest.clientIpAddress") AS src_endpoint_ip,
  'Azure' AS cloud_provider,
  COALESCE("subscriptionId", "tenantId") AS cloud_account_uid,
  "location" AS cloud_region
FROM azure_activity;

-- branch: Microsoft Entra directory audit
SELECT
  COALESCE("activityDisplayName", "operationName", "properties.activityDisplayName") AS api_operation,
  COALESCE("loggedByService", "properties.loggedByService", "category") AS api_service_name,
  CASE lower(COALESCE("result", "properties.result")) WHEN 'success' THEN 'Success' WHEN 'failure' THEN 'Failure' END AS status,
  COALESCE("resultReason", "properties.resultReason") AS status_detail,
  COALESCE("initiatedBy.user.userPrincipalName", "initiatedBy.app.displayName", "properties.initiatedBy.user.userPrincipalName", "properties.initiatedBy.app.displayName", "identity") AS actor_user_name,
  COALESCE("initiatedBy.user.id", "initiatedBy.app.servicePrincipalId", "properties.initiatedBy.user.id") AS actor_user_uid,
  "correlationId" AS actor_session_uid,
  COALESCE(TRY(json_extract_string("targetResources", '$[0].displayName')), TRY(json_extract_string("targetResources", '$[0].userPrincipalName')), TRY(json_extract_string("properties.targetResources", '$[0].displayName'))) AS resource_name,
  COALESCE(TRY(json_extract_string("targetResources", '$[0].type')), TRY(json_extract_string("properties.targetResources", '$[0].type'))) AS resource_type,
  COALESCE("initiatedBy.user.ipAddress", "properties.initiatedBy.user.ipAddress", "callerIpAddress") AS src_endpoint_ip,
  'Azure' AS cloud_provider,
  "tenantId" AS cloud_account_uid
FROM azure_audit;

-- branch: Microsoft 365 unified audit log
SELECT
  "Operation" AS api_operation,
  "Workload" AS api_service_name,
  TRY_CAST("OperationCount" AS BIGINT) AS api_operation_count,
  COALESCE("Parameters", "OperationProperties") AS api_request_data,
  CASE WHEN "ResultStatus" IN ('Success', 'Succeeded', 'PartiallySucceeded', 'True') THEN 'Success' WHEN "ResultStatus" IN ('Failed', 'Failure', 'False') THEN 'Failure' END AS status,
  "ResultStatus" AS status_detail,
  "UserId" AS actor_user_name,
  "UserKey" AS actor_user_uid,
  "UserType" AS actor_user_type,
  "SessionId" AS actor_session_uid,
  COALESCE("ObjectId", "MailboxOwnerUPN", "SourceFileName") AS resource_name,
  "ItemType" AS resource_type,
  NULLIF(regexp_extract(replace(COALESCE("ClientIP", "ClientIPAddress", "ActorIpAddress"), '[', ''), '^((?:[0-9]+[.]){3}[0-9]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)', 1), '') AS src_endpoint_ip,
  COALESCE("UserAgent", "ClientInfoString") AS http_request_user_agent,
  'Microsoft 365' AS cloud_provider,
  "OrganizationId" AS cloud_account_uid
FROM m365_audit;

-- branch: Okta system log
SELECT
  "eventType" AS api_operation,
  'Okta' AS api_service_name,
  CASE "outcome.result" WHEN 'SUCCESS' THEN 'Success' WHEN 'ALLOW' THEN 'Success' WHEN 'FAILURE' THEN 'Failure' WHEN 'DENY' THEN 'Failure' END AS status,
  COALESCE("outcome.reason", "displayMessage") AS status_detail,
  "actor.alternateId" AS actor_user_name,
  "actor.id" AS actor_user_uid,
  "actor.type" AS actor_user_type,
  "authenticationContext.externalSessionId" AS actor_session_uid,
  COALESCE(TRY(json_extract_string("target", '$[0].alternateId')), TRY(json_extract_string("target", '$[0].displayName'))) AS resource_name,
  TRY(json_extract_string("target", '$[0].type')) AS resource_type,
  "client.ipAddress" AS src_endpoint_ip,
  "client.userAgent.rawUserAgent" AS http_request_user_agent,
  'Okta' AS cloud_provider
FROM okta;

-- branch: Google Cloud audit logs (a status without code is success)
SELECT
  "protoPayload.methodName" AS api_operation,
  "protoPayload.serviceName" AS api_service_name,
  CASE WHEN COALESCE("protoPayload.status.code", '0') = '0' THEN 'Success' ELSE 'Failure' END AS status,
  "protoPayload.status.message" AS status_detail,
  "protoPayload.authenticationInfo.principalEmail" AS actor_user_name,
  "protoPayload.authenticationInfo.principalSubject" AS actor_user_uid,
  "protoPayload.resourceName" AS resource_name,
  "resource.type" AS resource_type,
  "protoPayload.requestMetadata.callerIp" AS src_endpoint_ip,
  "protoPayload.requestMetadata.callerSuppliedUserAgent" AS http_request_user_agent,
  'GCP' AS cloud_provider,
  "resource.labels.project_id" AS cloud_account_uid,
  COALESCE("resource.labels.location", "resource.labels.zone") AS cloud_region
FROM gcp_audit;

-- branch: Kubernetes audit log
SELECT
  "verb" AS api_operation,
  COALESCE("objectRef.apiGroup", 'core') AS api_service_name,
  CASE WHEN TRY_CAST("responseStatus.code" AS BIGINT) < 400 THEN 'Success' WHEN TRY_CAST("responseStatus.code" AS BIGINT) >= 400 THEN 'Failure' END AS status,
  COALESCE("responseStatus.reason", "responseStatus.code") AS status_detail,
  "user.username" AS actor_user_name,
  "user.uid" AS actor_user_uid,
  "auditID" AS actor_session_uid,
  COALESCE("objectRef.name", "requestURI") AS resource_name,
  "objectRef.resource" AS resource_type,
  TRY(json_extract_string("sourceIPs", '$[0]')) AS src_endpoint_ip,
  "userAgent" AS http_request_user_agent,
  'Kubernetes' AS cloud_provider,
  "objectRef.namespace" AS cloud_account_uid
FROM kubernetes_audit;

-- branch: Exchange admin audit log (cmdlets)
SELECT
  "CmdletName" AS api_operation,
  'Exchange' AS api_service_name,
  "CmdletParameters" AS api_request_data,
  CASE lower("Succeeded") WHEN 'true' THEN 'Success' WHEN 'false' THEN 'Failure' END AS status,
  COALESCE("Error", "CmdletParameters") AS status_detail,
  "Caller" AS actor_user_name,
  COALESCE("ObjectModified", "ModifiedObjectResolvedName") AS resource_name,
  "ClientIP" AS src_endpoint_ip,
  'Exchange' AS cloud_provider,
  "OriginatingServer" AS cloud_account_uid
FROM exchange_admin_audit;

-- branch: MSExchange Management, the event log of Exchange's cmdlets: 1 (succeeded), 6 (failed)
SELECT
  COALESCE(TRY(json_extract_string("Data", '$[0]')), NULLIF(regexp_extract("Message", 'Cmdlet ([A-Za-z]+-[A-Za-z]+),', 1), '')) AS api_operation,
  'Exchange' AS api_service_name,
  COALESCE(TRY(json_extract_string("Data", '$[1]')), NULLIF(regexp_extract("Message", '(?s), parameters (.*)[.]', 1), '')) AS api_request_data,
  CASE "EventID" WHEN '1' THEN 'Success' WHEN '6' THEN 'Failure' END AS status,
  CASE WHEN "EventID" = '6' THEN TRY(json_extract_string("Data", '$[11]')) END AS status_detail,
  split_part(TRY(json_extract_string("Data", '$[2]')), '/', -1) AS actor_user_name,
  TRY(json_extract_string("Data", '$[3]')) AS actor_user_uid,
  'Exchange' AS cloud_provider,
  COALESCE("Computer", "Hostname") AS cloud_account_uid
FROM windows
WHERE "Channel" = 'MSExchange Management' AND "EventID" IN ('1', '6');
