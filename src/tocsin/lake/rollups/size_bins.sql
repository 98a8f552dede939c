-- title: How large and how frequent things are
-- about: Distributions: one row a day, entity, metric and logarithmic bin; `n` says how many values fell into the bin. Rows of several days and entities add up, and any quantile that is read from them is off by at most 5 %. A value lies in the bin `log_bin(value)`: bin b holds 1.1^b up to 1.1^(b + 1), bin -1 what is below 1. `first_us` and `last_us` are the ends of the day here.
-- column: entity VARCHAR key: the host, site, account or client, by metric
-- column: metric VARCHAR key: bytes_out_day (of a source in the day, by src), pair_bytes_out (of a source to one destination in the day, from 100,000 bytes on, by src), connections_minute (to a destination in a minute, from 10 on, by dst), requests_minute (to a site in a minute, from 10 on, by site), answer_bytes_hour (web answers to an account in an hour, by account), queries_hour (DNS queries of a client in an hour, from 10 on, by client)
-- column: bin BIGINT key: number of the logarithmic bin
-- entity: entity

WITH pairs AS (
  SELECT
    organisation,
    network,
    time_us // 86400000000 AS day,
    plain_ip(src_endpoint_ip) AS entity,
    plain_ip(dst_endpoint_ip) AS dst,
    sum(whole(traffic_bytes_out)) AS amount,
    occurrence()
  FROM network_activity
  WHERE traffic_bytes_out IS NOT NULL AND src_endpoint_ip IS NOT NULL AND dst_endpoint_ip IS NOT NULL
  GROUP BY ALL
), targets AS (
  SELECT
    organisation,
    network,
    time_us // 86400000000 AS day,
    time_us // 60000000 AS minute,
    plain_ip(dst_endpoint_ip) AS entity,
    count(*) AS amount,
    occurrence()
  FROM network_activity
  WHERE dst_endpoint_ip IS NOT NULL
  GROUP BY ALL
), sites AS (
  SELECT
    organisation,
    network,
    time_us // 86400000000 AS day,
    time_us // 60000000 AS minute,
    COALESCE(
      plain_name(regexp_replace(http_request_url_hostname, ':[0-9]*$', '')),
      plain_ip(dst_endpoint_ip),
      plain_name(device_hostname),
      plain_name(sensor)
    ) AS entity,
    count(*) AS amount,
    occurrence()
  FROM http_activity
  GROUP BY ALL
), accounts AS (
  SELECT
    organisation,
    network,
    time_us // 86400000000 AS day,
    time_us // 3600000000 AS hour,
    plain_name(actor_user_name) AS entity,
    sum(whole(http_response_length)) AS amount,
    occurrence()
  FROM http_activity
  WHERE actor_user_name IS NOT NULL
  GROUP BY ALL
), clients AS (
  SELECT
    organisation,
    network,
    time_us // 86400000000 AS day,
    time_us // 3600000000 AS hour,
    COALESCE(plain_ip(src_endpoint_ip), plain_name(device_hostname)) AS entity,
    count(*) AS amount,
    occurrence()
  FROM dns_activity
  WHERE activity_name <> 'Response'
  GROUP BY ALL
), days AS (
  SELECT
    organisation,
    network,
    day,
    entity,
    sum(amount) AS amount,
    sum(n) AS n,
    min(first_us) AS first_us,
    max(last_us) AS last_us,
    bit_or(hours) AS hours
  FROM pairs
  GROUP BY ALL
), metered AS (
  SELECT organisation, network, day, entity, 'bytes_out_day' AS metric, log_bin(amount) AS bin, totals()
  FROM days
  GROUP BY ALL
  UNION ALL
  SELECT organisation, network, day, entity, 'pair_bytes_out' AS metric, log_bin(amount) AS bin, totals()
  FROM pairs
  WHERE amount >= 100000
  GROUP BY ALL
  UNION ALL
  SELECT organisation, network, day, entity, 'connections_minute' AS metric, log_bin(amount) AS bin, totals()
  FROM targets
  WHERE amount >= 10
  GROUP BY ALL
  UNION ALL
  SELECT organisation, network, day, entity, 'requests_minute' AS metric, log_bin(amount) AS bin, totals()
  FROM sites
  WHERE amount >= 10
  GROUP BY ALL
  UNION ALL
  SELECT organisation, network, day, entity, 'answer_bytes_hour' AS metric, log_bin(amount) AS bin, totals()
  FROM accounts
  GROUP BY ALL
  UNION ALL
  SELECT organisation, network, day, entity, 'queries_hour' AS metric, log_bin(amount) AS bin, totals()
  FROM clients
  WHERE amount >= 10
  GROUP BY ALL
)
SELECT
  organisation,
  network,
  day,
  entity,
  metric,
  bin,
  n,
  day * 86400000000 AS first_us,
  day * 86400000000 + 86399999999 AS last_us,
  hours
FROM metered
WHERE bin IS NOT NULL
