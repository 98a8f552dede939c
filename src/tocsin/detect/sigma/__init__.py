"""Sigma rules: parsed by pySigma, evaluated by a columnar engine."""

from tocsin.detect.sigma.correlation_spec import CorrelationSpec, Expression, Reference
from tocsin.detect.sigma.engine import ALL_COLUMNS, Engine, RuleHits
from tocsin.detect.sigma.refusal import Refusal
from tocsin.detect.sigma.ruleset import RuleSet, load_rules
from tocsin.detect.sigma.texts import column_key

__all__ = [
    "ALL_COLUMNS",
    "CorrelationSpec",
    "Engine",
    "Expression",
    "Refusal",
    "Reference",
    "RuleHits",
    "RuleSet",
    "column_key",
    "load_rules",
]
