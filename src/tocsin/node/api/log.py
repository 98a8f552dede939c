"""The node's log: one JSON object a line, an event with its fields (STYLE rule 15).

Fields are ids, counts, names of endpoints. Never: headers, bodies, queries, secrets, telemetry, texts of exceptions
that nobody foresaw. What was refused or failed is INFO and above, and is written (`node/service/log_lines.py`); what
went well is DEBUG: what people change is in the ledger, what sensors send is counted.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tocsin import clock, limits
from tocsin.sinks import json

LOGGER = logging.getLogger("tocsin.api")
Field = str | int | float | bool | Sequence[str]


def log(event: str, level: int = logging.INFO, **fields: Field) -> None:
    """Write one event."""
    if LOGGER.isEnabledFor(level):
        LOGGER.log(level, "%s", encoded({"event": event, **fields}))


def encoded(fields: Mapping[str, object]) -> str:
    """One line of the log: nothing of it acts on a terminal, and no text keeps it from being told."""
    return json.dumps(msgspec.to_builtins({"time": clock.now(), **fields}))


def log_fault(event: str, **fields: Field) -> None:
    """Write an event with the kind and the places of the exception that is being handled."""
    log(event, logging.ERROR, **fields, trace=places(sys.exception()))


def places(error: BaseException | None) -> list[str]:
    """The type of an error and where it came from, then the same of its causes: without texts and values."""
    told: list[str] = []
    while error is not None and len(told) < limits.LOG_TRACE_LINES:
        frames = traceback.extract_tb(error.__traceback__)[-limits.LOG_TRACE_PLACES :]
        told += [type(error).__name__, *(f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in frames)]
        error = error.__cause__ or error.__context__
    return told
