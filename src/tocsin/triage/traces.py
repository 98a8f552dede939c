"""A finding as the links see it: where, who, when, which processes, and whether others may be joined through it."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.model import LEVELS, Finding
from tocsin.triage.accounts import Key, account_key, is_person, join_key, ties_hosts
from tocsin.triage.twins import acts

LINK_EVENT_IDS = 100  # event ids of one finding that are compared with other findings'
ANCHOR_LEVEL = LEVELS.index("medium")  # weaker findings join an incident but bring none together
HOUR = 3600  # seconds
ANCHOR_SPAN = 24 * HOUR  # between a finding's first and last event; longer ones bring none together
MEDIUM_SPAN = 4 * HOUR  # the same for a medium rule: it errs too often to make one story of a morning and an evening

_NO_PROCESS = frozenset(
    {"", "-", "0", "{00000000-0000-0000-0000-000000000000}", "00000000-0000-0000-0000-000000000000"}
)


@dataclass(frozen=True, slots=True)
class Trace:
    """What of a finding can be shared with another one. `points` are known moments, seconds since 1970, ascending."""

    host: Key | None  # None where no host is named
    account: Key | None  # None where the account is a service or nobody
    ties_hosts: bool
    rank: int  # of the level, 0 weakest
    routine: bool
    points: tuple[float, ...]
    events: tuple[str, ...]
    processes: tuple[tuple[str, float | None], ...]
    parents: tuple[tuple[str, float | None], ...]
    episode: str = ""  # of surprise; what is part of one may be joined through, whatever its level

    @property
    def anchor(self) -> bool:
        """Whether findings may be joined through this one, not only to it."""
        if self.episode:
            return True
        span = ANCHOR_SPAN if self.rank > ANCHOR_LEVEL else MEDIUM_SPAN
        short = not self.points or self.points[-1] - self.points[0] <= span
        return self.rank >= ANCHOR_LEVEL and not self.routine and short


def moments_of(finding: Finding) -> set[datetime]:
    """When the finding's rule is known to have fired."""
    moments = {finding.first, finding.last, *(event.time for event in finding.evidence)}
    return {moment for moment in moments if moment is not None}


def trace(finding: Finding, routine: bool) -> Trace:
    """The trace of one finding."""
    known = sorted(moment.timestamp() for moment in moments_of(finding))
    return Trace(
        host=join_key(finding),
        account=account_key(finding) if is_person(finding.user) and finding.account_joins else None,
        ties_hosts=ties_hosts(finding.user),
        rank=LEVELS.index(finding.rule.level) if finding.rule.level in LEVELS else ANCHOR_LEVEL,
        routine=routine,
        points=tuple(known),
        events=acts(finding)[:LINK_EVENT_IDS],
        processes=_keys(finding, parent=False),
        parents=_keys(finding, parent=True),
        episode=finding.unusual.episode if finding.unusual else "",
    )


def _keys(finding: Finding, parent: bool) -> tuple[tuple[str, float | None], ...]:
    """Distinct process keys with the time at which they were seen first."""
    seen: dict[str, float | None] = {}
    for event in finding.evidence:
        key = (event.parent if parent else event.process).strip().casefold()
        moment = event.time or finding.first
        if key not in _NO_PROCESS:
            seen.setdefault(key, moment.timestamp() if moment else None)
    return tuple(seen.items())
