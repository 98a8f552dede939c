"""An incident as those who count the daily work see it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.node.store.incident_state import IncidentState
from tocsin.triage.rsit import UNDETERMINED
from tocsin.words import rsit

_NOW = timedelta()


@dataclass(frozen=True, slots=True)
class Worked:
    """What is counted of one incident. `reason` is why it was closed, empty while it is not; `class_` what it is."""

    id: str
    title: str
    level: str
    score: int
    status: str
    reason: str
    owner: str
    closed_by: str
    opened: datetime
    acknowledged: datetime | None
    closed: datetime | None
    merged_into: str
    organisations: tuple[str, ...]
    rules: tuple[str, ...]
    class_: str
    next_step: str
    reported: bool = False
    grown_since_closed: bool = False

    @property
    def until_acknowledged(self) -> timedelta | None:
        """How long it waited for somebody; None while it does."""
        return max(self.acknowledged - self.opened, _NOW) if self.acknowledged else None

    @property
    def until_closed(self) -> timedelta | None:
        """How long it took; None while it is open."""
        return max(self.closed - self.opened, _NOW) if self.closed else None

    @property
    def is_open(self) -> bool:
        """Whether people are not done with it; a part of another is done with."""
        return self.closed is None and not self.merged_into


def worked(
    state: IncidentState, organisations: Collection[str], rules: Collection[str], titles: Mapping[str, str]
) -> Worked:
    """What is counted of an incident of these organisations, in which these rules fired."""
    return Worked(
        state.id, state.title, state.level, state.score, str(state.status), str(state.ruling or ""), state.owner,
        state.closed_by, state.opened, state.acknowledged, state.closed, state.merged_into,
        tuple(sorted(filter(None, organisations))), tuple(sorted(titles.get(rule, rule) for rule in rules)),
        class_of(state), next(iter(state.shown.next_steps), ""), state.reported, state.grown_since_closed,
    )  # fmt: skip


def class_of(state: IncidentState) -> str:
    """What an incident is by the taxonomy that CSIRTs report by (words.rsit)."""
    return rsit.name_of(state.shown.rsit or UNDETERMINED)
