"""Values as JSON text in a column, and back.

Python's own JSON writes them, in ASCII: logs hold lone surrogates and NUL, which msgspec and PostgreSQL refuse. msgspec
checks what is read against the type.
"""

import json
from typing import TypeVar

import msgspec

from tocsin.errors import StateError

Value = TypeVar("Value")


def encode(value: object) -> str:
    """A dataclass, a struct, a list or a mapping as ASCII JSON."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=True, separators=(",", ":"))


def decode(text: str, kind: type[Value], where: str) -> Value:
    """What `encode` wrote; StateError naming `where` for anything else."""
    try:
        return msgspec.convert(json.loads(text), kind)
    except (ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise StateError(
            f"{where} of the state database cannot be read: {error}",
            "Somebody changed the state database. Keep it as evidence and restore a backup.",
        ) from error
