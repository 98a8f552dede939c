"""Findings to incidents: pure functions, data and time in, incidents with reasons out."""

from tocsin.triage.incidents import group_findings

__all__ = ["group_findings"]
