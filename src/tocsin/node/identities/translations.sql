-- title: For which address inside a shared one stood
-- about: One row a translation or request near a finding's moment. What a client may have written itself counts only for an address of a list; a proxy's own log only with the finding's destination.

SELECT DISTINCT
  t.organisation,
  t.network,
  COALESCE(replace(lower(t.translated_ip), '::ffff:', ''), '') AS outside,
  t.time_us,
  replace(lower(t.src_endpoint_ip), '::ffff:', '') AS inside,
  COALESCE(lower(t.dst_endpoint_ip), '') AS dst_ip,
  COALESCE(lower(t.dst_endpoint_hostname), '') AS dst_host
FROM address_translation AS t
JOIN asked_moments AS m
  ON t.time_us BETWEEN m.low_us AND m.high_us
  AND COALESCE(replace(lower(t.translated_ip), '::ffff:', ''), '') = m.outside
  AND (m.outside <> '' OR m.towards = lower(t.dst_endpoint_ip) OR m.towards = lower(t.dst_endpoint_hostname))
WHERE t.time_us BETWEEN $low_us AND $high_us
  AND t.src_endpoint_ip IS NOT NULL
  AND (t.is_proven OR m.listed)
ORDER BY time_us DESC, organisation, network, outside, inside, dst_ip, dst_host
LIMIT $most
