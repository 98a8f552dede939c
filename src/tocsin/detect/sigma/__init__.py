"""Sigma rules: parsed by pySigma, evaluated by a columnar engine."""

from tocsin.detect.sigma.correlation_spec import CorrelationSpec, Expression, Reference
from tocsin.detect.sigma.coverage import Coverage, SourceCoverage, TechniqueCoverage, coverage
from tocsin.detect.sigma.engine import ALL_COLUMNS, Engine, RuleHits
from tocsin.detect.sigma.explain import Explanation, NodeVerdict, TestVerdict, explain
from tocsin.detect.sigma.refusal import Refusal
from tocsin.detect.sigma.ruleset import RuleSet, cached_rules, load_rules
from tocsin.detect.sigma.texts import column_key

__all__ = [
    "ALL_COLUMNS",
    "CorrelationSpec",
    "Coverage",
    "Engine",
    "Explanation",
    "Expression",
    "NodeVerdict",
    "Reference",
    "Refusal",
    "RuleHits",
    "RuleSet",
    "SourceCoverage",
    "TechniqueCoverage",
    "TestVerdict",
    "cached_rules",
    "column_key",
    "coverage",
    "explain",
    "load_rules",
]
