"""What costs most: tactics and findings in order of gravity."""

from tocsin.model import Finding
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
