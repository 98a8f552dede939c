"""Detections against ground truth: pure functions over one member's incidents.

Rules:
1. A stage is found when one of its planted records is the act of one of the first lines (triage.evidence) of a queued
   incident. A stage without records (a silence) is found when such a line's finding tells of one of its hosts, or,
   without naming a host, of its technique, and opened between the stage's beginning and LATE after its end. So is one
   that stops a sensor, by a finding that names the technique and no host: what is missing has no records.
2. It is found at the first event time at which the incident, as it was then, was queued and showed it: with the
   findings whose evidence was enough by then (the analytic's `opened`; for a correlation the episode's last event; else
   the event itself) and the events until then. Later, other acts may have taken its line.
3. A queued incident without a planted event is false. One with planted events is counted, and every other event that
   its findings list is unrelated. A finding lists at most limits.FINDING_EVENT_IDS events; those beyond do not count.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tocsin.model import Evidence, Finding, Incident
from tocsin.model.trial import CountedIncident, FalseIncident, Found, MemberTrial, Miss, Missed
from tocsin.node.truth import Member, PlantedStage, Surprise, Truth
from tocsin.triage.evidence import EvidenceLine, first_lines
from tocsin.triage.routine import CORRELATION
from tocsin.triage.score import MEDIUM, level_rank
from tocsin.words.attack import current

LATE = timedelta(days=1)
"""After the end of a silence, and around a harmless surprise, within which a finding is about it."""
MOMENTS = 50  # at which an incident is looked at again, for when it first showed a stage
SILENCING = "T1685"  # Disable or Modify Tools (T1562.001 before ATT&CK 19)

Ranges = tuple[tuple[int, int], ...]


class Planted:
    """Which stages of one member an event belongs to."""

    def __init__(self, ranges: Mapping[str, Mapping[str, Ranges]], names: Mapping[str, str]) -> None:
        """`ranges` by stage and file; `names` gives the file of a source id."""
        sources: dict[str, list[str]] = {}
        for source, file in names.items():
            sources.setdefault(file, []).append(source)
        self._ranges: dict[str, list[tuple[str, Ranges, list[int]]]] = {}
        for stage, files in ranges.items():
            for file, told in files.items():
                for source in sources.get(file, ()):
                    self._ranges.setdefault(source, []).append((stage, told, [first for first, _ in told]))

    def stages(self, event_id: str) -> list[str]:
        """The stages that planted this record; mostly none, sometimes one."""
        source, _, record = event_id.rpartition("-")
        number = int(record) if record.isdecimal() else -1
        return [stage for stage, told, firsts in self._ranges.get(source, ()) if _within(number, told, firsts)]


@dataclass(frozen=True, slots=True)
class _Judged:
    """One incident with what it holds."""

    incident: Incident
    rank: int  # in the queue; 0 where it is folded
    lines: tuple[EvidenceLine, ...]
    shown: Mapping[str, int]  # by stage, the first of the lines that shows it, from 1
    held: Mapping[str, Sequence[Finding]]  # by stage, the findings that hold it, strongest first
    events: int
    unrelated: int

    @property
    def opened(self) -> datetime | None:
        """When its evidence was enough to queue it."""
        telling = (f for f in self.incident.findings if f.rule.id not in self.incident.routine)
        times = (opened(finding) for finding in telling if level_rank(finding) >= MEDIUM)
        return min((time for time in times if time is not None), default=self.incident.first)


def judge(
    truth: Truth,
    member: Member,
    names: Mapping[str, str],
    incidents: Sequence[Incident],
    events: int,
) -> MemberTrial:
    """The verdict on one member. `names` gives the file (relative to the exercise) of a source id."""
    ranges = {stage: files for (where, stage), files in truth.ranges.items() if where == member.name}
    stages = [stage for stage in truth.stages if stage.member == member.name]
    planted = Planted(ranges, names)
    silent = [stage for stage in stages if stage.id not in ranges or _silences(stage)]
    judged = [_judged(incident, rank, planted, silent) for incident, rank in _ranked(incidents)]
    verdicts = [_verdict(stage, judged, planted, silent) for stage in stages]
    queue = [each for each in judged if each.rank]
    return MemberTrial(
        member.name, events, member.hosts, truth.days,
        tuple(verdict for verdict in verdicts if isinstance(verdict, Found)),
        tuple(verdict for verdict in verdicts if isinstance(verdict, Missed)),
        tuple(_false(each, member, truth.benign) for each in queue if not each.held),
        tuple(_counted(each, member) for each in queue if each.held),
        len(judged) - len(queue),
    )  # fmt: skip


def opened(finding: Finding) -> datetime | None:
    """Event time at which the finding's evidence was enough."""
    if finding.opened is not None:
        return finding.opened
    return finding.last if finding.rule.logsource == CORRELATION else finding.first


