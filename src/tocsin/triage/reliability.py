"""How reliable a rule is: what was known when it was written and tested, and what people here found out since. Pure.

Rules:
1. An estimate is Beta-binomial: a share of true incidents known before (the prior, worth some incidents), and then
   each closed incident in which the rule fired. `attack` counts as true; `harmless` and `false alarm` as not. What is
   undecided, or was told as a part of another, says nothing.
2. The prior comes from what the rule says of itself: its status (Sigma 2 appendix, `status`) and level. It is worth
   UNTESTED incidents, TESTED ones where figures of a test are shipped with the rule.
3. Decisions fade: one that is HALF_LIFE old counts half. Organisations are apart: what is normal differs.
4. All decisions of one account together count for at most ACCOUNT_MOST incidents of a rule. As ACCOUNT_MOST is no more
   than UNTESTED, one account is never more than half of what an estimate rests on: it can move it at most half of the
   way from what was known without it to its own opinion.
5. In the rank it is one part (`reliability`), of at most MOST points either way, by the most favourable of the
   incident's telling rules: no rule's bad name takes from what another one found. Where a rule of level high or
   stronger tells, it takes at most GRAVE_LOSS. It takes nothing from what people confirmed as an attack.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tocsin.model import LEVELS, OTHERS_STATUS, Finding, Incident, RuleInfo, ScorePart
from tocsin.words.messages import mark, say, say_many

HALF_LIFE = timedelta(days=180)
UNTESTED, TESTED = 4.0, 8.0  # incidents that what was known before is worth
ACCOUNT_MOST = 4.0  # incidents that all decisions of one account count for
MOST = 8  # points that reliability gives or takes
GRAVE_LOSS = 3  # points that it takes at most where a rule of level high or stronger tells
TOLD = 5  # rules of an incident that get a sentence
PART = "reliability"

_SHARES = {"stable": 0.6, "test": 0.5, "experimental": 0.35, "deprecated": 0.2, "unsupported": 0.2, OTHERS_STATUS: 0.4}
_UNSAID = 0.4  # of a rule without a status
_BY_LEVEL = dict(zip(LEVELS, (-0.15, -0.1, 0.0, 0.1, 0.2), strict=True))
"""What a level adds: a critical rule promises that it fires rarely and means something (Sigma 2 appendix, `level`)."""
_STATUS_TOLD = {
    "stable": mark("its author calls it stable"),
    "test": mark("its author calls it tested in part"),
    "experimental": mark("its author calls it experimental"),
    "deprecated": mark("its author calls it outdated"),
    "unsupported": mark("its author calls it unsupported"),
    OTHERS_STATUS: mark("another product says it"),
}


@dataclass(frozen=True, slots=True)
class Vote:
    """One closed incident in which a rule fired: whether it was an attack, who closed it, and when."""

    true: bool
    actor: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Estimate:
    """How likely an incident with this rule is true: `before` by what was known, `now` by what people found out."""

    before: float
    now: float
    true: int = 0
    closed: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Reliability:
    """What is known of rules: `votes` by organisation and rule id, `tested` the figures shipped, by rule id."""

    votes: Mapping[tuple[str, str], Sequence[Vote]] = field(default_factory=dict)
    tested: Mapping[str, str] = field(default_factory=dict)


def estimate(rule: RuleInfo, votes: Iterable[Vote], now: datetime, *, tested: bool = False) -> Estimate:
    """The estimate of one rule in one organisation. Rules 1 to 4."""
    votes = list(votes)
    before, worth = prior(rule), TESTED if tested else UNTESTED
    weights: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for vote in votes:
        weights[vote.actor].append((_faded(vote.time, now), vote.true))
    true, counted = before * worth, worth
    for mine in weights.values():
        all_ = sum(weight for weight, _ in mine)
        share = min(1.0, ACCOUNT_MOST / all_) if all_ else 0.0
        true += share * sum(weight for weight, is_true in mine if is_true)
        counted += share * all_
    return Estimate(before, true / counted, sum(vote.true for vote in votes), len(votes), len(weights))


def prior(rule: RuleInfo) -> float:
    """The share of true incidents that a rule promises by its status and level; between 0.05 and 0.8."""
    share = _SHARES.get(rule.status, _UNSAID) + _BY_LEVEL.get(rule.level, 0.0)
    return min(max(share, 0.05), 0.8)


def part(
    findings: Sequence[Finding], known: Reliability, now: datetime, *, confirmed: bool, beneath: int
) -> ScorePart | None:
    """The part of the rank that telling findings give; None where it has no points. Rule 5.

    `beneath` is what the other parts give: the sum is never taken below nothing.
    """
    estimates = _estimates(findings, known, now)
    if not estimates:
        return None
    shifts = [(each.now - each.before, rule, each) for rule, each in estimates]  # 0 where nothing is known yet
    shift, rule, best = max(shifts, key=lambda each: (each[0], each[1].id))
    points = min(max(round(2 * MOST * shift), -min(_loss(findings), max(beneath, 0))), MOST)
    if not points or (points < 0 and confirmed):
        return None
    sentence = mark("“{rule}” has proved right here more often than it promised: {here}.") if points > 0 else mark(
        "“{rule}” has proved right here less often than it promised: {here}."
    )  # fmt: skip
    return ScorePart(PART, points, say(sentence, rule=rule.title, here=_here(best)))


def sentences(incident: Incident, findings: Sequence[Finding], known: Reliability, now: datetime) -> tuple[str, ...]:
    """How reliable each rule of the incident was when tested and here: the gravest and most frequent rules."""
    counted = Counter(finding.rule.id for finding in incident.findings)
    told = _estimates(findings, known, now)
    told.sort(key=lambda each: (-_level(each[0]), -counted[each[0].id], each[0].id))
    return tuple(_sentence(rule, each, known.tested.get(rule.id, "")) for rule, each in told[:TOLD])


def is_told_alike(one: Incident, other: Incident) -> bool:
    """Whether two incidents differ at most in how many closed incidents their sentences count: that is no news."""
    return _without_counts(one) == _without_counts(other)


def _without_counts(incident: Incident) -> Incident:
    parts = tuple(replace(each, why="") if each.name == PART else each for each in incident.parts)
    return replace(incident, parts=parts, reliability=tuple(map(_before_here, incident.reliability)))


def _before_here(sentence: str) -> str:
    return sentence.rpartition(";")[0]


def _estimates(
    findings: Sequence[Finding], known: Reliability, now: datetime
) -> list[tuple[RuleInfo, Estimate]]:  # fmt: skip
    """Each rule once; where it fired in several organisations, by the votes of all of them."""
    rules = {finding.rule.id: finding.rule for finding in findings}
    places: dict[str, set[str]] = defaultdict(set)
    for finding in findings:
        places[finding.rule.id].add(finding.organisation)
    found = []
    for id, rule in rules.items():
        votes = [vote for place in sorted(places[id]) for vote in known.votes.get((place, id), ())]
        found.append((rule, estimate(rule, votes, now, tested=id in known.tested)))
    return found


def _sentence(rule: RuleInfo, found: Estimate, tested: str) -> str:
    status = say(_STATUS_TOLD[rule.status]) if rule.status in _STATUS_TOLD else say("its author says nothing of it")
    figures = tested or say("not tested, {status}", status=status)
    return say("“{rule}”: tested: {figures}; here: {here}.", rule=rule.title, figures=figures.rstrip("."),
               here=_here(found))  # fmt: skip


def _here(found: Estimate) -> str:
    if not found.closed:
        return say("no closed incident with it yet")
    people = say_many("by {n} account", "by {n} accounts", found.people)
    one, many = (
        "{true} of {n} closed incident with it was true, {people}",
        ("{true} of {n} closed incidents with it were true, {people}"),
    )
    return say_many(one, many, found.closed, true=found.true, people=people)


def _loss(findings: Sequence[Finding]) -> int:
    high = LEVELS.index("high")
    return GRAVE_LOSS if any(_level(finding.rule) >= high for finding in findings) else MOST


def _level(rule: RuleInfo) -> int:
    return LEVELS.index(rule.level) if rule.level in LEVELS else LEVELS.index("medium")


def _faded(time: datetime, now: datetime) -> float:
    """How much a decision still counts; one of the future counts whole."""
    return float(0.5 ** (max(now - time, timedelta(0)) / HALF_LIFE))
