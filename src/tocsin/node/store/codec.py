"""Values as JSON text in a column, and back.

Rules:
1. Python's own JSON writes them, in ASCII: logs hold lone surrogates and NUL, which msgspec and PostgreSQL refuse.
2. msgspec checks what is read against the type.
3. What msgspec knows of a class is worked out once, at import (`prepare`), by one thread. msgspec 0.22 works it out at
   first use, and ends the process with a segmentation fault where two threads come first at the same time.
"""

import contextlib
import json
from typing import TypeVar

import msgspec

from tocsin.errors import StateError

Value = TypeVar("Value")

_NOTHING = object()  # fits no type


def encode(value: object) -> str:
    """A dataclass, a struct, a list or a mapping as ASCII JSON."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=True, separators=(",", ":"))


def prepare(kind: object) -> None:
    """Let msgspec work out what it needs to know of a type and of all types in it. Call it at import."""
    with contextlib.suppress(msgspec.ValidationError):  # nothing is read: only the type matters
        msgspec.convert(_NOTHING, kind)


def decode(text: str, kind: type[Value], where: str) -> Value:
    """What `encode` wrote; StateError naming `where` for anything else."""
    try:
        return msgspec.convert(json.loads(text), kind)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise StateError(
            f"{where} of the state database cannot be read: {error}",
            "Somebody changed the state database. Keep it as evidence and restore a backup.",
        ) from error
