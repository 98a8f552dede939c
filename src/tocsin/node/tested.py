"""How rules were tested, as far as that is shipped with them.

`triage.reliability` tells it beside what happened here.

Rules:
1. An analytic brings figures in its header (`-- tested:`); the first line is told, `tocsin analytics show` tells all.
2. A rule or analytic of Tocsin's own packs has captures of its own: an attack that it has to find, and something
   harmless that it has to leave alone.
3. Of every other rule nothing is known: it is left out.
"""

from collections.abc import Iterator
from pathlib import Path

from tocsin.detect.analytics import AnalyticSet
from tocsin.detect.analytics.pack import PACK as ANALYTICS
from tocsin.detect.sigma import RuleSet
from tocsin.model import RuleInfo
from tocsin.rules import PACK
from tocsin.words.messages import say

FIGURES_CHARACTERS = 240


def tested_by(rules: RuleSet, analytics: AnalyticSet) -> dict[str, str]:
    """Rule or analytic id → how it was tested."""
    found = {info.id: _captures() for info in _infos(rules) if Path(info.path.partition(":")[0]).is_relative_to(PACK)}
    for analytic in analytics.analytics.values():
        if analytic.tested:
            found[analytic.info.id] = _short(analytic.tested[0])
        elif Path(analytic.path).is_relative_to(ANALYTICS):
            found[analytic.info.id] = _captures()
    return found


def _infos(rules: RuleSet) -> Iterator[RuleInfo]:
    yield from rules.rules
    yield from (spec.info for spec in rules.correlations)


def _captures() -> str:
    return say("on captures of its own, an attack and something harmless")


def _short(text: str) -> str:
    return text if len(text) <= FIGURES_CHARACTERS else f"{text[:FIGURES_CHARACTERS]}…"
