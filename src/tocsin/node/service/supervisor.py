"""`tocsin node run`: starts the node's processes, starts one again that died, ends all in good order.

Rules:
1. One node a folder: a lock file says so.
2. A process that dies is started again after a pause that grows while it keeps dying; why stands in the status.
3. A process that cannot even begin, because of its configuration, keys or database, ends the node; one that began once
   is started again whatever ends it, so a disk that is full for a while, or a lock, ends no node.
4. The end goes with the flow: first the server, so that nothing new comes, then the engine, then the analyst.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from tocsin import clock
from tocsin.errors import ConfigError
from tocsin.node.service.config import NodeFolder, load_config
from tocsin.node.service.part import PARTS, write_state

LOOK_SECONDS = 0.2
END_SECONDS = 30.0  # for one process to end before it is killed
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
STEADY_SECONDS = 120.0  # after so long a process counts as well again
BEGIN_SECONDS = 20.0  # a process that ran this long has begun
USAGE_EXITS = (2, 3)  # a fault that starting again does not repair: configuration, keys, database


@dataclass(slots=True)
class _Child:
    """One process."""

    name: str
    process: subprocess.Popen[bytes]
    started: float
    pause: float = FIRST_PAUSE_SECONDS
    due: float = 0.0  # when it is started again, 0 while it runs
    died: int = 0
    exit: int | None = None
    ran: float = 0.0  # seconds, the last time


class Supervisor:
    """Runs one node in this process's children."""

    def __init__(self, folder: NodeFolder, tell: Callable[[str], None], seconds: float | None = None) -> None:
        """`seconds` ends the node after that time; so does the removal of its folder."""
        self._folder, self._tell = folder, tell
        self._end_at = None if seconds is None else clock.monotonic() + seconds
        self._stopping = threading.Event()
        self._children: list[_Child] = []

    def run(self) -> int:
        """Until SIGTERM or SIGINT; 0 when all ended in good order. ConfigError for a node that runs already."""
        load_config(self._folder.config)
        self._folder.run.mkdir(mode=0o700, exist_ok=True)
        with _only_one(self._folder):
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._stop)
            try:
                self._children = [self._start(name) for name in PARTS]
                while not self._stopping.is_set() and not self._hopeless() and not self._is_over():
                    self._look()
                    self._stopping.wait(LOOK_SECONDS)
                hopeless = self._hopeless()
            finally:
                ended = self._end()
            return hopeless or (0 if ended else 3)

    def _is_over(self) -> bool:
        if not self._folder.config.exists():
            return True
        return self._end_at is not None and clock.monotonic() >= self._end_at

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _start(self, name: str) -> _Child:
        command = [sys.executable, "-m", "tocsin.node.service", name, str(self._folder.path)]
        return _Child(name, subprocess.Popen(command, start_new_session=False), clock.monotonic())

    def _look(self) -> None:
        now = clock.monotonic()
        for child in self._children:
            code = child.process.poll()
            if code is None:
                if now - child.started > STEADY_SECONDS:
                    child.pause = FIRST_PAUSE_SECONDS
            elif not child.due:
                child.exit, child.died, child.due = code, child.died + 1, now + child.pause
                child.ran = now - child.started
                self._tell(f"the {child.name} ended with {code}; it is started again in {child.pause:.0f} s")
                child.pause = min(2 * child.pause, LONGEST_PAUSE_SECONDS)
                self._note()
            elif now >= child.due:
                again = self._start(child.name)
                child.process, child.started, child.due = again.process, again.started, 0.0
                self._note()

    def _hopeless(self) -> int:
        """Rule 3: the exit code of a process that cannot begin."""
        for child in self._children:
            if child.due and child.exit is not None and cannot_begin(child.exit, child.died, child.ran):
                return int(child.exit)
        return 0

    def _note(self) -> None:
        died = {
            child.name: {"died": child.died, "exit": child.exit, "pid": child.process.pid} for child in self._children
        }
        try:
            write_state(self._folder, "supervisor", {"pid": os.getpid(), "children": died})
        except OSError as error:
            self._tell(f"its state cannot be written: {error}")

    def _end(self) -> bool:
        """Rule 4."""
        good = True
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
                try:
                    good &= child.process.wait(END_SECONDS) == 0
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
                    good = False
        return good


def cannot_begin(code: int, died: int, seconds: float) -> bool:
    """Whether a process that ended with a code, the first time and so early, is not worth another start (rule 3)."""
    return code in USAGE_EXITS and died == 1 and seconds < BEGIN_SECONDS


@contextmanager
def _only_one(folder: NodeFolder) -> Iterator[None]:
    with (folder.run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"a node runs in {folder.path} already", "`tocsin node status` shows it; end that one first."
            ) from error
        yield


def is_running(folder: NodeFolder) -> bool:
    """Whether a node runs in this folder."""
    try:
        with _only_one(folder):
            return False
    except ConfigError:
        return True
    except FileNotFoundError:
        return False
