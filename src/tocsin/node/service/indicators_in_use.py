"""The indicators that a running engine matches with: mapped at the start, and again when their file is another one.

A file that cannot be read does not take the place of the one in use; why is told until there is a good one.
"""

from pathlib import Path

from tocsin import clock
from tocsin.detect.indicators import Matcher, place_of
from tocsin.errors import LakeError
from tocsin.node.indicator_hits import matcher_of

LOOK_SECONDS = 2.0


class IndicatorsInUse:
    """One lake's indicators. `matcher` is None where there are none."""

    def __init__(self, lake: Path) -> None:
        self._lake = lake
        self._next = 0.0
        self._state: tuple[int, ...] = ()
        self.matcher: Matcher | None = None
        self.problem = ""
        self.changed()

    @property
    def count(self) -> int:
        """How many indicators are in use."""
        return self.matcher.collection.count if self.matcher else 0

    def changed(self) -> bool:
        """Look at the file now and then; True when others are in use."""
        now = clock.monotonic()
        if now < self._next:
            return False
        self._next = now + LOOK_SECONDS
        state = _state(place_of(self._lake))
        if state == self._state:
            return False
        self._state = state
        try:
            self.matcher, self.problem = matcher_of(self._lake), ""
        except LakeError as error:
            self.problem = f"{error} {error.advice()}"
            return False
        return True


def _state(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except FileNotFoundError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
