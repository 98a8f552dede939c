"""The locks of a lake: files in it that a process holds with flock; a process that dies lets go of them.

Rules:
1. `.lock`: one process at a time writes to the lake.
2. `.adding`: a node's engine holds the first, and its analyst merges, rolls up and expires beside it. What a process
   has written and not committed yet looks like an orphan, so whoever writes beside another holds this one shared, and
   orphans are swept only by who has it alone.
3. The catalog is read after the lock was taken: before, it says nothing of what others have just committed.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tocsin import clock
from tocsin.errors import LakeError

WRITING = ".lock"
ADDING = ".adding"
_TRY_SECONDS = 0.1  # between two tries to get one


@contextmanager
def taken(lake: Path, name: str, wait: float, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock. Raises LakeError when it is not free after `wait` seconds."""
    until = clock.monotonic() + wait
    with (lake / name).open("a") as lock:
        while not _is_taken(lock.fileno(), shared):
            if clock.monotonic() >= until:
                raise LakeError(
                    f"another Tocsin is writing to the lake {lake}", "Wait until it has ended, or name another --lake."
                )
            time.sleep(_TRY_SECONDS)
        yield


def _is_taken(lock: int, shared: bool) -> bool:
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def being_written(lake: Path) -> bool:
    """Whether a process holds the lake's write lock at this moment; a node does as long as it runs."""
    try:
        with (lake / WRITING).open("rb") as lock:
            return not _is_taken(lock.fileno(), shared=False)
    except FileNotFoundError:
        return False
