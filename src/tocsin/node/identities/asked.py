"""What findings ask of the sources: their addresses, accounts and moments, bounded (pure).

Rules:
1. Only names that findings hold are asked for, of the newest findings first, at most limits.IDENTITY_VALUES of a kind.
2. Only the days of findings are read, and the day before and after: what a lake of years costs then depends on its
   findings. Leases are looked for LEASE_BACK before, for a lease lasts.
3. Destinations are asked for only where the finding's host is a proxy of the lists: its own log tells only requests.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from tocsin import limits
from tocsin.model import Finding
from tocsin.node.found import microseconds
from tocsin.triage.accounts import bare_name, is_person
from tocsin.triage.traces import moments_of
from tocsin.triage.who import Kind, SharedAddresses, SharedKind, actors, is_sid, plain, towards
from tocsin.triage.who.shared import TRANSLATED

LEASE_BACK = timedelta(days=35)
DAY = timedelta(days=1)

Days = frozenset[date]


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was seen of an address; `outside` is empty for a proxy's own log, which needs `towards`."""

    outside: str
    towards: str
    listed: bool
    low_us: int
    high_us: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked; `dropped` names did not fit."""

    addresses: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    moments: tuple[Moment, ...] = ()
    places: frozenset[tuple[str, str]] = frozenset()  # organisation and network of the findings
    address_days: Days = frozenset()  # of findings with an address or an acting one
    account_days: Days = frozenset()
    first: datetime | None = None
    last: datetime | None = None
    dropped: int = 0


def asked_of(findings: Iterable[Finding], shared: SharedAddresses) -> Asked:
    """What these findings ask."""
    timed = [finding for finding in findings if finding.first and finding.last]
    newest = sorted(timed, key=lambda each: (each.last, each.host, each.user), reverse=True)
    hosts = [plain(Kind.ADDRESS, each.host) for each in newest]
    acting = [plain(Kind.ADDRESS, address) for each in newest for address in actors(each)]
    people = [each.user.strip() for each in newest if is_person(each.user) and not plain(Kind.ADDRESS, each.user)]
    addresses, left = _some((*hosts, *acting))
    accounts, more = _some(bare_name(user) for user in people if not is_sid(user))
    identifiers, most = _some(user.upper() for user in people if is_sid(user))
    addressed = [each for each in newest if plain(Kind.ADDRESS, each.host) or actors(each)]
    personal = [each for each in newest if is_person(each.user)]
    moments = _moments(newest, shared)
    cut = max(len(moments) - limits.IDENTITY_MOMENTS, 0)
    return Asked(
        addresses, accounts, identifiers, tuple(moments[: limits.IDENTITY_MOMENTS]),
        frozenset((each.organisation, each.network) for each in timed), _days(addressed), _days(personal),
        min((each.first for each in timed if each.first), default=None),
        max((each.last for each in timed if each.last), default=None),
        left + more + most + cut,
    )  # fmt: skip


def also(asked: Asked, insiders: Iterable[str]) -> Asked:
    """Asked for as well: the addresses inside for which shared ones stood."""
    more, left = _some((*sorted(asked.addresses), *insiders))
    return asked if more == asked.addresses else replace(asked, addresses=more, dropped=asked.dropped + left)


def around(days: Days, before: timedelta) -> Days:
    """These days, those before each of them as far as `before`, and the day after each."""
    return frozenset(day + timedelta(days=step) for day in days for step in range(-before.days, 2))


def _days(findings: Iterable[Finding]) -> Days:
    return frozenset(moment.astimezone(UTC).date() for finding in findings for moment in moments_of(finding))


def _some(values: Iterable[str]) -> tuple[frozenset[str], int]:
    distinct = [value for value in dict.fromkeys(values) if value]
    return frozenset(distinct[: limits.IDENTITY_VALUES]), max(len(distinct) - limits.IDENTITY_VALUES, 0)


def _moments(findings: Sequence[Finding], shared: SharedAddresses) -> list[Moment]:
    """Distinct, those of the newest findings first."""
    found: dict[Moment, None] = {}
    for finding in findings:
        address = plain(Kind.ADDRESS, finding.host)
        if not address:
            continue
        kind = shared.kind(finding.organisation, finding.network, address)
        aims = towards(finding) if kind is SharedKind.PROXY else frozenset()
        for moment in moments_of(finding):
            low, high = microseconds(moment - TRANSLATED), microseconds(moment + TRANSLATED)
            found[Moment(address, "", kind is not None, low, high)] = None
            found |= {Moment("", aim, True, low, high): None for aim in sorted(aims)}
    return list(found)
