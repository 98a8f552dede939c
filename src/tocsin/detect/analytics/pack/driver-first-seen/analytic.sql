-- title: Kernel driver never seen before
-- level: medium
-- status: test
-- attack: T1543.003, T1068, T1561
-- tactics: persistence, privilege-escalation, impact
-- about: A driver that no computer of the network had before was put into the kernel from an unusual place, without a valid signature,
--   or under the name of one that wipers brought along. Drivers give a wiper the disk below the file system's protection.
-- threshold: young = 1 d: a driver that some computer of the network had a day earlier is no newcomer
-- threshold: history = 7 d: of memory before a signed driver in its usual folder counts as new: computers load all their drivers at start, and most start once a week
-- threshold: few = 3 computers: a signed driver that appears on more at once is a rollout; our judgement
-- novelty: a driver
-- against: New hardware, updates of security and backup software, portable tools that read sensors of the hardware. Signed drivers in the usual folders are told at level low only.
-- misses: A wiper that uses a driver which is already there, or one in the driver store.
-- misses: Vulnerable drivers by their hash: no such list comes with Tocsin; Sigma rules for driver loads carry hashes and run beside this.
-- tested: EVTX-to-MITRE-ATT&CK and OTRF Security Datasets (315 computer-days, no Sysmon driver loads, 4 kernel services installed): mimidrv.sys is found (medium), rightly; npcap.sys is new too
--   and told at level low: harmless.
-- evidence: destruction_signs: means, target, actor_user_name, device_hostname
-- finding: The driver {driver} is new: no computer of the network had it before; {why}. Computers that have it now: {count}.
-- next: Ask who installed it. Keep the file, look up its signer and hash, and what else happened on the computer in the same quarter of an hour.
-- keys: driver AS file
WITH loads AS (
  SELECT organisation, network, COALESCE(device_hostname, sensor, '') AS host, lower(target) AS detail,
         regexp_replace(regexp_replace(lower(target), '^.[?][?].', ''), '^.?systemroot', 'c:' || chr(92) || chr(92) || 'windows') AS driver, COALESCE(actor_user_name, '') AS actor,
         means, is_trusted, min(time_us) AS time_us, min(event_id) AS event_id
  FROM destruction_signs
  WHERE sign = 'kernel driver' AND is_usual IS FALSE AND target IS NOT NULL
  GROUP BY organisation, network, COALESCE(device_hostname, sensor, ''), lower(target), COALESCE(actor_user_name, ''), means, is_trusted
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, driver ORDER BY time_us, event_id) AS n
  FROM loads
), drivers AS (
  SELECT organisation, network, driver, max(host) FILTER (n = 1) AS host, max(actor) AS actor, min(time_us) AS first_us, max(time_us) AS last_us,
         count(DISTINCT host) AS hosts, string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids,
         count(*) FILTER (is_trusted IS FALSE) AS untrusted,
         CASE WHEN regexp_matches(driver, '(elrawdsk|rawdisk[0-9]*|drdisk|epmntdrv)[.]sys$') THEN 1 ELSE 0 END AS abused,
         CASE WHEN regexp_matches(driver, 'system32.drivers.[^' || chr(92) || chr(92) || ']+$') THEN 0 ELSE 1 END AS elsewhere
  FROM numbered
  GROUP BY organisation, network, driver
), known AS (
  SELECT p.organisation, p.network, l.driver, min(p.first_us) AS first_us
  FROM persistence_days AS p JOIN (SELECT DISTINCT organisation, network, driver, substr(detail, 1, 200) AS detail FROM loads) AS l
    ON l.organisation = p.organisation AND l.network = p.network AND l.detail = p.detail
  WHERE p.kind IN ('driver', 'service')
  GROUP BY p.organisation, p.network, l.driver
)
SELECT d.organisation, d.network, d.host, d.actor AS "user", d.first_us, d.last_us, d.first_us AS opened_us, d.hosts AS count, d.event_ids,
       CASE WHEN d.abused = 1 OR d.untrusted > 0 THEN 'high' WHEN d.elsewhere = 1 THEN 'medium' ELSE 'low' END AS level, d.driver,
       CASE WHEN d.abused = 1 THEN 'wipers brought drivers of that name' WHEN d.untrusted > 0 THEN 'its signature is not valid'
            WHEN d.elsewhere = 1 THEN 'it lies where drivers do not belong' ELSE 'it lies in the usual folder' END AS why
FROM drivers AS d CROSS JOIN period AS p
LEFT JOIN known AS k ON k.organisation = d.organisation AND k.network = d.network AND k.driver = d.driver
WHERE COALESCE(k.first_us, d.first_us) >= d.first_us - $young
  AND (d.abused = 1 OR d.untrusted > 0 OR d.elsewhere = 1 OR (d.first_us - p.history_first_us >= $history AND d.hosts <= $few))
