"""Sensors: what each one sent when, what is usual for it, and where something is missing."""
