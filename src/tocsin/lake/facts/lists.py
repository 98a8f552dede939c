"""Facts that are lists: MISP warning lists, CISA's catalogue of exploited vulnerabilities, the Public Suffix List.

Rules:
1. A warning list is a cloud's or a hoster's if `clouds` knows its name, or if the user says what it is. Its date is its
   version, which is a day in most lists (20260811), else none.
2. The KEV catalogue's date is `dateReleased`; each entry needs an id such as CVE-2025-48384.
3. The Public Suffix List's date is its VERSION comment (https://publicsuffix.org/list/). ICANN's and the private part
   both count: below github.io the people differ.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from tocsin.errors import FactsError
from tocsin.lake.facts.addresses import network
from tocsin.lake.facts.clouds import LISTS
from tocsin.lake.facts.kinds import COLUMNS, RANGES, Parsed
from tocsin.lake.facts.ranges import disjoint
from tocsin.lake.facts.tables import Faults

SUFFIX_MARK = "===BEGIN ICANN DOMAINS==="
_VERSION = re.compile(r"^// VERSION: (\d{4}-\d{2}-\d{2})", re.MULTILINE)
_CVE = re.compile(r"^CVE-\d{4}-\d{4,}$")
_RULE = re.compile(r"^(?:!|\*\.)?[^\s/!*]+$")
_CIDR = "cidr"
_KEV = {
    "cve": "cveID", "vendor": "vendorProject", "product": "product", "name": "vulnerabilityName", "added": "dateAdded",
    "due": "dueDate", "ransomware": "knownRansomwareCampaignUse",
}  # fmt: skip


def parse_json(text: str, path: Path) -> Mapping[str, object]:
    """The document. Raises FactsError with the line where it is no JSON object."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        line = getattr(error, "lineno", 1)
        raise FactsError(f"{path}:{line}: this is no JSON: {error}", "Get the file anew, whole.") from error
    if not isinstance(document, dict):
        raise FactsError(f"{path}:1: not a JSON object", "Warning lists and the KEV catalogue are objects.")
    return document


def is_warning_list(document: Mapping[str, object]) -> bool:
    """Whether it has the form of a MISP warning list."""
    return isinstance(document.get("list"), list) and isinstance(document.get("name"), str)


def is_kev(document: Mapping[str, object]) -> bool:
    """Whether it has the form of CISA's catalogue."""
    return isinstance(document.get("vulnerabilities"), list) and "catalogVersion" in document


def known_list(document: Mapping[str, object]) -> str:
    """The kind of a warning list by its name, '' where it is of no use here."""
    return LISTS.get(str(document.get("name")), ("", ""))[0]


def parse_warning_list(document: Mapping[str, object], text: str, path: Path, kind: str) -> Parsed:
    """Read a warning list as a kind. Raises FactsError."""
    name = str(document["name"])
    provider = LISTS.get(name, ("", name))[1]
    listed = document["list"]
    entries = [str(entry).strip() for entry in listed] if isinstance(listed, list) else []
    faults = Faults(path)
    if kind in RANGES:
        table = _range_list(entries, kind, provider, text, faults)
    else:
        names = sorted({entry.lower().strip(".") for entry in entries})
        table = pa.table({"name": names, "cloud": [provider] * len(names)}, pa.schema(list(COLUMNS[kind].items())))
    faults.settle()
    if not entries:
        raise FactsError(f"{path}:1: the list is empty", "Get the file anew.")
    return Parsed(kind, table, len(entries), f"MISP warning list: {name}", _version_day(document), provider)


def _range_list(entries: list[str], kind: str, provider: str, text: str, faults: Faults) -> pa.Table:
    first, last = bytearray(), bytearray()
    for entry in entries:
        try:
            low, high = network(entry)
        except ValueError as error:
            faults.add(_line(text, entry), error)
            continue
        first += low
        last += high
    rows = len(first) // 16
    values = {"cloud": [provider] * rows} if kind == "cloud" else {"hosting": [True] * rows}
    return disjoint(bytes(first), bytes(last), pa.table(values))


def _version_day(document: Mapping[str, object]) -> str:
    try:
        return datetime.strptime(str(document.get("version")), "%Y%m%d").strftime("%Y-%m-%d")
    except ValueError:
        return ""


def parse_kev(document: Mapping[str, object], text: str, path: Path) -> Parsed:
    """Read CISA's catalogue. Raises FactsError."""
    listed = document["vulnerabilities"]
    faults = Faults(path)
    rows = []
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict) or not _CVE.match(str(entry.get("cveID"))):
            faults.add(_line(text, str(entry)[:60]), f"no vulnerability with a cveID: {str(entry)[:60]}")
            continue
        rows.append({name: str(entry.get(key) or "") or None for name, key in _KEV.items()})
    faults.settle()
    if not rows:
        raise FactsError(f"{path}:1: the catalogue is empty", "Get the file anew.")
    table = pa.Table.from_pylist(rows, pa.schema(list(COLUMNS["kev"].items())))
    released = str(document.get("dateReleased") or "")[:10]
    title = str(document.get("title") or "CISA Catalog of Known Exploited Vulnerabilities")
    return Parsed("kev", table, len(rows), title, released, "")


def parse_suffixes(text: str, path: Path) -> Parsed:
    """Read the Public Suffix List. Raises FactsError."""
    faults = Faults(path)
    rules = list(dict.fromkeys(_rules(text, faults)))
    faults.settle()
    found = _VERSION.search(text)
    table = pa.table({"rule": pa.array(rules, pa.string())})
    return Parsed("suffixes", table, len(rules), "Public Suffix List", found[1] if found else "", "")


def _rules(text: str, faults: Faults) -> Iterator[str]:
    for number, line in enumerate(text.split("\n"), start=1):
        rule = line.strip().split(" ")[0].lower()
        if not rule or rule.startswith("//"):
            continue
        if _RULE.match(rule):
            yield rule.strip(".")
        else:
            faults.add(number, f"{rule[:60]!r} is no rule of the Public Suffix List")


def _line(text: str, entry: str) -> int:
    """The line of an entry in the file, 1 where it does not stand as such."""
    at = text.find(json.dumps(entry)) if entry else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else 1
