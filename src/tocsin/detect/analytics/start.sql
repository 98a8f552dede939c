-- title: Many hosts reached by one account
-- level: medium
-- status: experimental
-- attack: T1021
-- tactics: lateral-movement
-- about: One account logged on to many hosts within an hour. Say here what that means for people.
-- threshold: window = 1 h: say why this value, and where it comes from
-- threshold: min_hosts = 10 hosts: say why this value, and where it comes from
-- against: Software distribution and inventory log on everywhere. Say what is harmless and looks like this.
-- misses: Slower movement. Say what this does not see.
-- evidence: authentication: user_name, device_hostname, src_endpoint_ip, status
-- finding: {hosts} hosts were reached by one account within an hour.
WITH reached AS (
  SELECT organisation, network, time_us // $window AS hour, lower(user_name) AS account, device_hostname,
         min(time_us) AS first_us, max(time_us) AS last_us, count(*) AS times, min(event_id) AS event_id
  FROM authentication
  WHERE activity_name = 'Logon' AND status = 'Success' AND user_name IS NOT NULL
  GROUP BY organisation, network, time_us // $window, lower(user_name), device_hostname
), numbered AS (
  SELECT *, row_number() OVER (PARTITION BY organisation, network, hour, account ORDER BY first_us, device_hostname) AS n
  FROM reached
)
SELECT organisation, network, '' AS host, account AS "user", min(first_us) AS first_us, max(last_us) AS last_us,
       min(first_us) FILTER (n = $min_hosts) AS opened_us, CAST(sum(times) AS BIGINT) AS count,
       string_agg(event_id, ' ' ORDER BY n) FILTER (n <= 10) AS event_ids, count(*) AS hosts
FROM numbered GROUP BY organisation, network, hour, account HAVING count(*) >= $min_hosts
