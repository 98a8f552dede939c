"""Sets that grow together (union-find), remembering why each joined."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.triage.corrections import Pair, pair

EPISODE = 24 * 3600  # seconds: joins by time make no group longer than this


class Kind(StrEnum):
    """Why two findings are one story; strongest reason first."""

    EPISODE = "episode"  # unusual, and met too closely for chance
    EVENTS = "events"  # two rules fired on the same event
    TREE = "tree"  # one process, or parent and child
    SIBLINGS = "siblings"  # children of one process, within a short time
    ACCOUNT_HERE = "account-here"  # one account on one host, without a long pause
    HOST = "host"  # one host, within a short time
    ACCOUNT_ACROSS = "account-across"  # one account on several hosts, within a short time
    WAVE = "wave"  # one strong rule on several hosts at once
    THREAD = "thread"  # something rare that both hold, over months
    FOOTHOLD = "foothold"  # persistence, and later acts through it
    ACCOUNT_LATER = "account-later"  # an account of an intrusion, over months
    RETURN = "return"  # intrusions on one host, over months
    NEARBY = "nearby"  # a weak finding near a strong one on the same host
    UNTIMED = "untimed"  # one host and account, no readable times
    AGAIN = "again"  # one rule that stands alone on one host, again and again
    ALONE = "alone"  # one rule that stands alone on each of several hosts
    ROUTINE = "routine"  # one rule that fires so widely that it says little
    PEOPLE = "people"  # they said so


@dataclass(frozen=True, slots=True)
class Join:
    """One reason: what the two findings share. `shared` names it for people, may be empty."""

    kind: Kind
    shared: str
    finding: int
    other: int


OVER_MONTHS = frozenset({Kind.THREAD, Kind.FOOTHOLD, Kind.ACCOUNT_LATER, Kind.RETURN})
"""Joins that no length of time forbids."""
_BY_TIME = frozenset({Kind.SIBLINGS, Kind.ACCOUNT_HERE, Kind.HOST, Kind.ACCOUNT_ACROSS, Kind.WAVE})


class Groups:
    """Findings by index. Joining is nearly constant time; only joins that change something are remembered.

    Two stories that people made (triage.corrections) are not joined: that is refused, and remembered.
    """

    def __init__(self, points: Sequence[tuple[float, ...]], stories: Mapping[int, int] | None = None) -> None:
        """`points` are each finding's known moments in seconds, ascending; `stories` are as people made them."""
        self._parent = list(range(len(points)))
        self._first = [moments[0] if moments else float("inf") for moments in points]
        self._last = [moments[-1] if moments else float("-inf") for moments in points]
        self._joins: list[Join] = []
        self.stories = dict(stories or {})  # by representative
        self.refused: dict[tuple[Pair, Kind, str], Join] = {}  # one of each reason between two stories
        self.tied: set[int] = set()  # findings that hold a story of months together

    def root(self, index: int) -> int:
        """The representative of the finding's group."""
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def join(self, a: int, b: int, kind: Kind, shared: str = "") -> None:
        """Make the groups of two findings one, unless time is the only reason and the result is too long."""
        one, other = self.root(a), self.root(b)
        if one == other:
            return
        parted = self.stories.get(one), self.stories.get(other)
        if parted[0] is not None and parted[1] is not None and parted[0] != parted[1]:
            self.refused.setdefault((pair(parted[0], parted[1]), kind, shared), Join(kind, shared, a, b))
            return
        first, last = min(self._first[one], self._first[other]), max(self._last[one], self._last[other])
        if kind in _BY_TIME and last - first > EPISODE:
            return
        low, high = min(one, other), max(one, other)
        self._parent[high], self._first[low], self._last[low] = low, first, last
        if high in self.stories:
            self.stories[low] = self.stories.pop(high)
        self._joins.append(Join(kind, shared, a, b))

    def members(self) -> dict[int, list[int]]:
        """Indexes of each group by representative."""
        members: dict[int, list[int]] = defaultdict(list)
        for index in range(len(self._parent)):
            members[self.root(index)].append(index)
        return members

    def joins(self) -> dict[int, list[Join]]:
        """The remembered reasons of each group by representative."""
        joins: dict[int, list[Join]] = defaultdict(list)
        for join in self._joins:
            joins[self.root(join.finding)].append(join)
        return joins
