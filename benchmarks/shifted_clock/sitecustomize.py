"""A clock that jumps: Python imports this by its name at the start of every process of a node, from PYTHONPATH.

The file named by `TOCSIN_SHIFTED_CLOCK` holds seconds; they are added to what `tocsin.clock.now` and `time.time` say,
from the moment on at which they stand there. That covers every decision of Tocsin by the time of day, because
`tocsin.clock` is its only source of time, and the Python libraries that ask `time.time`. It does not cover times of
files, SQLite's own functions, `datetime.now` of other libraries, and what is written in C or Rust. The monotonic
clock does not jump, as on a real machine.
"""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

FILE = os.environ.get("TOCSIN_SHIFTED_CLOCK", "")


def offset() -> float:
    """How far the clock is off."""
    return float(Path(FILE).read_text("ascii"))


def shift() -> None:
    """Put the shifted readings in place of the true ones."""
    from tocsin import clock

    now, seconds = clock.now, time.time

    def shifted() -> datetime:
        return now() + timedelta(seconds=offset())

    clock.now = shifted
    time.time = lambda: seconds() + offset()


if FILE:
    shift()
