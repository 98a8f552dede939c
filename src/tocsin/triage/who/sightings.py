"""Sightings of machines at addresses as claims: logons of machines, their own logs, names that clients tell.

Rules:
1. Sightings of one machine at one address are one stay while no pause is longer than BRIDGE, no other machine is seen
   there between them, and no lease gives the address to another one.
2. A stay reaches REACH beyond its first and last sighting, but not into another machine's stay and not over the moment
   at which a lease gave the address away. Where two reaches meet, nobody is named.
3. Strong and weak sightings (claims, rule 3) are told apart and end each other only within their kind.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.triage.who.claims import STRONG, Claim, Source
from tocsin.triage.who.leases import Place
from tocsin.triage.who.values import Kind, fullest, plain, same_host

BRIDGE = timedelta(hours=12)
REACH = timedelta(hours=1)  # a logon without a logoff: long enough for what it was for, too short for the next lease
MOMENT = timedelta(microseconds=1)  # after which another machine may be there
NEAR = 16  # stays before and after one that may bound its reach
Handovers = Mapping[Place, Sequence[datetime]]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A machine was at an address at `first` and `last`, and maybe between."""

    organisation: str
    network: str
    address: str
    host: str
    first: datetime
    last: datetime
    source: Source

    @property
    def place(self) -> Place:
        """The address, and where it is one."""
        return (self.organisation, self.network, plain(Kind.ADDRESS, self.address))


def sighted(sightings: Iterable[Sighting], handovers: Handovers) -> Iterator[Claim]:
    """The claims of sightings, in any order."""
    lines: dict[tuple[Place, bool], list[Sighting]] = defaultdict(list)
    for each in sightings:
        if each.place[2] and plain(Kind.HOST, each.host):
            lines[each.place, each.source in STRONG].append(each)
    for (place, _), line in lines.items():
        stays = _stays(sorted(line, key=_order), handovers.get(place, ()))
        for number, stay in enumerate(stays):
            first, last = _reach(stay, stays[max(number - NEAR, 0) : number + NEAR], handovers.get(place, ()))
            yield Claim(*place[:2], Kind.ADDRESS, place[2], Kind.HOST, stay.host, first, last, stay.source)


def _order(sighting: Sighting) -> tuple[object, ...]:
    return (sighting.first, sighting.last, list(Source).index(sighting.source), sighting.host)


def _same(one: Sighting, other: Sighting) -> bool:
    return same_host(plain(Kind.HOST, one.host), plain(Kind.HOST, other.host))


def _stays(line: Sequence[Sighting], given: Sequence[datetime]) -> list[Sighting]:
    """Rule 1."""
    stays: list[Sighting] = []
    for each in line:
        before = stays[-1] if stays else None
        handed = before is not None and any(before.last < moment <= each.first for moment in given)
        if before is None or handed or not _same(before, each) or each.first - before.last > BRIDGE:
            stays.append(each)
        else:
            host = fullest((before.host, each.host))
            source = min(before.source, each.source, key=list(Source).index)
            stays[-1] = replace(before, last=max(before.last, each.last), host=host, source=source)
    return stays


def _reach(stay: Sighting, stays: Sequence[Sighting], given: Sequence[datetime]) -> tuple[datetime, datetime]:
    """Rule 2; the end is excluded, so a stay of one moment holds that moment."""
    others = [each for each in stays if not _same(each, stay)]
    before = [each.last + MOMENT for each in others if each.last < stay.first]
    after = [each.first for each in others if each.first > stay.last]
    first = max([stay.first - REACH, *before, *(moment for moment in given if moment <= stay.first)])
    last = min([stay.last + REACH, *after, *(moment for moment in given if moment > stay.last)])
    return first, last
