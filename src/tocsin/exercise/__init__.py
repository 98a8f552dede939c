"""Telemetry of exercises with ground truth: logs of attacks, never attack tools."""
