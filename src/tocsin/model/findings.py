"""What detection produces: rules described, findings, incidents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEVELS = ("informational", "low", "medium", "high", "critical")
"""Sigma's rule levels, weakest first."""
OTHERS_STATUS = "of another product"  # RuleInfo.status of an alert's rule; its author is the product
LEARNED_STATUS = "learned"  # RuleInfo.status of a learned detector, which is a guest beside the rules
QUEUE_LEVEL = "medium"  # weaker incidents are kept, but nobody is asked to look at them
STRONG_LEVEL = "high"  # from here on an incident is queued however usual it is


class AccountRole(StrEnum):
    """What an account is, told by what it does and not by its name."""

    SERVICE = "service"  # a service or job: works around the clock, or signs in as one and never at a screen
    ADMINISTRATOR = "administrator"  # has special privileges on several computers


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What people are told about a rule. `attack` holds ATT&CK technique ids (`T1059.001`), `tactics` short names."""

    id: str
    title: str
    level: str
    status: str = ""
    description: str = ""
    attack: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: str = ""
    path: str = ""
    logsource: str = ""  # `category/product/service`, `*` where the rule leaves a part open
    novelty: str = ""  # what it takes for new because the long memory does not know it; empty where it takes nothing
    marking: str = ""  # TLP and PAP of who it is from (policy.markings reads it); empty where nobody marked it


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event behind a finding: where it is and the fields that made the rule fire (values shortened)."""

    event_id: str
    time: datetime | None
    file: str
    record: int
    fields: Mapping[str, str]
    process: str = ""  # process GUID or host-unique process key, empty when unknown
    parent: str = ""  # the same of the parent process
    also: tuple[str, ...] = ()  # ids of events that record the very same act, such as Security 4688 beside Sysmon 1


class Outcome(StrEnum):
    """What became of a name that a finding holds."""

    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"  # nothing names it at that time
    AMBIGUOUS = "ambiguous"  # it was several machines, or two sources disagree: it joins nothing
    SHARED = "shared"  # it stands for many (NAT, proxy, VPN pool): it joins nothing


class NameRole(StrEnum):
    """Which name of a finding is meant."""

    HOST = "host"
    ACCOUNT = "account"
    ACTOR = "actor"  # the machine that acted, by the evidence; told, and joins nothing


@dataclass(frozen=True, slots=True)
class Naming:
    """Who a name in a finding was, or that it could not be told. `why` is a sentence for people."""

    role: NameRole
    said: str  # as the log wrote it
    outcome: Outcome
    name: str  # who it was; empty where that is not known
    why: str


