"""A correlation rule as data (Sigma correlation rules specification 2.1): what the correlation engine evaluates.

The parser has resolved every reference. A rule that is referenced by a correlation without `generate: true`
is still evaluated, but `RuleSet.silent` lists it: it raises no finding of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.model import RuleInfo


@dataclass(frozen=True, slots=True)
class Reference:
    """A rule that a correlation names: exactly one of `rule` and `correlation` is set."""

    name: str  # as written: the rule's name or id
    rule: int | None = None  # index into RuleSet.rules
    correlation: int | None = None  # index into RuleSet.correlations


@dataclass(frozen=True, slots=True)
class Expression:
    """An extended temporal condition, `rule_a and not rule_b`, as a tree.

    `operator` is `and`, `or`, `not` or `rule`; for `rule`, `reference` is an index into CorrelationSpec.references.
    """

    operator: str
    reference: int = -1
    children: tuple["Expression", ...] = ()


@dataclass(frozen=True, slots=True)
class CorrelationSpec:
    """One correlation rule.

    `type` is one of event_count, value_count, temporal, temporal_ordered, value_sum, value_avg,
    value_percentile, value_median. The condition is `measure operator count`, where `operator` is one of
    lt, lte, gt, gte, eq, neq, and the measure reads `fields` (value types only); `also` are further comparisons of
    the same measure, all of which must hold (a range). A temporal rule without a condition has `gte` and the number
    of its references. `expression` replaces the condition where it is set.
    """

    id: str
    info: RuleInfo
    type: str
    references: tuple[Reference, ...]
    timespan_seconds: int  # of event time
    operator: str
    count: float
    group_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    percentile: int | None = None  # 0 to 100, value_percentile only
    aliases: Mapping[str, Mapping[int, str]] = field(default_factory=dict)  # alias → reference index → field
    expression: Expression | None = None
    generate: bool = False
    name: str = ""
    also: tuple[tuple[str, float], ...] = ()  # operator and number
    silent: bool = False  # named by another correlation without `generate`: raises no finding of its own

    @property
    def comparisons(self) -> tuple[tuple[str, float], ...]:
        """Every comparison of the condition: operator and number."""
        return ((self.operator, self.count), *self.also)
