"""Correlation documents become pySigma objects, after what pySigma passes over in silence was refused.

Rules:
1. A condition may hold several comparisons, all of which must hold ("range"); pySigma takes one, so each is read alone.
2. `generate` may stand beside `correlation`, where the specification puts it, or inside, where pySigma reads it.
3. Anything that would be ignored or cut is refused: unknown keys, a field or percentile where the type takes none,
   fractions of a percentile, a rule named twice, names that are no text, a range that no number lies in.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationConditionOperator, SigmaCorrelationRule

from tocsin.errors import RuleError

KEYS = frozenset({"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"})
OPERATORS = frozenset(SigmaCorrelationConditionOperator.operators())
PERCENTILES = range(101)
TAKES_PERCENTILE = "value_percentile"
TAKES_FIELD = "value_"  # how the types begin whose condition names a field


@dataclass
class RangeCondition(SigmaCorrelationCondition):
    """A condition with further comparisons, all of which must hold too."""

    also: tuple[SigmaCorrelationCondition, ...] = ()


def parse_correlation(document: Mapping[str, Any]) -> SigmaCorrelationRule:
    """A correlation rule. Raises RuleError or pySigma's errors where it cannot be what its author meant."""
    section = document["correlation"]
    if not isinstance(section, dict):
        raise RuleError("the section `correlation` is not a mapping")
    for reason in _faults(section):
        raise RuleError(reason)
    section = {"generate": document.get("generate", False), **section}
    condition = section.get("condition")
    if not isinstance(condition, dict):
        return SigmaCorrelationRule.from_dict({**document, "correlation": section})
    read = _condition(condition)
    shortened = {key: value for key, value in condition.items() if key not in OPERATORS} | {
        read.op.name.lower(): read.count
    }
    rule = SigmaCorrelationRule.from_dict({**document, "correlation": {**section, "condition": shortened}})
    rule.condition = read
    return rule


def _faults(section: Mapping[str, Any]) -> Iterator[str]:
    unknown = sorted(str(key) for key in section.keys() - KEYS)
    if unknown:
        yield f"the correlation has parts that Sigma does not know: {', '.join(unknown)}"
    rules = section.get("rules")
    if isinstance(rules, list) and len({str(name) for name in rules}) < len(rules):
        yield "the correlation names a rule twice"
    if not all(map(_are_names, (rules, section.get("group-by"), *_names_of_aliases(section.get("aliases"))))):
        yield "rules, group-by and aliases are names or lists of names"
    kind, condition = str(section.get("type")).lower(), section.get("condition")
    if isinstance(condition, dict):
        yield from _condition_faults(kind, condition)


def _are_names(value: object) -> bool:
    return value is None or all(isinstance(each, str) for each in (value if isinstance(value, list) else [value]))


def _names_of_aliases(aliases: object) -> Iterator[object]:
    mappings = aliases.values() if isinstance(aliases, dict) else ()
    for mapping in mappings:
        if isinstance(mapping, dict):
            yield from (*mapping, *mapping.values())


def _condition_faults(kind: str, condition: Mapping[str, Any]) -> Iterator[str]:
    if "field" in condition and not kind.startswith(TAKES_FIELD):
        yield f"the condition of a {kind} correlation takes no field"
    if not _are_names(condition.get("field")):
        yield "the field of a condition is a name or a list of names"
    if kind != TAKES_PERCENTILE:
        if "percentile" in condition:
            yield f"the condition of a {kind} correlation takes no percentile"
    elif not _is_percentile(condition.get("percentile")):
        yield f"a {kind} correlation needs a whole percentile from 0 to 100"
    if any(isinstance(condition[name], bool) for name in OPERATORS & condition.keys()):
        yield "a condition compares with a number, not with true or false"


def _is_percentile(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in PERCENTILES


def _condition(condition: Mapping[str, Any]) -> RangeCondition:
    shared = {key: value for key, value in condition.items() if key not in OPERATORS}
    names = [name for name in condition if name in OPERATORS]
    if not names:
        raise RuleError(f"the condition needs one of {', '.join(sorted(OPERATORS))}")
    first, *also = [SigmaCorrelationCondition.from_dict({name: condition[name], **shared}) for name in names]
    if _is_empty([first, *also]):
        raise RuleError("no number fulfils all comparisons of the condition")
    return RangeCondition(first.op, first.count, first.fieldref, first.percentile, also=tuple(also))


def _is_empty(comparisons: Sequence[SigmaCorrelationCondition]) -> bool:
    """Whether the comparisons contradict each other."""
    low = [each for each in comparisons if each.op.name in ("GT", "GTE", "EQ")]
    high = [each for each in comparisons if each.op.name in ("LT", "LTE", "EQ")]
    other = [each for each in comparisons if each.op.name == "NEQ"]
    for lower in low:
        for upper in high:
            strict = lower.op.name == "GT" or upper.op.name == "LT"
            if lower.count > upper.count or (strict and lower.count == upper.count):
                return True
    equal = {each.count for each in comparisons if each.op.name == "EQ"}
    return any(each.count in equal for each in other)
