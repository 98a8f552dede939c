"""Rule documents become pySigma objects; whatever cannot becomes a refusal with file, line and reason.

Rules:
1. `action: global`, `reset` and `repeat` work inside one file, as in pySigma's collections.
2. Faults in descriptive parts (dates, tags, references) do not refuse a rule; faults in log source or detection do.
3. A rule id counts once; the second rule with it is refused.
4. Nothing here reaches for the network: pySigma's own downloads of ATT&CK and D3FEND are cut off.
"""

import copy
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from sigma.collection import deep_dict_update
from sigma.correlations import SigmaCorrelationRule
from sigma.data import mitre_attack, mitre_d3fend
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.modifiers import SigmaWideModifier, modifier_mapping
from sigma.policy.regex_engine import RE2RegexEngine
from sigma.rule import SigmaRule
from sigma.rule.detection import EmptySigmaDetections
from sigma.rule.logsource import EmptyLogSource
from sigma.types import SigmaNumber, type_map

from tocsin import limits
from tocsin.detect.sigma.correlation_documents import parse_correlation
from tocsin.detect.sigma.documents import Document, read_documents
from tocsin.detect.sigma.refusal import Refusal
from tocsin.detect.sigma.regexes import compiled
from tocsin.detect.sigma.rule_files import RuleFile
from tocsin.errors import LimitExceeded, RuleError, TocsinError


def _no_download(*_arguments: object, **_options: object) -> NoReturn:
    raise RuleError("pySigma tried to download data", "Tocsin works offline; please report the rule that did this.")


for _module in (mitre_attack, mitre_d3fend):
    setattr(_module, "urlopen", _no_download)  # noqa: B010  (the modules do not export the name)


def _compile_quietly(_engine: object, pattern: str, flags: int = 0) -> object:
    """pySigma's regular expressions, without RE2's own lines on stderr and with a reason for people."""
    letters = "".join(letter for flag, letter in REGEX_LETTERS.items() if flags & flag)
    return compiled(f"(?{letters}){pattern}" if letters else pattern)


REGEX_LETTERS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}
setattr(RE2RegexEngine, "compile", _compile_quietly)  # noqa: B010  (a method of another module's class)
modifier_mapping.setdefault("utf16le", SigmaWideModifier)  # in the specification, not in pySigma 2.0.1


@dataclass
class ExactNumber(SigmaNumber):
    """A number as the rule writes it; pySigma rounds integers that a float cannot hold and takes 1.0 for 1."""

    def __post_init__(self, init_number: float) -> None:
        if not math.isfinite(init_number):
            raise RuleError(f"{init_number} is no number to compare with")
        self.number = init_number


type_map[int] = type_map[float] = ExactNumber

