"""What the node's processes have in common: their folder and configuration, their state for others, how they end."""

import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TypeVar

import msgspec

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.node.service.config import Config, NodeFolder, below

STATE_SECONDS = 2.0  # between two notes of a process about itself
ROOM_SECONDS = 1.0  # between two tries to open something on a full disk
LEAST_ROOM_BYTES = 1_048_576  # with less, what cannot be opened is the disk's fault
Opened = TypeVar("Opened")
ENGINE, ANALYST, SERVER = "engine", "analyst", "server"
PARTS = (SERVER, ENGINE, ANALYST)


@dataclass(slots=True)
class Part:
    """One process of the node."""

    name: str
    folder: NodeFolder
    config: Config
    stopping: threading.Event = field(default_factory=threading.Event)
    _noted: float = 0.0
    _unwritten: str = ""  # why the last note could not be written

    def heed_signals(self) -> None:
        """End in good order when the supervisor says so; Ctrl-C goes to the supervisor alone."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    def when_there_is_room(self, open: Callable[[], Opened]) -> Opened:
        """Open something below the folder; on a full disk as soon as there is room, or fail when told to stop."""
        while True:
            try:
                return open()
            except (OSError, sqlite3.Error, TocsinError):
                if self.stopping.is_set() or shutil.disk_usage(self.folder.path).free >= LEAST_ROOM_BYTES:
                    raise
            self.stopping.wait(ROOM_SECONDS)

    def due(self) -> bool:
        """Whether a note is due."""
        return clock.monotonic() - self._noted >= STATE_SECONDS

    def note(self, state: Mapping[str, object], *, at_once: bool = False) -> None:
        """Leave the process's state for `status`, now and then. A full disk is told on standard error, no more."""
        if not at_once and not self.due():
            return
        self._noted = clock.monotonic()
        try:
            write_state(self.folder, self.name, {**state, "at": clock.now().isoformat()})
        except OSError as error:
            why = f"{self.name}: its state cannot be written: {error}"
            if why != self._unwritten:
                print(why, file=sys.stderr, flush=True)
            self._unwritten = why
        else:
            self._unwritten = ""


def write_state(folder: NodeFolder, name: str, state: Mapping[str, object]) -> None:
    """Put a process's state in the place of its older one."""
    path = folder.run / f"{name}.json"
    hidden = path.with_name(f".{path.name}")
    hidden.write_bytes(msgspec.json.encode(state))
    hidden.rename(path)


def read_state(folder: NodeFolder, name: str) -> dict[str, object]:
    """What a process left last; empty where it left nothing."""
    try:
        found = msgspec.json.decode((folder.run / f"{name}.json").read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def rule_paths(folder: NodeFolder, config: Config) -> tuple[Path, ...]:
    """The rules of the configuration, else Tocsin's own."""
    from tocsin.rules import PACK

    return tuple(below(folder, each) for each in config.detect.rules) or (PACK,)


def analytic_paths(folder: NodeFolder, config: Config) -> tuple[Path, ...]:
    """The site's own analytics."""
    return tuple(below(folder, each) for each in config.detect.analytics)
