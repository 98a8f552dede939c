r"""Foreign text in syslog messages (RFC 5424, and RFC 3164 for what older relays do).

Rules:
1. A message is one line: LF and NUL end a frame (RFC 6587 §3.4.2), so acting characters are made visible.
2. A text that starts like a priority (`<34>`, RFC 5424 §6.2.1) would be taken for a message of its own by a relay
   that got the text alone (RFC 3164 §4.3.3): its `<` is made visible.
3. In a value of structured data `"`, `\` and `]` get a backslash (RFC 5424 §6.3.3).
4. The length is bounded in bytes: receivers need to take 2,048 (RFC 5424 §6.1), and a cut of theirs could end anywhere.
Machines read this: nothing is defanged.
"""

import re

from tocsin import limits
from tocsin.sinks.characters import visible
from tocsin.sinks.cut import octets

_PRIORITY = re.compile(r"<(?=\s*\d)")
_SPECIAL = re.compile(r'["\\\]]')


def line(text: str, longest: int = limits.SYSLOG_OUT_BYTES) -> str:
    """For the MSG part, behind a header that Tocsin wrote."""
    shown = visible(text[:longest]).strip()
    return octets(_PRIORITY.sub("<U+003C>", shown, count=1) if shown.startswith("<") else shown, longest)


def parameter(text: str, longest: int = limits.SYSLOG_PARAMETER_BYTES) -> str:
    """For a PARAM-VALUE of structured data, without its quotes."""
    return _SPECIAL.sub(r"\\\g<0>", octets(visible(text[:longest]), longest))
