"""Which rules are routine in this scan: they fire so widely and so steadily that they say little about one host.

A rule is routine when it fired often (`MANY_HITS`, or on `WIDE_SHARE` of at least `FLEET_HOSTS` hosts) and
1. is informational or low, or
2. did so on at least `STEADY_DAYS` different days, a high rule on `HIGH_DAYS`: an outbreak lasts days, a habit longer.
A critical rule is never routine, and a wiper that strikes all hosts in one hour is wide but not steady.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.model import LEVELS, Finding
from tocsin.triage.accounts import host_key

MANY_HITS = 1_000  # events of one rule in one scan
WIDE_SHARE = 0.3  # of all hosts with findings
FLEET_HOSTS = 10  # hosts with findings, below which a share means nothing
HIGH_DAYS = 7
CORRELATION = "correlation"  # RuleInfo.logsource of a rule that counted the events already: an episode is one hit
STEADY_DAYS = 3  # different days on which the rule began or ended firing on some host

_WEAK, _HIGH = frozenset(LEVELS[:2]), LEVELS[3]


@dataclass(frozen=True, slots=True)
class Volume:
    """How much one rule fired in this scan."""

    hits: int
    hosts: int
    all_hosts: int
    days: int
    level: str
    hosts_of_day: Mapping[int, int] = field(default_factory=dict)  # by the day's ordinal

    def most_hosts(self, days: Collection[int]) -> int:
        """On how many hosts it fired on the busiest of these days (ordinals)."""
        return max((self.hosts_of_day.get(day, 0) for day in days), default=0)

    @property
    def wide(self) -> bool:
        """Whether it fired on a large share of a fleet."""
        return self.all_hosts >= FLEET_HOSTS and self.hosts >= WIDE_SHARE * self.all_hosts

    @property
    def routine(self) -> bool:
        """Whether the rule says little about one host here."""
        if self.level == LEVELS[-1] or not (self.wide or self.hits >= MANY_HITS):
            return False
        steady = HIGH_DAYS if self.level == _HIGH else STEADY_DAYS
        return self.level in _WEAK or self.days >= steady


def volumes(findings: Sequence[Finding]) -> dict[str, Volume]:
    """The volume of every rule, by rule id."""
    hits: dict[str, int] = defaultdict(int)
    hosts: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    days: dict[str, dict[int, set[tuple[str, str, str]]]] = defaultdict(lambda: defaultdict(set))
    for finding in findings:
        hits[finding.rule.id] += 1 if finding.rule.logsource == CORRELATION else finding.count
        hosts[finding.rule.id].add(host_key(finding))
        for moment in filter(None, (finding.first, finding.last)):
            days[finding.rule.id][moment.toordinal()].add(host_key(finding))
    fleet = len(set().union(*hosts.values())) if hosts else 0
    levels = {finding.rule.id: finding.rule.level for finding in findings}
    return {
        rule: Volume(
            hits[rule],
            len(hosts[rule]),
            fleet,
            len(days[rule]),
            levels[rule],
            {day: len(there) for day, there in days[rule].items()},
        )
        for rule in hits
    }
