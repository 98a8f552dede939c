"""The queries of `node.alerted`: alerts of the view as a table, the rules behind them, and what is told as hits.

Foreign texts are cut to limits.EVIDENCE_CHARACTERS before anything groups by them.
"""

from tocsin import limits

VIEW = "detection_finding"
READ_BY_RULES = ("Zeek", "Microsoft Defender")
"""Products whose alerts Sigma rules tell of."""
SHOWN = (
    "finding_title", "finding_category", "severity", "confidence", "action", "src_endpoint_ip", "src_endpoint_port",
    "dst_endpoint_ip", "dst_endpoint_port", "dst_endpoint_hostname", "url_text", "file_path", "file_hashes",
    "actor_process_file_path", "actor_process_cmd_line", "actor_user_name", "device_hostname",
    "metadata_reporter_hostname", "finding_desc",
)  # fmt: skip
"""Columns of the view that a finding's evidence shows."""
ALIKE = ("product", "uid", "severity_id", "severity", "category", "confidence")
"""What makes two alerts those of one rule and severity."""

_INSIDE = r"^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2[0-9]|3[01])\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)"
_ALIKE = ", ".join(ALIKE)
_HOUR_US = 3_600_000_000


def _cut(expression: str) -> str:
    return f"substr(COALESCE({expression}, ''), 1, {limits.EVIDENCE_CHARACTERS})"


def _inside(column: str) -> str:
    return f"COALESCE(regexp_matches(lower({column}), '{_INSIDE}'), false)"


def _evidence() -> str:
    """A JSON object of what is known, all values texts."""
    fields = ", ".join(
        f"{name} := NULLIF(substr(CAST({name} AS VARCHAR), 1, {limits.EVIDENCE_CHARACTERS}), '')" for name in SHOWN
    )
    return f"json_merge_patch('{{}}', to_json(struct_pack({fields})))"


def alerts(where: str) -> str:
    """The alerts of the sources in `wanted`, each with whom it is about (`host`) and who acted (`user`)."""
    products = ", ".join(f"'{product}'" for product in READ_BY_RULES)
    return f"""
CREATE TEMP TABLE alerts AS
WITH seen AS (
    SELECT *, {_inside("src_endpoint_ip")} AS src_inside, {_inside("dst_endpoint_ip")} AS dst_inside,
           NULLIF(device_hostname, '') AS computer
    FROM {VIEW} JOIN wanted USING (source)
    WHERE metadata_product_name NOT IN ({products}){where}
), placed AS (
    SELECT *,
           COALESCE(computer, CASE WHEN dst_inside AND NOT src_inside THEN dst_endpoint_ip ELSE src_endpoint_ip END,
                    dst_endpoint_ip, metadata_reporter_hostname) AS about,
           CASE WHEN NOT src_inside AND src_endpoint_ip <> COALESCE(computer, '')
                     AND (dst_inside OR computer IS NOT NULL) THEN src_endpoint_ip END AS outsider
    FROM seen
)
SELECT {_cut("metadata_product_name")} AS product, {_cut("COALESCE(NULLIF(finding_uid, ''), finding_title)")} AS uid,
       COALESCE(severity_id, 0) AS severity_id, {_cut("severity")} AS severity, {_cut("finding_category")} AS category,
       {_cut("confidence")} AS confidence, {_cut("finding_title")} AS title, {_cut("src_url")} AS links,
       substr(attacks_technique_uid, 1, {limits.ALERT_ATTACK_CHARACTERS}) AS techniques,
       substr(attacks_tactic_name, 1, {limits.ALERT_ATTACK_CHARACTERS}) AS tactics,
       whose AS organisation, where_from AS network,
       {_cut("about")} AS host, {_cut("COALESCE(NULLIF(actor_user_name, ''), outsider)")} AS "user",
       time_us, event_id, source, CAST(split_part(event_id, '-', -1) AS BIGINT) AS record, table_name,
       COALESCE(actor_process_uid, '') AS process, '' AS parent, {_evidence()} AS evidence
FROM placed
"""


RULES = f"""
SELECT {_ALIKE}, min(title) AS title, min(techniques) AS techniques, min(tactics) AS tactics, min(links) AS links,
       count(*) AS n
FROM alerts GROUP BY {_ALIKE} ORDER BY severity_id DESC, n DESC, {_ALIKE} LIMIT {limits.ALERT_RULES}
"""

TOLD = f"""
CREATE TEMP TABLE hits AS
WITH known AS (
    SELECT a.* EXCLUDE ({_ALIKE}, title, techniques, tactics, links), r.rule
    FROM alerts AS a JOIN alert_rules AS r USING ({_ALIKE})
), crowds AS (
    SELECT organisation, network, rule, host FROM known
    GROUP BY ALL HAVING count(DISTINCT "user") > {limits.ALERT_ACTORS}
)
SELECT k.* EXCLUDE ("user"), CASE WHEN c.rule IS NULL THEN k."user" ELSE '' END AS "user", time_us // {_HOUR_US} AS hour
FROM known AS k LEFT JOIN crowds AS c USING (organisation, network, rule, host)
"""
"""The alerts of the rules in `alert_rules`, by the names that node.found expects of hits."""
