"""Ctrl-C that is never lost.

Python raises KeyboardInterrupt wherever the main thread happens to be. Where that is inside a library's native code,
such as a search for a module that need not be there, the library may clear it like any other error, and the command
goes on as if nobody had asked it to stop. So the wish itself is remembered: it is raised again with the next step of
the work, and at the end it decides how the command ended.

A command that puts plain secrets aside also removes them when it is told to end otherwise (`ends_in_order`).
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_wished: list[int] = []  # signals that came


def watch_interrupts() -> None:
    """Remember Ctrl-C from now on; where somebody else handles or ignores it (nohup), nothing changes."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _remember)


def interrupted() -> bool:
    """Whether Ctrl-C came."""
    return bool(_wished)


def heed_interrupts() -> None:
    """Stop here if Ctrl-C came. Raises KeyboardInterrupt."""
    if _wished:
        raise KeyboardInterrupt


@contextmanager
def ends_in_order() -> Iterator[None]:
    """Remove what is put aside also at SIGTERM and when the terminal goes; where that is ignored, nothing changes."""
    mine = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    for each in _ENDING:
        if signal.getsignal(each) is _end:
            signal.signal(each, signal.SIG_IGN)  # what is removed now is removed whole
    raise SystemExit(128 + number)  # as a shell tells it


def _remember(number: int, _frame: FrameType | None) -> None:
    _wished.append(number)
    raise KeyboardInterrupt
