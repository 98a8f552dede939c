-- title: Documents destroyed in bulk
-- level: high
-- status: test
-- attack: T1485, T1486
-- tactics: impact
-- about: One program deleted, overwrote or renamed documents of many kinds in many folders, faster than people work.
--   Wipers and ransomware do, and every second of delay costs files.
-- threshold: step = 30 s: two steps make the minute that is counted; minutes overlap by half, so that no boundary hides a burst
-- threshold: min_files = 100 files: of a program in a minute. Splunk SURGe (2022) timed ten ransomware families over 98,561 files: the slowest needed 1 h 54 min, which is 860 files a minute;
--   the most that a program not of Windows removed in a minute of our real data without an attack is 3 documents
-- threshold: min_folders = 10 folders: a job cleans up its own few folders; our judgement
-- threshold: min_entropy = 1.5 bits: of the extensions of what was deleted or overwritten: three kinds in equal parts are 1.58, rotated logs or exported tables 0
-- threshold: min_odd = 4 bits: of extensions that no common program writes: WhisperGate gave every file a random one (Microsoft, 2022); a program of its own format writes one or two
-- threshold: pause = 10 min: what one program does on one computer without a longer pause is one finding
-- against: Encryption of folders by their owner, moves of an archive, version control and build tools that lie outside Program Files, deletion of a project by a script.
-- misses: Files overwritten in place where only Sysmon runs: it reports no writes. Files on a share that another computer destroys: the server's log names no program.
-- misses: Source code and web pages, which build tools remove by the thousand, and databases under Program Files.
-- misses: Programs under Program Files, the file manager and Windows itself, as which a wiper may disguise itself.
-- tested: OTRF Security Datasets and EVTX-to-MITRE-ATT&CK (315 computer-days, 8,800 file events): no attack of this kind is recorded, nothing found. The busiest
--   program, one of Windows, changed 249 files of its own in a minute, of which none counts.
-- lookback: 10 min
-- evidence: destruction_signs: means, target, actor_process_file_path, actor_process_cmd_line, actor_user_name, device_hostname
-- finding: {program} destroyed documents in {folders} folders: {renamed} renamed, {overwritten} overwritten, {deleted} deleted. {shape}
-- next: Take the computer off the network now; do not switch it off before its memory is saved. Look for the same program elsewhere.
-- keys: program AS file
WITH lost AS (
  SELECT organisation, network, COALESCE(device_hostname, sensor, '') AS host, lower(actor_process_file_path) AS program,
         COALESCE(actor_user_name, '') AS actor, time_us // $step AS step, time_us, event_id, means, extension, target
  FROM destruction_signs
  WHERE sign = 'file loss' AND is_usual IS FALSE AND actor_process_file_path <> ''
), kinds AS (
  SELECT organisation, network, host, program, step, CASE means WHEN 'renamed' THEN 1 WHEN 'oddly named' THEN 2 ELSE 0 END AS way, extension, count(DISTINCT target) AS n
  FROM lost
  GROUP BY organisation, network, host, program, step, CASE means WHEN 'renamed' THEN 1 WHEN 'oddly named' THEN 2 ELSE 0 END, extension
), windowed AS (
  SELECT organisation, network, host, program, bucket, way, extension, sum(n) AS n
  FROM (SELECT *, step AS bucket FROM kinds UNION ALL SELECT *, step - 1 FROM kinds)
  GROUP BY organisation, network, host, program, bucket, way, extension
), rates AS (
  SELECT organisation, network, host, program, bucket, way, ln(sum(n)) / ln(2) - sum(n * ln(n)) / ln(2) / sum(n) AS entropy
  FROM windowed
  GROUP BY organisation, network, host, program, bucket, way
  HAVING sum(n) >= $min_files
), fast AS (
  SELECT organisation, network, host, program, bucket, max(CASE WHEN way > 0 THEN entropy END) AS new_entropy
  FROM rates
  WHERE way = 1 OR (way = 2 AND entropy >= $min_odd) OR (way = 0 AND entropy >= $min_entropy)
  GROUP BY organisation, network, host, program, bucket
), struck AS (
  SELECT organisation, network, host, program, step, max(new_entropy) AS new_entropy
  FROM (SELECT *, bucket AS step FROM fast UNION ALL SELECT *, bucket + 1 FROM fast)
  GROUP BY organisation, network, host, program, step
), begun AS (
  SELECT *, CASE WHEN step - lag(step) OVER (PARTITION BY organisation, network, host, program ORDER BY step) <= $pause // $step
                 THEN 0 ELSE 1 END AS anew
  FROM struck
), spells AS (
  SELECT *, sum(anew) OVER (PARTITION BY organisation, network, host, program ORDER BY step) AS spell
  FROM begun
), numbered AS (
  SELECT l.*, s.spell, s.new_entropy,
         row_number() OVER (PARTITION BY l.organisation, l.network, l.host, l.program, s.spell ORDER BY l.time_us, l.event_id) AS n
  FROM lost AS l JOIN spells AS s
    ON s.organisation = l.organisation AND s.network = l.network AND s.host = l.host AND s.program = l.program AND s.step = l.step
), counted AS (
  SELECT organisation, network, host, program, spell, count(DISTINCT target) AS files,
         count(DISTINCT regexp_replace(target, '[^/' || chr(92) || chr(92) || ']*$', '')) AS folders,
         count(DISTINCT target) FILTER (means IN ('renamed', 'oddly named')) AS renamed,
         count(DISTINCT target) FILTER (means = 'overwritten') AS overwritten,
         count(DISTINCT target) FILTER (means = 'deleted') AS deleted, count(DISTINCT extension) AS kinds
  FROM numbered
  GROUP BY organisation, network, host, program, spell
)
SELECT n.organisation, n.network, n.host, max(n.actor) AS "user", min(n.time_us) AS first_us, max(n.time_us) AS last_us,
       min(n.time_us) FILTER (n.n = $min_files) AS opened_us, c.files AS count,
       string_agg(n.event_id, ' ' ORDER BY n.n) FILTER (n.n <= 10) AS event_ids, n.program,
       c.folders, c.renamed, c.overwritten, c.deleted,
       CASE WHEN max(n.new_entropy) < 0.5 THEN 'All got the extension ' || max(n.extension) FILTER (n.means IN ('renamed', 'oddly named')) || '.'
            WHEN max(n.new_entropy) >= $min_odd THEN 'The new extensions are random.'
            ELSE 'They are of ' || CAST(c.kinds AS VARCHAR) || ' kinds.' END AS shape
FROM numbered AS n JOIN counted AS c
  ON c.organisation = n.organisation AND c.network = n.network AND c.host = n.host AND c.program = n.program AND c.spell = n.spell
WHERE c.folders >= $min_folders
GROUP BY n.organisation, n.network, n.host, n.program, n.spell, c.files, c.folders, c.renamed, c.overwritten, c.deleted, c.kinds
