"""Findings that bring nothing together: weak, routine, or spread over too long a time.

Rules, in order:
1. One that shares an event with an anchor, or within WEAK_REACH a process, joins that anchor's group.
2. One that is not routine joins the strongest anchor near it in time on the same host; but not what an analytic of
   level medium or stronger saw over days: that is a story of its own, and no comment on an hour of it.
3. Routine rules become one group each; the rest groups by host and account in time.
4. (`join_alone`, after the threads of months) A medium rule that stands alone becomes one group on each host, a high
   one on each host and account, while no pause is longer than AGAIN_PAUSE. One no stronger than medium becomes one
   group over all hosts: always when weak, from ALONE_HOSTS on when medium.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tocsin.model import LEVELS, Finding
from tocsin.triage.accounts import bare_name
from tocsin.triage.groups import OVER_MONTHS, Groups, Kind
from tocsin.triage.sweep import ACCOUNT_PAUSE, HOST_PAUSE, Point, sweep
from tocsin.triage.traces import Trace

WEAK_REACH = ACCOUNT_PAUSE  # seconds from an anchor: a weak rule alone says so little that it may tell what happened
# around a strong finding, but not how long the incident was
AGAIN_PAUSE = 30 * 24 * 3600  # seconds between lone findings of one rule on one host that are told as one
ALONE_HOSTS = 5  # lone findings of one medium rule, from which on they are told as one
MEDIUM, HIGH = LEVELS.index("medium"), LEVELS.index("high")


def join_context(findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], groups: Groups) -> None:
    """Give every finding that is no anchor its place: steps 1 to 3."""
    rest = [index for index, trace in enumerate(traces) if not trace.anchor]
    rest = _shared(traces, anchors, rest, groups)
    rest = _nearby(findings, traces, anchors, rest, groups)
    _routine(findings, traces, rest, groups)
    _by_account(findings, traces, [index for index in rest if not traces[index].routine], groups)


def _shared(traces: Sequence[Trace], anchors: list[int], rest: list[int], groups: Groups) -> list[int]:
    """Step 1; returns the findings that are still without a place."""
    event_of = {event: index for index in reversed(anchors) for event in traces[index].events}
    process_of: dict[tuple[object, str], list[Point]] = defaultdict(list)
    for index in anchors:
        for key, moment in (*traces[index].processes, *traces[index].parents):
            process_of[traces[index].host, key].append((moment or 0.0, index))
    for points in process_of.values():
        points.sort()
    left = []
    for index in rest:
        trace = traces[index]
        same_event = next((event_of[event] for event in trace.events if event in event_of), None)
        same_process = None if trace.routine else _in_process(trace, process_of)
        if same_event is not None:
            groups.join(same_event, index, Kind.EVENTS)
        elif same_process is not None:
            groups.join(same_process, index, Kind.TREE)
        else:
            left.append(index)
    return left


def _in_process(trace: Trace, process_of: Mapping[tuple[object, str], list[Point]]) -> int | None:
    """The anchor nearest in time that shares a process, within WEAK_REACH."""
    near = [
        (abs(when - (moment or 0.0)), index)
        for key, moment in (*trace.processes, *trace.parents)
        for when, index in _neighbours(process_of.get((trace.host, key), []), moment or 0.0)
    ]
    away, nearest = min(near, default=(WEAK_REACH + 1, -1))
    return nearest if away <= WEAK_REACH else None


def _neighbours(points: list[Point], moment: float) -> list[Point]:
    """The last point before a moment and the first from it on."""
    place = bisect_left(points, (moment, -1))
    return points[max(place - 1, 0) : place + 1]


def _nearby(
    findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], rest: list[int], groups: Groups
) -> list[int]:
    """Step 2; returns the findings that are still without a place."""
    timelines: dict[object, list[Point]] = defaultdict(list)
    for index in anchors:
        timelines[traces[index].host or traces[index].account].extend(
            (moment, index) for moment in traces[index].points
        )
    for timeline in timelines.values():
        timeline.sort()
    left = []
    for index in rest:
        trace = traces[index]
        timeline = timelines.get(trace.host or trace.account, [])
        own_story = bool(findings[index].message) and trace.rank >= MEDIUM
        near = None if trace.routine or own_story else _strongest_near(trace, traces, timeline)
        if near is None:
            left.append(index)
        else:
            groups.join(near, index, Kind.NEARBY, findings[index].host)
    return left


def _strongest_near(trace: Trace, traces: Sequence[Trace], timeline: list[Point]) -> int | None:
    """The strongest anchor next to one of the finding's moments; the nearer one of equals."""
    best: tuple[int, float, int] | None = None
    for moment in trace.points:
        for when, index in _neighbours(timeline, moment):
            same = traces[index].account == trace.account
            if abs(when - moment) <= (ACCOUNT_PAUSE if same else HOST_PAUSE):
                best = max(best or (-1, 0.0, 0), (traces[index].rank, -abs(when - moment), index))
    return best[2] if best else None


