"""The lines of a pushed body, judged one by one.

Rules:
1. Only bounds are judged here: length and, for what looks like JSON, depth. Whether a line can be read is for the
   reader, which keeps what it cannot read as a reject.
2. A line over a bound is left out and counted; the others are taken as they are, byte by byte.
3. Depth is found without parsing: brackets outside strings are counted, and only where there are enough of them.
4. Empty lines are left out. A JSON array of records (as some senders send it) becomes a line for each record.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from tocsin import limits
from tocsin.node.inputs.answers import NotTaken
from tocsin.node.inputs.body import too_large

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_BLANK = b" \t\r"


@dataclass(frozen=True, slots=True)
class Judged:
    """What of a body is taken, and how many lines were not."""

    data: bytes = b""
    lines: int = 0
    too_long: int = 0
    too_deep: int = 0

    @property
    def left_out(self) -> int:
        """Lines that are not taken."""
        return self.too_long + self.too_deep


def judged(body: bytes, *, may_be_array: bool = False) -> Judged:
    """The lines of a body. Raises NotTaken when they are too many, or an array cannot be taken apart."""
    if may_be_array and body.lstrip()[:1] == b"[":
        body = _lines_of_array(body)
    if body.count(b"\n") > limits.PUSH_LINES:
        raise too_large(f"the body has more than {limits.PUSH_LINES} lines")
    kept, too_long, too_deep = [], 0, 0
    for line in body.split(b"\n"):
        if not line.strip(_BLANK):
            continue
        if len(line) > limits.INPUT_LINE_BYTES:
            too_long += 1
        elif nests_too_deep(line, limits.JSON_DEPTH):
            too_deep += 1
        else:
            kept.append(line)
    kept.append(b"")
    return Judged(b"\n".join(kept), len(kept) - 1, too_long, too_deep)


def nests_too_deep(text: bytes, most: int) -> bool:
    """Rule 3.

    >>> nests_too_deep(b'{"a": [1]}', 2), nests_too_deep(b'{"a": [[1]]}', 2), nests_too_deep(b'{"a": "[[["}', 2)
    (False, True, False)
    """
    if text.lstrip()[:1] not in (b"{", b"[") or text.count(b"{") + text.count(b"[") <= most:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", text)):
        depth += 1 if bracket in b"[{" else -1
        if depth > most:
            return True
    return False


def _lines_of_array(body: bytes) -> bytes:
    """Rule 4. A line end inside a record is white space (RFC 8259 §2), since strings have none."""
    if nests_too_deep(body, limits.JSON_DEPTH + 1):
        raise NotTaken(HTTPStatus.BAD_REQUEST, "the array nests too deeply", "Send a record a line.")
    try:
        records = _RAWS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotTaken(
            HTTPStatus.BAD_REQUEST, f"the body is no JSON array: {error}", "Send a record a line."
        ) from error
    return b"\n".join(bytes(record).replace(b"\n", b" ") for record in records)
