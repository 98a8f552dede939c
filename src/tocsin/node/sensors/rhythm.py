"""What is usual for a sensor, and how what it sends now compares. All of it is decided from its pulse.

Rules:
1. The rhythm of an hour is the median of the hours like it: of the same hour of the week, where three weeks are
   known; else of the same hour of the day, where three days are; else of the day before. Fewer than six hours are no
   rhythm. The spread is the median absolute deviation. Neither the hour itself nor the first one counts, nor what is
   not over.
2. What is sent now is what the last four whole quarters of an hour have, before the time by which its events usually
   are here (`lateness`).
3. Far under the rhythm is less than a tenth of it, where that is also outside of its spread, which is at least that of
   chance (the square root of a count).
4. The usual pause is the median over the hours with events of the longest pause in or beside each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tocsin.node.sensors.pulse import HOUR_MINUTES, QUARTERS, Pause, Pulse, in_quarter
from tocsin.words.messages import say, say_many

DAY_HOURS = 24
WEEK_HOURS = 7 * DAY_HOURS
SAMPLES = 3  # hours of a class that make a rhythm …
DAY_SAMPLES = 6  # … and hours of the day before
DAYS_BACK = 7  # that an hour of the day is compared with
FAR_UNDER = 10  # a rhythm divided by it
SPREADS = 5.0  # beyond so many it is no chance
NORMAL_SPREAD = 1.4826  # of a normal distribution, in median absolute deviations
NEAR = 2.0  # up to twice or half of the rhythm is told as usual
LATE_SHARE = 0.75  # of the times that it came late: what counts as usual
LATE_EVENTS = 0.9  # of what came in one look
LATE_HOURS = 3  # that tell a habit
MOST_LATE_MINUTES = 24 * HOUR_MINUTES


@dataclass(frozen=True, slots=True)
class Usual:
    """Events an hour that are usual, and how much they differ."""

    events: float
    spread: float


@dataclass(frozen=True, slots=True)
class Rate:
    """What was sent in an hour, beside what is usual then."""

    measured: int
    expected: float
    spread: float = 0.0

    @property
    def far_under(self) -> bool:
        """Rule 3."""
        chance = max(self.expected, 0.0) ** 0.5
        missing, least = self.expected - self.measured, SPREADS * max(NORMAL_SPREAD * self.spread, chance)
        return self.measured * FAR_UNDER < self.expected and missing > least


def usual(pulse: Pulse, hour: int, over: int) -> Usual | None:
    """Rule 1 for an hour; hours from `over` on are not over. None where too little is known."""
    if not pulse:
        return None
    first = min(pulse) + 1
    for samples, least in ((_same(hour, WEEK_HOURS, first, over), SAMPLES), (_day(hour, first, over), SAMPLES)):
        if len(samples) >= least:
            return _of([_events(pulse, each) for each in samples])
    before = [each for each in range(hour - DAY_HOURS, hour) if first <= each < over]
    return _of([_events(pulse, each) for each in before]) if len(before) >= DAY_SAMPLES else None


def rate(pulse: Pulse, now: int, late: int = 0) -> Rate | None:
    """Rule 2 at the minute `now`; None where there is no rhythm."""
    until = (now - late) * QUARTERS // HOUR_MINUTES
    quarters = range(until - QUARTERS, until)
    known = {hour: usual(pulse, hour, until // QUARTERS) for hour in {quarter // QUARTERS for quarter in quarters}}
    shares = [known[quarter // QUARTERS] for quarter in quarters]
    found = [each for each in shares if each is not None]
    if len(found) < len(shares):
        return None
    measured = sum(in_quarter(pulse, quarter) for quarter in quarters)
    expected = sum(each.events for each in found) / QUARTERS
    return Rate(measured, expected, sum(each.spread for each in found) / QUARTERS)


def expected(pulse: Pulse, start: int, end: int, over: int) -> float | None:
    """Events that are usual between two minutes; None where there is no rhythm."""
    total = 0.0
    for hour in range(start // HOUR_MINUTES, (end - 1) // HOUR_MINUTES + 1):
        known = usual(pulse, hour, over)
        if known is None:
            return None
        minutes = min(end, (hour + 1) * HOUR_MINUTES) - max(start, hour * HOUR_MINUTES)
        total += known.events * minutes / HOUR_MINUTES
    return total


def usual_pause(pulse: Pulse, between: Sequence[Pause]) -> float:
    """Rule 4, in minutes; 0 for a pulse without events."""
    longest = dict.fromkeys(pulse, 0)
    for pause in between:
        for hour in {(pause.start - 1) // HOUR_MINUTES, pause.end // HOUR_MINUTES}:
            longest[hour] = max(longest[hour], pause.minutes)
    return float(median(longest.values())) if longest else 0.0


def lateness(old: Pulse, new: Pulse, now: int) -> int | None:
    """How many minutes most of what is new came after its time; None where nothing is new."""
    grown = sorted(_grown(old, new, now))
    total = sum(events for _, events in grown)
    passed = 0
    for late, events in grown:
        passed += events
        if passed >= LATE_EVENTS * total:
            return min(late, MOST_LATE_MINUTES)
    return None


def usually_late(seen: Sequence[int]) -> int:
    """What counts as usual of several such times, in minutes."""
    return sorted(seen)[int(LATE_SHARE * len(seen))] if seen else 0


def steadily_late(seen: Sequence[int]) -> int:
    """What counts as usual, once several hours have told; 0 before."""
    return usually_late(seen) if len(seen) >= LATE_HOURS else 0


def told(found: Rate) -> str:
    """A rate for people."""
    if found.expected < 1:
        one, many = "{n} event in an hour that is silent otherwise", "{n} events in an hour that is silent otherwise"
        return say_many(one, many, found.measured) if found.measured else say("as usual")
    if not found.measured:
        one, many = "nothing of {n} event an hour", "nothing of {n} events an hour"
        return say_many(one, many, round(found.expected))
    ratio = found.measured / found.expected
    if ratio >= NEAR:
        return say("{n} times its rhythm", n=f"{ratio:,.0f}")
    if ratio <= 1 / NEAR:
        return say("1/{n} of its rhythm", n=f"{1 / ratio:,.0f}")
    return say("as usual")


def _same(hour: int, step: int, first: int, over: int) -> list[int]:
    """Other hours in whole steps before and after."""
    start = first + (hour - first) % step
    return [each for each in range(start, over, step) if each != hour]


def _day(hour: int, first: int, over: int) -> list[int]:
    near = DAYS_BACK * DAY_HOURS
    return [each for each in _same(hour, DAY_HOURS, first, over) if abs(each - hour) <= near]


def _events(pulse: Pulse, hour: int) -> int:
    found = pulse.get(hour)
    return found.events if found else 0


def _of(samples: Sequence[int]) -> Usual:
    middle = median(samples)
    return Usual(float(middle), float(median(abs(each - middle) for each in samples)))


def _grown(old: Pulse, new: Pulse, now: int) -> Iterator[tuple[int, int]]:
    """(minutes after the quarter's end, events more than before)."""
    for number, hour in new.items():
        before = old.get(number)
        if before == hour:
            continue
        for place, events in enumerate(hour.quarters):
            more = events - (before.quarters[place] if before else 0)
            if more > 0:
                end = (number * QUARTERS + place + 1) * HOUR_MINUTES // QUARTERS
                yield max(0, now - end), more
