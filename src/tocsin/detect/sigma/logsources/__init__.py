"""Data files: log sources to tables, fields to columns."""