def _ranked(incidents: Sequence[Incident]) -> Iterable[tuple[Incident, int]]:
    """Each incident with its rank in the queue, 0 outside it."""
    rank = 0
    for incident in incidents:
        rank += incident.queued
        yield incident, rank if incident.queued else 0


def _judged(incident: Incident, rank: int, planted: Planted, silent: Sequence[PlantedStage]) -> _Judged:
    held: dict[str, list[Finding]] = defaultdict(list)
    seen: dict[str, bool] = {}
    for finding in sorted(incident.findings, key=level_rank, reverse=True):
        holds = {stage.id for stage in silent if _tells(finding, stage)}
        for event in _events(finding):
            stages = planted.stages(event)
            seen[event] = bool(stages)
            holds.update(stages)
        for stage_id in holds:
            held[stage_id].append(finding)
    unrelated = sum(not known for known in seen.values())
    lines = first_lines(incident)
    return _Judged(incident, rank, lines, _shown(lines, planted, silent), held, len(seen), unrelated)


def _shown(lines: Sequence[EvidenceLine], planted: Planted, silent: Sequence[PlantedStage]) -> dict[str, int]:
    """The first line that shows each stage, from 1."""
    shown: dict[str, int] = {}
    for place, line in enumerate(lines, start=1):
        stages = [stage for event in line.event_ids for stage in planted.stages(event)]
        for stage in (*stages, *(stage.id for stage in silent if _tells(line.finding, stage))):
            shown.setdefault(stage, place)
    return shown


def _verdict(
    stage: PlantedStage, judged: Sequence[_Judged], planted: Planted, silent: Sequence[PlantedStage]
) -> Found | Missed:
    """The earliest sight of a stage, else the nearest miss."""
    sights = [_found(stage, each, planted, silent) for each in judged if each.rank and stage.id in each.shown]
    if sights:
        return min(sights, key=lambda sight: (sight.found, sight.rank, sight.line))
    holding = [each for each in judged if stage.id in each.held]
    nearest = min(holding, key=lambda each: (not each.rank, each.rank), default=None)
    told = (stage.member, stage.id, stage.title, stage.attack, stage.first)
    if nearest is None:
        return Missed(*told, Miss.UNSEEN)
    finding = nearest.held[stage.id][0]
    miss = Miss.BEYOND_LINES if nearest.rank else Miss.FOLDED
    return Missed(*told, miss, nearest.incident.id, nearest.rank or None, finding.message or finding.rule.title)


def _found(stage: PlantedStage, each: _Judged, planted: Planted, silent: Sequence[PlantedStage]) -> Found:
    """Rule 2. Where no moment shows it (events without time), when its line in the end was enough."""
    place = each.shown[stage.id]
    line = each.lines[place - 1]
    queued = max(each.opened or stage.first, stage.first)
    in_the_end = max(line.time or queued, opened(line.finding) or queued, queued), line.told
    found, told = next(_sights(stage, each, queued, planted, silent), in_the_end)
    return Found(
        stage.member, stage.id, stage.title, stage.attack, each.incident.id, stage.first, found, each.rank, place, told
    )


