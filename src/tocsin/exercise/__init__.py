"""Scenario generator: realistic telemetry with an attack in it and the ground truth beside it.

Exercises produce logs of attacks, never working attack tools: command lines are inert, names and addresses are reserved
ones (RFC 2606, RFC 5737, RFC 3849), encoded text is harmless. docs/exercise.md describes what is written.
"""

from tocsin.exercise.ground_truth import GroundTruth, Planted, Stage
from tocsin.exercise.network import network_intrusion
from tocsin.exercise.windows import windows_intrusion

__all__ = ["GroundTruth", "Planted", "Stage", "network_intrusion", "windows_intrusion"]
