"""The baseline rule pack: Sigma rules written for Tocsin, so that a scan finds things without any download."""

from pathlib import Path

PACK: Path = Path(__file__).parent
"""The folder of the rules, one file a detection, by where the events come from."""

__all__ = ["PACK"]
