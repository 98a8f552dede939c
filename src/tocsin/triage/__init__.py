"""Findings to incidents: pure functions, data and time in, incidents with reasons out."""

from tocsin.triage.evidence import EvidenceLine, first_lines
from tocsin.triage.incidents import describe, group_findings

__all__ = ["EvidenceLine", "describe", "first_lines", "group_findings"]
