"""Checks, backup, restore, upgrade, privacy, evidence."""
