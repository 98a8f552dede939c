"""Which episodes of a day people are asked to read: the most surprising, as many as they can.

Nothing is hidden: what is not asked for stays, ranked below, and can be searched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.triage.surprise.episode import Episode

QUEUE_BITS = 6.0  # one kind that its host has less often than every two and a half days
DAILY = 10  # episodes that people read in a day


@dataclass(frozen=True, slots=True)
class Queue:
    """A day's episodes: to be read, the most surprising first; and folded, in the same order."""

    asked: tuple[Episode, ...]
    folded: tuple[Episode, ...]


def queue(episodes: Sequence[Episode], most: int = DAILY) -> Queue:
    """The queue of one day."""
    ranked = sorted(episodes, key=lambda episode: (-episode.bits, episode.first, episode.hosts))
    asked = [episode for episode in ranked if episode.bits >= QUEUE_BITS][:most]
    return Queue(tuple(asked), tuple(ranked[len(asked) :]))
