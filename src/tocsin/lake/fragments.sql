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

-- fragment: occurrence: how often, first and last when, and in which hours (of the day, UTC) the rows of a group happened
SELECT
  count(*) AS n,
  min(time_us) AS first_us,
  max(time_us) AS last_us,
  bit_or(hour_bit(time_us)) AS hours;

-- fragment: hour_bit: 2 to the hour of the day (UTC) of microseconds since 1970
SELECT CAST(power(2, value // 3600000000 % 24) AS BIGINT);

-- fragment: whole: a number of at most twelve digits without its fraction; NULL where it is negative, larger or no number
SELECT CASE WHEN value >= 0 AND value < 1000000000000 THEN CAST(floor(value) AS BIGINT) END;

-- fragment: plain_name: a host, account or file name in lower case, without the root's dot at the end, at most 255 characters; NULL where empty
SELECT NULLIF(substr(lower(CASE WHEN ends_with(value, '.') THEN substr(value, 1, length(value) - 1) ELSE value END), 1, 255), '');

-- fragment: plain_ip: an address in lower case, IPv4 without the prefix ::ffff: that dual-stack systems write; NULL where empty
SELECT NULLIF(CASE WHEN starts_with(lower(value), '::ffff:') THEN substr(value, 8) ELSE lower(value) END, '');

-- fragment: registered_domain: of a plain name its last two labels, or three where the last two are a public suffix (co.uk, gov.al); an address or a single label as it is. `domain_facts` has the public suffix list's answer
SELECT
  CASE
    WHEN contains(value, ':') OR regexp_matches(value, '^[0-9.]+$') THEN value
    WHEN regexp_matches(value, '[^.][.](ac|asso|co|com|edu|gob|gov|govt|gouv|gub|gv|in|info|ltd|me|mil|muni|ne|net|nhs|nom|or|org|plc|police|sch|tm)[.][a-z][a-z]$')
      THEN COALESCE(NULLIF(regexp_extract(value, '([^.]+[.][^.]+[.][^.]+)$', 1), ''), value)
    ELSE COALESCE(NULLIF(regexp_extract(value, '([^.]+[.][^.]+)$', 1), ''), value)
  END;

-- fragment: log_bin: the number of the logarithmic bin (width a tenth, so any quantile is off by less than 5 %) of a number: -1 below 1, else bin b holds 1.1^b up to 1.1^(b + 1)
SELECT CASE WHEN value < 1 THEN CAST(-1 AS BIGINT) ELSE CAST(floor(ln(value) / ln(1.1)) AS BIGINT) END;

-- fragment: totals: as `occurrence`, of rows that hold occurrences: n counts these rows
SELECT
  count(*) AS n,
  min(first_us) AS first_us,
  max(last_us) AS last_us,
  bit_or(hours) AS hours;
