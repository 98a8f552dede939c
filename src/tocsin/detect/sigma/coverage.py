"""What a rule set covers: by ATT&CK technique and by log source, for `tocsin rules check`."""

from collections import Counter
from dataclasses import dataclass

from tocsin.detect.sigma.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class TechniqueCoverage:
    """How many rules speak of a technique. `runnable` are those whose log source a table serves."""

    technique: str
    rules: int
    runnable: int


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """How many rules look at a log source, and which tables serve it (none: the rules wait for a reader)."""

    logsource: str
    rules: int
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Both views; techniques by id, log sources by number of rules."""

    techniques: tuple[TechniqueCoverage, ...]
    sources: tuple[SourceCoverage, ...]


def coverage(ruleset: RuleSet) -> Coverage:
    """What the loaded rules cover."""
    return Coverage(_techniques(ruleset), _sources(ruleset))


def _techniques(ruleset: RuleSet) -> tuple[TechniqueCoverage, ...]:
    waiting = frozenset(ruleset.without_table)
    rules: Counter[str] = Counter()
    runnable: Counter[str] = Counter()
    for number, info in enumerate(ruleset.rules):
        rules.update(info.attack)
        if number not in waiting:
            runnable.update(info.attack)
    return tuple(TechniqueCoverage(each, rules[each], runnable[each]) for each in sorted(rules))


def _sources(ruleset: RuleSet) -> tuple[SourceCoverage, ...]:
    sources = ruleset.lazy.compiled.sources
    counts = Counter(ruleset.lazy.rule_source.tolist())
    found = [
        SourceCoverage(source.text, counts[number], tuple(sorted({rows.table for rows in source.rows})))
        for number, source in enumerate(sources)
    ]
    return tuple(sorted(found, key=lambda each: (-each.rules, each.logsource)))
