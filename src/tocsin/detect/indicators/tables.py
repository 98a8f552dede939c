"""Indicators of CSV files with a header: one's own, of feeds, MISP's export, and what `tocsin indicator list` writes.

Rules:
1. The header names the columns (`NAMES`); the separator is a comma, semicolon or tab. A file without a column for
   values, or for values of one kind (`url`, `sha256`, …), is no such table.
2. A row without a value, or whose value is none, is told with its line.
3. A cell that `sinks.csv` made harmless (a quote before a formula's sign) is read as it was.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from tocsin import limits
from tocsin.detect.indicators.entry import Entry, Unread
from tocsin.detect.indicators.given import TYPES, Given, Said, entry_of, marking_in, techniques, time_in
from tocsin.detect.indicators.misp import attribute_entries
from tocsin.errors import LimitExceeded
from tocsin.words.messages import say

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "value": ("indicator", "value", "ioc", "observable", "ioc_value", "indicator_value"),
        "type": ("type", "kind", "indicator_type", "ioc_type"),
        "source": ("source", "feed", "provider", "reporter", "author"),
        "valid_from": ("valid_from", "first_seen"),
        "valid_until": ("valid_until", "expires", "expiration", "expiry"),
        "marking": ("tlp", "marking"),
        "confidence": ("confidence",),
        "note": ("comment", "description", "note", "notes", "threat", "malware"),
        "attack": ("attack", "technique", "techniques", "mitre"),
        "reference": ("uuid", "reference", "id"),
        "to_ids": ("to_ids",),
        "tags": ("attribute_tag",),
    }
)
"""What is read → the names that a column may have."""
_DELIMITERS = (",", ";", "\t")
_MOST_CONFIDENCE = 100
_NO = frozenset({"0", "false", "no"})
_FORMULA = re.compile(r"^'(?=[=+\-@\t\r])")


def header_of(text: str) -> tuple[str, Mapping[str, int]] | None:
    """The separator and the place of each known column; None where the first line is no header of such a table."""
    first = next((line for line in text[: limits.MIB].splitlines() if line.strip() and not line.startswith("#")), "")
    for delimiter in _DELIMITERS:
        names = [name.strip().strip('"').lower().lstrip("\ufeff") for name in first.split(delimiter)]
        places = {part: names.index(name) for part, known in NAMES.items() for name in known if name in names}
        typed = {name: place for place, name in enumerate(names) if name in TYPES}
        if "value" in places and (len(names) > 1 or names[0] in NAMES["value"]):
            return delimiter, places
        if typed and (len(names) > 1 or names[0] in TYPES):
            return delimiter, {**places, **{f"={TYPES[name]}:{name}": place for name, place in typed.items()}}
    return None


def read_table(text: str, given: Given) -> Iterator[Entry | Unread]:
    """What the rows give. Raises LimitExceeded for too many rows."""
    found = header_of(text)
    assert found is not None
    delimiter, places = found
    lines = (line for line in text.replace("\x00", "").splitlines(keepends=True) if not line.startswith("#"))
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        next(reader)
        for number, row in enumerate(reader):
            if number >= limits.INDICATOR_OBJECTS:
                raise LimitExceeded(f"more than {limits.INDICATOR_OBJECTS:,} rows", "Split the file.")
            if any(cell.strip() for cell in row):
                yield from _row(row, places, reader.line_num, given)
    except csv.Error as error:
        yield Unread(f"line {reader.line_num}", say("it is no CSV: {error}", error=error))


def _row(row: Sequence[str], places: Mapping[str, int], line: int, given: Given) -> Iterator[Entry | Unread]:
    cells = {part: _FORMULA.sub("", row[place].strip()) for part, place in places.items() if place < len(row)}
    said = _said(cells)
    values = [(part[1:].partition(":")[0], cell) for part, cell in cells.items() if part[0] == "=" and cell]
    if cells.get("value"):
        kind = cells.get("type", "").lower()
        if "to_ids" in cells or "|" in kind:
            wanted = cells.get("to_ids", "1").lower() not in _NO
            yield from attribute_entries(kind, cells["value"], wanted, said, given)
            return
        if kind and kind not in TYPES:
            yield Unread(f"line {line}", say("the type {kind!r} is nothing that logs are matched with", kind=kind[:40]))
            return
        values = [(TYPES.get(kind, ""), cells["value"])]
    if not values:
        yield Unread(f"line {line}", say("it has no value"))
    for kind, value in values:
        found = entry_of(value, kind, said, given)
        yield Unread(f"line {line}: {found.what}", found.why) if isinstance(found, Unread) else found


def _said(cells: Mapping[str, str]) -> Said:
    marking = cells.get("marking", "")  # mostly only the colour
    return Said(
        source=cells.get("source", ""),
        marking=marking_in(marking) or marking_in(f"tlp:{marking}") or marking_in(cells.get("tags", "")),
        valid_from=time_in(cells["valid_from"]) if cells.get("valid_from") else None,
        valid_until=time_in(cells["valid_until"]) if cells.get("valid_until") else None,
        confidence=_confidence(cells.get("confidence", "").strip("% ")),
        attack=techniques([cells.get("attack", "")]),
        note=cells.get("note", ""),
        reference=cells.get("reference", ""),
    )


def _confidence(text: str) -> int | None:
    """A whole number of percent; None for anything else."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(_MOST_CONFIDENCE))
    return min(int(text), _MOST_CONFIDENCE) if is_number else None
