"""Neighbours in time."""

from collections.abc import Callable, Iterable
from itertools import pairwise

MINUTE = 60  # seconds
ACCOUNT_PAUSE = 60 * MINUTE  # one account on one host: longest pause inside an incident
HOST_PAUSE = 15 * MINUTE  # different accounts on one host

Point = tuple[float, int]
"""A moment in seconds since 1970 and the index of the finding that was seen then."""


def sweep(points: Iterable[Point], pause: float, met: Callable[[int, int], None]) -> None:
    """Call `met` for the findings of neighbouring points that lie no more than `pause` seconds apart."""
    for (before, a), (after, b) in pairwise(sorted(points)):
        if a != b and after - before <= pause:
            met(a, b)
