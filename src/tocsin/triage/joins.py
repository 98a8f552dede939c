"""Why findings are told together, join by join: the two sides of each, and the reason.

It is worked out anew from the findings of one incident, so it says what joins them now. What people put together
without any other reason is told as that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.model import Finding
from tocsin.triage.corrections import Corrections, as_made, mark_of
from tocsin.triage.explain import reason
from tocsin.triage.groups import Groups, Join, Kind
from tocsin.triage.links import link
from tocsin.triage.names import fold_names
from tocsin.triage.routine import volumes
from tocsin.triage.traces import trace
from tocsin.triage.twins import count_once
from tocsin.triage.unusual import is_routine
from tocsin.words.messages import say

TOLD_APART = 6  # stories


@dataclass(frozen=True, slots=True)
class ToldJoin:
    """Two findings, and why they are one story."""

    kind: Kind
    shared: str
    one: Finding
    other: Finding

    @property
    def sentence(self) -> str:
        """The reason, as `Incident.why` has it."""
        return reason(self.kind, [self.shared])


def joins_of(findings: Sequence[Finding]) -> tuple[ToldJoin, ...]:
    """What joins the findings of one incident, in the order in which they were joined."""
    ordered, groups = _linked(findings, as_made([("", findings)]))
    joins = [join for joins in groups.joins().values() for join in joins]
    return tuple(_told(join, ordered) for join in joins)


def joins_between(one: Sequence[Finding], other: Sequence[Finding]) -> tuple[ToldJoin, ...]:
    """What would make one story of two sets of findings: one join of each reason."""
    ordered, groups = _linked([*one, *other], as_made([("", one), ("", other)]))
    return tuple(_told(join, ordered) for join in groups.refused.values())


def kept_apart(groups: Groups, root: int, corrections: Corrections) -> tuple[str, ...]:
    """A sentence for each story of people that would be joined with this group's, with the strongest reason.

    One without a name is not told.
    """
    mine = groups.stories.get(root)
    strongest: dict[int, Join] = {}
    for (parted, _, _), join in groups.refused.items():
        other = parted[0] if parted[1] == mine else parted[1]
        if mine in parted and corrections.names[other]:
            strongest[other] = min(strongest.get(other, join), join, key=lambda each: list(Kind).index(each.kind))
    return tuple(
        say("People made it and {other} apart; otherwise this joins them: {why}",
            other=corrections.names[other], why=reason(join.kind, [join.shared]))
        for other, join in sorted(strongest.items())[:TOLD_APART]
    )  # fmt: skip


def _linked(findings: Sequence[Finding], corrections: Corrections) -> tuple[list[Finding], Groups]:
    ordered = sorted(count_once(fold_names(sorted(findings, key=_order))), key=_order)
    routine = {rule for rule, volume in volumes(ordered).items() if volume.routine}
    traces = [trace(finding, is_routine(finding, routine)) for finding in ordered]
    return ordered, link(ordered, traces, corrections=corrections)


def _order(finding: Finding) -> tuple[object, ...]:
    return finding.first is None, finding.first or 0, mark_of(finding)


def _told(join: Join, findings: Sequence[Finding]) -> ToldJoin:
    return ToldJoin(join.kind, join.shared, findings[join.finding], findings[join.other])
