-- title: A program asks a language model
-- level: medium
-- status: test
-- attack: T1071.001, T1102
-- atlas: AML.T0040, AML.T0096, AML.T0102
-- tactics: command-and-control, collection
-- about: A program that is no browser and no known assistant calls the interface of a language model. LAMEHUG (CERT-UA, July 2025) had its
--   commands written by a model at Hugging Face, SesameOp (Microsoft, November 2025) was steered through OpenAI's interface. With
--   discovery or gathering of documents on the same computer in that hour it is high.
-- about: The list of interfaces stands in the first lines of the SELECT; it was written in November 2026 from the providers' own documentation.
--   Programs that may call them are listed below it: a site adds its own in a copy of this file.
-- threshold: hour = 1 h: between a call and what is done on that computer; LAMEHUG's commands ran within the minute of the answer
-- threshold: min_discovery = 3 commands: different ones; one or two are an administrator's habit (our judgement)
-- threshold: min_files = 200 files: written by the same program in the hour (our judgement)
-- threshold: max_hosts = 3 hosts: that run the program and call; what more do is software of the house
-- threshold: history = 14 d: before "never called before" means anything (our judgement)
-- threshold: fresh = 7 d: a program, or a provider, that was there for longer before this is known to the house; discovery beside it counts all the same
-- threshold: min_clients = 20 clients: seen in the logs of the network, before one of them is rare
-- threshold: max_clients = 2 clients: that ever asked for the provider's domain, where no log names the program
-- against: A developer's script (python, node, curl) that calls a model. It is told only with discovery or gathering beside it.
-- against: A new assistant or plug-in that one or two people try.
-- misses: Models on the computer itself or on a rented server (PromptLock used Ollama), calls through a relay, a proxy's own name, or a browser.
-- misses: Where only the network is logged: providers whose domain many use anyway (googleapis.com, openai.com in most houses).
-- tested: Windows recordings with Sysmon (424,347 events), Zeek and Suricata recordings (18,748 DNS, TLS and QUIC records, 86,341 HTTP requests): nothing.
--   Most are older than these interfaces; no recording of an attack with a model was at hand.
-- lookback: 1 h
-- evidence: dns_activity: query_hostname, actor_process_file_path, actor_user_name, src_endpoint_ip, device_hostname
-- evidence: network_activity: dst_endpoint_hostname, actor_process_file_path, dst_endpoint_ip, device_hostname
-- evidence: tls_activity: tls_sni, src_endpoint_ip, dst_endpoint_ip
-- evidence: http_activity: http_request_url_hostname, src_endpoint_ip, http_request_user_agent
-- evidence: process_activity: process_cmd_line, process_file_path, parent_process_name, process_user_name, device_hostname
-- finding: {program} on {host} called {apis} ({count} records){beside}.
-- next: Find out what the program is and who started it. Keep a copy of it: its prompts are inside.
-- next: Block the interface for that computer until it is known, and ask the provider to withdraw the key that the program uses.
-- reference: https://cert.gov.ua/article/6284730
-- keys: api AS domain, file AS file
WITH apis AS (
  SELECT unnest(['api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com', 'aiplatform.googleapis.com', 'api.mistral.ai',
                 'codestral.mistral.ai', 'api.cohere.com', 'api.cohere.ai', 'router.huggingface.co', 'api-inference.huggingface.co',
                 'openrouter.ai', 'api.deepseek.com', 'api.groq.com', 'api.together.xyz', 'api.together.ai', 'api.x.ai',
                 'api.perplexity.ai', 'api.fireworks.ai', 'api.replicate.com', 'api.deepinfra.com', 'api.hyperbolic.xyz',
                 'api.moonshot.cn', 'api.moonshot.ai', 'open.bigmodel.cn', 'dashscope.aliyuncs.com', 'dashscope-intl.aliyuncs.com',
                 'api.cerebras.ai', 'api.sambanova.ai', 'integrate.api.nvidia.com', 'models.github.ai', 'models.inference.ai.azure.com',
                 'openai.azure.com', 'endpoints.huggingface.cloud', 'bedrock-runtime.amazonaws.com']) AS api
), named AS (
  SELECT organisation, network, event_id, time_us, lower(query_hostname) AS name, lower(device_hostname) AS computer,
         src_endpoint_ip AS address, lower(actor_process_name) AS program, lower(actor_process_file_path) AS path,
         actor_user_name AS account, '' AS agent
  FROM dns_activity WHERE query_hostname IS NOT NULL AND COALESCE(activity_name, '') <> 'Response'
  UNION ALL
  SELECT organisation, network, event_id, time_us, lower(dst_endpoint_hostname), lower(device_hostname), src_endpoint_ip,
         lower(actor_process_name), lower(actor_process_file_path), actor_user_name, ''
  FROM network_activity WHERE dst_endpoint_hostname IS NOT NULL AND actor_process_name IS NOT NULL
  UNION ALL
  SELECT organisation, network, event_id, time_us, lower(tls_sni), CAST(NULL AS VARCHAR), src_endpoint_ip,
         CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), ''
  FROM tls_activity WHERE tls_sni IS NOT NULL
  UNION ALL
  SELECT organisation, network, event_id, time_us, regexp_replace(lower(http_request_url_hostname), ':[0-9]*$', ''), CAST(NULL AS VARCHAR),
         src_endpoint_ip, CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), actor_user_name, lower(COALESCE(http_request_user_agent, ''))
  FROM http_activity WHERE http_request_url_hostname IS NOT NULL
), reduced AS (
  SELECT organisation, network, event_id, time_us, computer, address, program, path, account, agent,
         CASE WHEN ends_with(name, '.openai.azure.com') THEN 'openai.azure.com'
              WHEN ends_with(name, '.endpoints.huggingface.cloud') THEN 'endpoints.huggingface.cloud'
              WHEN ends_with(name, '-aiplatform.googleapis.com') THEN 'aiplatform.googleapis.com'
              WHEN starts_with(name, 'bedrock-runtime.') AND ends_with(name, '.amazonaws.com') THEN 'bedrock-runtime.amazonaws.com'
              ELSE name END AS api
  FROM named
), calls AS (
  SELECT r.organisation, r.network, r.event_id, r.time_us, COALESCE(r.computer, r.address, '') AS host, r.program,
         COALESCE(r.path, r.program) AS path, r.account, r.api,
         regexp_matches(r.program, '^(python[0-9.w]*|node|curl|java|javaw|ruby|go|powershell|pwsh|deno|bun|dotnet|php|perl)([.]exe)?$') AS script
  FROM reduced AS r JOIN apis AS a ON a.api = r.api
  WHERE r.agent NOT LIKE 'mozilla/%'
    AND NOT COALESCE(regexp_matches(r.program, '^(chrome|msedge|msedgewebview2|firefox|brave|opera|vivaldi|iexplore|safari|arc|chromium|chatgpt|claude|copilot|githubcopilot|cursor|windsurf|code|code - insiders|codium|devenv|idea64|pycharm64|webstorm64|rider64|goland64|clion64|zed|ms-teams|teams|slack|zoom|notion|obsidian|raycast|lm studio|ollama|jan|svchost)([.]exe)?$'), false)
), programs AS (
  SELECT organisation, network, program, count(DISTINCT host) AS hosts
  FROM calls WHERE program IS NOT NULL GROUP BY organisation, network, program
), local AS (
  SELECT c.organisation, c.network, c.host, c.program, max(c.path) AS path, max(c.account) AS account, min(c.api) AS api,
         string_agg(DISTINCT c.api, ', ' ORDER BY c.api) AS apis, bool_or(c.script) AS script,
         min(c.time_us) AS first_us, max(c.time_us) AS last_us, count(*) AS calls
  FROM calls AS c JOIN programs AS p ON p.organisation = c.organisation AND p.network = c.network AND p.program = c.program
  WHERE p.hosts <= $max_hosts
  GROUP BY c.organisation, c.network, c.host, c.program
), around AS (
  SELECT organisation, network, host, program, time_us // $hour AS hour, min(time_us) AS first_us, max(time_us) AS last_us
  FROM calls WHERE program IS NOT NULL GROUP BY organisation, network, host, program, time_us // $hour
), hours AS (
  SELECT a.organisation, a.network, a.host, a.program, a.hour + s.step AS hour, min(a.first_us) AS first_us, max(a.last_us) AS last_us
  FROM around AS a CROSS JOIN (SELECT unnest([-1, 0, 1]) AS step) AS s
  GROUP BY a.organisation, a.network, a.host, a.program, a.hour + s.step
), commands AS (
  SELECT organisation, network, event_id, time_us, lower(device_hostname) AS host, lower(process_cmd_line) AS line,
         regexp_extract(lower(process_cmd_line), '(systeminfo|whoami|ipconfig|tasklist|dsquery|nltest|quser|netstat|wmic|(?:net1?|net1?[.]exe)"? +(?:user|group|localgroup|start|view|accounts)|hostname|arp -a|route print|get-computerinfo|get-process|get-aduser|uname -a|/etc/passwd|ifconfig)', 1) AS discovery,
         regexp_matches(lower(process_cmd_line), '(xcopy|robocopy|copy-item|compress-archive|makecab|rar[.]exe|7z[a]?[.]exe|tar([.]exe)? |zip ).*(documents|desktop|downloads|/home/|users)') AS gathering
  FROM process_activity
  WHERE activity_name = 'Launch'
    AND regexp_matches(lower(process_cmd_line), 'systeminfo|whoami|ipconfig|tasklist|dsquery|nltest|quser|netstat|wmic|net1?([.]exe)?"? +(user|group|localgroup|start|view|accounts)|hostname|arp -a|route print|get-computerinfo|get-process|get-aduser|uname -a|/etc/passwd|ifconfig|xcopy|robocopy|copy-item|compress-archive|makecab|rar[.]exe|7za?[.]exe|tar([.]exe)? |zip ')
), beside AS (
  SELECT h.organisation, h.network, h.host, h.program, c.event_id, c.time_us, c.discovery, c.gathering
  FROM hours AS h JOIN commands AS c
    ON c.organisation = h.organisation AND c.network = h.network AND c.host = h.host AND c.time_us // $hour = h.hour
   AND c.time_us BETWEEN h.first_us - $hour AND h.last_us + $hour
  WHERE c.discovery <> '' OR c.gathering
), kinds AS (
  SELECT organisation, network, host, program, discovery, min(time_us) AS time_us
  FROM beside WHERE discovery <> '' GROUP BY organisation, network, host, program, discovery
), ordered AS (
  SELECT organisation, network, host, program, discovery, time_us,
         row_number() OVER (PARTITION BY organisation, network, host, program ORDER BY time_us, discovery) AS n
  FROM kinds
), discovered AS (
  SELECT organisation, network, host, program, count(*) AS kinds, min(time_us) FILTER (n = $min_discovery) AS enough_us
  FROM ordered GROUP BY organisation, network, host, program
), gathered AS (
  SELECT organisation, network, host, program, count(*) AS copies, min(time_us) AS enough_us
  FROM beside WHERE gathering GROUP BY organisation, network, host, program
), written AS (
  SELECT f.organisation, f.network, l.host, l.program, count(DISTINCT f.file_path) AS files, min(f.time_us) AS enough_us
  FROM file_activity AS f JOIN local AS l
    ON l.organisation = f.organisation AND l.network = f.network AND l.host = lower(f.device_hostname)
   AND l.program = lower(f.actor_process_name) AND f.time_us BETWEEN l.first_us - $hour AND l.last_us + $hour
  GROUP BY f.organisation, f.network, l.host, l.program
), pointed AS (
  SELECT organisation, network, host, program, event_id, 0 AS rank, time_us,
         row_number() OVER (PARTITION BY organisation, network, host, program ORDER BY time_us, event_id) AS n
  FROM calls WHERE program IS NOT NULL
  UNION ALL
  SELECT organisation, network, host, program, event_id, 1 AS rank, time_us,
         row_number() OVER (PARTITION BY organisation, network, host, program
                            ORDER BY CASE WHEN gathering THEN 0 ELSE 1 END, time_us, event_id) AS n
  FROM beside
), proof AS (
  SELECT organisation, network, host, program, string_agg(event_id, ' ' ORDER BY rank, n) AS event_ids
  FROM pointed WHERE n <= 5 GROUP BY organisation, network, host, program
), seen AS (
  SELECT l.organisation, l.network, l.host, l.program, min(d.first_us) AS first_us
  FROM local AS l JOIN process_days AS d
    ON d.organisation = l.organisation AND d.network = l.network AND d.host = l.host AND d.process = l.path
  GROUP BY l.organisation, l.network, l.host, l.program
), known AS (
  SELECT l.organisation, l.network, l.host, l.program, l.path, l.account, l.api, l.apis, l.script, l.first_us, l.last_us, l.calls,
         s.first_us AS seen_us, COALESCE(d.kinds, 0) AS kinds, COALESCE(g.copies, 0) AS copies, COALESCE(w.files, 0) AS files, p.event_ids,
         LEAST(CASE WHEN d.kinds >= $min_discovery THEN d.enough_us END, g.enough_us,
               CASE WHEN w.files >= $min_files THEN w.enough_us END) AS enough_us
  FROM local AS l
  JOIN proof AS p ON p.organisation = l.organisation AND p.network = l.network AND p.host = l.host AND p.program = l.program
  LEFT JOIN seen AS s ON s.organisation = l.organisation AND s.network = l.network AND s.host = l.host AND s.program = l.program
  LEFT JOIN discovered AS d ON d.organisation = l.organisation AND d.network = l.network AND d.host = l.host AND d.program = l.program
  LEFT JOIN gathered AS g ON g.organisation = l.organisation AND g.network = l.network AND g.host = l.host AND g.program = l.program
  LEFT JOIN written AS w ON w.organisation = l.organisation AND w.network = l.network AND w.host = l.host AND w.program = l.program
), providers AS (
  SELECT organisation, network, domain, count(DISTINCT client) AS clients, min(first_us) AS first_us
  FROM domain_days WHERE client <> '*' GROUP BY organisation, network, domain
), networks AS (
  SELECT organisation, network, count(DISTINCT client) AS clients, min(first_us) AS first_us
  FROM domain_days WHERE client <> '*' GROUP BY organisation, network
), unnamed AS (
  SELECT organisation, network, host, api, event_id, time_us, account,
         row_number() OVER (PARTITION BY organisation, network, host, api ORDER BY time_us, event_id) AS n
  FROM calls WHERE program IS NULL AND host <> ''
), remote AS (
  SELECT u.organisation, u.network, u.host, u.api, max(u.account) AS account, min(u.time_us) AS first_us, max(u.time_us) AS last_us, count(*) AS calls,
         string_agg(u.event_id, ' ' ORDER BY u.n) FILTER (u.n <= 10) AS event_ids
  FROM unnamed AS u
  GROUP BY u.organisation, u.network, u.host, u.api
), rare AS (
  SELECT r.organisation, r.network, r.host, r.api, r.account, r.first_us, r.last_us, r.calls, r.event_ids, p.clients, n.clients AS all_clients
  FROM remote AS r
  JOIN networks AS n ON n.organisation = r.organisation AND n.network = r.network
  JOIN providers AS p ON p.organisation = r.organisation AND p.network = r.network AND ends_with('.' || r.api, '.' || p.domain)
  WHERE n.clients >= $min_clients AND p.clients <= $max_clients
    AND p.first_us >= n.first_us + $history AND r.first_us <= p.first_us + $fresh
)
SELECT organisation, network, host, COALESCE(account, '') AS "user", first_us, GREATEST(last_us, COALESCE(enough_us, last_us)) AS last_us,
       CASE WHEN enough_us IS NULL THEN first_us ELSE GREATEST(first_us, enough_us) END AS opened_us, calls AS count, event_ids,
       CASE WHEN enough_us IS NOT NULL THEN 'high'
            WHEN regexp_matches(path, 'appdata|.temp.|.tmp.|programdata|.public.|downloads|perflogs') THEN 'medium' ELSE 'low' END AS level,
       path AS program, apis, api, program AS file,
       CASE WHEN enough_us IS NULL THEN ''
            ELSE '; within the hour there: ' || CAST(kinds AS VARCHAR) || ' kinds of discovery commands, ' || CAST(copies AS VARCHAR)
                 || ' copies or archives of documents, ' || CAST(files AS VARCHAR) || ' files written by it' END AS beside
FROM known
WHERE enough_us IS NOT NULL OR (NOT script AND COALESCE(seen_us, first_us) >= first_us - $fresh)
UNION ALL
SELECT organisation, network, host, COALESCE(account, ''), first_us, last_us, first_us, calls, event_ids, 'low',
       'Something', api, api, '', '; ' || CAST(clients AS VARCHAR) || ' of ' || CAST(all_clients AS VARCHAR)
       || ' clients ever asked for that provider; which program it was is not assessed'
FROM rare
