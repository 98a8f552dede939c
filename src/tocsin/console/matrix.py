"""ATT&CK at a glance: findings by tactic for the heat strip, and by technique for the table beside it."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.model import LEVELS, Incident
from tocsin.words.attack import TACTICS, current, tactic_name, tactics_of, technique_name

HEATS = (1, 3, 10, 30)  # incidents from which a tactic takes the next step of colour

_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")
_ATLAS = re.compile(r"AML\.T\d{4}(?:\.\d{3})?")


@dataclass(frozen=True, slots=True)
class TacticCell:
    """One column of the strip. `heat` is 0 (none) to the number of HEATS."""

    name: str
    incidents: int
    heat: int


@dataclass(frozen=True, slots=True)
class TechniqueRow:
    """One technique that findings show. `url` is empty for ids that neither ATT&CK nor ATLAS knows the form of."""

    id: str
    name: str
    url: str
    tactics: str
    findings: int
    level: str
    ranks: tuple[int, ...]


def strip(incidents: Sequence[Incident]) -> tuple[TacticCell, ...]:
    """How many incidents show each tactic, in the order of the matrix."""
    seen = Counter(tactic for incident in incidents for tactic in incident.tactics)
    return tuple(TacticCell(tactic.name, seen[tactic.short], _heat(seen[tactic.short])) for tactic in TACTICS)


def technique_rows(incidents: Sequence[Incident]) -> tuple[TechniqueRow, ...]:
    """Techniques with their findings, most frequent first."""
    findings: Counter[str] = Counter()
    levels: dict[str, int] = defaultdict(int)
    ranks: dict[str, set[int]] = defaultdict(set)
    for rank, incident in enumerate(incidents, start=1):
        for finding in incident.findings:
            level = LEVELS.index(finding.rule.level) if finding.rule.level in LEVELS else 0
            for technique in {current(technique) for technique in finding.rule.attack}:
                findings[technique] += 1
                levels[technique] = max(levels[technique], level)
                ranks[technique].add(rank)
    ordered = sorted(findings, key=lambda technique: (-levels[technique], -findings[technique], technique))
    return tuple(_row(t, findings[t], LEVELS[levels[t]], tuple(sorted(ranks[t]))) for t in ordered)


def technique_url(technique: str) -> str:
    """The technique's page at MITRE, requested only when a person follows it; empty for an id of another form."""
    if _ATLAS.fullmatch(technique):
        return f"https://atlas.mitre.org/techniques/{technique}"
    if not _TECHNIQUE.fullmatch(technique):
        return ""
    return f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}/"


def _heat(incidents: int) -> int:
    return sum(incidents >= step for step in HEATS)


def _row(technique: str, findings: int, level: str, ranks: tuple[int, ...]) -> TechniqueRow:
    tactics = ", ".join(tactic_name(tactic) for tactic in tactics_of(technique))
    return TechniqueRow(technique, technique_name(technique), technique_url(technique), tactics, findings, level, ranks)
