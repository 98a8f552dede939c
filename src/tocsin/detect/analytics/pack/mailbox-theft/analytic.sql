-- title: Somebody opens other people's mailboxes
-- level: medium
-- status: test
-- attack: T1098.002, T1114.002, T1114.003
-- tactics: persistence, collection
-- about: An account was allowed to act as any mailbox, mailboxes were opened to one account, exported or searched through, or
--   their mail is sent on to an outside address. Two of these by one account make it high.
-- threshold: step = 12 h: mailboxes that were opened to one account in two steps (24 hours) count together; the windows overlap by half
-- threshold: min_mailboxes = 5 mailboxes: opened to the same account; a deputy or a shared mailbox is one to three (our judgement)
-- threshold: min_forwards = 2 mailboxes: that send on to the same outside address; people send their own mail to their own address
-- threshold: apart = 7 d: what one account does without so long a pause is one matter
-- threshold: known = 7 d: from an address or by an account that managed mail a week before, searches and exports are its work (our judgement)
-- against: A migration or backup product that gets ApplicationImpersonation when it is set up. Ask for the change.
-- against: A new colleague of the legal department searches mailboxes; a request for access to files exports one.
-- against: A new assistant gets a whole board's mailboxes on one day.
-- misses: Searches and exports from the usual address of an account that does such work, and rules that forward inside the organisation.
-- misses: Mail read by an application's own right (Mail.Read), and exports of the admin audit log whose parameters lost their values.
-- tested: MSExchange Management events in EVTX-to-MITRE-ATT&CK and Security-Datasets (7 events, none of them about mailboxes) and
--   their 424,347 Windows events with command lines: nothing, rightly. AWS CloudTrail (2,900 events): nothing, rightly.
-- tested: Real recordings of mailbox theft in Microsoft 365 were not at hand.
-- lookback: 24 h
-- evidence: api_activity: api_operation, api_request_data, actor_user_name, resource_name, src_endpoint_ip, status
-- evidence: process_activity: process_cmd_line, process_user_name, parent_process_name, device_hostname
-- finding: {who}{acts}.
-- next: Ask the account's owner about the change. If there is none: take the role, the rights, the exports and the rules away, end its sessions.
-- next: Read the audit log for MailItemsAccessed by that account, and tell the owners of the mailboxes.
-- keys: who AS account, src_ip AS ip
WITH calls AS (
  SELECT organisation, network, event_id, time_us, lower(api_operation) AS operation, lower(COALESCE(actor_user_name, '')) AS actor,
         src_endpoint_ip AS src_ip, lower(COALESCE(resource_name, '')) AS target, lower(COALESCE(api_request_data, '')) AS data,
         CASE WHEN cloud_provider = 'Exchange' THEN lower(COALESCE(cloud_account_uid, '')) ELSE '' END AS host
  FROM api_activity
  WHERE COALESCE(status, 'Success') = 'Success' AND regexp_matches(lower(api_operation),
        '^(new|set)-(managementroleassignment|inboxrule|transportrule|mailboxsearch|compliancesearch)|^(new-mailboxexportrequest|new-compliancesearchaction|start-compliancesearch|search-mailbox|add-mailboxpermission|add-recipientpermission|add-rolegroupmember|set-mailbox|updateinboxrules|searchcreated|searchstarted|searchexported|searchexportdownloaded)$')
  UNION ALL
  SELECT organisation, network, event_id, time_us,
         regexp_extract(lower(process_cmd_line), '(new-mailboxexportrequest|new-managementroleassignment|add-mailboxpermission|new-mailboxsearch|search-mailbox|new-compliancesearch)', 1),
         lower(COALESCE(process_user_name, '')), CAST(NULL AS VARCHAR), '', lower(process_cmd_line), lower(COALESCE(device_hostname, ''))
  FROM process_activity
  WHERE activity_name = 'Launch'
    AND regexp_matches(lower(process_cmd_line), '(new-mailboxexportrequest|new-managementroleassignment|add-mailboxpermission|new-mailboxsearch|search-mailbox|new-compliancesearch)')
), kinds AS (
  SELECT organisation, network, event_id, time_us, operation, actor, src_ip, host, data,
         CASE WHEN operation IN ('new-managementroleassignment', 'set-managementroleassignment')
               AND regexp_matches(data || ' ' || target, 'impersonation|mailbox import export|mailbox search') THEN 'role'
              WHEN operation = 'add-rolegroupmember' AND regexp_matches(data || ' ' || target, 'discovery ?management|ediscovery') THEN 'role'
              WHEN operation IN ('new-mailboxexportrequest', 'searchexported', 'searchexportdownloaded')
                OR (operation = 'new-compliancesearchaction' AND contains(data, 'export')) THEN 'export'
              WHEN operation IN ('new-mailboxsearch', 'new-compliancesearch', 'start-compliancesearch', 'search-mailbox',
                                 'searchcreated', 'searchstarted') THEN 'search'
              WHEN (operation = 'add-mailboxpermission' AND (contains(data, 'fullaccess') OR starts_with(data, '{')))
                OR operation = 'add-recipientpermission' THEN 'permission'
              WHEN operation IN ('new-transportrule', 'set-transportrule')
               AND regexp_matches(data, '(blindcopyto|redirectmessageto|copyto)[^@]+@') THEN 'transport'
              WHEN operation IN ('new-inboxrule', 'set-inboxrule', 'updateinboxrules', 'set-mailbox')
               AND regexp_matches(data, '(forwardto|redirectto|forwardasattachmentto|forwardingsmtpaddress)[^@]+@') THEN 'forward'
         END AS kind,
         COALESCE(NULLIF(regexp_extract(data, '"name":"identity","value":"([^"]*)"', 1), ''),
                  NULLIF(regexp_extract(data, '-identity "?([^" ]+)', 1), ''), target) AS mailbox,
         COALESCE(NULLIF(regexp_extract(data, '"name":"(?:user|trustee)","value":"([^"]*)"', 1), ''),
                  NULLIF(regexp_extract(data, '-(?:user|trustee) "?([^" ]+)', 1), ''), '') AS grantee,
         regexp_extract(data, '(?:forwardto|redirectto|forwardasattachmentto|forwardingsmtpaddress|blindcopyto|redirectmessageto|copyto)[^@]*?([a-z0-9._%+-]+@[a-z0-9.-]+[a-z0-9])', 1) AS destination,
         regexp_matches(data, '(deletemessage|markasread)("|,| |:|value)+[$]?true') AS hidden
  FROM calls
), outside AS (
  SELECT organisation, network, event_id, time_us, operation, actor, src_ip, host, data, kind, mailbox, grantee, destination, hidden
  FROM kinds
  WHERE kind IS NOT NULL
    AND (kind NOT IN ('forward', 'transport') OR split_part(actor, '@', 2) = ''
         OR split_part(destination, '@', 2) <> split_part(actor, '@', 2))
), shared AS (
  SELECT organisation, network, destination, count(DISTINCT CASE WHEN operation = 'set-mailbox' THEN mailbox ELSE actor END) AS forwards
  FROM outside WHERE kind = 'forward' GROUP BY organisation, network, destination
), granted AS (
  SELECT organisation, network, actor, grantee, time_us // $step AS bucket, mailbox FROM outside WHERE kind = 'permission'
  UNION
  SELECT organisation, network, actor, grantee, time_us // $step - 1, mailbox FROM outside WHERE kind = 'permission'
), opened AS (
  SELECT organisation, network, actor, grantee, bucket
  FROM granted GROUP BY organisation, network, actor, grantee, bucket HAVING count(DISTINCT mailbox) >= $min_mailboxes
), bulk AS (
  SELECT organisation, network, actor, grantee, bucket AS step FROM opened
  UNION
  SELECT organisation, network, actor, grantee, bucket + 1 FROM opened
), managers AS (
  SELECT organisation, network, "user" AS actor, min(first_us) AS first_us
  FROM user_days WHERE activity = 'Call' GROUP BY organisation, network, "user"
), addresses AS (
  SELECT organisation, network, "user" AS actor, src_ip, min(first_us) AS first_us
  FROM user_days WHERE activity = 'Call' GROUP BY organisation, network, "user", src_ip
), telling AS (
  SELECT o.organisation, o.network, o.event_id, o.time_us, o.operation, o.actor, o.src_ip, o.host, o.kind, o.mailbox, o.destination,
         CASE WHEN o.kind = 'forward' AND s.forwards >= $min_forwards THEN o.destination ELSE COALESCE(NULLIF(o.actor, ''), o.host) END AS who,
         o.kind = 'export' AND regexp_matches(o.data, '127[.]0[.]0[.]1|localhost|[c-z][$]|[.]as[pmh]x') AS odd,
         CASE o.kind
           WHEN 'permission' THEN b.step IS NOT NULL
           WHEN 'forward' THEN o.hidden OR s.forwards >= $min_forwards
           WHEN 'search' THEN NOT COALESCE(m.first_us <= o.time_us - $known AND a.first_us <= o.time_us - $known, false)
           WHEN 'export' THEN NOT COALESCE(m.first_us <= o.time_us - $known AND a.first_us <= o.time_us - $known, false)
           ELSE true END AS tells
  FROM outside AS o
  LEFT JOIN shared AS s ON s.organisation = o.organisation AND s.network = o.network AND s.destination = o.destination
  LEFT JOIN managers AS m ON m.organisation = o.organisation AND m.network = o.network AND m.actor = o.actor
  LEFT JOIN addresses AS a ON a.organisation = o.organisation AND a.network = o.network AND a.actor = o.actor
   AND a.src_ip = COALESCE(o.src_ip, '')
  LEFT JOIN bulk AS b ON b.organisation = o.organisation AND b.network = o.network AND b.actor = o.actor
   AND b.grantee = o.grantee AND b.step = o.time_us // $step
), begun AS (
  SELECT organisation, network, event_id, time_us, actor, src_ip, host, kind, mailbox, destination, who, odd,
         CASE WHEN time_us - lag(time_us) OVER (PARTITION BY organisation, network, who ORDER BY time_us, event_id) <= $apart
              THEN 0 ELSE 1 END AS anew
  FROM telling WHERE tells
), spells AS (
  SELECT organisation, network, event_id, time_us, actor, src_ip, host, kind, mailbox, destination, who, odd,
         sum(anew) OVER (PARTITION BY organisation, network, who ORDER BY time_us, event_id) AS spell
  FROM begun
), numbered AS (
  SELECT organisation, network, event_id, time_us, actor, src_ip, host, kind, mailbox, destination, who, odd, spell,
         row_number() OVER (PARTITION BY organisation, network, who, spell
                            ORDER BY CASE kind WHEN 'role' THEN 0 WHEN 'export' THEN 1 WHEN 'transport' THEN 2 WHEN 'search' THEN 3 ELSE 4 END,
                                     time_us, event_id) AS n,
         row_number() OVER (PARTITION BY organisation, network, who, spell, kind ORDER BY time_us, event_id) AS of_kind,
         row_number() OVER (PARTITION BY organisation, network, who, spell, kind, mailbox ORDER BY time_us, event_id) AS of_mailbox
  FROM spells
), told AS (
  SELECT organisation, network, who, spell, max(host) AS host, max(actor) AS actor, max(src_ip) AS src_ip,
         min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS count,
         min(time_us) FILTER (kind NOT IN ('permission', 'forward') OR (kind = 'forward' AND (of_kind >= $min_forwards OR who = actor))
                              OR of_kind >= $min_mailboxes) AS opened_us,
         string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
         count(*) FILTER (kind = 'role') AS roles, count(*) FILTER (kind = 'export') AS exports,
         count(*) FILTER (kind = 'search') AS searches, count(*) FILTER (kind = 'permission' AND of_mailbox = 1) AS mailboxes,
         count(*) FILTER (kind = 'forward') AS forwards, count(*) FILTER (kind = 'transport') AS transports,
         count(*) FILTER (of_kind = 1) AS kinds, count(*) FILTER (odd) AS odd, max(destination) AS destination
  FROM numbered GROUP BY organisation, network, who, spell
)
SELECT organisation, network, host, actor AS "user", first_us, last_us, COALESCE(opened_us, last_us) AS opened_us, count, event_ids,
       CASE WHEN kinds > 1 OR odd > 0 OR transports > 0 OR forwards > $min_forwards THEN 'high'
            WHEN roles + exports + mailboxes + forwards > 0 THEN 'medium' ELSE 'low' END AS level,
       who, src_ip,
       CASE WHEN roles > 0 THEN ' gave a role that reads every mailbox (' || CAST(roles AS VARCHAR) || ' times);' ELSE '' END
       || CASE WHEN exports > 0 THEN ' exported mail (' || CAST(exports AS VARCHAR) || CASE WHEN odd > 0 THEN ' requests, to the server''s own disk or a web folder);' ELSE ' requests);' END ELSE '' END
       || CASE WHEN searches > 0 THEN ' searched mailboxes (' || CAST(searches AS VARCHAR) || ' searches);' ELSE '' END
       || CASE WHEN mailboxes > 0 THEN ' opened ' || CAST(mailboxes AS VARCHAR) || ' mailboxes to one account;' ELSE '' END
       || CASE WHEN transports > 0 THEN ' copies the organisation''s mail to ' || destination || ';' ELSE '' END
       || CASE WHEN forwards = 0 THEN ''
               WHEN who = destination THEN ' gets mail of others by rules (' || CAST(forwards AS VARCHAR) || ' rules);'
               ELSE ' forwards mail to ' || destination || ' and hides it (' || CAST(forwards AS VARCHAR) || ' rules);' END
       || ' ' || CAST(count AS VARCHAR) || ' records' AS acts
FROM told
