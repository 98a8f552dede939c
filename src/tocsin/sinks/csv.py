"""Foreign text in CSV: RFC 4180 lines that a spreadsheet does not calculate and a terminal does not obey.

Rules:
1. A cell that starts with `=`, `+`, `-`, `@` (also full width, also after blanks) gets a leading apostrophe:
   spreadsheets would take it for a formula. Numbers that Tocsin counted itself are written as they are.
2. Acting characters, among them tab, CR and LF, are made visible. The exact bytes are in the JSON forms.
3. Fields with comma or quote are quoted, quotes doubled, lines end with CR LF (RFC 4180 §2).
"""

import re
from collections.abc import Iterable

from tocsin.sinks.characters import visible

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
_NEEDS_QUOTES = re.compile(r'[",\r\n]|^\s|\s$')


def cell(value: str | int) -> str:
    """One field, unquoted, that no spreadsheet calculates."""
    if isinstance(value, int):
        return str(value)
    text = visible(value)
    return f"'{text}" if _FORMULA.match(text) else text


def line(values: Iterable[str | int]) -> str:
    """One record with its CR LF."""
    fields = [_quoted(cell(value)) for value in values]
    return (",".join(fields) if fields != [""] else '""') + "\r\n"  # one empty field is not an empty line


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _NEEDS_QUOTES.search(text) else text
