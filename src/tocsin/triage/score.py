"""How urgent an incident is: a sum of named parts, each readable aloud.

| part | points | counts |
|---|---|---|
| level | 2, 5, 15, 35, 50 | the strongest rule that is not routine here, else the strongest rule |
| progress | 6 each, at most 30 | tactics beyond the first |
| techniques | 2 each, at most 10 | techniques beyond the first |
| agreement | 3 each, at most 12 | medium or stronger rules beyond the first; rules on the very same events count once |
| breadth | 4 each, at most 20 | hosts beyond the first; not for rules that merely stand alone on many hosts |
| passwords | 8 | credential access by a rule of level medium or stronger |
| damage | 12 | impact by a rule of level medium or stronger |
| process tree | 5 | findings that one process tree holds together |
| correlation | 8 | a correlation rule fired: several events had to agree |
| recent | 5 | last event less than a day before the scan |
| routine | -25 | every rule is routine here |
| experimental | -4 | every rule calls itself experimental |

Points are whole numbers so that the sum can be checked by hand.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tocsin.model import LEVELS, Finding, ScorePart
from tocsin.triage.accounts import host_key
from tocsin.triage.groups import Join, Kind
from tocsin.triage.progress import rule_tactics, tactics, techniques
from tocsin.triage.routine import Volume
from tocsin.words.acts import tactic_act
from tocsin.words.attack import tactic_name
from tocsin.words.messages import enumeration, say, say_many

LEVEL_POINTS = dict(zip(LEVELS, (2, 5, 15, 35, 50), strict=True))
PROGRESS = (6, 30)  # points for each beyond the first, and their maximum
TECHNIQUES = (2, 10)
AGREEMENT = (3, 12)
BREADTH = (4, 20)
PASSWORDS, DAMAGE, TREE, CORRELATED, LATE = 8, 12, 5, 8, 5
ROUTINE, EXPERIMENTAL = -25, -4
MEDIUM = LEVELS.index("medium")
RECENT = timedelta(days=1)
CORRELATION = "correlation"  # RuleInfo.logsource of a correlation rule


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that belong together, with the reasons and what is known about their rules."""

    findings: tuple[Finding, ...]
    joins: tuple[Join, ...]
    volumes: dict[str, Volume]

    @property
    def telling(self) -> tuple[Finding, ...]:
        """The findings of rules that are not routine here; all of them where every rule is."""
        return tuple(f for f in self.findings if not self.routine(f)) or self.findings

    @property
    def strong(self) -> tuple[Finding, ...]:
        """Telling findings of level medium or stronger."""
        return tuple(finding for finding in self.telling if level_rank(finding) >= MEDIUM)

    def routine(self, finding: Finding) -> bool:
        """Whether the finding's rule is routine in this scan."""
        return self.volumes[finding.rule.id].routine

    def joined_by(self, *kinds: Kind) -> bool:
        """Whether one of these reasons brought findings together here."""
        return any(join.kind in kinds for join in self.joins)


def level_rank(finding: Finding) -> int:
    """0 for informational to 4 for critical; an unknown level counts as medium."""
    return LEVELS.index(finding.rule.level) if finding.rule.level in LEVELS else MEDIUM


def score(group: Group, now: datetime) -> tuple[ScorePart, ...]:
    """The parts in the order of the table above; parts without points are left out."""
    parts = (_level(group), *_advance(group), *_extent(group), *_harm(group), *_certainty(group), *_recent(group, now))
    return (*(part for part in parts if part.points), *_doubts(group))


def _level(group: Group) -> ScorePart:
    strongest = max(group.telling, key=level_rank)
    level = LEVELS[level_rank(strongest)]
    why = say("The strongest rule, “{rule}”, is of level {level}.", rule=strongest.rule.title, level=level)
    return ScorePart("level", LEVEL_POINTS[level], why)


def _advance(group: Group) -> tuple[ScorePart, ...]:
    stages = tactics(group.telling)
    names = enumeration([tactic_name(tactic) for tactic in stages])
    methods = techniques(group.telling)
    return (
        ScorePart("progress", _steps(len(stages), PROGRESS), say("It spans several tactics: {names}.", names=names)),
        ScorePart(
            "techniques",
            _steps(len(methods), TECHNIQUES),
            say_many("It shows {n} technique of ATT&CK.", "It shows {n} techniques of ATT&CK.", len(methods)),
        ),
    )


def _extent(group: Group) -> tuple[ScorePart, ...]:
    acts = {finding.event_ids or (finding.rule.id,) for finding in group.strong}
    rules = min(len(acts), len({finding.rule.id for finding in group.strong}))
    hosts = len({host_key(finding) for finding in group.telling if finding.host})
    if group.joined_by(Kind.ALONE, Kind.ROUTINE):
        hosts = 1
    return (
        ScorePart(
            "agreement",
            _steps(rules, AGREEMENT),
            say_many(
                "{n} rule of level medium or stronger agrees.", "{n} rules of level medium or stronger agree.", rules
            ),
        ),
        ScorePart(
            "breadth", _steps(hosts, BREADTH), say_many("{n} host is concerned.", "{n} hosts are concerned.", hosts)
        ),
    )


def _harm(group: Group) -> tuple[ScorePart, ...]:
    seen = {tactic for finding in group.strong for tactic in rule_tactics(finding.rule)}
    return (
        ScorePart("passwords", PASSWORDS * ("credential-access" in seen), say("Passwords or tickets may be stolen.")),
        ScorePart("damage", DAMAGE * ("impact" in seen), say("It shows {act}.", act=tactic_act("impact"))),
    )


def _certainty(group: Group) -> tuple[ScorePart, ...]:
    correlated = any(finding.rule.logsource == CORRELATION for finding in group.telling)
    tree = group.joined_by(Kind.TREE)
    return (
        ScorePart("process tree", TREE * tree, say("One process tree holds the events together.")),
        ScorePart(
            "correlation", CORRELATED * correlated, say("A correlation rule fired: several events had to agree.")
        ),
    )


def _recent(group: Group, now: datetime) -> tuple[ScorePart, ...]:
    last = max((finding.last for finding in group.findings if finding.last), default=None)
    recent = last is not None and timedelta(0) <= now - last <= RECENT
    return (ScorePart("recent", LATE * recent, say("The last event is less than a day old: it may still go on.")),)


def _doubts(group: Group) -> tuple[ScorePart, ...]:
    doubts = []
    if all(group.routine(finding) for finding in group.findings):
        why = say("Every rule here is routine in this scan: it fires too widely or too steadily to say much.")
        doubts.append(ScorePart("routine", ROUTINE, why))
    if all(finding.rule.status == "experimental" for finding in group.findings):
        doubts.append(ScorePart("experimental", EXPERIMENTAL, say("Every rule here calls itself experimental.")))
    return tuple(doubts)


def _steps(number: int, worth: tuple[int, int]) -> int:
    """Points for each beyond the first."""
    return min(max(number - 1, 0) * worth[0], worth[1])
