"""Lists of addresses that stand for many machines: translators (NAT), proxies, pools of a VPN.

Rules:
1. A CSV with a header: `address` (or `cidr`) and `kind` are needed; `organisation` and `network` say whose address it
   is, and empty they mean every one. A file is such a list when its header has the first two columns.
2. A row that cannot be read is a fault with its line, and one fault refuses the file.
"""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pyarrow as pa

from tocsin import limits
from tocsin.errors import FactsError
from tocsin.lake.facts.kinds import COLUMNS, KINDS, SHARED_KINDS, Parsed
from tocsin.lake.facts.tables import Faults, rows_of, told_of

KIND = "shared-address"
_ALIASES = {"cidr": "address", "organization": "organisation"}
_NEEDED = frozenset({"address", "kind"})

Row = dict[str, str | None]


def is_shared_list(text: str, path: Path) -> bool:
    """Whether a text has the header of such a list."""
    return set(_header(text, path)) >= _NEEDED


def parse_shared(text: str, path: Path, stem: str) -> Parsed:
    """Read a list. Raises FactsError with the lines that are wrong."""
    header = _header(text, path)
    if not set(header) >= _NEEDED:
        raise FactsError(f"{path}:1: this is no file of the kind {KIND}", f"It must be: {KINDS[KIND].form}.")
    faults = Faults(path)
    found = list(_rows(header, text, path, faults))
    faults.settle()
    if not found:
        raise FactsError(f"{path}: there is no row in it", f"It must look like this: {KINDS[KIND].form}.")
    table = pa.Table.from_pylist(found, pa.schema(list(COLUMNS[KIND].items())))
    told = told_of(text)
    return Parsed(KIND, table, len(found), told.get("source", ""), told.get("date", "")[:10], stem)


def _header(text: str, path: Path) -> list[str]:
    _, first = next(rows_of(text[: limits.SNIFF_BYTES], path), (0, []))
    names = [cell.strip().lower().replace(" ", "_") for cell in first]
    return [_ALIASES.get(name, name) for name in names]


def _rows(header: list[str], text: str, path: Path, faults: Faults) -> Iterator[Row]:
    for number, (line, cells) in enumerate(rows_of(text, path)):
        if not number:
            continue
        if number > limits.SHARED_ADDRESS_ROWS:
            raise FactsError(f"{path}: more than {limits.SHARED_ADDRESS_ROWS:,} rows", "Name networks, not addresses.")
        said = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        row: Row = {name: said.get(name) or None for name in COLUMNS[KIND]}
        row["kind"] = (row["kind"] or "").lower()
        faulty = list(_wrong(row))
        for wrong in faulty:
            faults.add(line, wrong)
        if not faulty:
            yield row


def _wrong(row: Row) -> Iterator[str]:
    try:
        ip_network(row["address"] or "", strict=False)
    except ValueError:
        yield f"{(row['address'] or '')[:60]!r} is neither an address nor a network"
    if row["kind"] not in SHARED_KINDS:
        yield f"the kind is {(row['kind'] or '')[:60]!r}, not one of {', '.join(SHARED_KINDS)}"
