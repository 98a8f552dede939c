"""Counts of the daily work over a period: what came, how fast people were, what it was, what is open. Pure.

Rules:
1. An incident came when it was opened in the period; one that people made a part of another is counted as that and
   not as a case of its own.
2. Time to acknowledge is counted over what came, time to close over what was closed in the period and still is.
   Of each the median, the 90th percentile (both by nearest rank) and the longest.
3. What is open is what is open now, by age.
4. `by` divides the counts: an incident with two rules or organisations is counted in the row of each.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil

from tocsin import limits
from tocsin.node.duty.worked import Worked
from tocsin.words.messages import say

MEDIAN, NINETIETH = 0.5, 0.9
AGES = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""Ends of the classes of age; what is older is a class of its own."""


class By(StrEnum):
    """What divides the counts."""

    CLASS = "class"
    CONSTITUENT = "constituent"
    RULE = "rule"
    ANALYST = "analyst"


@dataclass(frozen=True, slots=True)
class Times:
    """Over so many, in seconds; all nought where there is none."""

    count: int = 0
    median: int = 0
    ninetieth: int = 0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """One row. `reasons` are those of what was closed; `waiting` came and nobody has acknowledged it."""

    came: int = 0
    parts: int = 0
    waiting: int = 0
    closed: int = 0
    open: int = 0
    reasons: Mapping[str, int] | None = None
    acknowledging: Times = Times()
    closing: Times = Times()


@dataclass(frozen=True, slots=True)
class Week:
    """A week, by the Monday (UTC) on which it began."""

    begins: str
    came: int
    closed: int


@dataclass(frozen=True, slots=True)
class Report:
    """All counts. `ages` has the open ones by `AGES` and older; `others` rows were left out."""

    since: datetime
    until: datetime
    total: Counts
    rows: Mapping[str, Counts]
    others: int
    ages: tuple[int, ...]
    weeks: tuple[Week, ...]
    cut: bool = False
    """Whether there were more incidents than one report reads."""


def count(cases: Sequence[Worked], since: datetime, until: datetime, by: By, now: datetime) -> Report:
    """The report of a period, with both its ends."""
    divided: dict[str, list[Worked]] = defaultdict(list)
    for case in cases:
        for key in _KEYS[by](case):
            divided[key].append(case)
    rows = {key: _counts(some, since, until) for key, some in divided.items()}
    ranked = sorted(rows.items(), key=lambda row: (-row[1].came - row[1].closed, row[0]))
    ranked = [row for row in ranked if row[1].came or row[1].closed or row[1].parts or row[1].open]
    kept = dict(ranked[: limits.REPORT_ROWS])
    total, weeks = _counts(cases, since, until), _weeks(cases, since, until)
    return Report(since, until, total, kept, len(ranked) - len(kept), _ages(cases, now), weeks)


def times(lasted: Iterable[timedelta]) -> Times:
    """Median, 90th percentile and longest.

    >>> times(timedelta(seconds=n) for n in (9, 1, 5))
    Times(count=3, median=5, ninetieth=9, longest=9)
    """
    seconds = sorted(int(each.total_seconds()) for each in lasted)
    if not seconds:
        return Times()
    return Times(len(seconds), _ranked(seconds, MEDIAN), _ranked(seconds, NINETIETH), seconds[-1])


def _ranked(values: Sequence[int], share: float) -> int:
    return values[max(ceil(share * len(values)) - 1, 0)]


def _counts(cases: Iterable[Worked], since: datetime, until: datetime) -> Counts:
    all_ = list(cases)
    new = [case for case in all_ if since <= case.opened <= until]
    came = [case for case in new if not case.merged_into]
    done = [case for case in all_ if case.closed and since <= case.closed <= until and not case.merged_into]
    return Counts(
        came=len(came),
        parts=len(new) - len(came),
        waiting=sum(case.acknowledged is None for case in came),
        closed=len(done),
        open=sum(case.is_open for case in all_),
        reasons=dict(sorted(Counter(case.reason for case in done).items())),
        acknowledging=times(case.until_acknowledged for case in came if case.until_acknowledged is not None),
        closing=times(case.until_closed for case in done if case.until_closed is not None),
    )


def _ages(cases: Iterable[Worked], now: datetime) -> tuple[int, ...]:
    counted = [0] * (len(AGES) + 1)
    for case in cases:
        if case.is_open:
            counted[sum(now - case.opened >= end for end in AGES)] += 1
    return tuple(counted)


def _weeks(cases: Iterable[Worked], since: datetime, until: datetime) -> tuple[Week, ...]:
    came: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    for case in cases:
        if since <= case.opened <= until and not case.merged_into:
            came[_monday(case.opened)] += 1
        if case.closed and since <= case.closed <= until and not case.merged_into:
            closed[_monday(case.closed)] += 1
    return tuple(Week(week, came[week], closed[week]) for week in sorted({*came, *closed}))


def _monday(moment: datetime) -> str:
    day = moment.astimezone(UTC).date()
    return str(day - timedelta(days=day.weekday()))


_KEYS: Mapping[By, Callable[[Worked], Sequence[str]]] = {
    By.CLASS: lambda case: (case.class_,),
    By.CONSTITUENT: lambda case: case.organisations or (say("nobody's"),),
    By.RULE: lambda case: case.rules or (say("no rule"),),
    By.ANALYST: lambda case: (case.closed_by or case.owner or say("nobody"),),
}
