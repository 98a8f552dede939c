"""pySigma's correlation rules become `CorrelationSpec`s with resolved references."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationConditionOperator,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)

from tocsin import limits
from tocsin.detect.sigma.correlation import cannot_run
from tocsin.detect.sigma.correlation_documents import RangeCondition
from tocsin.detect.sigma.correlation_spec import CorrelationSpec, Expression, Reference
from tocsin.detect.sigma.description import rule_info
from tocsin.detect.sigma.parsing import Place, refusal
from tocsin.detect.sigma.refusal import Refusal
from tocsin.errors import LimitExceeded, RuleError

LOGSOURCE = "correlation"


@dataclass
class Index:
    """Finds rules by id or name: those of the correlation's own file first."""

    rules: dict[str, list[tuple[str, int]]] = field(default_factory=dict)  # key → file and number
    correlations: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def add(self, identifier: str, name: str | None, number: int, file: str) -> None:
        """Remember a rule under its id and name."""
        for key in {identifier, name}:
            if key:
                self.rules.setdefault(key, []).append((file, number))

    def find(self, name: str, file: str) -> Reference | None:
        """What a name means in a file, None where it is unknown. Raises RuleError where it may mean several rules."""
        for key in dict.fromkeys((name, name.lower())):
            found = [(place, Reference(name, rule=number)) for place, number in self.rules.get(key, ())]
            found += [(place, Reference(name, correlation=number)) for place, number in self.correlations.get(key, ())]
            chosen = [each for place, each in found if place == file] or [each for _, each in found]
            if len(chosen) > 1:
                raise RuleError(f"{len(chosen)} rules are called {name!r}", "Name the rule by its id.")
            if chosen:
                return chosen[0]
        return None

    def reference(self, name: str, file: str) -> Reference:
        """What a name means in a file. Raises RuleError where it is unknown or may mean several rules."""
        found = self.find(name, file)
        if found is not None:
            return found
        raise RuleError(f"the correlation names the rule {name!r}, which is not loaded")


Parsed = Sequence[tuple[Place, SigmaCorrelationRule]]


def correlation_specs(parsed: Parsed, index: Index) -> tuple[list[CorrelationSpec], list[int], list[Refusal]]:
    """All correlations whose references resolve, the rules they silence, and the refused.

    A refused correlation takes with it those that refer to it: repeat until nothing more falls.
    """
    refused: list[Refusal] = []
    remaining = list(parsed)
    while True:
        _number(remaining, index)
        specs, failed = _convert(remaining, index)
        if not failed:
            return _silence(specs, refused)
        for place, rule, error in failed:
            refused.append(refusal(place, rule.id or rule.name, rule.title, error))
        bad = {id(rule) for _, rule, _ in failed}
        remaining = [(place, rule) for place, rule in remaining if id(rule) not in bad]


def _number(parsed: Parsed, index: Index) -> None:
    index.correlations.clear()
    for number, (place, rule) in enumerate(parsed):
        for key in {str(rule.id or ""), rule.name or ""}:
            if key:
                index.correlations.setdefault(key, []).append((place.name, number))


Failed = list[tuple[Place, SigmaCorrelationRule, Exception]]


def _convert(parsed: Parsed, index: Index) -> tuple[list[CorrelationSpec], Failed]:
    specs: list[CorrelationSpec] = []
    failed: Failed = []
    for place, rule in parsed:
        try:
            specs.append(_spec(place, rule, index))
        except Exception as error:  # foreign data may break pySigma anywhere: the rule is refused, the rest goes on
            failed.append((place, rule, error))
    if not failed:
        failed = [
            (place, rule, RuleError("the correlation refers to itself")) for place, rule in _circular(parsed, specs)
        ]
    return specs, failed


def _circular(parsed: Parsed, specs: list[CorrelationSpec]) -> list[tuple[Place, SigmaCorrelationRule]]:
    """Correlations that reach themselves through their references."""
    found = []
    for start, entry in enumerate(parsed):
        pending, seen = [start], set[int]()
        while pending:
            for reference in specs[pending.pop()].references:
                if reference.correlation is not None and reference.correlation not in seen:
                    seen.add(reference.correlation)
                    pending.append(reference.correlation)
        if start in seen:
            found.append(entry)
    return found


