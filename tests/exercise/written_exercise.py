"""What the fixtures hand to the tests."""

from dataclasses import dataclass
from pathlib import Path

from tocsin.exercise import GroundTruth

EVENTS = 6_000


@dataclass(frozen=True)
class Written:
    """An exercise on disk."""

    folder: Path
    truth: GroundTruth
