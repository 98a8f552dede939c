"""The evidence lines that an incident shows first: ten acts by which a person sees the whole story.

Rules, in order, until the lines are full:
0. What the story of an episode of surprise shows (triage.surprise.story) comes first, one act of each of its findings.
1. One line is one act; several rules that fired on it are told by the strongest, and count for all their tactics. A
   correlation speaks of more than the act: what it shows is what the other rules on the act show, if there are any.
2. Each tactic gets a line before any gets a second one, told by the strongest act.
3. Then comes what adds most: another technique, another episode (a pause of EPISODE_PAUSE parts them), another rule,
   another host; a strong finding's addition counts more, and of equals the act that lies farthest from those shown.
4. Findings that are weak or routine wait until nothing stronger adds anything; then their tactics get a line.
Lines are shown in order of time. Only acts within the incident's time are shown, where any is.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tocsin import limits
from tocsin.model import LEVELS, Evidence, Finding, Incident
from tocsin.triage.progress import rule_tactics
from tocsin.triage.routine import CORRELATION
from tocsin.triage.score import LEVEL_POINTS, MEDIUM, level_rank
from tocsin.words.attack import current

EPISODE_PAUSE = timedelta(hours=12)
NEW_TECHNIQUE, NEW_EPISODE, NEW_RULE, NEW_HOST = 3, 3, 2, 1  # what another one adds to the story

_TURNS = (
    (False, False, False), (False, False, True), (True, False, False), (False, True, False), (False, True, True),
    (True, False, True), (True, True, False), (True, True, True),
)  # fmt: skip
"""Last to first: whether an act is strong, tells a new tactic, adds anything else."""
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One act of an incident. `event` is None where an analytic keeps no event; `event_ids` are all its records."""

    finding: Finding
    event: Evidence | None
    event_ids: tuple[str, ...]
    time: datetime | None
    tactics: tuple[str, ...]  # of all rules that fired on the act

    @property
    def told(self) -> str:
        """The sentence of the analytic, or the title of the rule."""
        return self.finding.message or self.finding.rule.title


@dataclass(frozen=True, slots=True)
class _Act:
    """A line that may be shown, with what it adds to a story."""

    line: EvidenceLine
    rank: int
    strong: bool
    agreement: int  # points of the levels of all rules that fired on it
    tactics: frozenset[str]
    facets: dict[tuple[str, object], int]  # what it adds, with its worth
    at: float | None


def first_lines(incident: Incident, most: int = limits.FIRST_LINES) -> tuple[EvidenceLine, ...]:
    """At most `most` lines, in order of time."""
    acts = _acts(incident)
    shown = _told_by_surprise(acts)[:most]
    left = [act for act in acts if act not in shown]
    tactics = {tactic for act in shown for tactic in act.tactics}
    facets = {facet for act in shown for facet in act.facets}
    times = sorted(act.at for act in shown if act.at is not None)
    while left and len(shown) < most:
        best = max(left, key=lambda act: _worth(act, tactics, facets, times))
        left.remove(best)
        shown.append(best)
        tactics |= best.tactics
        facets |= best.facets.keys()
        if best.at is not None:
            times.insert(bisect_left(times, best.at), best.at)
    lines = (act.line for act in shown)
    return tuple(sorted(lines, key=lambda line: (line.time or _LATEST, line.finding.rule.id, line.event_ids)))


def _told_by_surprise(acts: Sequence[_Act]) -> list[_Act]:
    """Rule 0: the first act of each rule on each host that the story of an episode shows."""
    first: dict[tuple[str, str, str], _Act] = {}
    for act in acts:
        finding = act.line.finding
        if finding.unusual and finding.unusual.line:
            first.setdefault((finding.unusual.episode, finding.rule.id, finding.host), act)
    return list(first.values())


def _worth(act: _Act, tactics: set[str], facets: set[tuple[str, object]], times: list[float]) -> tuple[object, ...]:
    """Sorts the act that a story needs next to the end."""
    new = len(act.tactics - tactics)
    added = sum(worth for facet, worth in act.facets.items() if facet not in facets)
    turn = _TURNS.index((act.strong, bool(new), bool(added)))
    if new:
        return (turn, act.rank, new, act.agreement, added)
    points = LEVEL_POINTS[LEVELS[act.rank]]
    return (turn, added * points, act.rank, act.agreement, _away(act.at, times))


def _away(at: float | None, times: list[float]) -> float:
    """Seconds to the nearest act that is shown."""
    if at is None or not times:
        return 0.0
    place = bisect_left(times, at)
    return min(abs(at - other) for other in times[max(place - 1, 0) : place + 1])


def _acts(incident: Incident) -> list[_Act]:
    """All acts, earliest first."""
    told: dict[str, list[tuple[Finding, Evidence | None]]] = defaultdict(list)
    for number, finding in enumerate(incident.findings):
        for event in _inside(finding, incident):
            told[min((event.event_id, *event.also))].append((finding, event))
        if not finding.evidence:
            told[finding.event_ids[0] if finding.event_ids else f"finding {number}"].append((finding, None))
    begun = _episodes(incident)
    return sorted(
        (_act(same, begun, incident.routine) for same in told.values()), key=lambda act: (act.at is None, act.at or 0.0)
    )


def _act(same: list[tuple[Finding, Evidence | None]], begun: Sequence[float], routine: frozenset[str]) -> _Act:
    finding, event = min(
        same, key=lambda seen: (seen[0].rule.id in routine, -level_rank(seen[0]), seen[0].rule.id, seen[0].host)
    )
    rules = {seen.rule.id: seen.rule for seen, _ in same}
    shown = [rule for rule in rules.values() if rule.logsource != CORRELATION] or [finding.rule]
    tactics = {tactic for rule in shown for tactic in rule_tactics(rule)}
    ids = (event.event_id, *event.also) if event else finding.event_ids[:1]
    time = event.time if event and event.time else finding.first
    at = time.timestamp() if time else None
    rank = level_rank(finding)
    techniques = finding.rule.attack if finding.rule in shown else shown[0].attack
    facets: dict[tuple[str, object], int] = {
        ("technique", current(technique).partition(".")[0]): NEW_TECHNIQUE for technique in techniques
    }
    facets |= {("rule", finding.rule.id): NEW_RULE, ("host", finding.host.casefold()): NEW_HOST}
    if at is not None:
        facets["episode", bisect_right(begun, at)] = NEW_EPISODE
    points = sum(LEVEL_POINTS.get(rule.level, 0) for rule in rules.values())
    line = EvidenceLine(finding, event, ids, time, tuple(sorted(tactics)))
    strong = rank >= MEDIUM and finding.rule.id not in routine
    return _Act(line, rank, strong, points, frozenset(tactics), facets, at)


def _episodes(incident: Incident) -> list[float]:
    """When each episode begins, by what is neither weak nor without time."""
    moments = sorted(
        event.time
        for finding in incident.findings
        if level_rank(finding) >= MEDIUM and finding.rule.id not in incident.routine
        for event in _inside(finding, incident)
        if event.time
    )
    return [after.timestamp() for before, after in pairwise(moments) if after - before > EPISODE_PAUSE]


def _inside(finding: Finding, incident: Incident) -> Iterator[Evidence]:
    """The finding's events within the incident's time; all where none is."""
    first, last = incident.first, incident.last
    within = [e for e in finding.evidence if e.time and first and last and first <= e.time <= last]
    yield from within or finding.evidence
