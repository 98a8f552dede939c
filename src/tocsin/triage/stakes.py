"""What is at stake on the hosts of an incident: how critical the most critical asset is, and which missions it serves.

Criticality is the words of the asset list (docs/enrich.md); where nobody said, a mission alone counts as `medium`.
"""

from collections.abc import Sequence
from types import MappingProxyType

from tocsin.model import Finding, ScorePart
from tocsin.words.messages import first_few, say

POINTS = MappingProxyType({"low": 0, "medium": 4, "high": 10, "vital": 18})
MISSIONS = (3, 9)  # points for each mission beyond the first, and their maximum
_TOLD = 3  # missions named
_UNSAID = "medium"


def stakes(findings: Sequence[Finding]) -> tuple[ScorePart, ...]:
    """The parts `asset` and `missions`, those with points."""
    known = [finding for finding in findings if finding.criticality in POINTS or finding.serves]
    if not known:
        return ()
    most = max(known, key=lambda finding: (_points(finding), finding.serves, finding.host))
    parts = [ScorePart("asset", _points(most), _why(most))] if _points(most) else []
    missions = sorted({finding.serves for finding in known if finding.serves})
    if more := min((len(missions) - 1) * MISSIONS[0], MISSIONS[1]):
        names = first_few(missions, _TOLD)
        parts.append(ScorePart("missions", more, say("Several missions are concerned: {names}.", names=names)))
    return tuple(part for part in parts if part.points > 0)


def _points(finding: Finding) -> int:
    return POINTS.get(finding.criticality, POINTS[_UNSAID] if finding.serves else 0)


def _why(finding: Finding) -> str:
    host, level = finding.host, finding.criticality
    if not level:
        return say("{host} serves {mission}.", host=host, mission=finding.serves)
    if finding.serves:
        return say("{host} is of {level} criticality: {mission}.", host=host, level=level, mission=finding.serves)
    return say("{host} is of {level} criticality.", host=host, level=level)
