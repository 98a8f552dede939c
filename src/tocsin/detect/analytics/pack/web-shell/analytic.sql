-- title: Web shell
-- level: medium
-- status: test
-- attack: T1505.003
-- tactics: persistence
-- about: A script that was not there before answers on a web server. One or two clients send to it, hardly anyone
--   reads it, no page leads to it, and it is used again. That is how somebody keeps a door open behind a firewall.
--   Where the server's processes are logged, a web worker that runs discovery commands makes it high.
-- threshold: history = 7 d: a script is new only if the site was watched for a week without it; business runs in weeks (our judgement)
-- threshold: max_clients = 2 clients: a day (of merged weeks the mean); an operator is one address, or two while a tunnel changes (our judgement)
-- threshold: max_read = 0.5 reads a request sent: a form is read about as often as it is sent; China Chopper's server part answers to POST alone
-- threshold: min_days = 2 days: of use; what is sent to once is a try, what is used again stays (our judgement)
-- threshold: min_sent = 2 requests: enough where no script ever answered in that folder, or scripts have no business there
-- threshold: max_new = 5 scripts: more that are new on one site and day are a release, or a server that answers 200 to everything
-- threshold: all_day = 18 hours: of each day of use; health checks and web hooks run around the clock, people sleep (our judgement)
-- threshold: joined = 7 d: a script and commands of the same server's web worker within a week belong together
-- threshold: answer = 1 min: a command that starts so soon after a request to the script came from it
-- threshold: min_answers = 2 commands: one may be chance; for logs that name the server by its address alone
-- novelty: a script of the site
-- against: A partner's or payment service's call to a new script (web hook), a nightly upload, an interface that one other server uses.
-- against: An administrator's page that few people use, where the log has no Referer and no account.
-- against: Software that lets the web worker run system commands, for example to convert pictures; discovery commands are not among them.
-- misses: Shells that are steered by GET alone, that hide in a script that was there before, or that answer on a path without a script's ending.
-- misses: Shells behind a made-up Referer or a stolen account; sites that were watched for less than a week.
-- tested: Security-Datasets and EVTX-to-MITRE-ATT&CK (424,347 Windows events): one finding, the ProxyLogon recording, whose w3wp.exe ran four discovery commands.
-- tested: Zeek and Suricata recordings with 86,341 HTTP requests (rita-testdata, slips, Stratosphere, suricata-verify): nothing,
--   and nothing either when no history is asked for. Long logs of real web servers were not at hand.
-- lookback: 24 h
-- evidence: http_activity: http_request_http_method, http_request_url_path, src_endpoint_ip, http_response_code, http_request_user_agent, device_hostname
-- evidence: process_activity: parent_process_name, process_cmd_line, process_user_name, device_hostname
-- finding: {what}{site}{path}{used}{commands}.
-- next: Keep a copy of the script, then take it away. Look into the server's logs for how it came there: the hour before its first use.
-- next: Ask who released it. Look for other requests of the same addresses and for files that are as young.
-- keys: path AS uri, client AS ip
WITH asked AS (
  SELECT organisation, network, event_id, time_us,
         COALESCE(NULLIF(regexp_replace(lower(http_request_url_hostname), ':[0-9]*$', ''), ''),
                  replace(lower(dst_endpoint_ip), '::ffff:', ''), lower(device_hostname), lower(sensor), '') AS site,
         lower(substr(split_part(regexp_replace(COALESCE(http_request_url_path, http_request_url_text),
                                                '^[a-zA-Z]+://[^/]*', ''), '?', 1), 1, 200)) AS path,
         upper(http_request_http_method) AS method, http_response_code, src_endpoint_ip, dst_endpoint_ip,
         http_request_referrer, actor_user_name, table_name,
         CASE WHEN regexp_matches(COALESCE(device_hostname, http_request_url_hostname), '[a-zA-Z]')
              THEN split_part(lower(COALESCE(device_hostname, http_request_url_hostname)), '.', 1) ELSE '' END AS server
  FROM http_activity
  WHERE http_request_url_path IS NOT NULL
    AND (http_response_code BETWEEN 200 AND 299 OR http_response_code IS NULL)
    AND regexp_matches(lower(http_request_url_path), '[.](aspx?|ashx|asmx|php[3-8]?|phtml|jspx?|jspf|cfm|cgi)([/?]|$)')
), sent AS (
  SELECT a.organisation, a.network, a.site, a.path, a.event_id, a.time_us, a.src_endpoint_ip, a.server,
         a.actor_user_name,
         COALESCE(a.http_request_referrer, '-') <> '-' AND NOT contains(lower(a.http_request_referrer), a.path) AS led
  FROM asked AS a
  LEFT JOIN address_facts AS c ON c.ip = a.src_endpoint_ip
  LEFT JOIN address_facts AS d ON d.ip = a.dst_endpoint_ip
  WHERE a.method IN ('POST', 'PUT')
    AND (a.table_name IN ('web_access', 'web_iis')
         OR (a.table_name IN ('zeek_http', 'eve_http') AND (d.scope = 'private' OR c.scope = 'public')))
), used AS (
  SELECT organisation, network, site, path, min(time_us) AS first_us, max(time_us) AS last_us, max(server) AS server
  FROM sent
  GROUP BY organisation, network, site, path
  HAVING count(*) FILTER (led) = 0 AND count(actor_user_name) = 0
), askers AS (
  SELECT u.organisation, u.network, u.site, u.path, u.day, u.client, u.method IN ('POST', 'PUT') AS sends, max(u.days) AS days,
         bit_or(u.weekdays) AS weekdays, bit_or(u.hours) AS hours, CAST(sum(u.n) AS BIGINT) AS n,
         min(u.first_us) AS first_us, max(u.last_us) AS last_us
  FROM uri_days AS u JOIN used AS w
    ON w.organisation = u.organisation AND w.network = u.network AND w.site = u.site AND w.path = u.path
  WHERE u.status_class IN (0, 2) AND u.method IN ('POST', 'PUT', 'GET')
  GROUP BY u.organisation, u.network, u.site, u.path, u.day, u.client, u.method IN ('POST', 'PUT')
), days AS (
  SELECT organisation, network, site, path, day, CAST(sum(n) FILTER (sends) AS BIGINT) AS sent,
         CAST(sum(n) FILTER (NOT sends) AS BIGINT) AS got, bit_count(bit_or(weekdays) FILTER (sends)) AS days,
         CAST(sum(days) FILTER (sends) AS BIGINT) AS client_days, min(first_us) FILTER (sends) AS sent_us,
         min(first_us) AS first_us, max(last_us) FILTER (sends) AS last_us, bit_count(bit_or(hours) FILTER (sends)) AS hours
  FROM askers GROUP BY organisation, network, site, path, day
), lives AS (
  SELECT organisation, network, site, path, min(first_us) AS born_us, min(sent_us) AS first_us, max(last_us) AS last_us,
         CAST(sum(sent) AS BIGINT) AS sent, CAST(COALESCE(sum(got), 0) AS BIGINT) AS got,
         CAST(sum(days) FILTER (sent > 0) AS BIGINT) AS days, max((client_days + days - 1) // days) AS clients,
         min(sent_us) FILTER (sent > 0 AND day > first_day) AS again_us,
         min(hours) FILTER (sent > 0) AS least_hours
  FROM (SELECT organisation, network, site, path, day, days, sent, got, client_days, sent_us, first_us, last_us, hours,
               min(CASE WHEN sent > 0 THEN day END) OVER (PARTITION BY organisation, network, site, path) AS first_day
        FROM days) AS each_day
  GROUP BY organisation, network, site, path
), sites AS (
  SELECT u.organisation, u.network, u.site, min(u.first_us) AS first_us
  FROM uri_days AS u JOIN (SELECT DISTINCT organisation, network, site FROM used) AS w
    ON w.organisation = u.organisation AND w.network = u.network AND w.site = u.site
  GROUP BY u.organisation, u.network, u.site
), scripts AS (
  SELECT u.organisation, u.network, u.site, u.path, regexp_replace(u.path, '[^/]*$', '') AS folder, min(u.first_us) AS first_us
  FROM uri_days AS u JOIN (SELECT DISTINCT organisation, network, site FROM used) AS w
    ON w.organisation = u.organisation AND w.network = u.network AND w.site = u.site
  WHERE u.status_class IN (0, 2)
    AND regexp_matches(u.path, '[.](aspx?|ashx|asmx|php[3-8]?|phtml|jspx?|jspf|cfm|cgi)(/|$)')
  GROUP BY u.organisation, u.network, u.site, u.path
), releases AS (
  SELECT organisation, network, site, first_us // 86400000000 AS day, count(*) AS scripts
  FROM scripts GROUP BY organisation, network, site, first_us // 86400000000
), folders AS (
  SELECT organisation, network, site, folder, min(first_us) AS first_us
  FROM scripts GROUP BY organisation, network, site, folder
), fresh AS (
  SELECT l.organisation, l.network, l.site, l.path, l.born_us, l.first_us, l.last_us, l.sent, l.got, l.days, l.clients, l.again_us,
         regexp_matches(l.path, '^/(aspnet_client|owa/auth|ecp/auth|_layouts/1[0-9])/|/(uploads?|images?|img|pictures|icons|css|js|fonts|static|assets|media|cache|tmp|temp)/') AS misplaced,
         length(regexp_replace(l.path, '[^/]*$', '')) > 1 AND f.first_us = l.born_us AS alone
  FROM lives AS l
  JOIN sites AS s ON s.organisation = l.organisation AND s.network = l.network AND s.site = l.site
  JOIN releases AS r ON r.organisation = l.organisation AND r.network = l.network AND r.site = l.site
   AND r.day = l.born_us // 86400000000
  JOIN folders AS f ON f.organisation = l.organisation AND f.network = l.network AND f.site = l.site
   AND f.folder = regexp_replace(l.path, '[^/]*$', '')
  WHERE l.born_us >= s.first_us + $history AND r.scripts <= $max_new AND l.clients <= $max_clients
    AND l.got <= $max_read * l.sent AND NOT (l.least_hours >= $all_day)
), numbered AS (
  SELECT s.organisation, s.network, s.site, s.path, s.event_id, s.time_us, s.src_endpoint_ip,
         s.time_us // 86400000000 > f.first_us // 86400000000 AS later,
         row_number() OVER (PARTITION BY s.organisation, s.network, s.site, s.path ORDER BY s.time_us, s.event_id) AS n
  FROM sent AS s JOIN fresh AS f
    ON f.organisation = s.organisation AND f.network = s.network AND f.site = s.site AND f.path = s.path
), seen AS (
  SELECT organisation, network, site, path, min(time_us) FILTER (n = $min_sent) AS second_us, min(time_us) FILTER (later) AS again_us,
         string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids, min(src_endpoint_ip) AS client
  FROM numbered GROUP BY organisation, network, site, path
), shells AS (
  SELECT f.organisation, f.network, f.site, f.path, u.server, f.first_us, f.last_us, f.sent, f.got, f.days, f.clients, f.misplaced,
         f.alone, s.event_ids, s.client,
         CASE WHEN (f.misplaced OR f.alone) AND f.sent >= $min_sent
              THEN LEAST(COALESCE(f.again_us, f.last_us), COALESCE(s.again_us, f.last_us), COALESCE(s.second_us, f.last_us))
              WHEN f.days >= $min_days THEN LEAST(COALESCE(f.again_us, f.last_us), COALESCE(s.again_us, f.last_us)) END AS opened_us
  FROM fresh AS f
  JOIN used AS u ON u.organisation = f.organisation AND u.network = f.network AND u.site = f.site AND u.path = f.path
  JOIN seen AS s ON s.organisation = f.organisation AND s.network = f.network AND s.site = f.site AND s.path = f.path
), started AS (
  SELECT organisation, network, split_part(lower(device_hostname), '.', 1) AS server, event_id, time_us,
         lower(parent_process_name) AS worker, process_user_name,
         row_number() OVER (PARTITION BY organisation, network, split_part(lower(device_hostname), '.', 1)
                            ORDER BY time_us, event_id) AS n
  FROM process_activity
  WHERE activity_name = 'Launch'
    AND regexp_matches(lower(parent_process_name), '^(w3wp|umworkerprocess|httpd|apache2?|nginx|php-cgi|php-fpm[0-9.]*|tomcat[0-9]*w?)([.]exe)?$')
    AND regexp_matches(lower(process_name), '^(cmd|powershell|pwsh|whoami|net1?|sh|bash|dash|ipconfig|systeminfo|nltest|quser|certutil)([.]exe)?$')
    AND regexp_matches(lower(process_cmd_line), 'whoami|ipconfig|ifconfig|systeminfo|tasklist|nltest|quser|qwinsta|net1? +(user|group|localgroup|view|accounts)|/etc/(passwd|shadow)|uname -|[^a-z]id( |;|"|$)|certutil.*(-|/)urlcache|downloadstring|downloadfile|invoke-webrequest| -e(nc|ncodedcommand)? |/dev/tcp/')
), workers AS (
  SELECT organisation, network, server, min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS commands,
         max(worker) AS worker, max(process_user_name) AS account,
         string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 5) AS event_ids
  FROM started GROUP BY organisation, network, server
), answers AS (
  SELECT s.organisation, s.network, s.site, s.path, c.server, count(DISTINCT c.event_id) AS answers
  FROM (SELECT organisation, network, site, path, time_us, time_us // $answer AS minute FROM numbered
        UNION ALL
        SELECT organisation, network, site, path, time_us, time_us // $answer + 1 FROM numbered) AS s
  JOIN started AS c ON c.organisation = s.organisation AND c.network = s.network AND c.time_us // $answer = s.minute
   AND c.time_us BETWEEN s.time_us AND s.time_us + $answer
  GROUP BY s.organisation, s.network, s.site, s.path, c.server
), linked AS (
  SELECT s.organisation, s.network, s.site, s.path, min(w.server) AS server
  FROM shells AS s
  JOIN workers AS w ON w.organisation = s.organisation AND w.network = s.network
   AND w.first_us <= s.last_us + $joined AND w.last_us >= s.first_us - $joined
  LEFT JOIN answers AS a ON a.organisation = s.organisation AND a.network = s.network AND a.site = s.site
   AND a.path = s.path AND a.server = w.server
  WHERE s.opened_us IS NOT NULL AND (w.server = s.server OR a.answers >= $min_answers)
  GROUP BY s.organisation, s.network, s.site, s.path
), told AS (
  SELECT s.organisation, s.network, COALESCE(w.server, s.server) AS server, s.site, s.path, s.client,
         COALESCE(w.account, '') AS account, LEAST(s.first_us, COALESCE(w.first_us, s.first_us)) AS first_us,
         GREATEST(s.last_us, COALESCE(w.last_us, s.last_us)) AS last_us,
         LEAST(s.opened_us, COALESCE(w.first_us, s.opened_us)) AS opened_us, s.sent + COALESCE(w.commands, 0) AS count,
         COALESCE(w.event_ids || ' ', '') || s.event_ids AS event_ids,
         CASE WHEN w.worker IS NOT NULL OR (s.misplaced AND s.days >= $min_days) THEN 'high'
              WHEN s.misplaced OR s.alone THEN 'medium' ELSE 'low' END AS level,
         'A new script answers at ' AS what,
         ': ' || CAST(s.sent AS VARCHAR) || ' requests were sent to it (days of use: ' || CAST(s.days AS VARCHAR)
         || ', clients a day: ' || CAST(s.clients AS VARCHAR) || '), it was read '
         || CAST(s.got AS VARCHAR) || ' times, and no page leads to it'
         || CASE WHEN s.misplaced THEN '; its folder is no place for new scripts'
                   WHEN s.alone THEN '; its folder had no script before' ELSE '' END AS used,
         COALESCE('; the web worker ' || w.worker || ' of ' || w.server || ' ran ' || CAST(w.commands AS VARCHAR)
                  || ' discovery commands', '') AS commands
  FROM shells AS s
  LEFT JOIN linked AS l ON l.organisation = s.organisation AND l.network = s.network AND l.site = s.site AND l.path = s.path
  LEFT JOIN workers AS w ON w.organisation = l.organisation AND w.network = l.network AND w.server = l.server
  WHERE s.opened_us IS NOT NULL
  UNION ALL
  SELECT w.organisation, w.network, w.server, '' AS site, '' AS path, '' AS client, w.account, w.first_us, w.last_us,
         w.first_us AS opened_us, w.commands AS count, w.event_ids, 'high' AS level,
         'The web worker ' || w.worker || ' of ' || w.server AS what, '' AS used,
         ' ran ' || CAST(w.commands AS VARCHAR) || ' discovery commands; which script let it is not known' AS commands
  FROM workers AS w
  LEFT JOIN linked AS l ON l.organisation = w.organisation AND l.network = w.network AND l.server = w.server
  WHERE l.path IS NULL
)
SELECT organisation, network, COALESCE(NULLIF(server, ''), site) AS host, account AS "user", first_us, last_us, opened_us, count,
       event_ids, level, what, site, path, client, used, commands
FROM told
