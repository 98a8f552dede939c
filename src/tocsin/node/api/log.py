"""The node's log: one JSON object a line, an event with its fields (STYLE rule 15).

Fields are ids, counts, names of endpoints. Never: headers, bodies, queries, secrets, telemetry.
"""

import logging

import msgspec

from tocsin import clock

LOGGER = logging.getLogger("tocsin.api")


def log(event: str, level: int = logging.INFO, **fields: str | int | float | bool) -> None:
    """Write one event."""
    if LOGGER.isEnabledFor(level):
        line = msgspec.json.encode({"time": clock.now(), "event": event, **fields}).decode()
        LOGGER.log(level, "%s", line)


def log_fault(event: str, **fields: str | int | float | bool) -> None:
    """Write an event with the traceback of the exception that is being handled."""
    LOGGER.exception("%s", msgspec.json.encode({"time": clock.now(), "event": event, **fields}).decode())
