"""How urgent an incident is: a sum of named parts, each readable aloud.

| part | points | counts |
|---|---|---|
| surprise | 1 a bit, at most 80 | kinds of finding that are unusual by the past here, each by its most unusual one |
| level | 2, 5, 15, 35, 50 | the strongest rule that is not routine here, else the strongest rule |
| progress | 6 each, at most 30 | tactics beyond the first |
| techniques | 2 each, at most 10 | techniques beyond the first |
| agreement | 3 each, at most 12 | medium or stronger rules beyond the first; rules on the very same acts count once |
| breadth | 4 each, at most 20 | hosts beyond the first; not for rules that merely stand alone on many hosts |
| passwords | 8 | credential access by a rule of level medium or stronger |
| asset | 4, 10, 18 | the most critical asset: medium (or a mission alone), high, vital; by the asset list |
| missions | 3 each, at most 9 | missions beyond the first that the hosts serve |
| damage | 12 | impact by a rule of level medium or stronger |
| process tree | 5 | findings that one process tree holds together |
| correlation | 8 | a correlation rule fired: several events had to agree |
| dwell | 4 from a week on, 8 from a month on | what ties the incident together over that time |
| experimental | -4 | every rule calls itself experimental |
| recent | 5 | last event less than a day before the scan |
| routine | -25, at most what the others give | every rule is routine here |

Points are whole numbers so that the sum can be checked by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.model import LEVELS, Finding, ScorePart, Step
from tocsin.triage.accounts import host_key
from tocsin.triage.groups import OVER_MONTHS, Join, Kind
from tocsin.triage.progress import rule_tactics, tactics, techniques
from tocsin.triage.routine import Volume
from tocsin.triage.stakes import stakes
from tocsin.triage.twins import acts
from tocsin.triage.unusual import surprise
from tocsin.words.acts import tactic_act
from tocsin.words.attack import tactic_name
from tocsin.words.dates import duration
from tocsin.words.messages import enumeration, say, say_many

LEVEL_POINTS = dict(zip(LEVELS, (2, 5, 15, 35, 50), strict=True))
PROGRESS = (6, 30)  # points for each beyond the first, and their maximum
TECHNIQUES = (2, 10)
AGREEMENT = (3, 12)
BREADTH = (4, 20)
PASSWORDS, DAMAGE, TREE, CORRELATED, LATE = 8, 12, 5, 8, 5
ROUTINE, EXPERIMENTAL = -25, -4
SEVERAL = 2
MEDIUM = LEVELS.index("medium")
RECENT = timedelta(days=1)
DWELL = ((30 * 86_400, 8), (7 * 86_400, 4))  # seconds from which on a long stay gives points, longest first
CORRELATION = "correlation"  # RuleInfo.logsource of a correlation rule


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that belong together, with the reasons and what is known about their rules."""

    findings: tuple[Finding, ...]
    joins: tuple[Join, ...]
    volumes: Mapping[str, Volume]
    routine: frozenset[str]  # ids of rules that are routine in this scan
    telling: tuple[Finding, ...]  # findings of the other rules; all findings where every rule is routine
    core: tuple[Finding, ...] = ()  # findings that say how long it was: anchors, and what ties it over months

    @property
    def strong(self) -> tuple[Finding, ...]:
        """Telling findings of level medium or stronger."""
        return tuple(finding for finding in self.telling if level_rank(finding) >= MEDIUM)

    @property
    def told_once(self) -> bool:
        """Whether it is a list and no story: all routine, or one Sigma rule that stands alone on many hosts."""
        if self.joined_by(Kind.EPISODE) or any(f.unusual and f.unusual.episode for f in self.findings):
            return False
        told = any(finding.message and level_rank(finding) >= MEDIUM for finding in self.findings)
        alone = self.joined_by(Kind.ALONE) and not told
        return alone or self.joined_by(Kind.ROUTINE) or self.routine >= {f.rule.id for f in self.findings}

    def joined_by(self, *kinds: Kind) -> bool:
        """Whether one of these reasons brought findings together here."""
        return any(join.kind in kinds for join in self.joins)


def group_of(
    findings: tuple[Finding, ...],
    joins: tuple[Join, ...],
    volumes: Mapping[str, Volume],
    core: tuple[Finding, ...] = (),
) -> Group:
    """The group of these findings, with what its rules' volumes say."""
    routine = frozenset({finding.rule.id for finding in findings if volumes[finding.rule.id].routine})
    telling = tuple(finding for finding in findings if finding.rule.id not in routine) or findings
    return Group(findings, joins, volumes, routine, telling, core)


def level_rank(finding: Finding) -> int:
    """0 for informational to 4 for critical; an unknown level counts as medium."""
    return LEVELS.index(finding.rule.level) if finding.rule.level in LEVELS else MEDIUM


