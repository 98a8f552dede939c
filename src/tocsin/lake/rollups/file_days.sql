-- title: Which files were seen, by hash
-- about: One row a day and file content: programs that started, modules and drivers that were loaded, files that were written or carried. Not a row a computer: `process_days` says where a program of that name ran.
-- column: kind VARCHAR key: process, library, driver, file
-- column: name VARCHAR key: file name in lower case
-- column: sha256 VARCHAR key: SHA-256 in lower case, '' where the source has none
-- column: sha1 VARCHAR key: SHA-1 likewise
-- column: md5 VARCHAR key: MD5 likewise
-- column: path VARCHAR max: a path that it had, in lower case, at most 255 characters
-- column: host VARCHAR max: a computer or address that had it
-- column: hosts BIGINT max: computers or addresses that had it (of merged days: the most of one day)
-- entity: name

WITH seen AS (
  SELECT
    organisation,
    network,
    time_us,
    'process' AS kind,
    process_name AS name,
    process_file_path AS path,
    lower(process_file_hashes) AS hashes,
    CAST(NULL AS VARCHAR) AS sha256,
    CAST(NULL AS VARCHAR) AS sha1,
    CAST(NULL AS VARCHAR) AS md5,
    plain_name(device_hostname) AS host
  FROM process_activity
  WHERE process_file_hashes IS NOT NULL
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    lower(module_type) AS kind,
    module_file_name AS name,
    module_file_path AS path,
    lower(module_file_hashes) AS hashes,
    CAST(NULL AS VARCHAR) AS sha256,
    CAST(NULL AS VARCHAR) AS sha1,
    CAST(NULL AS VARCHAR) AS md5,
    plain_name(device_hostname) AS host
  FROM module_activity
  WHERE module_file_hashes IS NOT NULL
  UNION ALL
  SELECT
    organisation,
    network,
    time_us,
    'file' AS kind,
    file_name AS name,
    file_path AS path,
    lower(file_hashes) AS hashes,
    lower(file_sha256) AS sha256,
    lower(file_sha1) AS sha1,
    lower(file_md5) AS md5,
    COALESCE(plain_ip(dst_endpoint_ip), plain_name(device_hostname)) AS host
  FROM file_activity
  WHERE COALESCE(file_hashes, file_sha256, file_sha1, file_md5) IS NOT NULL
), hashed AS (
  SELECT
    organisation,
    network,
    time_us,
    kind,
    name,
    path,
    COALESCE(sha256, NULLIF(regexp_extract(hashes, 'sha256=([0-9a-f]{64})', 1), '')) AS sha256,
    COALESCE(sha1, NULLIF(regexp_extract(hashes, 'sha1=([0-9a-f]{40})', 1), '')) AS sha1,
    COALESCE(md5, NULLIF(regexp_extract(hashes, 'md5=([0-9a-f]{32})', 1), '')) AS md5,
    host
  FROM seen
)
SELECT
  organisation,
  network,
  time_us // 86400000000 AS day,
  kind,
  plain_name(name) AS name,
  sha256,
  sha1,
  md5,
  max(plain_name(path)) AS path,
  max(host) AS host,
  count(DISTINCT host) AS hosts,
  occurrence()
FROM hashed
WHERE COALESCE(sha256, sha1, md5) IS NOT NULL
GROUP BY ALL
