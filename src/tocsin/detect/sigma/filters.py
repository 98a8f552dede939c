"""Sigma filters (Sigma filters specification 2.1): conditions that are joined to other rules' with `and`.

Rules:
1. A filter applies to the rules that it names by id or name (`any` or an empty list: to all), where every part of its
   log source is the rule's.
2. A filter's names are its own: a pattern in a rule's condition never reaches a filter's search, nor the other way.
3. A filter that cannot run is refused and changes no rule. So is one that applies to no loaded rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule

from tocsin.detect.sigma.compiling import Draft, draft
from tocsin.detect.sigma.parsing import Parsed, Place, refusal
from tocsin.detect.sigma.placeholders import Values, fill
from tocsin.detect.sigma.refusal import Refusal
from tocsin.errors import RuleError


@dataclass
class _Filter:
    place: Place
    parsed: SigmaFilter
    condition: Draft
    used: bool = False

    def applies(self, rule: SigmaRule) -> bool:
        """Whether the filter is meant for the rule."""
        if rule.logsource not in self.parsed.logsource:
            return False
        named = self.parsed.filter.rules
        if isinstance(named, str):
            return True
        known = {str(rule.id).lower() if rule.id else None, rule.name}
        return any(each.reference in known or str(each.reference).lower() in known for each in named)


@dataclass
class Filters:
    """All filters that can run."""

    _filters: list[_Filter] = field(default_factory=list)

    @classmethod
    def of(cls, parsed: Parsed, values: Values) -> "Filters":
        """Compile the filters; those that cannot run are refused."""
        found: list[_Filter] = []
        for place, each in parsed.filters:
            try:
                fill(each.filter, values)
                found.append(_Filter(place, each, draft(each.filter)))
            except Exception as error:  # foreign data may break pySigma anywhere: the filter is refused
                parsed.refused.append(refusal(place, each.id, each.title, error))
        return cls(found)

    def of_rule(self, rule: SigmaRule) -> list[Draft]:
        """The conditions that hold for a rule besides its own."""
        chosen = [each for each in self._filters if each.applies(rule)]
        for each in chosen:
            each.used = True
        return [each.condition for each in chosen]

    def idle(self) -> Iterator[Refusal]:
        """A refusal for every filter that applied to no rule."""
        for each in self._filters:
            if not each.used:
                error = RuleError("the filter applies to no rule that is loaded: see its `rules` and log source")
                yield refusal(each.place, each.parsed.id, each.parsed.title, error)
