"""Foreign text in JSON (RFC 8259): exact, valid UTF-8, and harmless when a terminal prints it.

Rules:
1. Acting characters are written as `\\uXXXX` escapes: a parser gets them back exactly, a terminal never sees them.
2. A lone surrogate is not a character and has no UTF-8: it becomes U+FFFD.
3. Everything else stays readable: Greek and Albanian names are not escaped.
"""

import json
import re

from tocsin.sinks.characters import ACTING

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BASIC_PLANE_END = 0x10000


def dumps(value: object) -> str:
    """One line of JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "), allow_nan=False)
    return ACTING.sub(_escape, _SURROGATE.sub("\ufffd", text))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < _BASIC_PLANE_END:
        return f"\\u{code:04x}"
    offset = code - _BASIC_PLANE_END
    return f"\\u{0xD800 + (offset >> 10):04x}\\u{0xDC00 + (offset & 0x3FF):04x}"
