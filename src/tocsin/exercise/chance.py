"""Seeded randomness: everything an exercise leaves to chance comes from here, so the same seed gives the same bytes.

Only `random()` and `getrandbits()` of the standard generator are used: their sequences are the same on every
Python version, those of `choice` and `shuffle` are not promised to be.
"""

import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

Item = TypeVar("Item")

MICROSECONDS = 1_000_000


class Chance:
    """A stream of random decisions."""

    def __init__(self, seed: int | str) -> None:
        generator = random.Random(seed)
        self.share = generator.random
        self.bits = generator.getrandbits

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items, each as likely as the other."""
        return items[int(self.share() * len(items))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.share() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """A number between the two bounds."""
        return low + self.share() * (high - low)

    def hexadecimal(self, digits: int) -> str:
        """That many hexadecimal digits, lower case."""
        return f"{self.bits(4 * digits):0{digits}x}"

    def guid(self) -> str:
        """A GUID without braces, lower case."""
        text = self.hexadecimal(32)
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def happens(self, probability: float) -> bool:
        """True with that probability."""
        return self.share() < probability


class Wheel:
    """A wheel of fortune: items with weights, drawn in logarithmic time."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._edges = list(accumulate(weights))
        self.total = self._edges[-1] if self._edges else 0.0

    def spin(self, chance: Chance) -> int:
        """The index of one item, likelier the heavier it is."""
        return min(bisect_right(self._edges, chance.share() * self.total), len(self._edges) - 1)
