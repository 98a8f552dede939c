"""What whoever imports says of a whole file, and how a value of it becomes an entry.

Rules:
1. What a file says of a value goes before what is said of the file; only a source that is named counts for all.
2. A kind that a file names is believed, and the value is checked against it.
3. What expired already, or is in a form that cannot be met, is told and left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType

from tocsin import limits
from tocsin.detect.indicators.entry import LASTS, Entry, Unread
from tocsin.errors import UsageError
from tocsin.lake.indicators import Indicator, named_kind, parse_indicator, refanged
from tocsin.words.messages import mark, say

_NAMES = {
    "ip": "ip ipv4 ipv6 ip-src ip-dst ipv4-addr ipv6-addr address",
    "domain": "domain hostname domain-name fqdn host",
    "uri": "url uri",
    "hash": "hash md5 sha1 sha256 sha-1 sha-256 filehash-md5 filehash-sha1 filehash-sha256",
    "file": "file filename file-name",
    "account": "account email email-src email-addr email-address email-reply-to user-account",
    "service": "service windows-service-name",
    "task": "task windows-scheduled-task",
}
TYPES: Mapping[str, str] = MappingProxyType({name: kind for kind, names in _NAMES.items() for name in names.split()})
"""Names of types in CSV, MISP and OTX files → kind."""
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}")
_NAME = re.compile(r"(?:[\w-]{1,63}\.){1,20}[^\W\d][\w-]{1,62}")
_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b")
_MARKING = re.compile(r"\bTLP[:\s_-]*(CLEAR|WHITE|GREEN|AMBER\+STRICT|AMBER|RED)\b", re.IGNORECASE)
_ANYTHING = mark("it could be anything")
_NETWORK = mark("it is a network, not one address")
_NONE = {"ip": mark("it is no address"), "uri": mark("it is no URL")}
_TOLD = 120  # characters of a value that is told


@dataclass(frozen=True, slots=True)
class Given:
    """What is said of a file."""

    now: datetime
    source: str = ""
    marking: str = ""
    valid_until: datetime | None = None
    confidence: int | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says of one value."""

    source: str = ""
    marking: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    confidence: int | None = None
    attack: tuple[str, ...] = ()
    note: str = ""
    reference: str = field(default="")


def entry_of(value: str, kind: str, said: Said, given: Given) -> Entry | Unread:
    """One value as an entry, or why it is none."""
    try:
        indicator = parse_indicator(value, kind)
        plain = refanged(value.strip())
        indicator = replace(indicator, given=plain if kind else named_kind(plain)[1])
    except UsageError:
        network = kind == "ip" and "/" in value
        return Unread(value[:_TOLD], say(_NETWORK if network else _NONE.get(kind, _ANYTHING)))
    why = _unfit(indicator)
    until = said.valid_until or given.valid_until or given.now + LASTS[indicator.kind]
    if why or until <= given.now:
        return Unread(value[:_TOLD], why or say("it has expired"))
    return Entry(
        indicator=indicator,
        source=source_name(given.source or said.source or given.file),
        valid_until=until,
        valid_from=said.valid_from,
        confidence=said.confidence if said.confidence is not None else given.confidence,
        marking=said.marking or given.marking,
        attack=said.attack,
        note=" ".join(said.note.split()),
        reference=said.reference,
    )


def source_name(text: str) -> str:
    """A source's name on one line, bounded."""
    plain = "".join(each for each in " ".join(text.split()) if each.isprintable())
    return plain[: limits.INDICATOR_SOURCE] or "unnamed"


def techniques(texts: Sequence[str]) -> tuple[str, ...]:
    """The ATT&CK techniques that texts name, sorted."""
    return tuple(sorted({found for text in texts for found in _TECHNIQUE.findall(text)}))


def marking_in(text: str) -> str:
    """The TLP that a text names, as TLP 2.0 writes it; empty where it names none."""
    found = _MARKING.search(text)
    return f"TLP:{found[1].upper().replace('WHITE', 'CLEAR')}" if found else ""


def time_in(text: object) -> datetime | None:
    """An ISO 8601 time with its zone, UTC where it has none; None for anything else."""
    try:
        found = datetime.fromisoformat(str(text).strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _unfit(indicator: Indicator) -> str:
    """Rule 2."""
    spelling = indicator.spellings[0]
    if len(spelling.encode("utf-8", "replace")) > limits.INDICATOR_BYTES or not spelling.isprintable():
        return say("it is too long, or holds characters that nobody can see")
    if indicator.kind == "hash" and not _HASH.fullmatch(spelling):
        return say("it is no MD5, SHA-1 or SHA-256")
    if indicator.kind == "domain" and not _NAME.fullmatch(spelling):
        return say("it is no domain name")
    if indicator.kind == "uri" and not spelling.partition("/")[0]:
        return say("the URL has no host")
    return ""
