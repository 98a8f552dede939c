"""Names in one spelling, so that they can be compared.

Rules:
1. An address is itself without zone, brackets and the prefix ::ffff: (RFC 4291 §2.5.5.2); a MAC address its digits.
   Loopback, unspecified and multicast addresses are no machine's.
2. Host names compare without regard to case, the root's dot and leading backslashes. Two are one host when they are
   equal, or when one is the first label of the other, or its first 15 characters (the NetBIOS name, MS-NBTE §2.2.1).
3. An account is `domain\\name` in lower case; a UPN (`anna@corp.example`) and a canonical name are accounts too.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address

from tocsin.triage.names import split_account

_REMEMBERED = 50_000  # spellings kept in memory
_NETBIOS = 15  # characters of a NetBIOS name
_ADDRESS_CHARACTERS = 60
_NOT_HEX = re.compile(r"[^0-9a-f]")
_MAC_DIGITS = 12
_SID = re.compile(r"s-1-[\d-]{1,180}", re.IGNORECASE)


class Kind(StrEnum):
    """Kinds of names."""

    ADDRESS = "address"
    HOST = "host"
    MAC = "mac"
    ACCOUNT = "account"  # with its domain
    UPN = "upn"
    SID = "sid"  # or another identifier that stays when the name changes (Entra's object id)


def plain(kind: Kind, value: str) -> str:
    """The spelling that is compared; empty where the text is no name of this kind."""
    return _plain(kind, value)


@lru_cache(maxsize=_REMEMBERED)
def _plain(kind: Kind, value: str) -> str:
    text = value.strip()
    if kind is Kind.ADDRESS:
        return _address(text)
    if kind is Kind.HOST:
        return text.lstrip("\\").removesuffix(".").casefold()
    if kind is Kind.MAC:
        digits = _NOT_HEX.sub("", text.casefold())
        return digits if len(digits) >= _MAC_DIGITS and digits.strip("0") else ""
    if kind is Kind.SID:
        return text.casefold()
    parts = split_account(text)
    return f"{parts[0]}\\{parts[1]}" if parts else ""


def _address(text: str) -> str:
    bare = text.strip("[]").partition("%")[0]
    try:
        address = ip_address(bare) if len(bare) <= _ADDRESS_CHARACTERS else None
    except ValueError:
        return ""
    if address is None or address.is_loopback or address.is_unspecified or address.is_multicast:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_sid(text: str) -> bool:
    """Whether a text is a Windows SID (MS-DTYP §2.4.2.1)."""
    return bool(_SID.fullmatch(text.strip()))


def label(host: str) -> str:
    """The first label of a plain host name."""
    return host.partition(".")[0]


def same_host(one: str, other: str) -> bool:
    """Rule 2, of plain names."""
    if "." in one and "." in other:
        return one == other
    short, long = sorted((label(one), label(other)), key=len)
    return short == long or (len(short) == _NETBIOS and long.startswith(short))


def all_one(names: Iterable[str]) -> bool:
    """Whether plain names of hosts are all one host's."""
    listed = sorted(names)
    return all(same_host(one, other) for one in listed for other in listed)


def fullest(names: Iterable[str]) -> str:
    """The spelling to show of names of one host: the full name, else the longest; of equals the first in order."""
    return min(names, key=lambda name: ("." not in name, -len(name), name))
