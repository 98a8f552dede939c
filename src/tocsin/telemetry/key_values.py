"""`key=value` text: FortiGate, auditd, CEF-like and home-made logs.

Rules: a value is quoted ("…" with backslash escapes, '…' without) or runs to the next blank or comma-blank; a key that
comes twice becomes a list, so nothing is lost; at most limits.RECORD_FIELDS pairs of a line are read.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from tocsin import limits
from tocsin.telemetry.line_reader import Row, foreign_name

_PAIR = re.compile(
    r"""(?:^|(?<=[\s,;|]))([A-Za-z_][\w.\-/\[\]@]{0,255})=("(?:[^"\\]|\\.)*+"|'[^']*+'|[^\s]*+)""", re.ASCII
)
_ESCAPE = re.compile(r"""\\(["\\])""")
_TRAILING = ",;"


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """All pairs in order, values without their quotes."""
    for match in islice(_PAIR.finditer(text), limits.RECORD_FIELDS):
        yield match[1], unquoted(match[2])


def unquoted(value: str) -> str:
    """The value behind quotes and escapes; a plain value loses a separating comma at its end."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        inner = value[1:-1]
        return _ESCAPE.sub(r"\1", inner) if "\\" in inner else inner
    if len(value) > 1 and value[0] == value[-1] == "'":
        return value[1:-1]
    return value.rstrip(_TRAILING)


def collected(found: Iterable[tuple[str, str]]) -> Row:
    """A row of the pairs; a key that repeats holds a list."""
    row: Row = {}
    for key, value in found:
        put(row, key, value)
    return row


def put(row: Row, key: str, value: str) -> None:
    """Add one value; a second one under the same key makes a list. The reserved time key gets an underscore."""
    key = foreign_name(key)
    known = row.get(key)
    if known is None:
        row[key] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        row[key] = [known, value]


def count(text: str) -> int:
    """How many pairs the text holds."""
    return sum(1 for _ in pairs(text))
