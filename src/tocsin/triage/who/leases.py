"""DHCP leases as claims: which machine had an address, until when.

Rules:
1. A lease ends by its lease time after the last renewal (RFC 2131 §3.3), by release, decline or expiry, or when the
   server gives that address anew, whichever comes first.
2. A server that logs no lease time is taken to give UNTOLD_LEASE; none counts for longer than LONGEST_LEASE.
3. A machine is its MAC address; the name that it gives itself is what it is shown by.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tocsin.triage.who.claims import Claim, Source
from tocsin.triage.who.values import Kind, plain, same_host

UNTOLD_LEASE = timedelta(days=8)  # the default of Windows's server
LONGEST_LEASE = timedelta(days=35)

Place = tuple[str, str, str]
"""Organisation, network and plain address."""


@dataclass(frozen=True, slots=True)
class Lease:
    """An address given to a machine at `first` and renewed until `last`, or taken from it (`ended`)."""

    organisation: str
    network: str
    address: str
    mac: str
    host: str
    first: datetime
    last: datetime
    seconds: float | None = None
    ended: bool = False

    @property
    def place(self) -> Place:
        """The address, and where it is one."""
        return (self.organisation, self.network, plain(Kind.ADDRESS, self.address))

    @property
    def ends(self) -> datetime:
        """When it ends by its time."""
        told = UNTOLD_LEASE if self.seconds is None else timedelta(seconds=min(self.seconds, 1e9))
        return self.last + min(max(told, timedelta()), LONGEST_LEASE)

    def of_same(self, other: "Lease") -> bool:
        """Whether two leases are of one machine."""
        macs = plain(Kind.MAC, self.mac), plain(Kind.MAC, other.mac)
        if all(macs):
            return macs[0] == macs[1]
        hosts = plain(Kind.HOST, self.host), plain(Kind.HOST, other.host)
        return all(hosts) and same_host(*hosts)


def leased(leases: Iterable[Lease]) -> Iterator[Claim]:
    """The claims of leases, in any order."""
    for place, line in _lines(leases).items():
        for number, lease in enumerate(line):
            if lease.ended:
                continue
            end = min([lease.ends, *(each.first for each in line[number + 1 : number + 2])])
            if end > lease.first and place[2]:
                yield from _claims(place, lease, end)


def handovers(leases: Iterable[Lease]) -> Mapping[Place, Sequence[datetime]]:
    """When each address went to another machine, ascending."""
    found: dict[Place, list[datetime]] = {}
    for place, line in _lines(leases).items():
        given = [lease for lease in line if not lease.ended]
        found[place] = [each.first for before, each in pairwise(given) if not each.of_same(before)]
    return found


def _lines(leases: Iterable[Lease]) -> dict[Place, list[Lease]]:
    lines: dict[Place, list[Lease]] = defaultdict(list)
    for lease in leases:
        lines[lease.place].append(lease)
    for line in lines.values():
        line.sort(key=lambda each: (each.first, not each.ended, each.last, each.mac, each.host))
    return lines


def _claims(place: Place, lease: Lease, end: datetime) -> Iterator[Claim]:
    mac, host = plain(Kind.MAC, lease.mac), plain(Kind.HOST, lease.host)
    means, named = (Kind.HOST, lease.host.strip()) if host else (Kind.MAC, lease.mac.strip())
    if mac or host:
        yield Claim(*place[:2], Kind.ADDRESS, place[2], means, named, lease.first, end, Source.DHCP)
    if mac and host:
        yield Claim(*place[:2], Kind.MAC, mac, Kind.HOST, lease.host.strip(), lease.first, end, Source.DHCP)