@dataclass(frozen=True, slots=True)
class Unusual:
    """How unusual a finding was when it came, by the past of its organisation only (triage.surprise).

    Findings with one `episode` met too closely for chance; empty where the finding is not unusual enough to be of any.
    """

    bits: float  # -log2 of the probability that such a thing begins within an hour
    worth: float = 0.0  # what its kind adds to the rank: more than its bits where the organisation never had it
    episode: str = ""
    asked: bool = False  # whether the episode is among those of its day that people are asked to read
    line: bool = False  # whether it is one of the lines that tell the episode
    why: str = ""  # a sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """All hits of one rule on one host and user on one occasion (node.found) within one scan.

    `first` and `last` are event times in UTC, None where no event had a readable time.
    `event_ids` is bounded by limits.FINDING_EVENT_IDS, `count` is not.
    `keys` are `kind:value` texts (`ip:203.0.113.7`) of what is rare and specific enough to tie findings over months;
    kinds are ip, domain, uri, file, hash, service, task and account.
    """

    rule: RuleInfo
    host: str
    user: str
    count: int
    first: datetime | None
    last: datetime | None
    event_ids: tuple[str, ...]
    evidence: tuple[Evidence, ...] = ()
    organisation: str = ""
    network: str = ""
    table: str = ""
    repeats: int = 0  # hits on second records of an act that another hit here tells of already
    message: str = ""  # an analytic's own sentence about what it found
    opened: datetime | None = None  # event time at which the evidence was enough, None where nobody works it out
    keys: tuple[str, ...] = ()
    mission: str = ""  # what the asset serves, empty where nobody said
    domain: str = ""  # where the asset is at home: land, sea, air, space or cyber; empty where nobody said
    criticality: str = ""  # of the asset: low, medium, high or vital; empty where nobody said
    owner: str = ""  # whose the asset is, empty where nobody said
    role: str = ""  # what the acting machine is by the assets, such as `scanner`; empty where nobody said
    account_role: AccountRole | None = None  # what the account did so far, None where the long memory does not tell
    since: datetime | None = None  # when the memory of such logs begins, None where nobody says
    unusual: Unusual | None = None  # None where the past says nothing: no history is kept, or it is too young
    machine: str = ""  # which host `host` was then (triage.who), empty where that is not known: joins go by it
    account: str = ""  # which account `user` was then, likewise
    namings: tuple[Naming, ...] = ()  # what was resolved and by what, and what was not

    @property
    def host_joins(self) -> bool:
        """Whether the host may tie this finding to others: not where it stands for many, or nobody knows for which."""
        return self._joins(NameRole.HOST)

    @property
    def account_joins(self) -> bool:
        """The same of the account."""
        return self._joins(NameRole.ACCOUNT)

    def _joins(self, role: NameRole) -> bool:
        apart = (Outcome.AMBIGUOUS, Outcome.SHARED)
        return not any(each.role is role and each.outcome in apart for each in self.namings)

    @property
    def named_events(self) -> frozenset[str]:
        """The ids of all events that it names: those it counts, those it shows, and second records of the same act."""
        shown = {event for each in self.evidence for event in (each.event_id, *each.also)}
        return frozenset(shown.union(self.event_ids))

    @property
    def serves(self) -> str:
        """Mission and domain as one text, `water supply (land)`; empty where nobody said."""
        return f"{self.mission} ({self.domain})" if self.mission and self.domain else self.mission or self.domain

    @property
    def acts(self) -> int:
        """Hits, with an act that two logs recorded counted once."""
        return self.count - self.repeats


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One summand of an incident's score, readable aloud."""

    name: str
    points: int
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one tactic did in an incident: `what` is said by its strongest finding, `first` and `last` are UTC."""

    tactic: str  # short name, for example `initial-access`
    what: str
    level: str
    first: datetime
    last: datetime
    hosts: tuple[str, ...]
    findings: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Findings that belong together, with the reasons. `score` is the sum of its parts."""

    id: str
    title: str
    level: str
    hosts: tuple[str, ...]
    users: tuple[str, ...]
    first: datetime | None
    last: datetime | None
    findings: tuple[Finding, ...]
    parts: tuple[ScorePart, ...]
    attack: tuple[str, ...]
    tactics: tuple[str, ...]
    why: tuple[str, ...]  # sentences: why these findings are one incident and why it matters
    against: tuple[str, ...]  # what speaks against it: the likely benign cause first, then other benign triggers
    next_steps: tuple[str, ...] = ()
    stages: tuple[Step, ...] = ()  # in the order in which they began
    routine: frozenset[str] = frozenset()  # ids of rules that are routine in this scan
    told_once: bool = False  # routine, or one rule that stands alone on many hosts: a list, no story
    cause: str = ""  # the likely benign cause as a phrase: what it is most likely, if it is harmless
    asked: bool | None = None  # whether its surprise asks for a look, None where nothing in it has one
    over_budget: bool = False  # of learned detectors alone, and beyond what people read of these in a day
    rsit: str = ""  # its class of the Reference Security Incident Taxonomy (words.rsit), empty in older states
    reliability: tuple[str, ...] = ()  # a sentence a rule: how reliable it was when tested and here
    excepted: tuple[str, ...] = ()  # sentences: by whose exceptions it is folded, and until when
    machines: tuple[tuple[str, str], ...] = ()  # hosts that logs called otherwise: how, and who it was then

    @property
    def queued(self) -> bool:
        """Whether a person is shown it in the queue of work.

        An incident is queued when its level is at least QUEUE_LEVEL, it is not merely told once, and no exception of
        people covers it. Surprise comes before severity: where it asks for a look, a low level is queued too, and where
        it does not, only a level of at least STRONG_LEVEL is. All others are folded: they are kept and listed behind
        the queue for completeness, and nobody has to look at them.
        """
        if self.told_once or self.over_budget or self.excepted:
            return False
        if self.asked:
            return True
        least = QUEUE_LEVEL if self.asked is None else STRONG_LEVEL
        return self.level in LEVELS[LEVELS.index(least) :]

    @property
    def dwell(self) -> timedelta | None:
        """From the beginning of the first stage to the end of the last, None where no time is known."""
        if not self.stages:
            return None
        return max(stage.last for stage in self.stages) - min(stage.first for stage in self.stages)

    @property
    def score(self) -> int:
        """The sum of the parts."""
        return sum(part.points for part in self.parts)
