"""Rules and analytics of a running node: loaded at the start and again when their files change.

A set with a file that cannot be read does not take the place of one without: the old set stays, and what is wrong is
told until it is repaired.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from tocsin import clock
from tocsin.errors import TocsinError

LOOK_SECONDS = 5.0
LOOK_SHARE = 100  # thousands of files are looked at less often: a look rests so many times as long as it took
Loaded = TypeVar("Loaded")


@dataclass(frozen=True, slots=True)
class Attempt(Generic[Loaded]):
    """What was loaded, and what of it was refused (`file:line: reason`)."""

    value: Loaded
    refused: tuple[str, ...]


class Reloading(Generic[Loaded]):
    """One set of files that may change."""

    def __init__(self, paths: Callable[[], Sequence[Path]], load: Callable[[], Attempt[Loaded]]) -> None:
        """`paths` are asked again at every look: the configuration may name others meanwhile."""
        self._paths, self._load = paths, load
        self._state = _state(paths())
        self._next = 0.0
        first = load()
        self.value = first.value
        self._known = frozenset(first.refused)
        self.problem = ""  # why the newest files are not in use

    def changed(self) -> bool:
        """Look at the files now and then; True when another set took the place of the old one."""
        start = clock.monotonic()
        if start < self._next:
            return False
        state = _state(self._paths())
        now = clock.monotonic()
        self._next = now + max(LOOK_SECONDS, LOOK_SHARE * (now - start))
        if state == self._state:
            return False
        self._state = state
        try:
            attempt = self._load()
        except TocsinError as error:
            self.problem = f"{error} {error.advice()}".strip()
            return False
        broken = sorted(set(attempt.refused) - self._known)
        if broken:
            self.problem = f"the old set stays in use: {broken[0]}"
            return False
        self.value, self._known, self.problem = attempt.value, frozenset(attempt.refused), ""
        return True


def _state(paths: Sequence[Path]) -> frozenset[tuple[str, int, int]]:
    """Names, sizes and times of all files."""
    found = {(str(path), 0, 0) for path in paths}
    for path in paths:
        for file in [path] if path.is_file() else _below(path):
            try:
                status = file.stat()
            except FileNotFoundError:
                continue  # gone between listing and looking: the next look sees it
            found.add((str(file), status.st_size, status.st_mtime_ns))
    return frozenset(found)


def _below(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):  # three times as fast as rglob
        yield from (Path(place, name) for name in names)
