"""What may enter a block list, and what never does, whoever approves it.

Rules:
1. A value is an address, a network or a domain. It is judged in one spelling: networks as `ipaddress` writes them, an
   IPv4 address also where it is written as IPv4-mapped or IPv4-compatible IPv6 (RFC 4291 §2.5.5); domains as A-labels
   in lower case without a dot at the end. What has no such spelling is refused.
2. Refused is what overlaps a protected network, whichever of the two is wider; for 6to4 (RFC 3056) also by the IPv4
   network inside. IPv6 outside 2000::/3 is not on the internet.
3. Refused is a network wider than limits.ACTION_IPV4_PREFIX or ACTION_IPV6_PREFIX, so 0.0.0.0/0 and ::/0.
4. Refused is a protected name, a name below it (where its entry says `below`), and a name above it: a block list
   covers what is below.
5. Refused is a single label, a public suffix, and a name like one (`co.uk`, `gov.al`) where no list is there.
6. A refusal names the rule and the entry.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Network

import msgspec
from msgspec import Struct, field

from tocsin import limits
from tocsin.errors import ConfigError, SinkError, UsageError
from tocsin.sinks import rpz
from tocsin.sinks.defang import defang
from tocsin.sinks.networks import Network, network, spelled
from tocsin.words.messages import say

_SHOWN = 80  # characters of a refused value
_ADDRESS = re.compile(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?")
_MAPPED, _COMPATIBLE = IPv6Network("::ffff:0:0/96"), IPv6Network("::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_IPV4_BITS, _MAPPED_BITS, _SIX_TO_FOUR_BITS = 32, 96, 16
_SECOND_LEVEL = frozenset(  # as the fragment `registered_domain` of the lake has them
    ("ac", "asso", "co", "com", "edu", "gob", "gov", "govt", "gouv", "gub", "gv", "in", "info", "ltd", "me", "mil",
     "muni", "ne", "net", "nhs", "nom", "or", "org", "plc", "police", "sch", "tm")
)  # fmt: skip
_COUNTRY_LABEL = re.compile(r"[a-z]{2}")
_TWO_LABELS = 2


class TargetKind(StrEnum):
    """What a block list can hold."""

    NETWORK = "network"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class Target:
    """One value in the spelling in which it is judged and written."""

    kind: TargetKind
    text: str

    @property
    def network(self) -> Network:
        """The network of a target of that kind."""
        return network(self.text)


@dataclass(frozen=True, slots=True)
class Protected:
    """One entry that must not be blocked: the value in its spelling, the rule that it stands for, and where it is."""

    target: Target
    rule: str
    entry: str
    below: bool = True


Span = tuple[int, int, int]
"""A network as numbers, which compare a hundred times faster: version, first and last address."""


@dataclass(frozen=True, slots=True)
class Guard:
    """All that is protected. `is_suffix` says whether a name is a public suffix by a list that is there."""

    networks: tuple[tuple[Span, Protected], ...]
    domains: tuple[Protected, ...]
    is_suffix: Callable[[str], bool]


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """Entries of one rule in the shipped table."""

    rule: str
    source: str
    values: tuple[str, ...]
    below: bool = True


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    groups: tuple[Group, ...] = field(name="group")


def target(value: str) -> Target:
    """The target that a value means. UsageError for what is none. Rule 1.

    >>> target("Evil.Example.").text, target("::ffff:203.0.113.7").text
    ('evil.example', '203.0.113.7')
    """
    text = value.strip()
    try:
        if _ADDRESS.fullmatch(text) and (":" in text or "/" in text or text.replace(".", "").isdigit()):
            return Target(TargetKind.NETWORK, spelled(_plain(network(text))))
        return Target(TargetKind.DOMAIN, rpz.owner(text.removesuffix(".").lower()))
    except SinkError as error:
        raise UsageError(
            f"{defang(value[:_SHOWN])!r} cannot stand in a block list: {defang(str(error))}", error.advice()
        ) from error


def guard(protected: Iterable[Protected], is_suffix: Callable[[str], bool]) -> Guard:
    """A guard of these entries."""
    listed = tuple(protected)
    return Guard(
        tuple((_span(each.target.network), each) for each in listed if each.target.kind is TargetKind.NETWORK),
        tuple(each for each in listed if each.target.kind is TargetKind.DOMAIN),
        is_suffix,
    )


def protect(value: str, rule: str, entry: str = "", *, below: bool = True) -> Protected:
    """An entry. UsageError where the value is none."""
    return Protected(target(value), rule, entry or value, below)


def objection(wanted: Target, by: Guard) -> str:
    """Why a target must not be blocked, as a sentence that names rule and entry; empty where it may be."""
    if wanted.kind is TargetKind.NETWORK:
        return _network_objection(wanted.network, by)
    return _domain_objection(wanted.text, by)


def shipped(name: str, text: str) -> list[Protected]:
    """The entries of the shipped table. ConfigError."""
    try:
        table = msgspec.convert(tomllib.loads(text), _Table)
        return [
            protect(value, group.rule, f"{value} ({group.source})", below=group.below)
            for group in table.groups
            for value in group.values
        ]
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UsageError) as error:
        raise ConfigError(f"{name}: {error}", "Install Tocsin anew.") from error


def own_list(name: str, text: str) -> list[Protected]:
    """The entries of a never-block list: one value a line, behind `#` the reason. ConfigError with the line."""
    lines = text.split("\n")
    if len(lines) > limits.NEVER_BLOCK_LINES:
        raise ConfigError(f"{name}: more than {limits.NEVER_BLOCK_LINES:,} lines", "Write networks for addresses.")
    found = []
    for number, line in enumerate(lines, 1):
        value, _, why = line.partition("#")
        if not value.strip():
            continue
        try:
            found.append(protect(value, "the never-block list of this node", f"{name}:{number} {why.strip()}".strip()))
        except UsageError as error:
            raise ConfigError(f"{name}:{number}: {error}", "Write an address, a network or a domain.") from error
    return found


def _plain(found: Network) -> Network:
    """An IPv4 network that was written in IPv6 as what it is."""
    if isinstance(found, IPv6Network) and found.prefixlen >= _MAPPED_BITS:
        inside = found.subnet_of(_MAPPED) or (found.subnet_of(_COMPATIBLE) and int(found.network_address) > 1)
        if inside:
            low = int(found.network_address) & (2**_IPV4_BITS - 1)
            return IPv4Network((low, found.prefixlen - _MAPPED_BITS))
    return found


def _inner(found: Network) -> IPv4Network | None:
    """The IPv4 network inside 6to4 addresses."""
    if not isinstance(found, IPv6Network) or not found.subnet_of(_SIX_TO_FOUR):
        return None
    shift = found.max_prefixlen - _SIX_TO_FOUR_BITS - _IPV4_BITS
    low = int(found.network_address) >> shift & (2**_IPV4_BITS - 1)
    length = min(found.prefixlen - _SIX_TO_FOUR_BITS, _IPV4_BITS)
    return IPv4Network((IPv4Address(low), length))


def _network_objection(wanted: Network, by: Guard) -> str:
    inner = _inner(wanted)
    if inner is not None and (why := _network_objection(inner, by)):
        return say("{value} is 6to4 for {inner}: {why}", value=wanted, inner=inner, why=why)
    least = limits.ACTION_IPV4_PREFIX if isinstance(wanted, IPv4Network) else limits.ACTION_IPV6_PREFIX
    if wanted.prefixlen < least:
        return say("{value} is wider than /{least}, which no block list may hold", value=wanted, least=least)
    version, first, last = _span(wanted)
    for (its, begins, ends), each in by.networks:
        if its == version and begins <= last and first <= ends:
            return _refusal(spelled(wanted), each)
    return ""


def _domain_objection(wanted: str, by: Guard) -> str:
    labels = wanted.split(".")
    if len(labels) == 1:
        return say("{value} is a top-level domain or no full name", value=defang(wanted))
    if by.is_suffix(wanted) or _looks_like_a_suffix(labels):
        return say("{value} is a public suffix: others register their domains below it", value=defang(wanted))
    for each in by.domains:
        name = each.target.text
        if name == wanted or name.endswith(f".{wanted}") or (each.below and wanted.endswith(f".{name}")):
            return _refusal(wanted, each)
    return ""


def _refusal(value: str, each: Protected) -> str:
    return say(
        "{value} is, covers or lies in what is protected: {rule}, {entry}",
        value=defang(value),
        rule=each.rule,
        entry=defang(each.entry),
    )


def _span(of: Network) -> Span:
    return of.version, int(of.network_address), int(of.broadcast_address)


def _looks_like_a_suffix(labels: Sequence[str]) -> bool:
    """`co.uk`, `gov.al`: rule 5, also where a list does not have it."""
    return len(labels) == _TWO_LABELS and labels[0] in _SECOND_LEVEL and bool(_COUNTRY_LABEL.fullmatch(labels[1]))
