-- title: Tickets collected to crack passwords
-- level: high
-- status: test
-- attack: T1558.003, T1558.004
-- tactics: credential-access
-- about: Every account of a domain may ask for a ticket to every service, and the ticket is encrypted with the password of the service's
--   account. Who asks for many within minutes, in the weak encryption (RC4), takes them home and tries passwords there, where nobody
--   sees it. The same goes for accounts that need no proof before they get a ticket (AS-REP roasting).
-- threshold: window = 10 min: in which the tickets are asked for; the tools need seconds
-- threshold: min_weak = 4 services: with accounts of their own, in RC4. Our judgement: since 2022 Windows gives AES where it can. In EVTX-to-MITRE-ATT&CK and Security-Datasets no account got RC4 tickets for more than one
-- threshold: min_any = 15 services: with accounts of their own, in any encryption: our judgement, for domains in which the tool asks for AES
-- threshold: min_open = 3 accounts: whose ticket came without pre-authentication, for one source: our judgement; one may be an old printer
-- threshold: spell = 1 h: what one source does within an hour is one finding
-- against: A vulnerability scanner or inventory that tests for weak service accounts. Old applications that know only RC4.
-- misses: Tickets for one to three chosen services, and those that are asked for over hours.
-- misses: Domains whose controllers do not log 4768 and 4769.
-- tested: EVTX-to-MITRE-ATT&CK, Security-Datasets and zed-sample: nothing, rightly; they hold no burst of weak tickets. No real burst was at hand.
-- evidence: authentication: user_name, service_name, encryption, preauth_type, src_endpoint_ip, device_hostname
-- finding: {account} was given {how} within {minutes} minutes, from {src}: {names}.
-- next: Change the passwords of these accounts, longest first: 25 random characters, or group managed accounts. Ask who used the source.
-- next: Look for sign-ins of these accounts from new places.
-- keys: src_ip AS ip
-- reference: https://attack.mitre.org/techniques/T1558/003/
WITH tickets AS (
  SELECT organisation, network, lower(COALESCE(src_endpoint_ip, '')) AS src,
         CASE WHEN activity_name = 'Service Ticket' THEN lower(user_name) ELSE '' END AS account,
         CASE WHEN activity_name = 'Service Ticket' THEN lower(service_name) ELSE lower(user_name) END AS target,
         activity_name = 'Authentication Ticket' AS open_account,
         max(CASE WHEN lower(encryption) IN ('0x17', '0x18', '23', '24') OR contains(lower(encryption), 'rc4') THEN 1 ELSE 0 END) AS weak,
         time_us // $window AS step, min(time_us) AS first_us, count(*) AS n, min(event_id) AS event_id
  FROM authentication
  WHERE COALESCE(status, 'Success') = 'Success' AND user_name IS NOT NULL
    AND ((activity_name = 'Service Ticket' AND service_name IS NOT NULL AND NOT ends_with(service_name, '$')
          AND NOT starts_with(lower(service_name), 'krbtgt') AND lower(service_name) <> lower(user_name))
      OR (activity_name = 'Authentication Ticket' AND preauth_type = '0' AND NOT ends_with(user_name, '$')))
  GROUP BY organisation, network, lower(COALESCE(src_endpoint_ip, '')), account, target, activity_name, time_us // $window
), doubled AS (
  SELECT organisation, network, src, account, target, open_account, weak, step FROM tickets
  UNION ALL
  SELECT organisation, network, src, account, target, open_account, weak, step + 1 FROM tickets
), struck AS (
  SELECT organisation, network, src, account, open_account, step
  FROM doubled GROUP BY organisation, network, src, account, open_account, step
  HAVING (NOT open_account AND (count(DISTINCT target) FILTER (weak = 1) >= $min_weak OR count(DISTINCT target) >= $min_any))
      OR (open_account AND count(DISTINCT target) >= $min_open)
), begun AS (
  SELECT *, CASE WHEN step - lag(step) OVER (PARTITION BY organisation, network, src, account, open_account ORDER BY step)
                      <= $spell // $window THEN 0 ELSE 1 END AS anew
  FROM struck
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, src, account, open_account ORDER BY step
                            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS spell
  FROM begun
), bounds AS (
  SELECT organisation, network, src, account, open_account, spell, min(step) - 1 AS low, max(step) AS high
  FROM spells GROUP BY organisation, network, src, account, open_account, spell
), members AS (
  SELECT b.organisation, b.network, b.src, b.account, b.open_account, b.spell, t.target, max(t.weak) AS weak, sum(t.n) AS n,
         min(t.first_us) AS first_us, max(t.first_us) AS last_us, min(t.event_id) AS event_id
  FROM bounds AS b JOIN tickets AS t
    ON t.organisation = b.organisation AND t.network = b.network AND t.src = b.src AND t.account = b.account
   AND t.open_account = b.open_account AND t.step BETWEEN b.low AND b.high
  GROUP BY b.organisation, b.network, b.src, b.account, b.open_account, b.spell, t.target
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, src, account, open_account, spell
                               ORDER BY weak DESC, first_us, target) AS place
  FROM members
)
SELECT organisation, network, '' AS host, account AS "user", min(first_us) AS first_us, max(last_us) AS last_us,
       max(first_us) FILTER (place <= CASE WHEN open_account THEN $min_open
                                           WHEN weak = 1 THEN $min_weak ELSE $min_any END) AS opened_us,
       CAST(sum(n) AS BIGINT) AS count, string_agg(event_id, ' ' ORDER BY place) FILTER (place <= 10) AS event_ids,
       src AS src_ip, CASE WHEN src = '' THEN 'an unknown source' ELSE src END AS src, CASE WHEN account = '' THEN 'Somebody' ELSE account END AS account,
       CASE WHEN open_account THEN 'tickets of ' || CAST(count(*) AS VARCHAR) || ' accounts without any proof'
            WHEN sum(weak) >= $min_weak THEN 'tickets to ' || CAST(count(*) AS VARCHAR) || ' services, '
                                             || CAST(sum(weak) AS VARCHAR) || ' of them in weak encryption'
            ELSE 'tickets to ' || CAST(count(*) AS VARCHAR) || ' services' END AS how,
       (max(last_us) - min(first_us)) // 60000000 + 1 AS minutes,
       string_agg(target, ', ' ORDER BY place) FILTER (place <= 5) AS names,
       CASE WHEN open_account OR sum(weak) >= $min_weak THEN 'high' ELSE 'medium' END AS level
FROM numbered
GROUP BY organisation, network, src, account, open_account, spell
