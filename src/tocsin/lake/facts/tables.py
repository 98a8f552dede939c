"""Files of ranges and of assets as tables: CSV with comma or semicolon, or TSV, with or without a header.

Rules:
1. Lines that begin with `#` are comments; `# date: 2026-03-01` and `# source: NAME` are what the file tells of itself.
2. A row that cannot be read is a fault with its line. One fault refuses the file: a list of ranges with holes would
   say "nobody knows" of addresses that its author knows.
3. Ranges that nobody announces (AS 0) and rows without a value are left out.
"""

import csv
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from tocsin import limits
from tocsin.errors import FactsError
from tocsin.lake.facts.addresses import network, packed, prefix
from tocsin.lake.facts.kinds import ASSET_DOMAINS, COLUMNS, CRITICALITIES, KINDS, RANGES, Parsed
from tocsin.lake.facts.layout import Layout, find_layout
from tocsin.lake.facts.ranges import disjoint

_TOLD = re.compile(r"^#\s*(date|source)\s*:\s*(.+)$", re.IGNORECASE)
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
_CODE = re.compile(r"^[A-Z]{2}$")
_NUMBER = re.compile(r"^(?:AS)?(\d{1,10})")
_NO_VALUE = frozenset({"", "-", "None", "NULL"})
_NO_COUNTRY = _NO_VALUE | {"ZZ", "XX"}
_NO = frozenset({"0", "false", "no", ""})
_FIRST_ROWS = 50
_UNREACHED = 0  # the number of what nobody announces (RFC 7607)


class Faults:
    """What is wrong in a file, with its lines; raised together."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[str] = []

    def add(self, line: int, reason: object) -> None:
        """Remember one; the file is given up when there are limits.FACTS_FAULTS."""
        self.found.append(f"{self.path}:{line}: {reason}")
        if len(self.found) >= limits.FACTS_FAULTS:
            self.settle()

    def settle(self) -> None:
        """Raise what was found."""
        if self.found:
            raise FactsError("\n".join(self.found), "Correct these lines, or get the file anew.")


def layout_of(text: str, path: Path) -> Layout:
    """Where the columns of a file are."""
    rows = []
    for _, row in rows_of(text, path):
        rows.append(row)
        if len(rows) == _FIRST_ROWS:
            break
    return find_layout(rows)


def parse_table(text: str, path: Path, kind: str, layout: Layout, stem: str) -> Parsed:
    """Read a file as the kind that its columns or the user say. Raises FactsError with the lines that are wrong."""
    faults = Faults(path)
    rows = rows_of(text, path)
    if layout.header:
        next(rows)
    build = _ranges if kind in RANGES else _assets
    table, count = build(kind, rows, layout, faults, stem)
    faults.settle()
    if not count:
        raise FactsError(f"{path}: there is no row in it", f"It must look like this: {KINDS[kind].form}.")
    told = told_of(text)
    day = told.get("date", "")
    return Parsed(kind, table, count, told.get("source", ""), day[:10] if _DAY.match(day) else "", stem)


def rows_of(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows with their line numbers. A TSV knows no quotes: names of networks may hold some."""
    first = next((line for line in _head(text) if line.strip() and not line.startswith("#")), "")
    delimiter = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    reader = csv.reader(
        _lines(text),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL,
    )
    try:
        for row in reader:
            if row and not row[0].startswith("#") and any(row):
                yield reader.line_num, row
    except csv.Error as error:
        raise FactsError(f"{path}:{reader.line_num}: {error}", "This is no CSV file that can be read.") from error


def _lines(text: str) -> Iterator[str]:
    """Line by line, without a second copy of the whole; other line ends than LF may stand inside a name."""
    begin = 0
    while begin < len(text):
        end = text.find("\n", begin) + 1 or len(text)
        yield text[begin:end]
        begin = end


def _head(text: str) -> list[str]:
    return text[: limits.SNIFF_BYTES].splitlines()


def told_of(text: str) -> dict[str, str]:
    """What the comments at the beginning say."""
    told: dict[str, str] = {}
    for line in _head(text):
        if not line.startswith("#"):
            break
        found = _TOLD.match(line)
        if found:
            told[found[1].lower()] = found[2].strip()
    return told


