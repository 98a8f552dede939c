"""One file of facts: its text, what kind it is, its rows, its date.

Rules:
1. The kind is told from the content, never from the name; `kind` given by the user goes before it where the content
   allows it.
2. The date is the one in the content, else a date in the file's name (routeviews-rv2-20260301), else the file's time;
   which of them is kept beside it.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tocsin import limits
from tocsin.errors import FactsError
from tocsin.lake.facts.kinds import KINDS, ONE_FILE, FactRecord, Parsed
from tocsin.lake.facts.lists import (
    SUFFIX_MARK,
    is_kev,
    is_warning_list,
    known_list,
    parse_json,
    parse_kev,
    parse_suffixes,
    parse_warning_list,
)
from tocsin.lake.facts.shared import is_shared_list, parse_shared
from tocsin.lake.facts.tables import layout_of, parse_table

_GZIP = b"\x1f\x8b"
_DAY = re.compile(r"(?<!\d)(20\d{2})[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d{3,})")
_ENDINGS = re.compile(r"(\.(csv|tsv|txt|json|gz|dat|pfx2as))+$", re.IGNORECASE)
_LISTS = {"cloud", "cloud-names", "hosting"}
_CONTENT, _NAME, _TIME = "content", "file name", "file time"
_ADVICE = "`tocsin enrich import --help` says which files there are; --kind says what a file is."


class Unrecognised(FactsError):
    """A file that holds no facts that Tocsin knows; a folder may hold such files beside others."""


@dataclass(frozen=True, slots=True)
class FactFile:
    """A file that was read: what it says, and its record."""

    record: FactRecord
    parsed: Parsed


def read_facts(path: Path, kind: str = "", *, shipped: bool = False) -> FactFile:
    """Read one file. Raises Unrecognised where it holds no facts, FactsError where it does but is not whole."""
    data, sha256 = _content(path)
    parsed = _parsed(_text(data, path), path, kind)
    day, day_from = _day(parsed, path)
    name = parsed.kind if parsed.kind in ONE_FILE else f"{parsed.kind}-{_slug(parsed.about or _stem(path))}"
    source = parsed.source or path.name
    return FactFile(FactRecord(name, parsed.kind, source, day, day_from, parsed.rows, sha256, shipped), parsed)


def _parsed(text: str, path: Path, kind: str) -> Parsed:
    start = text[: limits.SNIFF_BYTES].lstrip()[:1]
    if start in {"{", "["}:
        return _document(text, path, kind)
    if kind == "suffixes" or (not kind and SUFFIX_MARK in text):
        return parse_suffixes(text, path)
    if kind == "shared-address" or (not kind and is_shared_list(text, path)):
        return parse_shared(text, path, _stem(path))
    layout = layout_of(text, path)
    told = kind or layout.kind
    if not told:
        raise Unrecognised(f"{path}: its columns do not say what it is", _ADVICE)
    if not _fits(told, layout.places):
        raise FactsError(f"{path}:1: this is no file of the kind {told}", f"It must be: {KINDS[told].form}.")
    return parse_table(text, path, told, layout, _stem(path))


def _fits(kind: str, places: Mapping[str, int]) -> bool:
    """Whether the columns that a kind must have are there."""
    if kind == "assets":
        return "key" in places
    bounded = "network" in places or {"first", "last"} <= places.keys()
    return bounded and (kind in places or kind in {"hosting", "cloud"})


def _document(text: str, path: Path, kind: str) -> Parsed:
    document = parse_json(text, path)
    if is_kev(document) and kind in {"", "kev"}:
        return parse_kev(document, text, path)
    if is_warning_list(document):
        told = kind or known_list(document)
        if told in _LISTS:
            return parse_warning_list(document, text, path, told)
        raise Unrecognised(f"{path}: the warning list “{document['name']}” is not known as a cloud's", _ADVICE)
    raise Unrecognised(f"{path}: neither a MISP warning list nor the KEV catalogue", _ADVICE)


def _content(path: Path) -> tuple[bytes, str]:
    """The content, unpacked, and the SHA-256 of the file as it is."""
    data = path.read_bytes() if path.stat().st_size <= limits.FACTS_FILE_BYTES else None
    if data is None:
        raise FactsError(f"{path}: larger than {limits.FACTS_FILE_BYTES:,} bytes", "Take a smaller file.")
    sha256 = hashlib.sha256(data).hexdigest()
    if not data.startswith(_GZIP):
        return data, sha256
    try:
        with gzip.open(path) as file:
            data = file.read(limits.FACTS_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FactsError(f"{path}: the gzip file is damaged: {error}", "Get it anew, whole.") from error
    if len(data) > limits.FACTS_FILE_BYTES:
        raise FactsError(f"{path}: unpacked larger than {limits.FACTS_FILE_BYTES:,} bytes", "Take a smaller file.")
    return data, sha256


def _text(data: bytes, path: Path) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unrecognised(f"{path}: not UTF-8 text (byte {error.start})", _ADVICE) from error
    empty = not text or text.isspace()
    if empty or "\0" in text:
        raise Unrecognised(f"{path}: {'empty' if empty else 'not text'}", _ADVICE)
    return text


def _day(parsed: Parsed, path: Path) -> tuple[str, str]:
    named = _DAY.search(path.name)
    for text, where in ((parsed.date, _CONTENT), ("-".join(named.groups()) if named else "", _NAME)):
        try:
            return date.fromisoformat(text).isoformat(), where
        except ValueError:  # none, or no day of the calendar: the next place counts
            continue
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat(), _TIME


def _stem(path: Path) -> str:
    """The name without endings and dates, so that next month's file takes the place of this month's."""
    bare = re.sub(r"\d{4,}([-_.]?\d{2,})*", "", _ENDINGS.sub("", path.name))
    return bare.strip("-_. ") or _ENDINGS.sub("", path.name)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80] or "list"