def _routine(findings: Sequence[Finding], traces: Sequence[Trace], rest: list[int], groups: Groups) -> None:
    """Step 3, routine rules: one group a rule and organisation."""
    first_of: dict[tuple[str, str], int] = {}
    for index in rest:
        if traces[index].routine:
            rule = findings[index].rule
            groups.join(
                first_of.setdefault((findings[index].organisation, rule.id), index), index, Kind.ROUTINE, rule.title
            )


def _by_account(findings: Sequence[Finding], traces: Sequence[Trace], rest: list[int], groups: Groups) -> None:
    """Step 3, the rest: one account on one host without a long pause, counted from each finding's first event."""
    points: dict[tuple[object, str], list[Point]] = defaultdict(list)
    for index in rest:
        trace = traces[index]
        if trace.points and (trace.host or trace.account):
            place = (trace.host or trace.account, bare_name(findings[index].user))
            points[place].append((trace.points[0], index))
    for place_points in points.values():
        sweep(place_points, ACCOUNT_PAUSE, lambda a, b: groups.join(a, b, Kind.ACCOUNT_HERE, findings[a].user))


def join_alone(findings: Sequence[Finding], traces: Sequence[Trace], groups: Groups) -> None:
    """Step 4."""
    _again(findings, traces, groups)
    for indexes in _lone(findings, traces, groups).values():
        weak = traces[indexes[0]].rank < MEDIUM
        if len(indexes) >= (2 if weak else ALONE_HOSTS):
            for index in indexes[1:]:
                groups.join(indexes[0], index, Kind.ALONE, findings[index].rule.title)


def _again(findings: Sequence[Finding], traces: Sequence[Trace], groups: Groups) -> None:
    """Step 4, on one host."""
    here: dict[tuple[object, ...], list[Point]] = defaultdict(list)
    for rule, indexes in _lone(findings, traces, groups, HIGH).items():
        for index in indexes:
            trace = traces[index]
            if trace.rank >= MEDIUM and trace.host and trace.points:
                who = bare_name(findings[index].user) if trace.rank == HIGH else ""
                here[rule, trace.host, who].append((trace.points[0], index))
    for points in here.values():
        sweep(points, AGAIN_PAUSE, lambda a, b: groups.join(a, b, Kind.AGAIN, findings[a].rule.title))


def _lone(
    findings: Sequence[Finding], traces: Sequence[Trace], groups: Groups, strongest: int = MEDIUM
) -> dict[tuple[str, str], list[int]]:
    """A finding of each group that holds one rule only, not too strong, and no story of months.

    Weak findings beside a medium one surround it and make no second rule.
    """
    alone: dict[tuple[str, str], list[int]] = defaultdict(list)
    joins = groups.joins()
    for root, members in groups.members().items():
        loud = [index for index in members if traces[index].rank >= MEDIUM] or members
        rules = {(findings[index].organisation, findings[index].rule.id) for index in loud}
        story = any(join.kind in OVER_MONTHS for join in joins.get(root, ()))
        if len(rules) == 1 and not story and max(traces[index].rank for index in members) <= strongest:
            alone[rules.pop()].append(loud[0])
    return alone
