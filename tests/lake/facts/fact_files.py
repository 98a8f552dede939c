"""Files of facts as their makers write them, small."""

import gzip
import json
from pathlib import Path

import duckdb
import pyarrow as pa

from tocsin.lake.facts import import_facts, open_facts

IPTOASN = (
    "203.0.113.0\t203.0.113.127\t64500\tAL\tEXAMPLE-NET Example, Inc.\n"
    "203.0.113.128\t203.0.113.255\t0\tNone\tNot routed\n"
    "2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t64501\tDE\tEXAMPLE-SIX\n"
)
PFX2AS = "198.51.0.0\t16\t64510\n198.51.100.0\t24\t64511_64512\n"
COUNTRY = "network,country,latitude,longitude\n203.0.113.0/24,AL,41.33,19.82\n240.0.0.0/8,ZZ,,\n2001:db8::/33,DE,,\n"
PLAIN_COUNTRY = "203.0.113.0,203.0.113.255,AL\n198.51.100.0,198.51.100.255,GR\n"
HOSTING = "network,hosting\n198.51.100.0/24,1\n203.0.113.0/24,0\n"
CLOUD = {
    "name": "List of known Cloudflare IP ranges", "version": 20260811, "type": "cidr",
    "list": ["192.0.2.0/24", "192.0.2.128/25", "2001:db8:f::/48"],
}  # fmt: skip
KEV = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.03.01", "count": 1,
    "dateReleased": "2026-03-01T17:04:19.9796Z",
    "vulnerabilities": [{"cveID": "CVE-2026-12345", "vendorProject": "Example", "product": "Gateway",
                         "vulnerabilityName": "Example Gateway Overflow", "dateAdded": "2026-02-27"}],
}  # fmt: skip
SUFFIXES = (
    "// VERSION: 2026-02-11_07-34-58_UTC\n// ===BEGIN ICANN DOMAINS===\nal\ngov.al\nuk\nco.uk\n*.ck\n!www.ck\n"
    "рф\n// ===END ICANN DOMAINS===\n// ===BEGIN PRIVATE DOMAINS===\ngithub.io\n"
)
ASSETS = (
    "key,role,domain,mission,fleet,maintenance_from,maintenance_to\n"
    "PLC-07,controller,land,water supply,,22:00,04:30\n192.0.2.9,modem,space,satellite link,ka-band,,\n"
)
SHARED = "cidr,kind,organization,network\n10.99.0.0/16,VPN-pool,,office\n203.0.113.9,nat,Ministry,\n"


def write(folder: Path) -> Path:
    """A folder with a file of every kind."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ip2asn-combined.tsv.gz").write_bytes(gzip.compress(IPTOASN.encode(), mtime=0))
    (folder / "routeviews-rv2-20260301-1200.pfx2as").write_text(PFX2AS, "utf-8")
    (folder / "places.csv").write_text("# date: 2026-02-01\n# source: Example Places\n" + COUNTRY, "utf-8")
    (folder / "providers.csv").write_text(HOSTING, "utf-8")
    (folder / "list.json").write_text(json.dumps(CLOUD), "utf-8")
    (folder / "kev.json").write_text(json.dumps(KEV), "utf-8")
    (folder / "public_suffix_list.dat").write_text(SUFFIXES, "utf-8")
    (folder / "our-hosts.csv").write_text(ASSETS, "utf-8")
    (folder / "shared.csv").write_text(SHARED, "utf-8")
    return folder


def lake_with(folder: Path, **texts: str) -> Path:
    """A lake's folder with facts from files of these contents, by name (`name__ext`)."""
    lake = folder / "lake"
    lake.mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / name.replace("__", ".")
        path.write_text(text, "utf-8")
        import_facts(lake, [path])
    return lake


def opened(lake: Path, addresses: list[str], names: list[str] = []) -> duckdb.DuckDBPyConnection:  # noqa: B006
    """A connection with the tables of facts for these addresses and names."""
    connection = duckdb.connect()
    connection.register("seen", pa.table({"ip": pa.array(addresses, pa.string())}))
    connection.register("asked", pa.table({"name": pa.array(names, pa.string())}))
    open_facts(connection, lake, {"seen": ["ip"]}, {"asked": ["name"]})
    return connection


def told(connection: duckdb.DuckDBPyConnection, columns: str, ip: str) -> tuple[object, ...]:
    """Some columns of one address."""
    return connection.sql(f"SELECT {columns} FROM address_facts WHERE ip = '{ip}'").fetchall()[0]
