"""The kinds of outside facts, and what is known of an imported file."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact: what it tells, and how its files look."""

    name: str
    tells: str
    form: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("asn", "number and name of the network that announces an address", "start, end, asn, name (IPtoASN, "
                 "DB-IP); prefix, length, asn (CAIDA pfx2as); or a CSV with a header: network, asn, as_name"),
            Kind("country", "country of an address, and its place where the file has it", "start, end, country code "
                 "(DB-IP); or a CSV with a header: network or start and end, country, latitude, longitude"),
            Kind("hosting", "addresses of hosting providers", "a CSV with a header: network, hosting; or one network a "
                 "line with --kind hosting; or a MISP warning list of such ranges"),
            Kind("cloud", "addresses of cloud providers", "a MISP warning list of a cloud's ranges; or a CSV with a "
                 "header: network, cloud"),
            Kind("cloud-names", "host names of cloud services", "a MISP warning list of a cloud's host names"),
            Kind("suffixes", "public suffixes, below which domains are registered", "the Public Suffix List"),
            Kind("kev", "vulnerabilities that are known to be exploited", "CISA's KEV catalogue as JSON"),
            Kind("assets", "what your own hosts and addresses are", "a CSV with a header: key, owner, domain, "
                 "mission, criticality, role, fleet, maintenance_from, maintenance_to"),
            Kind("shared-address", "addresses that stand for many machines: translators, proxies, VPN pools", "a CSV "
                 "with a header: address (or CIDR), kind (nat, proxy or vpn-pool), organisation, network"),
        )
    }
)  # fmt: skip
"""All kinds by name."""

RANGES = frozenset({"asn", "country", "hosting", "cloud"})
"""Kinds whose rows are ranges of addresses."""
ONE_FILE = frozenset({"suffixes", "kev"})
"""Kinds of which only one file is kept: a new one replaces the old one whatever its name."""
SHARED_KINDS = ("nat", "proxy", "vpn-pool")
ASSET_DOMAINS = ("land", "sea", "air", "space", "cyber")
CRITICALITIES = ("low", "medium", "high", "vital")
"""What happens where the asset fails: hardly anybody notices; work slows down; a service of the organisation stands
still; people, the state or others who depend on it come to harm."""
ASSET_COLUMNS = (
    "key", "owner", "domain", "mission", "criticality", "role", "fleet", "maintenance_from", "maintenance_to",
)  # fmt: skip

COLUMNS: Mapping[str, Mapping[str, pa.DataType]] = MappingProxyType(
    {
        "asn": {"asn": pa.int64(), "as_name": pa.string()},
        "country": {"country": pa.string(), "latitude": pa.float64(), "longitude": pa.float64()},
        "hosting": {"hosting": pa.bool_()},
        "cloud": {"cloud": pa.string()},
        "cloud-names": {"name": pa.string(), "cloud": pa.string()},
        "suffixes": {"rule": pa.string()},
        "kev": {name: pa.string() for name in ("cve", "vendor", "product", "name", "added", "due", "ransomware")},
        "assets": {name: pa.string() for name in ASSET_COLUMNS},
        "shared-address": {name: pa.string() for name in ("address", "kind", "organisation", "network")},
    }
)
"""What a row of each kind says; rows of RANGES have their bounds beside it."""


@dataclass(frozen=True, slots=True)
class FactRecord:
    """One file of facts that is kept. `date_from` says where the date stands: content, file name or file time."""

    name: str
    kind: str
    source: str
    date: str  # YYYY-MM-DD
    date_from: str
    rows: int
    sha256: str
    shipped: bool = False  # came with Tocsin


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: its rows, and what it tells of itself ('' where it does not)."""

    kind: str
    table: pa.Table
    rows: int  # as written: ranges that overlap become more of them
    source: str = ""
    date: str = ""
    about: str = ""  # the part of the name that tells files of a kind apart
