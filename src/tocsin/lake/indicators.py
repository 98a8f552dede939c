"""Indicators: values that somebody warned about, in the spellings under which the lake may hold them.

Rules:
1. The kind is written in front (`domain:evil.zip`) or told from the value: address, hash (MD5, SHA-1, SHA-256), URL,
   account (with @ or a domain and a backslash), file (a path, or a name with a program's or document's ending), domain.
2. Defanged values (`hxxp://evil[.]example`) are read as what they mean.
3. Everything is compared without regard to case. A domain stands for the names below it too.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tocsin.errors import UsageError

KINDS = ("ip", "domain", "uri", "hash", "file", "account", "service", "task")
_OTHER_NAMES = {"address": "ip", "host": "domain", "url": "uri", "sha256": "hash", "sha1": "hash", "md5": "hash"}
_MOST_CHARACTERS = 2_048
_ADDRESS_CHARACTERS = 64  # with brackets and a zone
_HASHES = {32, 40, 64}  # hexadecimal digits of MD5, SHA-1, SHA-256
_PREFIX = re.compile(r"^([a-z0-9]{2,8}):(?!//)(.+)$", re.IGNORECASE | re.DOTALL)
_DOMAIN = re.compile(r"^(?:\*\.)?(?:[\w-]{1,63}\.){1,20}[^\W\d][\w-]{1,62}\.?$")
_FILE = re.compile(
    r"\.(exe|dll|sys|scr|cpl|ocx|msi|ps1|psm1|bat|cmd|vbs|vbe|js|jse|wsf|hta|lnk|iso|img|vhdx?|rar|7z|zip|gz|cab|jar|"
    r"docx?|docm|xlsx?|xlsm|pptx?|pdf|rtf|one|aspx?|ashx|jsp|php|elf|so|bin|dat|tmp|dmp|sh|py)$"
)
_FANGED = re.compile(r"[\[({]|^hxx|^fxp", re.IGNORECASE)  # no other text has to be looked at closely
_FANGS = (
    ("[.]", "."), ("(.)", "."), ("{.}", "."), ("[dot]", "."), ("[:]", ":"), ("[://]", "://"), ("[@]", "@"),
    ("[at]", "@"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Indicator:
    """One value to look for: as it was given, and folded in each spelling that counts as the same."""

    kind: str
    given: str
    spellings: tuple[str, ...]


def parse_indicator(text: str, kind: str = "") -> Indicator:
    """Read one indicator, of a kind that is known or of the one that it tells. Raises UsageError where it is none."""
    given = text.strip()
    if not given or len(given) > _MOST_CHARACTERS:
        raise UsageError(f"{given[:80]!r} is no indicator", f"Give 1 to {_MOST_CHARACTERS:,} characters.")
    named, value = (kind, refanged(given)) if kind else named_kind(refanged(given))
    kind = named or _kind(value)
    spellings = tuple(spelling for spelling in _spellings(kind, value, given) if spelling) if kind else ()
    if not spellings:
        raise UsageError(
            f"{given[:80]!r} could be anything",
            f"Write the kind in front, for example account:{given[:20]} ({', '.join(KINDS)}).",
        )
    return Indicator(kind, given, spellings)


def named_kind(text: str) -> tuple[str, str]:
    """The kind that is written in front of a value, empty where there is none, and the value.

    >>> named_kind("sha256:aa"), named_kind("C:\\\\x.exe")
    (('hash', 'aa'), ('', 'C:\\\\x.exe'))
    """
    match = _PREFIX.match(text)
    named = _OTHER_NAMES.get(match[1].lower(), match[1].lower()) if match else ""
    return (named, match[2].strip()) if match and named in KINDS else ("", text)


def parse_list(lines: Iterable[str]) -> tuple[list[Indicator], list[str]]:
    """Indicators of a file, one a line (# begins a comment), each once; and the lines that are none."""
    found: dict[tuple[str, tuple[str, ...]], Indicator] = {}
    refused = []
    for line in lines:
        text = line.partition(" #")[0].strip().strip("\"',")
        if not text or text.startswith("#"):
            continue
        try:
            indicator = parse_indicator(text)
        except UsageError:
            refused.append(text)
            continue
        found.setdefault((indicator.kind, indicator.spellings), indicator)
    return list(found.values()), refused


def refanged(text: str) -> str:
    """A defanged value as it was meant.

    >>> refanged("hxxps://evil[.]example/a")
    'https://evil.example/a'
    """
    if _FANGED.search(text) is None:
        return text
    for fang, plain in _FANGS:
        text = text.replace(fang, plain)
    return re.sub(r"^(h)xx(ps?:)", r"\1tt\2", re.sub(r"^fxp(s?:)", r"ftp\1", text, flags=re.I), flags=re.I)


def is_file_name(text: str) -> bool:
    """Whether a text ends like a program or a document."""
    return _FILE.search(text.lower()) is not None


def _kind(text: str) -> str:
    if _address(text):
        return "ip"
    if len(text) in _HASHES and re.fullmatch(r"[0-9a-fA-F]+", text):
        return "hash"
    if "://" in text:
        return "uri"
    if re.search(r"^[a-zA-Z]:\\|^\\\\|^/", text) or is_file_name(text):
        return "file"
    if "@" in text or "\\" in text:
        return "account"
    return "domain" if _DOMAIN.match(text) else ""


def _spellings(kind: str, text: str, given: str) -> tuple[str, ...]:
    folded = text.lower()
    if kind == "ip":
        found = _address(text)
        if not found:
            raise UsageError(f"{given[:80]!r} is no address", "Write an IPv4 or IPv6 address.")
        return found
    if kind == "domain":
        return tuple(dict.fromkeys((_domain(folded), _ascii(_domain(folded)))))
    if kind == "uri":
        return (url_spelling(folded),)
    if kind == "account" and "\\" in folded:
        return tuple(dict.fromkeys((folded, folded.rpartition("\\")[2])))
    return (folded,)


def _address(text: str) -> tuple[str, ...]:
    """All ways in which logs write an address, none where it is no address."""
    if len(text) > _ADDRESS_CHARACTERS or not (text.strip("[]")[:1].isdigit() or ":" in text):
        return ()
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return ()
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return _address(str(address.ipv4_mapped))
        groups = ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))
        return tuple(dict.fromkeys((address.compressed, address.exploded, groups)))
    return str(address), f"::ffff:{address}"


def _domain(text: str) -> str:
    return text.removeprefix("*.").removeprefix(".").rstrip(".")


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        return text


def url_spelling(text: str) -> str:
    """Host and path of a URL, without scheme, port and query. Raises UsageError."""
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
    except ValueError as error:
        raise UsageError(f"{text[:80]!r} is no URL", "Write it like http://host/path.") from error
    return f"{parts.hostname or ''}{parts.path or '/'}"
