"""VPN sessions as claims: whose tunnel a pool address was, from its assignment to its end.

Rules:
1. A session ends when its gateway says so (same session id, else same address and account), when the address is
   assigned to somebody else, or after LONGEST_SESSION.
2. The machine's name counts where the gateway logs it; else the address was the account's tunnel.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.triage.who.claims import Claim, Source
from tocsin.triage.who.leases import Place
from tocsin.triage.who.values import Kind, plain

LONGEST_SESSION = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A gateway opened or closed a tunnel."""

    organisation: str
    network: str
    address: str  # assigned; empty where the record of an end leaves it out
    account: str
    host: str
    session: str
    time: datetime
    opened: bool


def tunnelled(tunnels: Iterable[Tunnel]) -> Iterator[Claim]:
    """The claims of VPN sessions, in any order."""
    opened: dict[Place, list[Tunnel]] = defaultdict(list)
    closed: dict[tuple[str, str, str], list[Tunnel]] = defaultdict(list)  # by account
    for each in sorted(tunnels, key=lambda each: (each.time, each.account, each.host, each.session, each.address)):
        address = plain(Kind.ADDRESS, each.address)
        if each.opened and address and (each.account.strip() or each.host.strip()):
            opened[each.organisation, each.network, address].append(each)
        elif not each.opened:
            closed[each.organisation, each.network, each.account.casefold()].append(each)
    for place, line in opened.items():
        for number, begun in enumerate(line):
            others = (each.time for each in line[number + 1 :] if _whose(each) != _whose(begun))
            ends = _ends(closed[*place[:2], begun.account.casefold()], begun)
            limit = begun.time + LONGEST_SESSION
            last = min(limit, next(others, limit), next(ends, limit))
            if last > begun.time:
                yield _claim(place, begun, last)


def _ends(closed: list[Tunnel], begun: Tunnel) -> Iterator[datetime]:
    """When tunnels of the account ended that may be this one, ascending."""
    for end in closed[bisect_left(closed, begun.time, key=lambda each: each.time) :]:
        if end.session and begun.session:
            mine = end.session == begun.session
        else:
            mine = plain(Kind.ADDRESS, end.address) in ("", plain(Kind.ADDRESS, begun.address))
        if mine:
            yield end.time


def _whose(tunnel: Tunnel) -> tuple[str, str]:
    return tunnel.account.casefold(), tunnel.host.casefold()


def _claim(place: Place, begun: Tunnel, last: datetime) -> Claim:
    named = plain(Kind.HOST, begun.host)
    means, name = (Kind.HOST, begun.host.strip()) if named else (Kind.ACCOUNT, begun.account.strip())
    return Claim(*place[:2], Kind.ADDRESS, place[2], means, name, begun.time, last, Source.VPN)
