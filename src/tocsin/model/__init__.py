"""Frozen domain types, without I/O, open to every room."""

from tocsin.model.events import Batch, Chunk, Column, Reject
from tocsin.model.findings import (
    LEARNED_STATUS,
    LEVELS,
    OTHERS_STATUS,
    STRONG_LEVEL,
    AccountRole,
    Evidence,
    Finding,
    Incident,
    NameRole,
    Naming,
    Outcome,
    RuleInfo,
    ScorePart,
    Step,
    Unusual,
)

__all__ = [
    "LEARNED_STATUS",
    "LEVELS",
    "OTHERS_STATUS",
    "STRONG_LEVEL",
    "AccountRole",
    "Batch",
    "Chunk",
    "Column",
    "Evidence",
    "Finding",
    "Incident",
    "NameRole",
    "Naming",
    "Outcome",
    "Reject",
    "RuleInfo",
    "ScorePart",
    "Step",
    "Unusual",
]
