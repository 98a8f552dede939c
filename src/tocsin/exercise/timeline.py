"""Records on their way into files, in the order of their time.

Whoever makes events may make them ahead of time (a process knows when it will end); the timeline keeps them and hands
them out when their moment has come. Memory is bounded by what is still ahead, not by the length of the exercise.
A sensor writes a record to its file and says where it stands; a planted record is noted in the ground truth.
"""

import heapq
from dataclasses import dataclass
from typing import Protocol

from tocsin.exercise.ground_truth import Ledger


@dataclass(frozen=True, slots=True)
class Mark:
    """What the ground truth says about a planted event."""

    stage: str
    marker: str
    key: bool = True  # False for what merely comes along, such as a process end
    host: str = ""
    user: str = ""


class Sensor(Protocol):
    """Something that writes records of one kind."""

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes one record; the file's name and the record's position in it."""


class Timeline:
    """Records ahead; at most `budget` background records over the whole exercise."""

    def __init__(self, budget: int, ledger: Ledger) -> None:
        self._ahead: list[tuple[int, int, Sensor, object, Mark | None]] = []
        self._ledger = ledger
        self._budget = budget
        self._order = 0
        self.taken = 0  # background records so far
        self.planted = 0
        self.written = 0

    def limit(self, budget: int) -> None:
        """Leaves room for that many background records."""
        self._budget = budget

    def add(self, time_us: int, sensor: Sensor, payload: object, mark: Mark | None = None) -> None:
        """Notes a record; what goes beyond the budget is left out, planted records never."""
        if mark is None:
            if self.taken >= self._budget:
                return
            self.taken += 1
        else:
            self.planted += 1
        self._order += 1
        heapq.heappush(self._ahead, (time_us, self._order, sensor, payload, mark))

    def play(self, until_us: int) -> None:
        """Writes all records before that time."""
        ahead = self._ahead
        while ahead and ahead[0][0] < until_us:
            time_us, _, sensor, payload, mark = heapq.heappop(ahead)
            file, record = sensor.write(time_us, payload)
            self.written += 1
            if mark is not None:
                self._ledger.note(mark.stage, mark.marker, mark.key, time_us, file, record, mark.host, mark.user)

    def finish(self) -> None:
        """Writes everything that is left."""
        if self._ahead:
            self.play(max(entry[0] for entry in self._ahead) + 1)
