"""The log of the node's processes: lines on stderr, which systemd keeps. Each is one JSON object.

Rules:
1. Of the API come refusals and faults (INFO and above, `node/api/log.py`), of everybody else warnings and errors.
2. An exception is told by its type and places. Its text, and what a library puts into its message, may hold telemetry
   or a secret.
3. Who reads the lines slowly or not at all holds nobody up: a thread writes them. What comes while too many wait, or
   too many of one level in a minute, is left out; how many those were is a line of its own.
"""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from tocsin import clock, limits
from tocsin.node.api.log import LOGGER, encoded, places

OURS = "tocsin"
MINUTE_SECONDS = 60.0
END_SECONDS = 1.0  # for what waits to be written when the process ends


class JsonLine(logging.Formatter):
    """A record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The API's records are objects already."""
        if record.name == LOGGER.name:
            return record.getMessage()
        ours = record.name.partition(".")[0] == OURS
        told = record.getMessage() if ours else str(record.msg).partition("\n")[0]
        line: dict[str, object] = {"event": "message", "logger": record.name, "level": record.levelname, "told": told}
        if record.exc_info and record.exc_info[1]:
            line["trace"] = places(record.exc_info[1])
        return encoded(line)


class Lines(logging.Handler):
    """Writes records from a thread of its own."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.setFormatter(JsonLine())
        self._stream = stream
        self._waiting: queue.Queue[str | None] = queue.Queue(limits.LOG_LINES_WAITING)
        self._begun, self._left_out = clock.monotonic(), 0
        self._counts: Counter[int] = Counter()
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Rule 3; the caller holds the handler's lock."""
        now = clock.monotonic()
        if now - self._begun >= MINUTE_SECONDS:
            self._begun = now
            self._counts.clear()
            self._tell_left_out()
        self._counts[record.levelno] += 1
        if self._counts[record.levelno] > limits.LOG_LINES_A_MINUTE or not self._put(self.format(record)):
            self._left_out += 1

    def _tell_left_out(self) -> None:
        if self._left_out and self._put(encoded({"event": "left out", "lines": self._left_out})):
            self._left_out = 0

    def _put(self, line: str | None) -> bool:
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            return False
        return True

    def _write(self) -> None:
        while (line := self._waiting.get()) is not None:
            try:
                self._stream.write(f"{line}\n")
                self._stream.flush()
            except (OSError, ValueError):  # nobody reads any more
                continue

    def close(self) -> None:
        """Write what waits, if that does not take long."""
        with self.lock or threading.RLock():
            self._tell_left_out()
            ends = self._put(None)
        if ends:
            self._thread.join(END_SECONDS)
        super().close()


@contextmanager
def log_to(stream: TextIO) -> Iterator[None]:
    """Let this process write its log there until the end."""
    root, handler = logging.getLogger(), Lines(stream)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
