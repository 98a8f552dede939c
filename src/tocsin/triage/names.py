"""One host or account under several spellings becomes one, where that is safe; then its findings of one rule are one.

Only names inside one organisation and network are compared, without regard to case. Who an address or an identifier
was at that time comes first, where a source told it (triage.who). Rules for hosts:
1. `WS01` is `ws01.corp.example` when the scan holds that one full name with this first label, and no other.
2. Exchange's `EXCH01 (15.02.1748.010)` is `EXCH01`. Addresses and `localhost` are never folded.

Rules for accounts (only persons; a bare name is one without domain):
3. `a@corp.example` (also as `corp.example/Users/a`) is `CORP\\a` when the scan holds no other domain whose first label
   is CORP.
4. A bare name is the one qualified account of that name on the same host.
5. On Windows, where that host shows none, it is the one domain account of that name in the scan; never an account of
   another machine (`WS01\\a`), never a name that every machine has (Administrator).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from tocsin import limits
from tocsin.model import Finding
from tocsin.triage.accounts import CANONICAL, is_person, ties_hosts
from tocsin.triage.routine import CORRELATION

MERGE_PAUSE = timedelta(hours=6)  # longest pause between two findings that become one, and that stay one (node.found)
WINDOWS = "windows"

_WITH_VERSION = re.compile(r"(\S{1,255}) \(\d[\d.]{0,40}\)")
_FULL = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,10}\.?", re.ASCII)
_NUMBERS = re.compile(r"[\d.]+")
_EVERY_MACHINE = frozenset({"localhost"})
_BARE = re.compile(r"(?!s-1-)[^\\@/]+", re.IGNORECASE)

Scope = tuple[str, str]
"""Organisation and network."""
Account = tuple[str, str]
"""Domain and name, folded."""


def fold_names(findings: Sequence[Finding]) -> list[Finding]:
    """The findings under one spelling a host and account (1 hosts, 2 accounts, 3 what became one finding)."""
    by_scope: dict[Scope, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_scope[finding.organisation, finding.network].append(finding)
    folded: list[Finding] = []
    for members in by_scope.values():
        named = _accounts_folded(_hosts_folded(list(map(_resolved, members))))
        folded += _merged(zip(members, named, strict=True))
    return folded


def _resolved(finding: Finding) -> Finding:
    """The finding under the names of who it was (triage.who); its `namings` keep what the log said."""
    if not finding.machine and not finding.account:
        return finding
    return replace(finding, host=finding.machine or finding.host, user=finding.account or finding.user)


def host_names(names: Iterable[str]) -> dict[str, str]:
    """The spelling to show for each host name."""
    distinct = sorted(set(names))
    plain = {name: _plain_host(name) for name in distinct}
    full: dict[str, set[str]] = defaultdict(set)
    for name in plain.values():
        if _FULL.fullmatch(name) and not _NUMBERS.fullmatch(name):
            full[_label(name)].add(name.casefold())
    shown: dict[str, str] = {}
    for name in sorted(plain.values()):
        shown.setdefault(name.casefold(), name)
    return {name: _shown_host(folded, full, shown) for name, folded in plain.items()}


def same_host(one: str, other: str) -> bool:
    """Whether a person may mean one host by the other's name: equal, or equal to the first dot where one has no domain.

    >>> same_host("EXCH01 (15.02.1748.010)", "exch01.corp.example"), same_host("FS01.a.example", "FS01.b.example")
    (True, False)
    """
    plain, other_plain = _plain_host(one).casefold(), _plain_host(other).casefold()
    short = "." not in plain or "." not in other_plain
    return plain == other_plain or (short and _label(plain) == _label(other_plain))


def _shown_host(name: str, full: dict[str, set[str]], shown: dict[str, str]) -> str:
    short = "." not in name and name.casefold() not in _EVERY_MACHINE
    known = full.get(_label(name), set()) if short else set()
    return shown[next(iter(known)) if len(known) == 1 else name.casefold()]


def _plain_host(name: str) -> str:
    """The name without blanks around it, Exchange's version and the root's dot."""
    match = _WITH_VERSION.fullmatch(name.strip())
    return (match[1] if match else name.strip()).removesuffix(".")


def _label(name: str) -> str:
    return name.partition(".")[0].casefold()


def _hosts_folded(findings: Sequence[Finding]) -> list[Finding]:
    shown = host_names(finding.host for finding in findings)
    return [f if shown[f.host] == f.host else replace(f, host=shown[f.host]) for f in findings]


def _accounts_folded(findings: Sequence[Finding]) -> list[Finding]:
    accounts = _Accounts(findings)
    named = ((finding, accounts.shown(finding)) for finding in findings)
    return [finding if user == finding.user else replace(finding, user=user) for finding, user in named]


class _Accounts:
    """What the findings of one scope say about who is who."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._machines = {_label(finding.host) for finding in findings if finding.host}
        self._domains: dict[str, set[str]] = defaultdict(set)
        qualified = [finding for finding in findings if is_person(finding.user) and split_account(finding.user)]
        for finding in qualified:
            domain, _ = split_account(finding.user) or ("", "")
            if "." in domain:
                self._domains[_label(domain)].add(domain)
        self._spelled: dict[Account, str] = {}
        self._here: dict[tuple[str, str], set[Account]] = defaultdict(set)  # by host and name
        self._anywhere: dict[str, set[Account]] = defaultdict(set)  # by name
        for finding in qualified:
            account = self._account(finding.user)
            known = self._spelled.setdefault(account, finding.user)
            self._spelled[account] = min(known, finding.user, key=lambda user: ("\\" not in user, user))
            self._here[finding.host.casefold(), account[1]].add(account)
            if account[0] not in self._machines:
                self._anywhere[account[1]].add(account)

    def _account(self, user: str) -> Account:
        domain, name = split_account(user) or ("", "")
        label = _label(domain)
        return (label if len(self._domains[label]) <= 1 else domain, name)

    def shown(self, finding: Finding) -> str:
        """The account's spelling; as it is where nothing is known or several are meant."""
        user = finding.user
        if not is_person(user):
            return user
        if split_account(user):
            return self._spelled[self._account(user)]
        if not _BARE.fullmatch(user.strip()):
            return user
        name = user.strip().casefold()
        known = self._here.get((finding.host.casefold(), name))
        if known is None and finding.table == WINDOWS and ties_hosts(user):
            known = self._anywhere.get(name)
        return self._spelled[next(iter(known))] if known and len(known) == 1 else user


