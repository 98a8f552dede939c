r"""Foreign text in CEF (ArcSight Common Event Format, implementation standard §"Character encoding").

Rules:
1. In the header a pipe ends a field: `|` and `\` get a backslash. A header has one line, so line ends, like all other
   acting characters, are made visible.
2. In the extension an equals sign makes a key: `=` and `\` get a backslash; a pipe stays. CR and LF are written as
   `\r` and `\n`, which readers turn back; the other acting characters are made visible.
3. Blanks at the edges are left out: no reader keeps them. An empty field stays empty.
4. Texts are bounded by the standard's longest fields, before they are escaped: no escape is cut in two.
Machines read this: nothing is defanged.
"""

import re

from tocsin import limits
from tocsin.sinks.characters import visible
from tocsin.sinks.cut import characters

_HEADER = re.compile(r"[\\|]")
_VALUE = re.compile(r"[\\=]")
_LINE_ENDS = str.maketrans({"\r": r"\r", "\n": r"\n"})


def header(text: str, longest: int = limits.CEF_HEADER_CHARACTERS) -> str:
    """For one field of the header, such as the name."""
    return _HEADER.sub(r"\\\g<0>", characters(visible(characters(text, longest)).strip(), longest))


def value(text: str, longest: int = limits.CEF_VALUE_CHARACTERS) -> str:
    """For one value of the extension."""
    parts = re.split(r"([\r\n])", characters(text.strip(), longest))
    escaped = (part if part in ("\r", "\n") else _VALUE.sub(r"\\\g<0>", visible(part)) for part in parts)
    return "".join(escaped).translate(_LINE_ENDS)
