-- Parts that many views share, written once and put in where a view is read (`view_fragments`).
--
-- `name()` alone in a SELECT list stands for the columns below that name; `name(expression)` stands for the
-- one expression, with `value` replaced.

-- fragment: zeek_endpoints: who talks to whom in every log of Zeek
SELECT
  "id.orig_h" AS src_endpoint_ip,
  TRY_CAST("id.orig_p" AS BIGINT) AS src_endpoint_port,
  "id.resp_h" AS dst_endpoint_ip,
  TRY_CAST("id.resp_p" AS BIGINT) AS dst_endpoint_port;

-- fragment: eve_endpoints: who talks to whom in every event of Suricata
SELECT
  "src_ip" AS src_endpoint_ip,
  TRY_CAST("src_port" AS BIGINT) AS src_endpoint_port,
  "dest_ip" AS dst_endpoint_ip,
  TRY_CAST("dest_port" AS BIGINT) AS dst_endpoint_port;

-- fragment: number_or_hex: an id of at most 32 bits, in digits or, as the Security log writes it, as 0x and hexadecimal digits; only DuckDB casts the latter, so it is added up
SELECT
  CASE
    WHEN regexp_matches(value, '^0[xX][0-9a-fA-F]{1,8}$') THEN
      (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 1, 1)) - 1) * 268435456
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 2, 1)) - 1) * 16777216
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 3, 1)) - 1) * 1048576
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 4, 1)) - 1) * 65536
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 5, 1)) - 1) * 4096
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 6, 1)) - 1) * 256
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 7, 1)) - 1) * 16
      + (instr('0123456789abcdef', substr(lpad(lower(substr(value, 3)), 8, '0'), 8, 1)) - 1)
    WHEN NOT regexp_matches(value, '^0[xX]') THEN TRY_CAST(value AS BIGINT)
  END;
