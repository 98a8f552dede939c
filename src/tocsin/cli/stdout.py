"""Standard output whose reader may leave: `tocsin … | head -1` is no error.

click and rich both turn a broken pipe into exit 1 on their own, before anybody can say that nothing is wrong. So the
stream itself raises `ReaderLeft`, which neither of them catches, and the command ends where it stands.
"""

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class ReaderLeft(BaseException):
    """Nobody reads standard output any more."""


class _Stdout(io.TextIOWrapper):
    """Standard output that says so when its reader has left."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            raise ReaderLeft from None

    def writelines(self, lines: Iterable[str], /) -> None:  # type: ignore[override]  # typeshed wants a list
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            raise ReaderLeft from None


def watch_stdout() -> None:
    """Take the stream's place, or stand in for it where it was closed; a test's own stream stays."""
    now: object = sys.stdout
    if now is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open as long as the process
    if isinstance(now, io.TextIOWrapper) and not isinstance(now, _Stdout):
        encoding, errors, lines = now.encoding, now.errors, now.line_buffering
        sys.stdout = _Stdout(now.detach(), encoding=encoding, errors=errors, line_buffering=lines)


def forget_stdout() -> None:
    """Let what is still buffered go nowhere, so that the interpreter's own last flush is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """For the last thing that a command prints: when its reader leaves, the command's own exit code still counts."""
    try:
        yield
    except ReaderLeft:
        forget_stdout()
