"""Identifiers and names of accounts as claims: SID ↔ DOMAIN\\name ↔ UPN.

Rules:
1. An event that tells identifier and name ties them (4624, 4768, 4781, a sign-in). An account that is renamed keeps its
   identifier, so its names are one account.
2. A name is that of the one identifier that it had. Where it had several one after the other (an account made anew),
   each from its first sighting until the next one's; where their times overlap, both.
3. Of identifiers of Windows and of a cloud beside each other, Windows's counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.triage.who.claims import Claim, Source
from tocsin.triage.who.values import Kind, is_sid, plain

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Called:
    """An identifier was called a name between two moments."""

    organisation: str
    network: str
    identifier: str
    name: str  # DOMAIN\\name or a UPN
    first: datetime
    last: datetime


def called(seen: Iterable[Called]) -> Iterator[Claim]:
    """The claims of accounts, in any order."""
    spans: dict[tuple[str, str, str, str], list[Called]] = defaultdict(list)
    for each in seen:
        name, identifier = plain(Kind.ACCOUNT, each.name), plain(Kind.SID, each.identifier)
        if name and identifier:
            spans[each.organisation, each.network, name, identifier].append(each)
    holders: dict[tuple[str, str, str], list[Called]] = defaultdict(list)
    for (organisation, network, name, identifier), span in spans.items():
        first, last = min(one.first for one in span), max(one.last for one in span)
        shown = min(span, key=lambda one: ("\\" not in one.name, one.name)).name.strip()
        whole = Called(organisation, network, identifier, shown, first, last)
        holders[organisation, network, name].append(whole)
        yield Claim(
            organisation, network, Kind.SID, identifier, Kind.ACCOUNT, shown, first, last + _MOMENT, Source.DIRECTORY
        )
    for (organisation, network, name), line in holders.items():
        yield from _holders(organisation, network, name, line)


def _holders(organisation: str, network: str, name: str, line: list[Called]) -> Iterator[Claim]:
    """Rules 2 and 3."""
    own = [each for each in line if is_sid(each.identifier)] or line
    own.sort(key=lambda each: (each.first, each.last, each.identifier))
    for number, each in enumerate(own):
        following = own[number + 1].first if number + 1 < len(own) else None
        first = each.first if number else None
        last = None if following is None else max(following, each.last + _MOMENT)
        yield Claim(organisation, network, Kind.ACCOUNT, name, Kind.SID, each.identifier, first, last, Source.DIRECTORY)
