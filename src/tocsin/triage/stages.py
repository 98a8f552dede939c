"""How an incident went: its stages in the order in which they began, and how long it lasted.

A stage is what one tactic of ATT&CK did in the incident, told by findings that are neither weak nor routine (by all
that there are where there is nothing else), within the incident's time.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from tocsin.model import LEVELS, Finding, Step
from tocsin.triage.progress import ORDER, rule_tactics
from tocsin.triage.score import Group, level_rank
from tocsin.triage.traces import moments_of
from tocsin.words.attack import tactic_name
from tocsin.words.dates import duration
from tocsin.words.messages import mark, say, say_many

LONG = timedelta(days=2)  # from which on people are told how long an incident lasted, stage by stage

_Seen = tuple[Finding, datetime, datetime]


def stages_of(group: Group, first: datetime | None, last: datetime | None) -> tuple[Step, ...]:
    """The stages of a group that lasted from `first` to `last`; none where no time is known."""
    if first is None or last is None:
        return ()
    seen: dict[str, list[_Seen]] = defaultdict(list)
    for finding in group.strong or group.telling:
        moments = [moment for moment in moments_of(finding) if first <= moment <= last]
        for tactic in rule_tactics(finding.rule) if moments else ():
            seen[tactic].append((finding, min(moments), max(moments)))
    stages = [_stage(tactic, told) for tactic, told in seen.items()]
    return tuple(sorted(stages, key=lambda stage: (stage.first, ORDER[stage.tactic])))


def course(stages: tuple[Step, ...]) -> tuple[str, ...]:
    """The story of a long incident in one sentence; nothing for a short one."""
    if not stages:
        return ()
    lasted = max(stage.last for stage in stages) - min(stage.first for stage in stages)
    if lasted < LONG:
        return ()
    named = ", ".join(
        say("{stage} from {day} on", stage=tactic_name(stage.tactic), day=stage.first.date().isoformat())
        for stage in stages
    )
    one, many = mark("It lasted {time}: {named}."), mark("It lasted {time}, in {n} stages: {named}.")
    return (say_many(one, many, len(stages), time=duration(lasted.total_seconds()), named=named),)


def _stage(tactic: str, told: list[_Seen]) -> Step:
    strongest = min(told, key=lambda seen: (-level_rank(seen[0]), seen[1], seen[0].rule.id))[0]
    hosts = {finding.host: None for finding, _, _ in sorted(told, key=lambda seen: seen[1]) if finding.host}
    return Step(
        tactic,
        strongest.message or strongest.rule.title,
        LEVELS[level_rank(strongest)],
        min(first for _, first, _ in told),
        max(last for _, _, last in told),
        tuple(hosts),
        len(told),
    )
