"""The directory: claims of all sources, and who a name was at a moment.

Rules:
1. Names are looked up in one organisation and network; nothing is ever found in another one.
2. Strong claims about a moment go before weak ones. If those that count name different hosts or accounts, the answer
   is a conflict. A MAC address is the host that its leases name then, else the only one that they ever name.
3. A shared address is who its inside address was, where exactly one is known (`shared`).
4. The answer does not depend on the order of the claims. The newest limits.IDENTITY_CLAIMS are kept, what was dropped
   is counted, and about times of which something may have been dropped the directory says nothing.
5. An account is its identifier: whatever it was called, it is shown under its newest name; a name that two
   identifiers had one after the other is shown with the identifier.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from heapq import nlargest
from itertools import chain

from tocsin import limits
from tocsin.triage.who.claims import EVER, Answer, Claim, Identity, Reason, Source, Unresolved
from tocsin.triage.who.shared import SharedAddresses
from tocsin.triage.who.values import Kind, all_one, fullest, plain

Key = tuple[str, str, Kind, str]
_ACCOUNTS = frozenset({Kind.ACCOUNT, Kind.UPN})
NOBODY = SharedAddresses()


class Directory:
    """Who was who. Built once; asking changes nothing."""

    def __init__(self, claims: Iterable[Claim] = (), shared: SharedAddresses = NOBODY) -> None:
        self._shared = shared
        self._given = 0
        kept = nlargest(limits.IDENTITY_CLAIMS, self._counted(claims), key=lambda claim: claim.order)
        self.dropped = self._given - len(kept) + shared.dropped
        self._from = (kept[-1].last or EVER) if self._given > len(kept) else EVER
        self._claims: dict[Key, list[Claim]] = defaultdict(list)
        self._bounds: dict[Key, list[datetime]] = {}
        self._answers: dict[tuple[Key, int], Answer] = {}
        for claim in sorted(set(kept), key=lambda claim: claim.order):
            self._claims[claim.organisation, claim.network, claim.kind, claim.value].append(claim)

    def _counted(self, claims: Iterable[Claim]) -> Iterator[Claim]:
        for claim in claims:
            self._given += 1
            yield claim

    @property
    def size(self) -> int:
        """How many claims it holds."""
        return sum(map(len, self._claims.values()))

    def resolve(
        self, kind: Kind, value: str, organisation: str, network: str, time: datetime | None,
        towards: Collection[str] = (),
    ) -> Answer:  # fmt: skip
        """Who a name was at a moment (UTC). `towards` are destinations, which tell for whom a shared address stood."""
        name = plain(kind, value)
        if kind is Kind.HOST and name:
            return Identity(Kind.HOST, value.strip(), Source.OWN_LOG)
        if not name:
            return Unresolved(Reason.UNTOLD)
        if kind is Kind.ADDRESS and self._shared.kind(organisation, network, name):
            return self._behind((organisation, network, kind, name), time, towards)
        if kind is Kind.SID or kind in _ACCOUNTS:
            return self._account((organisation, network, Kind.ACCOUNT if kind in _ACCOUNTS else kind, name), time)
        return self._machine((organisation, network, kind, name), time)

    def is_shared(self, value: str, organisation: str, network: str) -> bool:
        """Whether an address stands for many."""
        name = plain(Kind.ADDRESS, value)
        return bool(name) and self._shared.kind(organisation, network, name) is not None

    def _behind(self, key: Key, time: datetime | None, towards: Collection[str]) -> Answer:
        """Rule 3. A VPN's pool address is whose session it was."""
        organisation, network, _, address = key
        inside = self._shared.insiders(organisation, network, address, time, towards)
        if not inside:
            session = self._machine(key, time)
            told = isinstance(session, Identity) and session.source is Source.VPN
            return session if told else Unresolved(Reason.SHARED)
        if len(inside) > 1:
            return Unresolved(Reason.SHARED, tuple(sorted(inside)))
        (one,) = inside
        found = self._machine((organisation, network, Kind.ADDRESS, one), time)
        if isinstance(found, Identity):
            return Identity(found.kind, found.name, found.source, found.first, found.last, one)
        return Identity(Kind.ADDRESS, one, Source.OWN_LOG, time, time, one)

    def _machine(self, key: Key, time: datetime | None) -> Answer:
        """The same between two moments at which a claim begins or ends, so it is worked out once."""
        if time is None:
            return self._machine_at(key, None)
        if key not in self._claims:
            return Unresolved(Reason.UNTOLD)
        stretch = key, bisect_right(self._turns(key), time)
        if stretch not in self._answers:
            self._answers[stretch] = self._machine_at(key, time)
        return self._answers[stretch]

    def _turns(self, key: Key) -> list[datetime]:
        """When claims about a name begin or end, and those about the MAC addresses that it means."""
        if key not in self._bounds:
            own = self._claims[key]
            macs = {claim.meant for claim in own if claim.means is Kind.MAC}
            about = (self._claims.get((key[0], key[1], Kind.MAC, mac), []) for mac in sorted(macs))
            claims = (*own, *chain.from_iterable(about))
            turns = {turn for claim in claims for turn in (claim.first, claim.last) if turn is not None}
            self._bounds[key] = sorted(turns | {self._from})
        return self._bounds[key]

    def _machine_at(self, key: Key, time: datetime | None) -> Answer:
        """Rule 2."""
        told = self._claims.get(key, [])
        about = [claim for claim in told if claim.holds(time)]
        counting = [claim for claim in about if claim.strong] or about
        if not counting:
            return _nothing(told, time)
        if time is not None and time < self._from:
            return Unresolved(Reason.BEYOND)
        return self._agreed(key, counting, time)

    def _agreed(self, key: Key, claims: list[Claim], time: datetime | None) -> Answer:
        """The host or account on which the claims agree; a name is better than none."""
        meant: list[tuple[Kind, str, Claim]] = []
        for claim in claims:
            host = self._of_mac(key, claim.meant, time) if claim.means is Kind.MAC else ""
            meant.append((Kind.HOST, host, claim) if host else (claim.means, claim.named, claim))
        for kind in (Kind.HOST, Kind.ACCOUNT, Kind.MAC, Kind.ADDRESS):
            named = [(name, claim) for means, name, claim in meant if means is kind]
            if named:
                return _one(kind, named)
        return Unresolved(Reason.UNTOLD)

    def _of_mac(self, key: Key, mac: str, time: datetime | None) -> str:
        """The host that leases name for a MAC address; empty where none or several."""
        told = self._claims.get((key[0], key[1], Kind.MAC, mac), [])
        for claims in ([claim for claim in told if claim.holds(time)], told):
            names = {claim.meant: claim.named for claim in claims}
            if names:
                return fullest(names.values()) if all_one(names) else ""
        return ""

    def _account(self, key: Key, time: datetime | None) -> Answer:
        """Rule 5."""
        organisation, network, kind, _ = key
        if kind is Kind.SID:
            return self._shown(key, None)
        told = self._claims.get(key, [])
        about = [claim for claim in told if claim.holds(time)]
        identifiers = {claim.meant: claim for claim in about}
        if not identifiers:
            return _nothing(told, time)
        if time is not None and time < self._from:
            return Unresolved(Reason.BEYOND)
        if len(identifiers) > 1:
            return Unresolved(Reason.CONFLICT, tuple(sorted(claim.named for claim in identifiers.values())))
        ((identifier, claim),) = identifiers.items()
        return self._shown((organisation, network, Kind.SID, identifier), claim)

    def _shown(self, key: Key, said: Claim | None) -> Answer:
        """The newest name of an identifier, the short domain before the long one."""
        names = self._claims.get(key, [])
        if not names:
            return Unresolved(Reason.UNTOLD)
        newest = max(names, key=lambda claim: ("." not in claim.meant.partition("\\")[0], claim.order))
        others = {claim.meant for claim in self._claims.get((key[0], key[1], Kind.ACCOUNT, newest.meant), [])}
        told = said or newest
        shown = newest.named if len(others) <= 1 else f"{newest.named} ({key[3].upper()})"
        return Identity(Kind.ACCOUNT, shown, told.source, told.first, told.last)


def _nothing(told: list[Claim], time: datetime | None) -> Unresolved:
    if not told:
        return Unresolved(Reason.UNTOLD)
    return Unresolved(Reason.NO_TIME if time is None else Reason.NO_CLAIM)


def _one(kind: Kind, named: list[tuple[str, Claim]]) -> Answer:
    """One identity of all names, told by the most telling source; a conflict where they differ."""
    in_order = sorted((name for name, _ in named), reverse=True)
    names = {plain(kind, name) or name.casefold(): name for name in in_order}
    same = all_one(names) if kind is Kind.HOST else len(names) == 1
    if not same:
        return Unresolved(Reason.CONFLICT, tuple(sorted(names.values())))
    claim = max((claim for _, claim in named), key=lambda claim: (-list(Source).index(claim.source), claim.order))
    shown = fullest(names.values()) if kind is Kind.HOST else names[min(names)]
    return Identity(kind, shown, claim.source, claim.first, claim.last)
