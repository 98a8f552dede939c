"""Ctrl-C that is never lost.

Python raises KeyboardInterrupt wherever the main thread happens to be. Where that is inside a library's native code,
such as a search for a module that need not be there, the library may clear it like any other error, and the command
goes on as if nobody had asked it to stop. So the wish itself is remembered: it is raised again with the next step of
the work, and at the end it decides how the command ended.
"""

import signal
from types import FrameType

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


def _remember(number: int, _frame: FrameType | None) -> None:
    _wished.append(number)
    raise KeyboardInterrupt
