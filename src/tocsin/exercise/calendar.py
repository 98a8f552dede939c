"""The week that an exercise plays in, and how busy people and machines are in each of its hours.

The week is fixed, so that the same seed gives the same bytes on any day. People work from about eight to five on
weekdays, each with an own shift of the start; few are in on Saturday, hardly anyone on Sunday. Machines never sleep
and are busiest at night, when backups and updates run.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Tirane")
MONDAY = datetime(2026, 3, 2, tzinfo=ZONE)
DAYS = 7
SLOT_SECONDS = 300
MICROSECONDS = 1_000_000

_WORKDAY = (0.01, 0.0, 0.0, 0.0, 0.0, 0.01, 0.05, 0.3, 1.0, 1.3, 1.2, 1.1)  # local hours 0 to 11
_AFTERNOON = (0.6, 0.9, 1.2, 1.1, 0.8, 0.4, 0.2, 0.12, 0.08, 0.05, 0.03, 0.02)  # 12 to 23
_HOURS = _WORKDAY + _AFTERNOON
_NIGHTLY = {1: 2.2, 2: 2.6, 3: 2.0, 4: 1.4}  # backups and updates
_WEEKEND = {5: 0.12, 6: 0.04}  # Saturday, Sunday


def epoch_us(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exact."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


START_US = epoch_us(MONDAY)
END_US = START_US + DAYS * 86_400 * MICROSECONDS


def at_us(day: int, clock: str) -> int:
    """The local time `HH:MM` or `HH:MM:SS` of a day of the exercise (0 is Monday), in microseconds UTC."""
    hour, minute, *rest = (int(part) for part in clock.split(":"))
    return START_US + ((day * 24 + hour) * 3600 + minute * 60 + (rest[0] if rest else 0)) * MICROSECONDS


def moment(time_us: int) -> datetime:
    """The time as an aware datetime in UTC."""
    return datetime.fromtimestamp(time_us // MICROSECONDS, UTC) + timedelta(microseconds=time_us % MICROSECONDS)


@lru_cache(maxsize=4096)
def local_second(second: int) -> datetime:
    """The local time of a second; events of the same second share it."""
    return datetime.fromtimestamp(second, ZONE)


@dataclass(frozen=True, slots=True)
class Slot:
    """A few minutes of the week."""

    start_us: int
    end_us: int
    weekday: int
    hour: float  # local, with the fraction

    def people(self, shift: float) -> float:
        """How busy a person is whose day starts `shift` hours later than usual."""
        usual = _HOURS[int(self.hour - shift) % 24]
        return usual * _WEEKEND.get(self.weekday, 1.0)

    def machines(self) -> float:
        """How busy services and scheduled work are."""
        return _NIGHTLY.get(int(self.hour), 1.0)


def slots() -> list[Slot]:
    """The week in order; its zone has no clock change in that week."""
    step = SLOT_SECONDS * MICROSECONDS
    made = []
    for start in range(START_US, END_US, step):
        seconds = (start - START_US) // MICROSECONDS
        made.append(Slot(start, start + step, seconds // 86_400 % 7, seconds % 86_400 / 3600))
    return made
