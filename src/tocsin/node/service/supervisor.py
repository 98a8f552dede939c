"""`tocsin node run`: one node a folder, which a lock file says; runs its processes until it is told to end."""

import fcntl
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tocsin import clock
from tocsin.errors import ConfigError
from tocsin.node.service.config import NodeFolder, load_config
from tocsin.node.service.pause_order import Orders, take_back
from tocsin.node.service.processes import Processes

LOOK_SECONDS = 0.2


class Supervisor:
    """Runs one node in this process's children."""

    def __init__(self, folder: NodeFolder, tell: Callable[[str], None], seconds: float | None = None) -> None:
        """`seconds` ends the node after that time; so does the removal of its folder."""
        self._folder = folder
        self._end_at = None if seconds is None else clock.monotonic() + seconds
        self._stopping = threading.Event()
        self._processes = Processes(folder, tell, Orders(folder))

    def run(self) -> int:
        """Until SIGTERM or SIGINT; 0 when all ended in good order. ConfigError for a node that runs already."""
        load_config(self._folder.config)
        self._folder.run.mkdir(mode=0o700, exist_ok=True)
        with _only_one(self._folder):
            take_back(self._folder)  # of a node that was killed
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._stop)
            processes = self._processes
            try:
                processes.start()
                while not self._stopping.is_set() and not processes.hopeless() and not self._is_over():
                    processes.look()
                    self._stopping.wait(LOOK_SECONDS)
                hopeless = processes.hopeless()
            finally:
                ended = processes.end()
            return hopeless or (0 if ended else 3)

    def _is_over(self) -> bool:
        if not self._folder.config.exists():
            return True
        return self._end_at is not None and clock.monotonic() >= self._end_at

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()


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
