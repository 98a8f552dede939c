"""Foreign text in HTML: escaped for text and for quoted attributes, and isolated from the text around it.

Rules:
1. `&`, `<`, `>`, both quotes and the backtick are escaped, so the result is safe in text and in a quoted attribute.
2. Acting characters are made visible. Right-to-left words are isolated with <bdi>, so that they cannot reorder
   their neighbours (Unicode Bidirectional Algorithm, UAX #9 §3.3.2).
3. The results are strings of HTML: the templates of the console mark them as such in one place.
"""

from tocsin.sinks.characters import visible
from tocsin.sinks.cut import CUT

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;"})


def attribute(text: str) -> str:
    """For a quoted attribute value, or for text that stands alone."""
    return visible(text).translate(_ESCAPES)


def isolated(text: str, longest: int | None = None) -> str:
    """For running text: escaped, isolated, and cut to `longest` characters when given."""
    return f"<bdi>{attribute(_cut(text, longest))}</bdi>"


def lines(text: str, longest: int | None = None) -> str:
    """For blocks that keep their line breaks (`white-space: pre-wrap`): scripts, long command lines."""
    kept = _cut(text, longest).replace("\r\n", "\n").split("\n")
    body = "\n".join(attribute(line) for line in kept)
    return f"<bdi>{body}</bdi>"


def _cut(text: str, longest: int | None) -> str:
    return text if longest is None or len(text) <= longest else text[:longest] + CUT
