-- title: Who talked to whom
-- about: One row a day, source, destination, port and protocol. A connection that several sensors saw is counted by each of them.
-- column: src VARCHAR key: address of who opened the connections
-- column: dst VARCHAR key: address of who was called
-- column: dst_port BIGINT key: port of who was called
-- column: protocol VARCHAR key: tcp, udp, icmp, …
-- column: bytes_out BIGINT sum: bytes from src to dst
-- column: bytes_in BIGINT sum: bytes back
-- column: max_duration BIGINT max: the longest connection, milliseconds
-- column: refused BIGINT sum: connections that a firewall blocked
-- entity: src
-- shared: dst

SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  plain_ip(src_endpoint_ip) AS src,
  plain_ip(dst_endpoint_ip) AS dst,
  dst_endpoint_port AS dst_port,
  lower(connection_info_protocol_name) AS protocol,
  sum(whole(traffic_bytes_out)) AS bytes_out,
  sum(whole(traffic_bytes_in)) AS bytes_in,
  max(whole(duration)) AS max_duration,
  count(*) FILTER (WHERE activity_name = 'Refuse') AS refused,
  occurrence()
FROM network_activity
WHERE src_endpoint_ip IS NOT NULL AND dst_endpoint_ip IS NOT NULL
GROUP BY ALL
