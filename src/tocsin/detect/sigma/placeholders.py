"""The values of a rule: modifiers in the order that their author meant, placeholders filled from the values file.

Rules:
1. Every value of the list is an alternative, also under `|all` (Sigma 2, "expand").
2. Wildcards in values are wildcards. Numbers are their text.
3. A placeholder without values refuses the rule.
4. Modifiers after `expand` see the filled value: `expand|base64` encodes the value and not the placeholder's name.
5. `cased` holds wherever it stands; pySigma forgets it when another modifier makes a new text.
6. `re` with `startswith` or `endswith` is anchored here, because pySigma leaves anchoring to query languages.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sigma.modifiers import (
    SigmaCaseSensitiveModifier,
    SigmaEndswithModifier,
    SigmaExpandModifier,
    SigmaListModifier,
    SigmaModifier,
    SigmaRegularExpressionModifier,
    SigmaStartswithModifier,
    SigmaTimestampModifier,
)
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaDetections
from sigma.types import (
    Placeholder,
    SigmaCasedString,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaType,
)

from tocsin import limits
from tocsin.errors import LimitExceeded, RuleError

Values = Mapping[str, Sequence[str]]


class CasedFieldReference(SigmaFieldReference):
    """A reference that compares letters as they are."""


SigmaString.max_placeholder_expansions = limits.PLACEHOLDER_VALUES


def fill(detections: SigmaDetections, values: Values) -> None:
    """Replace all placeholders of a freshly parsed rule or filter. Raises RuleError where a value is missing."""
    for detection in detections.detections.values():
        _fill_detection(detection, values)


def _fill_detection(detection: SigmaDetection | SigmaDetectionItem, values: Values) -> None:
    if isinstance(detection, SigmaDetection):
        for item in detection.detection_items:
            _fill_detection(item, values)
        return
    _check_time_parts(detection)
    if not {SigmaExpandModifier, SigmaCaseSensitiveModifier}.isdisjoint(detection.modifiers):
        _modify_again(detection, values)
    detection.value = [_filled(value, values) for value in detection.value]
    if SigmaRegularExpressionModifier in detection.modifiers:
        _anchor(detection)


def _check_time_parts(item: SigmaDetectionItem) -> None:
    """pySigma cuts fractions off and takes the last of two parts."""
    parts = [modifier for modifier in item.modifiers if issubclass(modifier, SigmaTimestampModifier)]
    if len(parts) > 1:
        raise RuleError("a value is one part of a time, not several")
    if parts:
        for value in item.original_value or ():
            if isinstance(value, SigmaNumber) and not isinstance(value.number, int):
                raise RuleError(f"a part of a time is a whole number, not {value.number}")


def _modify_again(item: SigmaDetectionItem, values: Values) -> None:
    """The modifiers once more, `cased` last and placeholders filled right after `expand`."""
    chain = [modifier for modifier in item.modifiers if modifier is not SigmaCaseSensitiveModifier]
    cased = len(chain) < len(item.modifiers)
    found: list[SigmaType] = list(item.original_value or ())
    applied: list[type[SigmaModifier[Any, Any]]] = []
    for modifier in chain:
        instance = modifier(item, applied, item.source)
        whole = isinstance(instance, SigmaListModifier)
        found = instance.apply(found) if whole else [made for each in found for made in instance.apply(each)]
        if modifier is SigmaExpandModifier:
            found = [_filled(value, values) for value in found]
        applied.append(modifier)
    item.value = [_cased(value) for value in found] if cased else found


def _cased(value: SigmaType) -> SigmaType:
    if isinstance(value, SigmaExpansion):
        return SigmaExpansion([_cased(each) for each in value.values])
    if isinstance(value, SigmaFieldReference):
        return CasedFieldReference(value.field, value.starts_with, value.ends_with)
    if isinstance(value, SigmaString):
        return SigmaCasedString.from_sigma_string(value)
    raise RuleError("the modifier cased needs a text or a field reference")


def _filled(value: SigmaType, values: Values) -> SigmaType:
    if isinstance(value, SigmaExpansion):
        return SigmaExpansion([_filled(each, values) for each in value.values])
    if not isinstance(value, SigmaString | SigmaRegularExpression) or not value.contains_placeholder():
        return value

    def replacements(placeholder: Placeholder) -> Iterator[SigmaString]:
        return _replacements(placeholder, values)

    replaced: list[SigmaType] = []
    for each in value.replace_placeholders(replacements):
        if isinstance(each, SigmaRegularExpression) and isinstance(value, SigmaRegularExpression):
            each.flags = set(value.flags)
        elif isinstance(each, SigmaString) and isinstance(value, SigmaCasedString):
            each = SigmaCasedString.from_sigma_string(each)  # noqa: PLW2901  (pySigma loses the case)
        replaced.append(each)
    return replaced[0] if len(replaced) == 1 else SigmaExpansion(replaced)


def _replacements(placeholder: Placeholder, values: Values) -> Iterator[SigmaString]:
    known = values.get(placeholder.name)
    if not known:
        raise RuleError(f"placeholder %{placeholder.name}% has no value", "Name its values in the values file.")
    if len(known) > limits.PLACEHOLDER_VALUES:
        raise LimitExceeded(f"placeholder %{placeholder.name}% has more than {limits.PLACEHOLDER_VALUES} values")
    return iter([SigmaString(str(each)) for each in known])


def _anchor(item: SigmaDetectionItem) -> None:
    start = "(?-m:^)" if SigmaStartswithModifier in item.modifiers else ""  # of the value, never of a line
    end = "(?-m:$)" if SigmaEndswithModifier in item.modifiers else ""
    if not start and not end:
        return
    for value in item.value:
        if isinstance(value, SigmaRegularExpression):
            value.regexp = SigmaString(f"{start}(?:{value.regexp}){end}", escape=False)
