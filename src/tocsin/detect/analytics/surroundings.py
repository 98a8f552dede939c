"""What is known of a run's addresses and names: `address_facts`, `domain_facts`, `facts_known`, `assets`.

Rules:
1. Every address of the run has its scope: `private` (RFC 1918, 4193, 6598, loopback, link-local), `special` (multicast,
   unspecified, broadcast) or `public`. Documentation ranges and 240.0.0.0/4 count as public: exercises use them.
2. Everything else comes from outside; where nothing was brought in it is NULL, which means "not assessed".
"""

import ipaddress
from collections.abc import Mapping

import duckdb
import pyarrow as pa

from tocsin.lake.rollup_files import load_rollups

_SHARED = ipaddress.ip_network("100.64.0.0/10")
_LOCAL = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
)
_ADDRESS_FACTS = """
CREATE TABLE address_facts AS SELECT ip, scope, CAST(NULL AS BIGINT) AS asn, CAST(NULL AS VARCHAR) AS as_name,
CAST(NULL AS VARCHAR) AS country, CAST(NULL AS DOUBLE) AS latitude, CAST(NULL AS DOUBLE) AS longitude,
CAST(NULL AS BOOLEAN) AS hosting, CAST(NULL AS VARCHAR) AS cloud FROM scopes
"""
_EMPTY = (
    "CREATE TABLE domain_facts (name VARCHAR, registered VARCHAR, suffix VARCHAR, cloud VARCHAR)",
    "CREATE TABLE facts_known (fact VARCHAR, source VARCHAR, date VARCHAR)",
    "CREATE TABLE assets (key VARCHAR, role VARCHAR, domain VARCHAR, mission VARCHAR, fleet VARCHAR, "
    "maintenance_from VARCHAR, maintenance_to VARCHAR)",
)


def open_facts(connection: duckdb.DuckDBPyConnection, views: Mapping[str, list[str]]) -> None:
    """Create the tables. `views` has the columns of addresses by view or rollup."""
    parts = [
        f'SELECT DISTINCT "{column}" AS ip FROM "{view}" WHERE "{column}" IS NOT NULL'
        for view, columns in views.items()
        for column in columns
    ]
    found = connection.sql(" UNION ".join(parts)).fetchall() if parts else []
    texts = [str(row[0]) for row in found]
    scopes = pa.table({"ip": pa.array(texts, pa.string()), "scope": pa.array(map(scope, texts), pa.string())})
    connection.register("scopes", scopes)
    connection.execute(_ADDRESS_FACTS)
    connection.unregister("scopes")
    for statement in _EMPTY:
        connection.execute(statement)


def scope(text: str) -> str | None:
    """`private`, `special` or `public`; None for a text that is no address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if address.version == 4:
        if any(address in network for network in (*_LOCAL, _SHARED)):
            return "private"
        last = int(address) == 2**32 - 1
        return "special" if address.is_multicast or address.is_unspecified or last else "public"
    mapped = address.ipv4_mapped
    if mapped is not None:
        return scope(str(mapped))
    if address.is_loopback or address.is_link_local or address in ipaddress.ip_network("fc00::/7"):
        return "private"
    return "special" if address.is_multicast or address.is_unspecified else "public"


def address_columns(names: list[str]) -> list[str]:
    """Which of these columns hold addresses: `…_ip`, and the ends of the rollup of pairs."""
    return [name for name in names if name.endswith("_ip") or name in {"src", "dst"}]


def rollup_columns() -> dict[str, list[str]]:
    """Columns of addresses by rollup."""
    found = {each.name: address_columns([column.name for column in each.columns]) for each in load_rollups()}
    return {name: columns for name, columns in found.items() if columns}
