"""Where the columns of a file of ranges or assets are: told by its header, or by the look of its first rows.

Rules:
1. A first row in which no cell is an address, a network or a number is a header; its names are compared in lower case
   with anything but letters and digits as `_` (ALIASES).
2. Without a header the bounds come first: a network, or start and end, or a prefix and its length. Of the other
   columns those that are network numbers (or AS numbers), two-letter country codes, and two numbers with a fraction
   (latitude, longitude) are taken as such, and the last text as the name of the network.
3. The kind follows from the columns: assets, asn, cloud, hosting, country, in this order.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.lake.facts.addresses import network, packed
from tocsin.lake.facts.kinds import ASSET_COLUMNS

ALIASES: Mapping[str, tuple[str, ...]] = {
    "first": ("start", "start_ip", "range_start", "first", "ip_start", "ip_from", "start_address", "ip_range_start"),
    "last": ("end", "end_ip", "range_end", "last", "ip_end", "ip_to", "end_address", "ip_range_end"),
    "network": ("network", "cidr", "range", "ip_range", "netblock", "ip_prefix", "prefix"),
    "length": ("length", "prefix_length", "prefixlen"),
    "asn": ("asn", "as", "as_number", "autonomous_system_number", "number"),
    "as_name": (
        "as_name", "name", "org", "organization", "organisation", "as_description", "description",
        "autonomous_system_organization",
    ),
    "country": ("country", "country_code", "iso_code", "country_iso_code", "cc"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng", "long"),
    "cloud": ("cloud", "provider", "cloud_provider"),
    "hosting": ("hosting", "is_hosting", "datacenter", "is_datacenter"),
    "key": ("key", "asset", "host", "hostname", "address"),
}  # fmt: skip
_ASSET = ASSET_COLUMNS[1:]
_NAMES = {alias: name for name, aliases in ALIASES.items() for alias in aliases} | {name: name for name in _ASSET}
_SAMPLE = 50  # rows that are looked at
_AS = re.compile(r"^(AS)?\d+([_,]\d+)*$")
_COUNTRY = re.compile(r"^[A-Z]{2}$")
_LENGTH = re.compile(r"^(\d{1,2}|1[01]\d|12[0-8])$")  # bits of a prefix
_FRACTION = re.compile(r"^-?\d{1,3}\.\d+$")
_NO_VALUE = frozenset({"", "-", "None", "NULL", "ZZ", "XX"})


@dataclass(frozen=True, slots=True)
class Layout:
    """The place of each column by its name; `header` says whether the first row holds names."""

    places: Mapping[str, int]
    header: bool

    @property
    def kind(self) -> str:
        """What such a file tells; '' where its columns do not say."""
        if "key" in self.places and any(name in self.places for name in _ASSET):
            return "assets"
        if "network" not in self.places and not {"first", "last"} <= self.places.keys():
            return ""
        return next((name for name in ("asn", "cloud", "hosting", "country") if name in self.places), "")


def find_layout(rows: Sequence[Sequence[str]]) -> Layout:
    """The layout of a file that begins with these rows."""
    if rows and rows[0] and not any(map(_numeric, rows[0])):
        named = [_NAMES.get(re.sub(r"\W+", "_", cell.strip().lower()).strip("_"), "") for cell in rows[0]]
        return Layout({name: named.index(name) for name in dict.fromkeys(named) if name}, header=True)
    return Layout(_looked_at(rows[:_SAMPLE]), header=False)


def _looked_at(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    columns = [[row[place].strip() for row in rows if len(row) == width] for place in range(width)]
    places = _bounds(columns)
    rest = [place for place in range(width) if place not in places.values()]
    for name, fits in (("asn", _AS.match), ("country", _COUNTRY.match)):
        found = next((place for place in rest if _most(columns[place], fits)), None)
        if found is not None:
            places[name] = found
            rest.remove(found)
    numbers = [place for place in rest if _most(columns[place], _FRACTION.match)]
    if len(numbers) > 1 and "country" in places:
        places |= {"latitude": numbers[0], "longitude": numbers[1]}
    elif rest and "asn" in places:
        places["as_name"] = rest[-1]
    return places


def _bounds(columns: Sequence[Sequence[str]]) -> dict[str, int]:
    if not columns or not _most(columns[0], _network):
        return {}
    if len(columns) > 1 and _most(columns[1], _address):
        if _most(columns[1], _LENGTH.match):
            return {"network": 0, "length": 1}
        return {"first": 0, "last": 1}
    return {"network": 0}


def _most(cells: Iterable[str], fits: Callable[[str], object]) -> bool:
    """Whether half of the cells that say something fit: a wrong line is to be told as such, not as another form."""
    said = [cell for cell in cells if cell not in _NO_VALUE]
    return bool(said) and sum(1 for cell in said if fits(cell)) * 2 >= len(said)


def _numeric(cell: str) -> bool:
    text = cell.strip()
    return bool(_FRACTION.match(text)) or _network(text)


def _address(cell: str) -> bool:
    try:
        packed(cell)
    except ValueError:
        return False
    return True


def _network(cell: str) -> bool:
    try:
        network(cell)
    except ValueError:
        return False
    return True
