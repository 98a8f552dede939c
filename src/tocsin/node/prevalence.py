"""How many hosts of the lake call an address or ask for a domain: what many call is shared, and ties no story.

Findings alone cannot tell: a server for updates that all machines call stands in the findings of two. Only keys that
would tie something (triage.threads) are asked for, and nothing is read where the lake holds no such traffic.
"""

from collections.abc import Collection, Mapping

import duckdb
import pyarrow as pa

from tocsin.lake.catalog import Catalog
from tocsin.lake.database import Opening, for_queries
from tocsin.lake.views import open_views

_VIEWS = {"ip": "network_activity", "domain": "dns_activity"}
_CALLED = {
    "ip": """
SELECT dst_endpoint_ip, count(DISTINCT src_endpoint_ip) FROM network_activity
WHERE dst_endpoint_ip IN (SELECT value FROM asked) GROUP BY dst_endpoint_ip
""",
    "domain": r"""
WITH named AS (
    SELECT src_endpoint_ip, lower(rtrim(query_hostname, '.')) AS name FROM dns_activity
), parts AS (
    SELECT src_endpoint_ip, regexp_extract(name, '[^.]+\.[^.]+$') AS two,
           regexp_extract(name, '[^.]+\.[^.]+\.[^.]+$') AS three FROM named
), known AS (
    SELECT src_endpoint_ip, two AS value FROM parts UNION ALL SELECT src_endpoint_ip, three FROM parts
    UNION ALL SELECT src_endpoint_ip, name FROM named WHERE name LIKE '%.%.%.%'
)
SELECT value, count(DISTINCT src_endpoint_ip) FROM known WHERE value IN (SELECT value FROM asked) GROUP BY value
""",
}


def prevalence(catalog: Catalog, keys: Collection[str], opening: Opening = for_queries) -> Mapping[str, int]:
    """Hosts that call each of these keys (`ip:…`, `domain:…`); keys that nobody is seen to call are left out."""
    asked = {kind: [key.partition(":")[2] for key in sorted(keys) if key.startswith(f"{kind}:")] for kind in _VIEWS}
    wanted = [view for kind, view in _VIEWS.items() if asked[kind]]
    if not wanted:
        return {}
    connection = opening(catalog.lake)
    try:
        open_views(connection, catalog.tables(), wanted)
        found = {
            key: hosts for kind, values in asked.items() if values for key, hosts in _ask(connection, kind, values)
        }
    finally:
        connection.close()
    return found


def _ask(connection: duckdb.DuckDBPyConnection, kind: str, values: list[str]) -> list[tuple[str, int]]:
    connection.register("asked", pa.table({"value": pa.array(values, pa.string())}))
    rows = connection.sql(_CALLED[kind]).fetchall()
    connection.unregister("asked")
    return [(f"{kind}:{value}", int(hosts)) for value, hosts in rows]
