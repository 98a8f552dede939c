"""Which day retention believes: what removes data for good does not follow a clock that jumped.

Rules:
1. The day that was believed last is kept in a file. A day that is at most STEP_DAYS from it is believed.
2. Any other is believed when the clock has kept pace with the machine's running time for nearly a day: so much time
   people have to set a wrong clock right. The same counts where no day was believed before.
3. A day that is not believed is told, but on a node that has believed none yet.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tocsin import clock
from tocsin.errors import StateError
from tocsin.lake.durable import hidden

STEP_DAYS = 2  # a day that passed, and one for a machine that was off
STOOD_SECONDS = 23 * 3_600.0
JUMP_SECONDS = 3_600.0  # by which the clock may stray from the running time


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment by both clocks: the time of day, and the seconds that the machine has run."""

    time: datetime
    ran: float


def stands_since(since: Moment, now: Moment, jump: float = JUMP_SECONDS) -> Moment:
    """Since when the clock has kept pace: as before, or from now on where it strayed by more than `jump` seconds."""
    strayed = abs((now.time - since.time).total_seconds() - (now.ran - since.ran))
    return now if strayed > jump else since


def is_believed(last: date | None, since: Moment, now: Moment) -> bool:
    """Rules 1 and 2."""
    near = last is not None and abs((now.time.date() - last).days) <= STEP_DAYS
    return near or now.ran - since.ran >= STOOD_SECONDS


class BelievedDay:
    """The day that is believed, over restarts."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._since = this_moment()

    def today(self) -> date | None:
        """Today; None where no day was believed yet. StateError where the clock says one that is not believed."""
        now, last = this_moment(), self._last()
        self._since = stands_since(self._since, now)
        today = now.time.date()
        if is_believed(last, self._since, now):
            hidden(self._file).write_text(today.isoformat(), "ascii")
            hidden(self._file).rename(self._file)
            return today
        if last is None:
            return None
        raise StateError(
            f"nothing is removed: the clock says {today}, and said {last} when old events were removed last",
            "Check the clock. When it goes on like this for a day, it is believed.",
        )

    def _last(self) -> date | None:
        try:
            return date.fromisoformat(self._file.read_text("ascii"))
        except (FileNotFoundError, ValueError):
            return None  # none yet, or none that can be read: rule 2 decides


def this_moment() -> Moment:
    """Now, by both clocks."""
    return Moment(clock.now(), clock.monotonic())