CONDITION_CHARACTERS = 20_000  # of one condition; the parser's time grows with it
CONDITION_PARENTHESES = 30  # nested; the parser's time grows fast with them


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule is written."""

    name: str
    line: int
    number: int  # of the rule within its file, from 0
    alone: bool  # whether it is the file's only document


@dataclass
class Parsed:
    """Everything that was read, in order."""

    rules: list[tuple[Place, SigmaRule]] = field(default_factory=list)
    correlations: list[tuple[Place, SigmaCorrelationRule]] = field(default_factory=list)
    filters: list[tuple[Place, SigmaFilter]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)

    def add_file(self, file: RuleFile, content: bytes) -> None:
        """Parse one file; its faults become refusals."""
        try:
            documents = read_documents(content)
        except TocsinError as error:
            self.refused.append(Refusal(file.name, 0, "", "", str(error)))
            return
        for number, (line, rule) in enumerate(_rules(documents)):
            place = Place(file.name, line, number, len(documents) == 1)
            if isinstance(rule, str):
                self.refused.append(Refusal(file.name, line, "", "", rule))
            else:
                self._add(place, rule)

    def _add(self, place: Place, rule: dict[str, Any]) -> None:
        try:
            self._check(place, rule)
            if "correlation" in rule:
                self.correlations.append((place, parse_correlation(rule)))
            elif "filter" in rule:
                self.filters.append((place, SigmaFilter.from_dict(rule)))
            else:
                self.rules.append((place, _parse_rule(rule)))
        except (SigmaError, TocsinError) as error:
            self.refused.append(refusal(place, rule.get("id"), rule.get("title"), error))
        except Exception as error:  # foreign data may break pySigma anywhere: the rule is refused, the scan goes on
            self.refused.append(refusal(place, rule.get("id"), rule.get("title"), error))

    def _check(self, place: Place, rule: dict[str, Any]) -> None:
        identifier = rule.get("id")
        if isinstance(identifier, str):
            first = self._ids.setdefault(identifier.lower(), f"{place.name}:{place.line}")
            if first.rpartition(":")[0] != place.name:  # documents of one file may share the id of their global part
                raise RuleError(f"the id {identifier} is already taken by {first}")
        for condition in _conditions(rule):
            check_condition(condition)


def _conditions(rule: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for part in ("detection", "filter", "correlation"):
        section = rule.get(part)
        condition = section.get("condition") if isinstance(section, dict) else None
        found += [each for each in (condition if isinstance(condition, list) else [condition]) if isinstance(each, str)]
    return found


def check_condition(condition: str) -> None:
    """Bound a condition's length and nesting before the parser sees it. Raises LimitExceeded."""
    if len(condition) > CONDITION_CHARACTERS:
        raise LimitExceeded(f"a condition is longer than {CONDITION_CHARACTERS} characters")
    depth = 0
    for character in condition:
        depth += (character == "(") - (character == ")")
        if depth > CONDITION_PARENTHESES:
            raise LimitExceeded(f"a condition nests more than {CONDITION_PARENTHESES} parentheses")


def refusal(place: Place, identifier: object, title: object, error: Exception) -> Refusal:
    """Why a rule cannot run, in one sentence."""
    reason = str(error) or type(error).__name__
    if not isinstance(error, SigmaError | TocsinError):
        reason = f"the rule is malformed: {reason} ({type(error).__name__})"
    return Refusal(place.name, place.line, str(identifier or ""), str(title or ""), reason)


def _rules(documents: Sequence[Document]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Line and content of every rule after global, reset and repeat; a text where a document is no rule."""
    shared: dict[str, Any] = {}
    previous: dict[str, Any] = {}
    for document in documents:
        rule = copy.deepcopy(document.content)
        if rule is None:
            continue
        if not isinstance(rule, dict):
            yield document.line, "the document is not a mapping"
            continue
        action = rule.pop("action", None)
        if action == "global":
            shared = previous = rule
        elif action == "reset":
            shared = {}
        elif action == "repeat":
            previous = deep_dict_update(copy.deepcopy(previous), rule)
            yield document.line, copy.deepcopy(previous)
        elif action is not None:
            yield document.line, f"unknown action {action!r}"
        else:
            if "correlation" not in rule and "filter" not in rule:
                rule = previous = deep_dict_update(rule, copy.deepcopy(shared))
            yield document.line, copy.deepcopy(rule)


def _parse_rule(content: dict[str, Any]) -> SigmaRule:
    rule = SigmaRule.from_dict(content, collect_errors=True)
    if isinstance(rule.logsource, EmptyLogSource) or isinstance(rule.detection, EmptySigmaDetections):
        raise RuleError("; ".join(str(error) for error in rule.errors))
    if content.get("detection", {}).get("timeframe") is not None and "|" in str(rule.detection.condition):
        raise RuleError("aggregations in conditions are deprecated; write a correlation rule")
    if len(rule.detection.detections) > limits.RULE_TESTS:
        raise LimitExceeded(f"more than {limits.RULE_TESTS} selections")
    return rule