def score(group: Group, now: datetime, stages: Sequence[Step] = ()) -> tuple[ScorePart, ...]:
    """The parts in the order of the table above; parts without points are left out."""
    parts = [part for rule in _PARTS if (part := rule(group)) is not None]
    parts += stakes(group.strong or group.telling)
    if (dwell := _dwell(group, stages)) is not None:
        parts.append(dwell)
    if (recent := _recent(group, now)) is not None:
        parts.append(recent)
    if group.routine >= {finding.rule.id for finding in group.findings}:
        parts.append(_routine(sum(part.points for part in parts)))
    return tuple(parts)


def _level(group: Group) -> ScorePart:
    strongest = max(group.telling, key=level_rank)
    level = LEVELS[level_rank(strongest)]
    why = say("The strongest rule, “{rule}”, is of level {level}.", rule=strongest.rule.title, level=level)
    return ScorePart("level", LEVEL_POINTS[level], why)


def _progress(group: Group) -> ScorePart | None:
    stages = tactics(group.telling)
    if len(stages) < SEVERAL:
        return None
    names = enumeration([tactic_name(tactic) for tactic in stages])
    return ScorePart(
        "progress", _beyond_first(len(stages), PROGRESS), say("It spans several tactics: {names}.", names=names)
    )


def _techniques(group: Group) -> ScorePart | None:
    seen = techniques(group.telling)
    if len(seen) < SEVERAL:
        return None
    why = say_many("It shows {n} technique of ATT&CK.", "It shows {n} techniques of ATT&CK.", len(seen))
    return ScorePart("techniques", _beyond_first(len(seen), TECHNIQUES), why)


def _agreement(group: Group) -> ScorePart | None:
    rules = {finding.rule.id for finding in group.strong}
    seen = {acts(finding) or (finding.rule.id,) for finding in group.strong}
    fewer = min(len(rules), len(seen))
    if fewer < SEVERAL:
        return None
    one, many = "{n} rule of level medium or stronger agrees.", "{n} rules of level medium or stronger agree."
    return ScorePart("agreement", _beyond_first(fewer, AGREEMENT), say_many(one, many, fewer))


def _breadth(group: Group) -> ScorePart | None:
    hosts = {host_key(finding) for finding in group.telling if finding.host}
    if len(hosts) < SEVERAL or group.joined_by(Kind.ALONE, Kind.ROUTINE):
        return None
    why = say_many("{n} host is concerned.", "{n} hosts are concerned.", len(hosts))
    return ScorePart("breadth", _beyond_first(len(hosts), BREADTH), why)


def _passwords(group: Group) -> ScorePart | None:
    if not any("credential-access" in rule_tactics(finding.rule) for finding in group.strong):
        return None
    return ScorePart("passwords", PASSWORDS, say("Passwords or tickets may be stolen."))


def _damage(group: Group) -> ScorePart | None:
    if not any("impact" in rule_tactics(finding.rule) for finding in group.strong):
        return None
    return ScorePart("damage", DAMAGE, say("It shows {act}.", act=tactic_act("impact")))


def _tree(group: Group) -> ScorePart | None:
    if not group.joined_by(Kind.TREE):
        return None
    return ScorePart("process tree", TREE, say("One process tree holds the events together."))


def _correlation(group: Group) -> ScorePart | None:
    if not any(finding.rule.logsource == CORRELATION for finding in group.telling):
        return None
    return ScorePart("correlation", CORRELATED, say("A correlation rule fired: several events had to agree."))


def _routine(others: int) -> ScorePart:
    why = say("Every rule here is routine in this scan: it fires too widely or too steadily to say much.")
    return ScorePart("routine", max(ROUTINE, -others), why)


def _experimental(group: Group) -> ScorePart | None:
    if any(finding.rule.status != "experimental" for finding in group.findings):
        return None
    return ScorePart("experimental", EXPERIMENTAL, say("Every rule here calls itself experimental."))


def _dwell(group: Group, stages: Sequence[Step]) -> ScorePart | None:
    """Who stayed for long had time to reach much: only where something ties the story together over that time."""
    if not stages or not group.joined_by(*OVER_MONTHS):
        return None
    seconds = (max(stage.last for stage in stages) - min(stage.first for stage in stages)).total_seconds()
    points = next((points for least, points in DWELL if seconds >= least), 0)
    why = say("Something ties it together over {time}: whoever it is had time.", time=duration(seconds))
    return ScorePart("dwell", points, why) if points else None


def _recent(group: Group, now: datetime) -> ScorePart | None:
    last = max((finding.last for finding in group.findings if finding.last), default=None)
    if last is None or not timedelta(0) <= now - last <= RECENT:
        return None
    return ScorePart("recent", LATE, say("The last event is less than a day old: it may still go on."))


def _beyond_first(number: int, worth: tuple[int, int]) -> int:
    """Points for each beyond the first."""
    return min((number - 1) * worth[0], worth[1])


def _surprise(group: Group) -> ScorePart | None:
    return surprise(group.findings)


_PARTS: tuple[Callable[[Group], ScorePart | None], ...] = (
    _surprise, _level, _progress, _techniques, _agreement, _breadth, _passwords,
    _damage, _tree, _correlation, _experimental,
)  # fmt: skip
