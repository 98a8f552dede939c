"""What surprise means for incidents: whether they ask for a look, and what it adds to their rank. Pure.

Rules:
1. A finding that the past knows as usual brings nothing together, and is told with its like; one of level high or
   stronger is no matter of habit and stays itself.
2. Surprise asks for a look where an episode is among those of its day that people read. Where every finding that has a
   surprise is usual, it asks for none. Findings without one leave the question open.
3. Each kind of finding adds the worth of its most unusual one, at most SURPRISE_MOST in all.
"""

from collections.abc import Collection, Sequence

from tocsin.model import LEVELS, STRONG_LEVEL, Finding, ScorePart, Unusual
from tocsin.words.messages import say, say_many

SURPRISE_MOST = 80


def is_routine(finding: Finding, rules: Collection[str]) -> bool:
    """Whether a finding says little about one host here: by its rule's volume, or by the past. Rule 1."""
    if finding.unusual is None:
        return finding.rule.id in rules
    return not finding.unusual.episode and finding.rule.level not in LEVELS[LEVELS.index(STRONG_LEVEL) :]


def asked(findings: Sequence[Finding]) -> bool | None:
    """Rule 2."""
    known = [finding.unusual for finding in findings if finding.unusual]
    if any(each.asked for each in known):
        return True
    return False if known and len(known) == len(findings) else None


def surprise(findings: Sequence[Finding]) -> ScorePart | None:
    """Rule 3; None where nothing is unusual."""
    best: dict[str, tuple[Finding, Unusual]] = {}
    for finding in findings:
        if (unusual := finding.unusual) and unusual.episode:
            known = best.get(finding.rule.id)
            if known is None or unusual.worth > known[1].worth:
                best[finding.rule.id] = (finding, unusual)
    if not best:
        return None
    finding, unusual = max(best.values(), key=lambda each: (each[1].worth, each[0].rule.id))
    points = min(round(sum(each.worth for _, each in best.values())), SURPRISE_MOST)
    one = "{n} kind of finding is unusual here. {why}"
    many = "{n} kinds of finding are unusual here, the most of all: {why}"
    why = unusual.why or say("“{title}” on {host}.", title=finding.rule.title, host=finding.host)
    return ScorePart("surprise", points, say_many(one, many, len(best), why=why))
