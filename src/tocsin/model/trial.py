"""What an evaluation says: detections against the ground truth of an exercise. Frozen facts for the console.

Terms: a *stage* is one step of the planted attack at one member; an incident is *counted* when it is queued and holds a
planted event; *false* when it is queued and holds none. Ranks count in the member's queue, from 1. Times are UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Miss(StrEnum):
    """How near a missed stage came, nearest first."""

    BEYOND_LINES = "beyond-lines"  # a queued incident holds it, but not among the lines that it shows first
    FOLDED = "folded"  # only an incident that is not queued holds it
    UNSEEN = "unseen"  # no finding has one of its events


@dataclass(frozen=True, slots=True)
class Found:
    """A stage with an event among the first lines of a queued incident."""

    member: str
    stage: str
    title: str
    attack: tuple[str, ...]
    incident: str
    began: datetime
    found: datetime  # event time at which the growing incident first showed it
    rank: int
    line: int  # place among the first lines in the end, from 1
    told: str  # what the line said then

    @property
    def delay(self) -> float:
        """Seconds from the stage's first record to the moment at which it was found."""
        return (self.found - self.began).total_seconds()


@dataclass(frozen=True, slots=True)
class Missed:
    """A stage that no person would have seen; `incident` and `rank` tell of the best near miss."""

    member: str
    stage: str
    title: str
    attack: tuple[str, ...]
    began: datetime
    miss: Miss
    incident: str | None = None
    rank: int | None = None
    told: str = ""  # the nearest finding


@dataclass(frozen=True, slots=True)
class FalseIncident:
    """A queued incident without a planted event; `benign` names the harmless surprise that it overlaps.

    `cause` is what the incident itself names as its likely harmless cause.
    """

    member: str
    incident: str
    title: str
    level: str
    first: datetime | None
    opened: datetime | None
    rank: int
    benign: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CountedIncident:
    """A queued incident that holds planted events."""

    member: str
    incident: str
    title: str
    level: str
    rank: int
    opened: datetime | None
    shown: tuple[str, ...]  # stages among its first lines
    held: tuple[str, ...]  # stages of which any finding has an event
    events: int  # events that its findings list
    unrelated: int  # of them, not planted
    dwell: float | None  # seconds from its first stage to its last


@dataclass(frozen=True, slots=True)
class MemberTrial:
    """One member: what its node made of its logs. `hosts` is None where nobody knows how many there are."""

    name: str
    events: int
    hosts: int | None
    days: float
    found: tuple[Found, ...]
    missed: tuple[Missed, ...]
    false: tuple[FalseIncident, ...]
    counted: tuple[CountedIncident, ...]
    folded: int  # incidents that are not queued
    seconds: Mapping[str, float] = field(default_factory=dict)  # by step

    @property
    def false_critical(self) -> int:
        """False incidents of level critical."""
        return sum(incident.level == "critical" for incident in self.false)


@dataclass(frozen=True, slots=True)
class Trial:
    """The whole evaluation."""

    scenario: str
    seed: int
    days: float
    members: tuple[MemberTrial, ...]
    peak_bytes: int  # resident, of the largest process and all workers together at most
    version: str

    @property
    def found(self) -> tuple[Found, ...]:
        """Of all members, in the order in which the stages began."""
        return tuple(sorted((f for m in self.members for f in m.found), key=lambda f: (f.began, f.member, f.stage)))

    @property
    def missed(self) -> tuple[Missed, ...]:
        """Of all members, in the order in which the stages began."""
        return tuple(sorted((f for m in self.members for f in m.missed), key=lambda f: (f.began, f.member, f.stage)))

    @property
    def false(self) -> tuple[FalseIncident, ...]:
        """Of all members, by rank."""
        return tuple(sorted((f for m in self.members for f in m.false), key=lambda f: (f.member, f.rank)))

    @property
    def counted(self) -> tuple[CountedIncident, ...]:
        """Of all members, by rank."""
        return tuple(sorted((c for m in self.members for c in m.counted), key=lambda c: (c.member, c.rank)))

    @property
    def unrelated_share(self) -> float | None:
        """Share of unrelated events in the counted incidents, None where there are none."""
        events = sum(incident.events for incident in self.counted)
        return sum(incident.unrelated for incident in self.counted) / events if events else None

    @property
    def false_a_day(self) -> float:
        """False incidents a day of all members together."""
        return len(self.false) / self.days

    @property
    def false_critical_rate(self) -> float | None:
        """False critical incidents per 10,000 host-days, None where no member tells its hosts."""
        return critical_rate(self.members)

    def recall_by_technique(self) -> dict[str, tuple[int, int]]:
        """Stages found and stages planted, by technique id."""
        counted: dict[str, tuple[int, int]] = {}
        stages: tuple[Found | Missed, ...] = (*self.found, *self.missed)
        for stage in stages:
            for technique in stage.attack:
                found, planted = counted.get(technique, (0, 0))
                counted[technique] = (found + isinstance(stage, Found), planted + 1)
        return dict(sorted(counted.items()))

    def seconds(self) -> dict[str, float]:
        """Seconds by step, of all members together, in the order of the steps."""
        spent: dict[str, float] = {}
        for member in self.members:
            for step, seconds in member.seconds.items():
                spent[step] = spent.get(step, 0.0) + seconds
        return spent


HOST_DAYS = 10_000


def critical_rate(members: tuple[MemberTrial, ...]) -> float | None:
    """False critical incidents per HOST_DAYS host-days, over the members that tell how many hosts they have."""
    known = [member for member in members if member.hosts]
    host_days = sum(member.days * (member.hosts or 0) for member in known)
    return HOST_DAYS * sum(member.false_critical for member in known) / host_days if host_days else None