def _sights(
    stage: PlantedStage, each: _Judged, queued: datetime, planted: Planted, silent: Sequence[PlantedStage]
) -> Iterator[tuple[datetime, str]]:
    """The moments at which the growing incident showed the stage, and what the line said."""
    since = (_held_since(one, stage, planted) for one in each.held[stage.id])
    moments = sorted({max(moment, queued) for moment in since if moment})
    for moment in moments[:MOMENTS]:
        lines = first_lines(_as_of(each.incident, moment))
        place = _shown(lines, planted, silent).get(stage.id)
        if place is not None:
            yield moment, lines[place - 1].told


def _held_since(finding: Finding, stage: PlantedStage, planted: Planted) -> datetime | None:
    """Event time from which on the finding held the stage; None where it lists no time."""
    if finding.opened is not None or finding.rule.logsource == CORRELATION:
        return opened(finding)
    times = [event.time for event in finding.evidence if event.time and stage.id in planted.stages(event.event_id)]
    return min(times, default=opened(finding))


def _as_of(incident: Incident, moment: datetime) -> Incident:
    """The incident with what was known by then."""
    known = (one for one in incident.findings if (since := opened(one)) is None or since <= moment)
    return replace(incident, findings=tuple(replace(one, evidence=_until(one, moment)) for one in known))


def _until(finding: Finding, moment: datetime) -> tuple[Evidence, ...]:
    return tuple(event for event in finding.evidence if event.time is None or event.time <= moment)


def _tells(finding: Finding, stage: PlantedStage) -> bool:
    """Whether a finding is about a stage that left no record, or silenced those who would have written it."""
    time = opened(finding)
    if time is None or not stage.first <= time <= stage.last + LATE:
        return False
    if finding.host:
        return not _silences(stage) and _label(finding.host) in map(_label, stage.hosts)
    return bool({*map(current, finding.rule.attack)} & {*map(current, stage.attack)})


def _silences(stage: PlantedStage) -> bool:
    """Whether the stage stops a sensor or a log: what is missing after it has no record that could be planted."""
    return SILENCING in map(current, stage.attack)


def _false(each: _Judged, member: Member, benign: Iterable[Surprise]) -> FalseIncident:
    incident = each.incident
    named = [surprise.title for surprise in benign if surprise.member == member.name and _overlaps(incident, surprise)]
    return FalseIncident(
        member.name, incident.id, incident.title, incident.level, incident.first, each.opened, each.rank,
        ", ".join(dict.fromkeys(named)), incident.cause,
    )  # fmt: skip


def _overlaps(incident: Incident, surprise: Surprise) -> bool:
    """Whether an incident lies in the time of a surprise and on one of its hosts."""
    if incident.first is None or incident.last is None:
        return False
    near = incident.first <= surprise.last + LATE and incident.last >= surprise.first
    hosts = {*map(_label, incident.hosts)}
    return near and (not surprise.hosts or not hosts or bool(hosts & {*map(_label, surprise.hosts)}))


def _counted(each: _Judged, member: Member) -> CountedIncident:
    incident = each.incident
    dwell = incident.dwell
    return CountedIncident(
        member.name, incident.id, incident.title, incident.level, each.rank, each.opened, tuple(each.shown),
        tuple(sorted(each.held)), each.events, each.unrelated, None if dwell is None else dwell.total_seconds(),
    )  # fmt: skip


def _events(finding: Finding) -> set[str]:
    """All events that a finding lists."""
    told = {id for event in finding.evidence for id in (event.event_id, *event.also)}
    return {*finding.event_ids, *told}


def _within(number: int, told: Ranges, firsts: list[int]) -> bool:
    place = bisect_right(firsts, number) - 1
    return place >= 0 and number <= told[place][1]


def _label(host: str) -> str:
    """`ws01.corp.example` and `WS01` are one host, addresses stay whole."""
    folded = host.strip().casefold()
    return folded if folded.replace(".", "").isdigit() else folded.partition(".")[0]
