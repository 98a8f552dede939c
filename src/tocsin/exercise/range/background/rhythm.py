"""When a day is busy: hours of people and machines, weekends, holidays.

People work from about eight to five, local time; few are in on Saturday, hardly anyone on Sunday and on holidays.
Machines never sleep and are busiest at night.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.columns import Integers
from tocsin.exercise.range.times import DAY, HOUR, date_of, drawn, offset_us

OFFICE = (
    *(0.01, 0.005, 0.005, 0.005, 0.005, 0.02, 0.08, 0.4, 1.0, 1.3, 1.25, 1.1),
    *(0.6, 0.9, 1.2, 1.1, 0.85, 0.45, 0.22, 0.14, 0.1, 0.07, 0.04, 0.02),
)
EVENING = (  # people at home, who visit public sites
    *(0.35, 0.2, 0.12, 0.1, 0.1, 0.15, 0.35, 0.7, 1.0, 1.1, 1.15, 1.15),
    *(1.1, 1.05, 1.0, 1.0, 1.05, 1.1, 1.2, 1.3, 1.35, 1.25, 0.95, 0.6),
)
NIGHT = (1.5, 2.2, 2.6, 2.0, 1.4, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, *([1.0] * 10), 1.1, 1.3)
EVEN = (1.0,) * 24
WEEKEND = {5: 0.11, 6: 0.045}  # Saturday, Sunday: share of the people that are in
HOLIDAY = 0.06
_PRESENT = 0.86  # on an ordinary day; the rest is ill, on leave, travelling
_FIXED = {  # month and day of public holidays by language; moving feasts left out
    "sq": ((1, 1), (3, 14), (3, 22), (5, 1), (11, 28), (11, 29), (12, 25)),
    "el": ((1, 1), (1, 6), (3, 25), (5, 1), (8, 15), (10, 28), (12, 25), (12, 26)),
    "fr": ((1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)),
    "de": ((1, 1), (1, 6), (5, 1), (8, 15), (10, 26), (11, 1), (12, 8), (12, 25), (12, 26)),
    "uk": ((1, 1), (3, 8), (5, 1), (6, 28), (8, 24), (12, 25)),
    "en": ((1, 1), (3, 17), (5, 4), (12, 25), (12, 26)),
}


@dataclass(frozen=True, slots=True)
class Today:
    """A day at a member: UTC day with local date."""

    member: Member
    day: int  # days since 1970 UTC

    @property
    def date(self) -> date:
        """The date; local noon and UTC noon are of the same day in all of the members' zones."""
        return date_of(self.day)

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return self.date.weekday()

    @property
    def holiday(self) -> bool:
        """A public holiday of the member's language."""
        return (self.date.month, self.date.day) in _FIXED[self.member.language]

    @property
    def presence(self) -> float:
        """Share of the people who work today."""
        usual = _PRESENT * WEEKEND.get(self.weekday, 1.0)
        return min(usual, HOLIDAY) if self.holiday else usual

    @property
    def midnight(self) -> int:
        """Local midnight, microseconds UTC."""
        return self.day * DAY - offset_us(self.member.zone, self.day)

    def times(self, chance: np.random.Generator, hours: tuple[float, ...], count: int) -> Integers:
        """Times of the local day by the weights of its hours, sorted."""
        return np.sort(self.midnight + drawn(chance, hours, count))

    def at_work(self, chance: np.random.Generator, people: Integers) -> Integers:
        """Which of these accounts are in today."""
        return people[chance.random(len(people)) < self.presence]

    def arrivals(self, chance: np.random.Generator, people: Integers) -> Integers:
        """When each begins: about eight, by the own shift; on free days at any time."""
        shifts = np.array([self.member.accounts[number].shift for number in people.tolist()])
        hours = 8.0 + shifts + chance.normal(0, 0.35, len(people))
        if self.presence < HOLIDAY * 2:
            hours = hours + chance.uniform(0, 8, len(people))
        return np.asarray(self.midnight + (np.clip(hours, 0.2, 23.0) * HOUR).astype(np.int64), dtype=np.int64)

    def during(self, chance: np.random.Generator, arrivals: Integers, hours: float = 8.4) -> Integers:
        """A time of each one's working day, densest in the late morning and the early afternoon."""
        shape = np.where(
            chance.random(len(arrivals)) < 0.5, chance.beta(2, 5, len(arrivals)), chance.beta(5, 3, len(arrivals))
        )
        return np.asarray(arrivals + (shape * hours * HOUR).astype(np.int64), dtype=np.int64)
