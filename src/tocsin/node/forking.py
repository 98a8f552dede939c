"""Processes and their parents.

Rules:
1. Ctrl-C does not fall between: Python's own work around a fork must not be broken off.
2. A child that changes a lake does not outlive who asked for it: by then another may count the lake as its own.
"""

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1  # prctl(2)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """An interrupt waits until the block is over. The child keeps it blocked: its parent decides when to stop."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with(parent: int) -> None:
    """From now on this process is killed when its parent ends, in whatever way; at once where it has ended already.

    Counts for the parent's thread that started it (prctl(2)). Linux alone has it.
    """
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    if prctl is not None and prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
