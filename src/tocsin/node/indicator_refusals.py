"""What is never an indicator here, with the reason: each is counted and told.

Rules:
1. Always: private, reserved and special addresses (lake.facts.scopes), one's own hosts, addresses and networks (the
   facts `assets`) and the names below them, public suffixes (the facts `suffixes`), the digests of an empty file.
2. Unless `even_common`: addresses of clouds and names of their services (facts), names that everybody calls
   (triage.shared_names), programs of the operating system, accounts that every system has. A warning about one of them
   would be met everywhere; where it is meant, it is mostly a URL or a hash, and these are taken.
"""

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from tocsin.lake.facts import Facts, scope
from tocsin.lake.facts.addresses import network, packed
from tocsin.lake.facts.suffixes import Suffixes
from tocsin.lake.indicators import Indicator
from tocsin.triage.keys import registered
from tocsin.triage.shared_names import EVERYBODYS, PLATFORMS
from tocsin.words.messages import say

_EMPTY_FILE = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)
_PROGRAMS = frozenset(
    f"{name}.exe"
    for name in (
        "svchost", "explorer", "cmd", "powershell", "rundll32", "regsvr32", "lsass", "services", "winlogon", "csrss",
        "conhost", "taskhostw", "wscript", "cscript", "mshta", "msiexec", "schtasks", "net", "wmic", "certutil",
        "winword", "excel", "outlook", "chrome", "firefox", "msedge", "iexplore", "dllhost", "spoolsv", "notepad",
    )
)  # fmt: skip
_ACCOUNTS = frozenset(
    {"administrator", "admin", "root", "system", "guest", "nobody", "local service", "network service", "user", "test"}
)
_RESOLVERS = frozenset(
    {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "149.112.112.112", "208.67.222.222", "208.67.220.220"}
)
_MAIL_SIGN = "@"


class Refusals:
    """What the facts of a lake say."""

    def __init__(self, lake: Path, even_common: bool = False) -> None:
        facts = Facts(lake)
        keys = [key.lower() for key in facts.assets()]
        self._even_common = even_common
        self._own = frozenset(keys)
        self._networks = _ranges(key for key in keys if "/" in key)
        self._names = tuple(f".{key}" for key in keys if "." in key and not key.replace(".", "").isdigit())
        rules = [rule for table in facts.tables("suffixes") for rule in table.column("rule").to_pylist()]
        self._suffixes = Suffixes(rules) if rules else None
        self._clouds = [] if even_common else [_Sorted(table) for table in facts.tables("cloud")]
        self._cloud_names = {name for table in facts.tables("cloud-names") for name in table.column("name").to_pylist()}

    def reason(self, indicator: Indicator) -> str:
        """Why it is none; empty where nothing speaks against it."""
        value = indicator.spellings[0]
        why = self._never(indicator.kind, value)
        return why or ("" if self._even_common else self._common(indicator.kind, value))

    def _never(self, kind: str, value: str) -> str:
        """Rule 1."""
        host = (
            value.partition("/")[0]
            if kind == "uri"
            else value.rpartition(_MAIL_SIGN)[2]
            if kind == "account"
            else value
        )
        if kind == "hash" and value in _EMPTY_FILE:
            return say("it is the digest of an empty file")
        if kind in {"ip", "uri"} and scope(host) not in {"public", None}:
            return say("the address is private or reserved")
        if kind in {"ip", "domain", "uri", "account"} and self._is_own(host):
            return say("it is your own")
        if kind == "domain" and self._suffixes and (self._suffixes.parts(value) or ("", value))[1] == value:
            return say("it is a public suffix")
        return ""

    def _common(self, kind: str, value: str) -> str:
        """Rule 2."""
        if kind == "ip":
            cloud = next(filter(None, (each.holds(value) for each in self._clouds)), "")
            if cloud:
                return say("it is an address of a cloud, which many share ({cloud})", cloud=cloud)
            return say("it is a name server that everybody may ask") if value in _RESOLVERS else ""
        shared = value in EVERYBODYS or value in PLATFORMS or registered(value) in EVERYBODYS
        if kind == "domain" and (shared or value in self._cloud_names):
            return say("everybody calls this name")
        if (kind == "file" and value in _PROGRAMS) or (kind == "account" and value in _ACCOUNTS):
            return say("every system has one of this name")
        return ""

    def _is_own(self, host: str) -> bool:
        if host in self._own or f".{host}".endswith(self._names):
            return True
        return bool(self._networks) and scope(host) is not None and _within(self._networks, host)


class _Sorted:
    """The ranges of one list of clouds."""

    def __init__(self, table: pa.Table) -> None:
        self._first = table.column("first").to_pylist()
        self._last = table.column("last").to_pylist()
        self._cloud = table.column("cloud").to_pylist()

    def holds(self, address: str) -> str:
        """Whose address it is; empty where the list does not say."""
        number = _packed(address)
        place = bisect_right(self._first, number) - 1
        return str(self._cloud[place] or "") if place >= 0 and self._last[place] >= number else ""


@lru_cache(maxsize=1_000)
def _packed(address: str) -> bytes:
    return packed(address)


def _ranges(keys: Iterable[str]) -> list[tuple[bytes, bytes]]:
    found = []
    for key in keys:
        try:
            found.append(network(key))
        except ValueError:
            continue  # a name with a slash is no network
    return found


def _within(networks: list[tuple[bytes, bytes]], address: str) -> bool:
    number = packed(address)
    return any(first <= number <= last for first, last in networks)
