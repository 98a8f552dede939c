"""What costs most: tactics and findings in order of gravity; and what a title names first."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from tocsin.model import LEVELS, STRONG_LEVEL, Finding
from tocsin.triage.progress import rule_tactics
from tocsin.triage.score import level_rank

_GRAVE = ("impact", "credential-access", "exfiltration", "lateral-movement", "defense-impairment", "persistence")


def gravest(tactics: tuple[str, ...]) -> list[str]:
    """The tactics, those that cost most first."""
    return sorted(tactics, key=_place)


def gravity(finding: Finding) -> tuple[int, int, str]:
    """Sorts the strongest and gravest first."""
    grave = min(map(_place, rule_tactics(finding.rule)), default=len(_GRAVE))
    return (-level_rank(finding), grave, finding.rule.id)


def _place(tactic: str) -> int:
    return _GRAVE.index(tactic) if tactic in _GRAVE else len(_GRAVE)


def in_title(findings: Sequence[Finding]) -> Callable[[Finding], tuple[object, ...]]:
    """Sorts what is of level high or stronger first, then the most unusual, on the host where most of it is."""
    here: dict[str, float] = defaultdict(float)
    for finding in findings:
        here[finding.host] += _worth(finding)

    def order(finding: Finding) -> tuple[object, ...]:
        strong = finding.rule.level in LEVELS[LEVELS.index(STRONG_LEVEL) :]
        return (not strong, 0.0 if strong else -here[finding.host], -_worth(finding), *gravity(finding))

    return order


def _worth(finding: Finding) -> float:
    return finding.unusual.worth if finding.unusual and finding.unusual.episode else 0.0
