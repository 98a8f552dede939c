"""Placeholders (`%name%` under the modifier `expand`) take their values from the values file.

Rules:
1. Every value of the list is an alternative, also under `|all` (Sigma 2, "expand").
2. Wildcards in values are wildcards. Numbers are their text.
3. A placeholder without values refuses the rule.
4. `re` with `startswith` or `endswith` is anchored here, because pySigma leaves anchoring to query languages.
"""

from collections.abc import Iterator, Mapping, Sequence

from sigma.modifiers import SigmaEndswithModifier, SigmaRegularExpressionModifier, SigmaStartswithModifier
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import Placeholder, SigmaCasedString, SigmaExpansion, SigmaRegularExpression, SigmaString, SigmaType

from tocsin import limits
from tocsin.errors import LimitExceeded, RuleError

Values = Mapping[str, Sequence[str]]

SigmaString.max_placeholder_expansions = limits.PLACEHOLDER_VALUES


def fill(rule: SigmaRule, values: Values) -> None:
    """Replace all placeholders of a freshly parsed rule. Raises RuleError where a value is missing."""
    for detection in rule.detection.detections.values():
        _fill_detection(detection, values)


def _fill_detection(detection: SigmaDetection | SigmaDetectionItem, values: Values) -> None:
    if isinstance(detection, SigmaDetection):
        for item in detection.detection_items:
            _fill_detection(item, values)
        return
    detection.value = [_filled(value, values) for value in detection.value]
    if SigmaRegularExpressionModifier in detection.modifiers:
        _anchor(detection)


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
    start = "^" if SigmaStartswithModifier in item.modifiers else ""
    end = "$" if SigmaEndswithModifier in item.modifiers else ""
    if not start and not end:
        return
    for value in item.value:
        if isinstance(value, SigmaRegularExpression):
            value.regexp = SigmaString(f"{start}(?:{value.regexp}){end}", escape=False)
