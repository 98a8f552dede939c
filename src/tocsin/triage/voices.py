"""Voices: the findings that may tie groups over months, and the groups as the steps of triage.threads see them.

A voice is a finding of level medium or stronger whose rule is not routine and whose times are known. An intrusion is a
group with a strong voice and several tactics, or with critical damage.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tocsin.model import LEVELS, Finding
from tocsin.triage.accounts import Key
from tocsin.triage.groups import Groups, Kind
from tocsin.triage.keys import KNOCKING
from tocsin.triage.progress import rule_tactics
from tocsin.triage.traces import Trace
from tocsin.words.dates import duration
from tocsin.words.messages import say

MEDIUM, STRONG, CRITICAL = (LEVELS.index(level) for level in ("medium", "high", "critical"))
INTRUSION_TACTICS = 3
DAY = 86_400  # seconds
LONG_PAUSE = 450 * DAY  # between two sights of one intruder, who may be away for a year


@dataclass(frozen=True, slots=True)
class Voice:
    """A finding that may tie. Times are seconds since 1970."""

    index: int
    first: float
    last: float
    rank: int
    host: Key | None
    account: Key | None
    tactics: frozenset[str]

    @property
    def knocking(self) -> bool:
        """Whether it only tells of somebody at the door."""
        return self.tactics <= KNOCKING


class Threads:
    """What the steps share: the voices, and the groups as they are now."""

    def __init__(self, findings: Sequence[Finding], traces: Sequence[Trace], groups: Groups) -> None:
        self.findings, self.traces, self.groups = findings, traces, groups
        self.voices = [
            Voice(
                index, trace.points[0], trace.points[-1], trace.rank, trace.host,
                trace.account if trace.ties_hosts else None, frozenset(rule_tactics(findings[index].rule)),
            )
            for index, trace in enumerate(traces)
            if trace.rank >= MEDIUM and not trace.routine and trace.points
        ]  # fmt: skip
        self.voice_of = {voice.index: voice for voice in self.voices}

    def by_group(self) -> dict[int, list[Voice]]:
        """The voices of each group by its representative."""
        members: dict[int, list[Voice]] = defaultdict(list)
        for voice in self.voices:
            members[self.groups.root(voice.index)].append(voice)
        return members

    def intrusions(self) -> dict[int, list[Voice]]:
        """The groups that are intrusions."""
        return {root: voices for root, voices in self.by_group().items() if is_intrusion(voices)}

    def tie(self, voices: Iterable[Voice], kind: Kind, what: str, pause: float) -> None:
        """Join neighbours in time that are no more than `pause` seconds apart; each run tells how long it is."""
        for run in _runs(sorted(voices, key=lambda voice: (voice.first, voice.index)), pause):
            spent = duration(max(voice.last for voice in run) - run[0].first)
            for one, other in pairwise(run):
                self.groups.join(one.index, other.index, kind, say("{what} over {time}", what=what, time=spent))
            if len({voice.index for voice in run}) > 1:
                self.groups.tied.update(voice.index for voice in run)


def is_intrusion(voices: Sequence[Voice]) -> bool:
    """Whether these voices together are an intrusion."""
    strong = [voice for voice in voices if voice.rank >= STRONG]
    tactics = {tactic for voice in voices for tactic in voice.tactics}
    wrecked = any(voice.rank == CRITICAL and "impact" in voice.tactics for voice in voices)
    return bool(strong) and (len(tactics) >= INTRUSION_TACTICS or wrecked)


def _runs(voices: Sequence[Voice], pause: float) -> Iterable[list[Voice]]:
    """Stretches without a pause longer than `pause`."""
    run: list[Voice] = []
    until = 0.0
    for voice in voices:
        if run and voice.first - until > pause:
            yield run
            run = []
        until = max(voice.last, until) if run else voice.last
        run.append(voice)
    if run:
        yield run