def split_account(user: str) -> Account | None:
    """Domain and name of a qualified account, folded; None for others."""
    folded = user.strip().casefold()
    domain, backslash, name = folded.rpartition("\\")
    if backslash:
        return (domain, name) if domain not in ("", ".") and name else None
    if canonical := CANONICAL.fullmatch(folded):
        return (canonical[1], canonical[2])
    name, sign, domain = folded.partition("@")
    return (domain, name) if sign and name and domain else None


def _merged(pairs: Iterable[tuple[Finding, Finding]]) -> Iterator[Finding]:
    """Findings of one rule, host and account that had stood apart only by their spelling, as one."""
    alike: dict[tuple[str, str, str], list[tuple[Finding, Finding]]] = defaultdict(list)
    for number, (before, after) in enumerate(pairs):
        apart = after.rule.logsource == CORRELATION or not after.host_joins  # an episode, or a host, of its own
        who = (after.host.casefold(), after.user.casefold())
        alike[after.rule.id, *(who if not apart else (str(number), ""))].append((before, after))
    for same in alike.values():
        if len({(before.host, before.user) for before, _ in same}) == 1:
            yield from (after for _, after in same)
            continue
        waiting: Finding | None = None
        for finding in sorted((after for _, after in same), key=_order):
            if waiting is not None and near(waiting, finding):
                waiting = merge(waiting, finding)
                continue
            if waiting is not None:
                yield waiting
            waiting = finding
        if waiting is not None:
            yield waiting


def near(one: Finding, other: Finding) -> bool:
    """Whether two findings of one rule on one host and account are one occasion."""
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return True
    return max(one.first, other.first) - min(one.last, other.last) <= MERGE_PAUSE


def merge(one: Finding, other: Finding) -> Finding:
    """Two findings of one rule as one; what only one can be is the first's. Evidence is cut by who shows it."""
    firsts = [moment for moment in (one.first, other.first) if moment]
    lasts = [moment for moment in (one.last, other.last) if moment]
    openings = [moment for moment in (one.opened, other.opened) if moment]
    evidence = {each.event_id: each for each in (*one.evidence, *other.evidence)}
    return replace(
        one,
        count=one.count + other.count,
        repeats=one.repeats + other.repeats,
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        event_ids=_events(one, other),
        opened=min(openings, default=None),
        keys=tuple(dict.fromkeys((*one.keys, *other.keys))),
        namings=tuple(dict.fromkeys((*one.namings, *other.namings)))[: limits.FINDING_NAMINGS],
        evidence=tuple(sorted(evidence.values(), key=lambda each: (each.time is None, each.time, each.event_id))),
    )


def _events(one: Finding, other: Finding) -> tuple[str, ...]:
    """The events of both; the first of each stays within the bound, for by it a finding is known again."""
    heads = (*one.event_ids[:1], *other.event_ids[:1])
    return tuple(dict.fromkeys((*heads, *one.event_ids, *other.event_ids)))[: limits.FINDING_EVENT_IDS]


def _order(finding: Finding) -> tuple[bool, str, str]:
    first = finding.first.isoformat() if finding.first else ""
    return (not first, first, finding.event_ids[0] if finding.event_ids else "")