def _silence(
    specs: list[CorrelationSpec], refused: list[Refusal]
) -> tuple[list[CorrelationSpec], list[int], list[Refusal]]:
    quiet = [reference for spec in specs if not spec.generate for reference in spec.references]
    rules = sorted({reference.rule for reference in quiet if reference.rule is not None})
    nested = {reference.correlation for reference in quiet if reference.correlation is not None}
    return [replace(spec, silent=number in nested) for number, spec in enumerate(specs)], rules, refused


def _spec(place: Place, rule: SigmaCorrelationRule, index: Index) -> CorrelationSpec:
    if rule.timespan.seconds > limits.CORRELATION_TIMESPAN_SECONDS:
        raise LimitExceeded(f"the timespan is longer than {limits.CORRELATION_TIMESPAN_SECONDS} seconds")
    condition = rule.condition
    extended = condition if isinstance(condition, SigmaExtendedCorrelationCondition) else None
    names = [reference.reference for reference in rule.rules or ()]
    if not names and extended:
        names = extended.get_referenced_rules()
    if not names:
        raise RuleError("the correlation names no rules")
    info = rule_info(rule, place, LOGSOURCE)
    all_of_them = SigmaCorrelationCondition(SigmaCorrelationConditionOperator.GTE, len(names))
    simple = condition if isinstance(condition, SigmaCorrelationCondition) else all_of_them
    references = tuple(index.reference(name, place.name) for name in names)
    if len({(reference.rule, reference.correlation) for reference in references}) < len(references):
        raise RuleError("the correlation names a rule twice")
    spec = CorrelationSpec(
        id=info.id,
        info=info,
        type=rule.type.name.lower(),
        references=references,
        timespan_seconds=rule.timespan.seconds,
        group_by=tuple(rule.group_by or ()),
        aliases=_aliases(rule, references, index, place.name),
        generate=rule.generate,
        name=rule.name or "",
        expression=_expression(extended.parsed, names) if extended else None,
        operator=simple.op.name.lower(),
        count=simple.count,
        also=_also(simple),
        fields=_fields(simple),
        percentile=simple.percentile,
    )
    if reason := cannot_run(spec):
        raise RuleError(reason)
    return spec


def _also(condition: SigmaCorrelationCondition) -> tuple[tuple[str, float], ...]:
    more = condition.also if isinstance(condition, RangeCondition) else ()
    return tuple((each.op.name.lower(), each.count) for each in more)


def _fields(condition: SigmaCorrelationCondition) -> tuple[str, ...]:
    names = condition.fieldref if isinstance(condition.fieldref, list) else [condition.fieldref]
    return tuple(str(name) for name in names if name)


def _aliases(
    rule: SigmaCorrelationRule, references: Sequence[Reference], index: Index, file: str
) -> dict[str, dict[int, str]]:
    """Alias → index of the reference → field; an alias may know a rule by its id and `rules` by its name.

    Raises RuleError where an alias names a rule that is not referenced.
    """
    places = {(reference.rule, reference.correlation): place for place, reference in enumerate(references)}
    found: dict[str, dict[int, str]] = {}
    for alias in rule.aliases:
        found[alias.alias] = {}
        for written, name in alias.mapping.items():
            meant = index.find(written.reference, file)
            place = places.get((meant.rule, meant.correlation)) if meant else None
            if place is None:
                raise RuleError(f"alias {alias.alias!r} names {written.reference!r}, which is not one of the rules")
            found[alias.alias][place] = str(name)
    return found


def _expression(item: object, names: list[str]) -> Expression:
    if isinstance(item, SigmaRuleReference):
        return Expression("rule", names.index(item.reference))
    children = tuple(_expression(child, names) for child in item.args)  # type: ignore[attr-defined]
    if isinstance(item, CorrelationConditionAND):
        return Expression("and", children=children)
    return Expression("or" if isinstance(item, CorrelationConditionOR) else "not", children=children)