def _ranges(
    kind: str, rows: Iterable[tuple[int, Sequence[str]]], layout: Layout, faults: Faults, stem: str
) -> tuple[pa.Table, int]:
    """Steps: 1. bounds of each row as bytes, its values as a code; 2. the values once each; 3. ranges made disjoint."""
    bounds, value = _bounds(layout), _VALUES[kind]
    first, last = bytearray(), bytearray()
    codes, distinct = array("i"), dict[tuple[object, ...], int]()
    for line, row in rows:
        try:
            said = value(row, layout.places, stem)
            if said is None:
                continue
            low, high = bounds(row)
            if low > high:
                raise ValueError("the range ends before it begins")
        except IndexError:
            faults.add(line, f"{len(row)} columns, where {max(layout.places.values()) + 1} are needed")
            continue
        except ValueError as error:
            faults.add(line, error)
            continue
        first += low
        last += high
        codes.append(distinct.setdefault(said, len(distinct)))
        if len(codes) > limits.FACTS_ROWS:
            raise FactsError(f"{faults.path}: more than {limits.FACTS_ROWS:,} rows", "Take a smaller file.")
    names = COLUMNS[kind]
    values = [pa.array([said[place] for said in distinct], type) for place, type in enumerate(names.values())]
    table = pa.table(dict(zip(names, values, strict=True))).take(pa.array(codes, pa.int32()))
    return disjoint(bytes(first), bytes(last), table), len(codes)


def _bounds(layout: Layout) -> Callable[[Sequence[str]], tuple[bytes, bytes]]:
    places = layout.places
    if "length" in places:
        whole, length = places["network"], places["length"]
        return lambda row: prefix(row[whole].strip(), row[length].strip())
    if "network" in places:
        whole = places["network"]
        return lambda row: network(row[whole].strip())
    begin, end = places["first"], places["last"]
    return lambda row: (packed(row[begin].strip()), packed(row[end].strip()))


Value = Callable[[Sequence[str], Mapping[str, int], str], tuple[object, ...] | None]


def _asn(row: Sequence[str], places: Mapping[str, int], stem: str) -> tuple[object, ...] | None:
    text = row[places["asn"]].strip()
    if text in _NO_VALUE:
        return None
    found = _NUMBER.match(text)  # of a prefix with several origins (64500_64501, {64500,64501}) the first
    if not found:
        raise ValueError(f"{text[:60]!r} is no AS number")
    number = int(found[1])
    name = row[places["as_name"]].strip() if "as_name" in places else ""
    return None if number == _UNREACHED else (number, name or None)


def _country(row: Sequence[str], places: Mapping[str, int], stem: str) -> tuple[object, ...] | None:
    code = row[places["country"]].strip().upper()
    if code in _NO_COUNTRY:
        return None
    if not _CODE.match(code):
        raise ValueError(f"{code[:60]!r} is no country code of two letters (ISO 3166-1)")
    return code, _degrees(row, places, "latitude", 90), _degrees(row, places, "longitude", 180)


def _degrees(row: Sequence[str], places: Mapping[str, int], name: str, most: int) -> float | None:
    text = row[places[name]].strip() if name in places else ""
    if text in _NO_VALUE:
        return None
    value = float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else most + 1.0
    if abs(value) > most:
        raise ValueError(f"{text[:60]!r} is no {name} in degrees")
    return value


def _hosting(row: Sequence[str], places: Mapping[str, int], stem: str) -> tuple[object, ...] | None:
    return None if "hosting" in places and row[places["hosting"]].strip().lower() in _NO else (True,)


def _cloud(row: Sequence[str], places: Mapping[str, int], stem: str) -> tuple[object, ...] | None:
    name = row[places["cloud"]].strip() if "cloud" in places else stem
    return (name,) if name else None


_VALUES: Mapping[str, Value] = {"asn": _asn, "country": _country, "hosting": _hosting, "cloud": _cloud}


def _assets(
    kind: str, rows: Iterable[tuple[int, Sequence[str]]], layout: Layout, faults: Faults, stem: str
) -> tuple[pa.Table, int]:
    found: dict[str, dict[str, str | None]] = {}
    for line, row in rows:
        asset = {
            name: (row[layout.places[name]].strip() or None)
            if name in layout.places and layout.places[name] < len(row)
            else None
            for name in COLUMNS[kind]
        }
        key = (asset["key"] or "").lower()
        for wrong in _wrong(asset):
            faults.add(line, wrong)
        if key in found:
            faults.add(line, f"{key[:60]!r} stands here twice")
        found[key] = {**asset, "key": key}
        if len(found) > limits.ASSETS:
            raise FactsError(f"{faults.path}: more than {limits.ASSETS:,} assets", "Take a smaller file.")
    schema = pa.schema(list(COLUMNS[kind].items()))
    return pa.Table.from_pylist(list(found.values()), schema), len(found)


def _wrong(asset: Mapping[str, str | None]) -> Iterator[str]:
    if not asset["key"]:
        yield "the key is empty: it is the host's name or address"
    for name, scale in (("domain", ASSET_DOMAINS), ("criticality", CRITICALITIES)):
        said = asset[name]
        if said is not None and said not in scale:
            yield f"the {name} is {said[:60]!r}, not one of {', '.join(scale)}"
    for name in ("maintenance_from", "maintenance_to"):
        text = asset[name]
        if text is not None and not _TIME.match(text):
            yield f"{name} is {text[:60]!r}, not a time (UTC) such as 22:30"
    if (asset["maintenance_from"] is None) != (asset["maintenance_to"] is None):
        yield "a maintenance window needs both its times"
