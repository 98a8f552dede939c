"""Whose something is: the constituents of a node, and what of an incident belongs to which of them.

Rules:
1. An address belongs to the constituent with the longest netblock around it, a host or mail address to the one with the
   longest domain that it ends with, label by label, an organisation to the one that the logs call so (case does not
   matter). What none of this names belongs to nobody.
2. A row (a finding) is a constituent's by its organisation in the logs, the owner of its host's asset, and its host; by
   its account where these name nobody. Where they name two it is nobody's: neither may read of the other. Who had its
   address then (triage.who) speaks only against: a client chooses its name, but what another may have is not told.
3. A bare host name, such as `WS01`, and an address that only exists inside networks (RFC 1918, …) name nobody: two
   organisations have the same. Unless a constituent gives such a netblock as his own: then only he may have it.
4. Of a row of a stranger, whose host is an outside address that is nobody's, each constituent has the events with
   addresses of his and of no other, told as if there were no others. Names do not count there: a stranger chooses them.
"""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from tocsin import limits
from tocsin.model import Evidence, Finding
from tocsin.policy.markings import Tlp
from tocsin.triage.keys import outside

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Machines = Mapping[str, Collection[str]]
"""Who hosts were that logs called so."""

_NO_MACHINES: Machines = MappingProxyType({})
_REMEMBERED = 50_000  # texts of which it is known whether they are addresses
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*")


@dataclass(frozen=True, slots=True)
class Constituent:
    """Whom the node serves. `organisations` are their names in the logs, `limit` the strictest label they take."""

    id: str
    name: str
    organisations: tuple[str, ...] = ()
    netblocks: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    language: str = "en"
    sector: str = ""
    limit: Tlp = Tlp.AMBER


@dataclass(frozen=True, slots=True)
class Shares:
    """The rows of an incident by whose they are: constituent id → rows; `left` are nobody's, or two claim them."""

    rows: Mapping[str, tuple[Finding, ...]]
    left: tuple[Finding, ...]
    disputed: int

    @property
    def unclaimed(self) -> int:
        """How many rows nobody has a claim on."""
        return len(self.left) - self.disputed


class Directory:
    """Answers whose something is."""

    def __init__(self, constituents: Iterable[Constituent]) -> None:
        self.constituents = {each.id: each for each in constituents}
        self._organisations: dict[str, str] = {}
        self._domains: dict[str, str] = {}
        self._networks: dict[int, dict[int, dict[int, str]]] = {4: {}, 6: {}}  # version → length → bits → id
        for each in self.constituents.values():
            self._organisations |= {name.casefold(): each.id for name in (each.name, *each.organisations)}
            self._domains |= dict.fromkeys(each.domains, each.id)
            for network in map(ipaddress.ip_network, each.netblocks):
                bits = int(network.network_address)
                self._networks[network.version].setdefault(network.prefixlen, {})[bits] = each.id

    def of_address(self, text: str) -> str:
        """The constituent of an IP address; '' for nobody's, and for what is none."""
        address = read_address(text)
        if address is None:
            return ""
        number, bits = int(address), address.max_prefixlen
        for length, networks in sorted(self._networks[address.version].items(), reverse=True):
            found = networks.get(number >> (bits - length) << (bits - length))
            if found:
                return found
        return ""

    def of_domain(self, text: str) -> str:
        """The constituent of a host name or domain; '' for nobody's."""
        if len(text) > limits.DOMAIN_CHARACTERS + 1:
            return ""
        name = _ascii(text.strip().rstrip(".").lower())
        while _NAME.fullmatch(name):
            if name in self._domains:
                return self._domains[name]
            name = name.partition(".")[2]
        return ""

    def of_mail(self, text: str) -> str:
        """The constituent of a mail address, or of an account written like one."""
        user, sign, domain = text.rpartition("@")
        return self.of_domain(domain) if sign and user else ""

    def of_organisation(self, text: str) -> str:
        """The constituent that the logs call so."""
        return self._organisations.get(text.strip().casefold(), "")

    def of_value(self, text: str) -> str:
        """The constituent of an address, a host name or a mail address, whatever it is."""
        return self.of_address(text) or self.of_mail(text) or self.of_domain(text)

    def claims(self, row: Finding, machines: Machines = _NO_MACHINES) -> frozenset[str]:
        """Everybody who has a claim on a row. Rule 2."""
        named = (self.of_organisation(row.organisation), self.of_organisation(row.owner), self.of_value(row.host))
        claims = frozenset(filter(None, named)) or frozenset(filter(None, (self.of_mail(row.user),)))
        then = frozenset(filter(None, map(self.of_value, machines.get(row.host, ()))))
        return claims | then if claims else claims

    def shares(self, rows: Iterable[Finding], machines: Machines = _NO_MACHINES) -> Shares:
        """Which rows are whose. Rules 2 and 4."""
        found: dict[str, list[Finding]] = defaultdict(list)
        left: list[Finding] = []
        disputed = 0
        for row in rows:
            claims = self.claims(row, machines)
            parts = {next(iter(claims)): row} if len(claims) == 1 else {} if claims else self._by_event(row)
            for id, part in parts.items():
                found[id].append(part)
            if not parts:
                left.append(row)
                disputed += bool(claims)
        return Shares({id: tuple(found[id]) for id in sorted(found)}, tuple(left), disputed)

    def _by_event(self, row: Finding) -> dict[str, Finding]:
        """A stranger's row by the events that name one constituent only. Rule 4."""
        events: dict[str, list[Evidence]] = defaultdict(list)
        if row.user.strip() or not outside(row.host):
            return {}
        for event in row.evidence:
            claims = {owner for value in event.fields.values() if (owner := self.of_address(value))}
            if len(claims) == 1:
                events[claims.pop()].append(event)
        return {id: _part(row, theirs) for id, theirs in events.items()}


def _part(row: Finding, events: Sequence[Evidence]) -> Finding:
    """The row as these events alone tell it: no count, host, account, sentence or time of anybody else's.

    An outside address as its host stays: nobody has a claim on it, and it is what one needs to look for.
    """
    times = [event.time for event in events if event.time]
    return replace(
        row, host=row.host if outside(row.host) else "", user="", count=len(events), repeats=0, first=min(times,
        default=None), last=max(times, default=None), opened=None, event_ids=tuple(event.event_id for event in events),
        evidence=tuple(events), message="", keys=(),
    )  # fmt: skip


def _ascii(name: str) -> str:
    """A name in other letters as the list has it: with `xn--` labels; as it is where that cannot be."""
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


@lru_cache(maxsize=_REMEMBERED)
def read_address(text: str) -> Address | None:
    """An IP address, also one written into IPv6 or in brackets; None for what is none."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def same_netblocks(constituents: Sequence[Constituent]) -> Iterator[tuple[int, int, str]]:
    """Pairs of places in the sequence that have the same netblock, domain or name in the logs, and what it is."""
    seen: dict[str, int] = {}
    for place, each in enumerate(constituents):
        names = sorted({name.casefold() for name in (each.name, *each.organisations)})
        for what in (*each.netblocks, *each.domains, *(f"“{name}”" for name in names)):
            if what in seen and seen[what] != place:
                yield seen[what], place, what
            seen.setdefault(what, place)
