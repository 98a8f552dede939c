"""What all tables of the state database share: one MetaData, and types that hold foreign text on both databases.

Rules:
1. Times are microseconds since 1970 UTC in a column whose name ends in `_us`.
2. Foreign text goes into `ForeignText`: PostgreSQL takes neither NUL nor lone surrogates, and logs hold both.
3. Tables stand in the module of the thing that they keep; `tables` imports them all.
"""

import re
from typing import Any

from sqlalchemy import MetaData, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ESCAPE = "\x1b"
_UNFIT = re.compile("[\x00\x1b\ud800-\udfff]")
_ESCAPED = re.compile("\x1b([0-9a-f]{4})")


class ForeignText(TypeDecorator[str]):
    """Any Python string, kept as it is but for NUL, escape and lone surrogates, which are escaped and come back."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What the database gets."""
        return None if value is None else _UNFIT.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """What was put in."""
        return None if value is None else _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value))
