"""The two floors of `benchmarks.triage`: what a day's work gives without any of the product."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.triage import Alert, Told

DAY, HOUR, WINDOW = 86_400, 3_600, 600
LINES = 10


class _Hours:
    """In how many hours each name was seen, anywhere and on its host, of those that are over."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.hours = 0
        self._now: set[tuple[str, str]] = set()
        self._hour = -1

    def see(self, alert: "Alert", begun: int) -> float:
        """The mean surprise in bits of the type and of the type on its host."""
        hour = (alert.time - begun) // HOUR
        if hour != self._hour:
            self.types.update({name for name, _ in self._now})
            self.pairs.update(self._now)
            self.hours, self._hour, self._now = hour, hour, set()
        self._now.add((alert.name, alert.host))
        return (self._bits(self.types[alert.name]) + self._bits(self.pairs[alert.name, alert.host])) / 2

    def _bits(self, seen: int) -> float:
        return -math.log2((seen + 1) / (self.hours + 2))


def windows(alerts: "Sequence[Alert]") -> "Iterator[Told]":
    """Floor (a): ten minutes of one host are a group, ranked by its mean surprise."""
    from benchmarks.triage import Told

    hours, begun = _Hours(), alerts[0].time
    members: dict[tuple[int, str], list[int]] = defaultdict(list)
    bits: dict[tuple[int, str], dict[str, float]] = defaultdict(dict)
    for index, alert in enumerate(alerts):
        place = ((alert.time - begun) // WINDOW, alert.host)
        members[place].append(index)
        bits[place].setdefault(alert.name, hours.see(alert, begun))
    worth = {place: sum(names.values()) / len(names) for place, names in bits.items()}
    for place in sorted(members, key=lambda place: (place[0] * WINDOW // DAY, -worth[place])):
        lines = sorted(bits[place], key=lambda name: -bits[place][name])[:LINES]
        yield Told(place[0] * WINDOW // DAY, frozenset(members[place]), frozenset((name, place[1]) for name in lines))


def host_days(alerts: "Sequence[Alert]") -> "Iterator[Told]":
    """Floor (b): a host's day is a group, ranked by how many names are new to the host."""
    from benchmarks.triage import Told

    hours, begun = _Hours(), alerts[0].time
    seen: set[tuple[str, str]] = set()
    new: Counter[tuple[int, str]] = Counter()
    members: dict[tuple[int, str], list[int]] = defaultdict(list)
    bits: dict[tuple[int, str], dict[str, float]] = defaultdict(dict)
    for index, alert in enumerate(alerts):
        place = ((alert.time - begun) // DAY, alert.host)
        members[place].append(index)
        bits[place].setdefault(alert.name, hours.see(alert, begun))
        if (alert.name, alert.host) not in seen:
            seen.add((alert.name, alert.host))
            new[place] += 1
    for place in sorted(members, key=lambda place: (place[0], -new[place])):
        lines = sorted(bits[place], key=lambda name: -bits[place][name])[:LINES]
        yield Told(place[0], frozenset(members[place]), frozenset((name, place[1]) for name in lines))
