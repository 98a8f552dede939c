"""Characters that act instead of being read, made visible. The base of every sink for people.

Made visible are all of Unicode's Cc (control, also the C1 set that terminals obey), Cf (format: bidirectional
overrides, zero-width and tag characters), Cs (lone surrogates), Zl, Zp, the variation selectors and the blank
Hangul and Braille fillers. A C0 character becomes its name (`<ESC>`, `<LF>`), the rest its number (`<U+202E>`);
Unicode's control pictures would be shorter, but many machines have no font for them.
The result is plain text, so the work is done once: `visible(visible(x)) == visible(x)`.
"""

import re

_RANGES = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
ACTING = re.compile(f"[{_RANGES}]")
"""One character that a reader would not see, or that would move or hide others."""

_DELETE = 0x7F
_NAMES = (  # of C0, ISO/IEC 6429
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
)  # fmt: skip


def visible(text: str) -> str:
    """The text with every acting character replaced by one that can be read."""
    return ACTING.sub(_named, text)


def _named(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < len(_NAMES):
        return f"<{_NAMES[code]}>"
    return "<DEL>" if code == _DELETE else f"<U+{code:04X}>"
