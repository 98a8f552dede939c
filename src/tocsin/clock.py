"""The only source of time. Everything else is handed a time or a clock, so tests decide what time it is."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only grow, for measuring durations."""
    return time.monotonic()
