"""Findings to incidents: pure functions."""
