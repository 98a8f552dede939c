"""The hand-over of a shift: what came, what was decided and why, what is open and whose, what waits for whom. Pure.

Rules:
1. What came, was opened since the hand-over's beginning and is no part of another.
2. Open ones stand by owner, nobody's first, the most urgent of each first; with the first next step.
3. These wait for somebody: what nobody has acknowledged; what was closed and has grown since; a switch that one
   person asked to start again; clocks that run out; actions that nobody approved or handed out, that end soon, or whose
   undo is due because they have expired; exceptions that end soon or lack a second person.
4. Whoever may not see an incident is told nothing of it: the caller hands in what may be seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.node.duty.worked import Worked
from tocsin.triage.actions import Action, State, state
from tocsin.words.messages import first_few

UNDO = "undo is due"
_VALUES = 3  # of an action that are named
SOON = timedelta(hours=24)  # within which a clock runs out soon


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody decided about an incident, in words."""

    incident: str
    title: str
    version: int
    time: datetime
    actor: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock that runs for an incident: by when which duty is to be met."""

    incident: str
    duty: str
    due: datetime
    met: datetime | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """An action or an exception that somebody has to look after: what it is, how it stands, and when it ends."""

    id: str
    incident: str
    what: str
    state: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Handover:
    """All that the next shift is told. Rows are ordered; `cut` says that there were more than one hand-over reads."""

    since: datetime
    until: datetime
    came: tuple[Worked, ...]
    decided: tuple[Decided, ...]
    open: tuple[Worked, ...]
    waiting: tuple[Worked, ...]
    grown: tuple[Worked, ...]
    clocks: tuple[ClockRow, ...] = ()
    actions: tuple[Owed, ...] = ()
    exceptions: tuple[Owed, ...] = ()
    cut: bool = False


def handover(
    cases: Sequence[Worked], decided: Sequence[Decided], clocks: Sequence[ClockRow], since: datetime, until: datetime
) -> Handover:
    """The hand-over of everything between two times."""
    ranked = sorted(cases, key=lambda case: (-case.score, case.id))
    still = [case for case in ranked if case.is_open]
    return Handover(
        since, until,
        came=tuple(case for case in ranked if case.opened >= since and not case.merged_into),
        decided=tuple(decided),
        open=tuple(sorted(still, key=lambda case: case.owner)),
        waiting=tuple(case for case in still if case.acknowledged is None),
        grown=tuple(case for case in ranked if case.closed and case.grown_since_closed),
        clocks=running_out(clocks, until),
    )  # fmt: skip


def running_out(clocks: Sequence[ClockRow], now: datetime) -> tuple[ClockRow, ...]:
    """The clocks that nobody has met and that have run out or soon do, the first due first."""
    return tuple(sorted((each for each in clocks if each.met is None and each.due <= now + SOON), key=_due))


def actions_owed(actions: Iterable[Action], now: datetime) -> tuple[Owed, ...]:
    """The actions of rule 3, the first to end first."""
    owed = []
    for each in actions:
        stands = state(each, now)
        soon = stands is State.WRITTEN and each.until <= now + SOON
        undo = stands is State.EXPIRED and each.written is not None
        if stands in (State.PROPOSED, State.APPROVED) or soon or undo:
            what = f"{each.kind} {first_few(each.values, _VALUES)}"
            owed.append(Owed(each.id, each.incident, what, UNDO if undo else str(stands), each.until))
    return tuple(sorted(owed, key=lambda each: (each.until, each.id)))


def _due(clock: ClockRow) -> tuple[datetime, str, str]:
    return clock.due, clock.incident, clock.duty
