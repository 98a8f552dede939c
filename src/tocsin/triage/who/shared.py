"""Addresses that stand for many, and what proxies and translators say about them.

Rules:
1. An address of a list (NAT, proxy, VPN pool) or one that a log shows as translated is shared: nothing joins through
   it.
2. It is resolved where a log tells the inside address: by a translation within TRANSLATED of the moment, and by the
   destination where both tell one. Only if all that fit name the same inside address.
3. A proxy's own log names no outside address of the proxy: it speaks for the proxies of that organisation and network,
   and only where the destination is the same.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import nlargest
from ipaddress import ip_address, ip_network

from tocsin import limits

TRANSLATED = timedelta(minutes=2)
"""Between a finding's moment and the record of a translation: firewalls write it when the session ends."""


class SharedKind(StrEnum):
    """Why an address stands for many."""

    NAT = "nat"
    PROXY = "proxy"
    VPN_POOL = "vpn-pool"


@dataclass(frozen=True, slots=True)
class Shared:
    """A network whose addresses stand for many. An empty organisation or network means every one."""

    organisation: str
    network: str
    addresses: str  # CIDR, or one address
    kind: SharedKind


@dataclass(frozen=True, slots=True, order=True)
class Translation:
    """At `time` a shared address stood for `inside`, towards a destination; an empty `outside` is the proxy's own."""

    organisation: str
    network: str
    outside: str
    time: datetime
    inside: str
    towards: str = ""


class SharedAddresses:
    """What is known of shared addresses. Bounded by limits.IDENTITY_TRANSLATIONS, the newest stay."""

    def __init__(self, lists: Iterable[Shared] = (), translations: Iterable[Translation] = ()) -> None:
        self._lists: dict[tuple[int, int], dict[int, list[Shared]]] = defaultdict(lambda: defaultdict(list))
        for each in lists:
            addresses = ip_network(each.addresses, strict=False)
            place = self._lists[addresses.version, addresses.prefixlen]
            place[int(addresses.network_address)].append(each)
        self._kinds: dict[tuple[str, str, str], SharedKind | None] = {}
        given = list(translations)
        kept = nlargest(limits.IDENTITY_TRANSLATIONS, given, key=lambda each: (each.time, each))
        self.dropped = len(given) - len(kept)
        self._records: dict[tuple[str, str, str], list[Translation]] = defaultdict(list)
        for record in sorted(set(kept)):
            self._records[record.organisation, record.network, record.outside].append(record)

    def kind(self, organisation: str, network: str, address: str) -> SharedKind | None:
        """Why an address (as `values.plain` writes it) stands for many; None where it does not."""
        place = (organisation, network, address)
        if place not in self._kinds:
            if len(self._kinds) > limits.IDENTITY_VALUES:
                self._kinds.clear()
            self._kinds[place] = self._listed(*place) or (SharedKind.NAT if place in self._records else None)
        return self._kinds[place]

    def _listed(self, organisation: str, network: str, address: str) -> SharedKind | None:
        number = ip_address(address)
        for (version, length), networks in sorted(self._lists.items(), reverse=True):  # the narrowest first
            host_bits = number.max_prefixlen - length
            for each in networks.get(int(number) >> host_bits << host_bits, ()) if version == number.version else ():
                if each.organisation in ("", organisation) and each.network in ("", network):
                    return each.kind
        return None

    def insiders(
        self, organisation: str, network: str, address: str, time: datetime | None, towards: Collection[str]
    ) -> frozenset[str]:
        """The inside addresses for which it may have stood (rules 2 and 3)."""
        if time is None:
            return frozenset()
        own = self._near((organisation, network, address), time)
        found = [each for each in own if not each.towards or not towards or each.towards in towards]
        if self.kind(organisation, network, address) is SharedKind.PROXY:
            found += [each for each in self._near((organisation, network, ""), time) if each.towards in towards]
        return frozenset(each.inside for each in found)

    def _near(self, place: tuple[str, str, str], time: datetime) -> list[Translation]:
        records = self._records.get(place, [])
        low = bisect_left(records, time - TRANSLATED, key=lambda each: each.time)
        high = bisect_right(records, time + TRANSLATED, key=lambda each: each.time)
        return records[low:high]
