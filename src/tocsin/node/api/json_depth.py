"""How deep a JSON text nests, found without parsing it: brackets outside strings are counted."""

import re

from tocsin import limits
from tocsin.errors import UsageError

_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # possessive: a long text takes no memory
_BRACKETS = re.compile(rb"[\[\]{}]")


def check_depth(body: bytes) -> None:
    """Raise UsageError where a JSON text nests deeper than `limits.API_JSON_DEPTH`."""
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > limits.API_JSON_DEPTH:
            raise UsageError(
                "the body nests too deep", f"Objects and lists may nest {limits.API_JSON_DEPTH} deep, not deeper."
            )
