"""Which findings belong together, in near-linear time, with a reason for each join.

Rules, in order:
1. Anchors (not routine; high or stronger within a day, medium within hours; all of an episode of surprise) bring
   findings together: one episode (triage.surprise); the same events; one process tree; one account on one host; one
   host; one account on several hosts; one strong rule on several hosts at once.
2. Everything else joins at most one anchor's group: nothing is brought together through a noisy finding.
3. What found no anchor groups by host and account; a routine rule becomes one group.
4. Groups that something rare ties over months become one (triage.threads).
5. A rule that still stands alone on many hosts becomes one group.
6. A story that people made is one group; two of them were not joined in any of these steps (triage.corrections).
Joins by time never make a group longer than groups.EPISODE: a busy host does not become one endless incident.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from tocsin.model import LEVELS, Finding
from tocsin.triage.accounts import bare_name
from tocsin.triage.context import join_alone, join_context
from tocsin.triage.corrections import NOTHING_SAID, Corrections
from tocsin.triage.groups import Groups, Kind
from tocsin.triage.sweep import ACCOUNT_PAUSE, HOST_PAUSE, MINUTE, Point, sweep
from tocsin.triage.threads import Callers, nobody_asked, tie_threads
from tocsin.triage.traces import Trace

ACROSS_PAUSE = 60 * MINUTE  # one account on several hosts
TREE_PAUSE = 24 * 60 * MINUTE  # between strong findings of one process or of parent and child
MEDIUM_TREE_PAUSE = 4 * 60 * MINUTE  # the same where one is medium: a shell or a service lives for days, and a single
# doubtful act in it does not make one story of its whole life
SIBLINGS_PAUSE = 30 * MINUTE  # between children of one process that itself has no finding
WAVE_PAUSE = 60 * MINUTE  # between hosts struck by one strong rule
WAVE_SPAN = 6 * 60 * MINUTE  # longest wave
WAVE_SHARE = 0.8  # of the rule's hosts that the wave must hold
RARE_HOSTS = 8  # an account on more hosts ties them only by strong findings
SHARED_HOST_ACCOUNTS = 5  # a host with findings of more accounts ties them no longer by time alone
STRONG = LEVELS.index("high")


def link(
    findings: Sequence[Finding], traces: Sequence[Trace], callers: Callers = nobody_asked,
    corrections: Corrections = NOTHING_SAID,
) -> Groups:  # fmt: skip
    """All groups of these findings (numbered steps as in the rules above)."""
    stories = corrections.places(findings)
    groups = Groups([trace.points for trace in traces], stories)
    anchors = [index for index, trace in enumerate(traces) if trace.anchor]
    for step in (_by_episode, _by_events, _by_tree, _by_account_here, _by_host, _by_account_across, _by_wave):
        step(findings, traces, anchors, groups)
    join_context(findings, traces, anchors, groups)
    tie_threads(findings, traces, groups, callers)
    join_alone(findings, traces, groups)
    first_of: dict[int, int] = {}
    for index, story in sorted(stories.items()):
        groups.join(first_of.setdefault(story, index), index, Kind.PEOPLE)
    return groups


def _by_episode(findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], groups: Groups) -> None:
    """What triage.surprise put into one episode, in one organisation and network."""
    first_of: dict[tuple[str, str, str], int] = {}
    for index in anchors:
        if episode := traces[index].episode:
            place = (findings[index].organisation, findings[index].network, episode)
            groups.join(first_of.setdefault(place, index), index, Kind.EPISODE)


def _by_events(findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], groups: Groups) -> None:
    """Two rules on the same event describe the same act."""
    first_with: dict[str, int] = {}
    for index in anchors:
        for event in traces[index].events:
            groups.join(first_with.setdefault(event, index), index, Kind.EVENTS)


def _by_tree(findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], groups: Groups) -> None:
    """One process, its parent, its children."""
    seen: dict[tuple[object, str], list[Point]] = defaultdict(list)
    acting: set[tuple[object, str]] = set()
    for index in anchors:
        trace = traces[index]
        for key, moment in trace.processes:
            acting.add((trace.host, key))
            seen[trace.host, key].append((moment or 0.0, index))
        for key, moment in trace.parents:
            seen[trace.host, key].append((moment or 0.0, index))
    for place, points in seen.items():
        if place in acting:
            strong = [(moment, index) for moment, index in points if traces[index].rank >= STRONG]
            sweep(strong, TREE_PAUSE, lambda a, b: groups.join(a, b, Kind.TREE))
            sweep(points, MEDIUM_TREE_PAUSE, lambda a, b: groups.join(a, b, Kind.TREE))
        else:
            sweep(points, SIBLINGS_PAUSE, lambda a, b: groups.join(a, b, Kind.SIBLINGS))


def _by_account_here(findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], groups: Groups) -> None:
    """One account on one host, or anywhere where no host is named; service accounts too, for the host is the same."""
    points: dict[tuple[object, str], list[Point]] = defaultdict(list)
    untimed: dict[tuple[object, str], int] = {}
    for index in anchors:
        trace, user = traces[index], bare_name(findings[index].user)
        if trace.host is None and trace.account is None:
            continue
        place = (trace.host or trace.account, user)
        points[place].extend((moment, index) for moment in trace.points)
        if not trace.points:
            groups.join(untimed.setdefault(place, index), index, Kind.UNTIMED, findings[index].host)
    for place_points in points.values():
        sweep(place_points, ACCOUNT_PAUSE, lambda a, b: groups.join(a, b, Kind.ACCOUNT_HERE, findings[a].user))


def _by_host(findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], groups: Groups) -> None:
    """Different accounts on one host within a short time, unless many people share the host."""
    points: dict[object, list[Point]] = defaultdict(list)
    people: dict[object, set[object]] = defaultdict(set)
    for index in anchors:
        trace = traces[index]
        if trace.host is not None:
            points[trace.host].extend((moment, index) for moment in trace.points)
            people[trace.host] |= {trace.account} - {None}
    for host, host_points in points.items():
        if len(people[host]) <= SHARED_HOST_ACCOUNTS:
            sweep(host_points, HOST_PAUSE, lambda a, b: groups.join(a, b, Kind.HOST, findings[a].host))


def _by_account_across(
    findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], groups: Groups
) -> None:
    """One account on several hosts within a short time; on many hosts only by its strong findings."""
    points: dict[object, list[Point]] = defaultdict(list)
    hosts: dict[object, set[object]] = defaultdict(set)
    for index in anchors:
        trace = traces[index]
        if trace.account is not None and trace.ties_hosts:
            points[trace.account].extend((moment, index) for moment in trace.points)
            hosts[trace.account].add(trace.host)
    for account, account_points in points.items():
        rare = len(hosts[account]) <= RARE_HOSTS
        kept = [point for point in account_points if rare or traces[point[1]].rank >= STRONG]
        sweep(kept, ACROSS_PAUSE, lambda a, b: groups.join(a, b, Kind.ACCOUNT_ACROSS, findings[a].user))


def _by_wave(findings: Sequence[Finding], traces: Sequence[Trace], anchors: list[int], groups: Groups) -> None:
    """One strong rule that strikes nearly all of its hosts within hours, and then no more."""
    strikes: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for index in anchors:
        finding, trace = findings[index], traces[index]
        if trace.rank >= STRONG and trace.points and trace.host is not None:
            strikes[finding.organisation, finding.rule.id].append((trace.points[0], index))
    for points in strikes.values():
        for run in _runs(sorted(points)):
            struck = {traces[index].host for _, index in run}
            if len(struck) > 1 and len(struck) >= WAVE_SHARE * len({traces[index].host for _, index in points}):
                for (_, a), (_, b) in pairwise(run):
                    groups.join(a, b, Kind.WAVE, findings[a].rule.title)


def _runs(points: list[Point]) -> Iterable[list[Point]]:
    """Stretches without a pause longer than WAVE_PAUSE that are no longer than WAVE_SPAN."""
    run: list[Point] = []
    for point in points:
        if run and point[0] - run[-1][0] > WAVE_PAUSE:
            yield from ([run] if run[-1][0] - run[0][0] <= WAVE_SPAN else [])
            run = []
        run.append(point)
    yield from ([run] if run and run[-1][0] - run[0][0] <= WAVE_SPAN else [])
