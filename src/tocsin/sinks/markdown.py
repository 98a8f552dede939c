r"""Foreign text in Markdown: shown as it is written, whatever it is made of, and opening nothing.

Rules (CommonMark 0.31 and GitHub's additions):
1. A backslash before a character of ASCII punctuation makes it text (§2.4). It stands before everything that begins
   inline or block syntax: code spans and fences, emphasis, links, images, autolinks and HTML (§6), entities (§2.5),
   headings, quotes and breaks (§4, §5), table pipes, strikethrough and mentions of GitHub, `$` of formulas.
2. `-`, `+`, `=`, `:` and the dot behind a number mean something only at the start of a line (list, heading, break,
   table), and are escaped there.
3. Acting characters are made visible. `inline` is one line; its edges have no blanks (four would begin a code block,
   §4.4, two at the end a break, §6.7). `lines` keeps line breaks as hard ones, and an empty line ends no paragraph.
4. Addresses are defanged: programs link bare ones also without any syntax. Texts are bounded.
"""

import re

from tocsin import limits
from tocsin.sinks.characters import visible
from tocsin.sinks.cut import characters
from tocsin.sinks.defang import defang

_ANYWHERE = re.compile(r"[\\`*_{}\[\]()<>#!|~&$@^]")
_AT_START = re.compile(r"^([0-9]*)([-+=.:])")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_HARD_BREAK = "\\\n"


def inline(text: str, longest: int = limits.MARKDOWN_LINE_CHARACTERS) -> str:
    """One line, for a sentence, a heading, a list item or a cell of a table."""
    return _line(characters(text, longest))


def lines(text: str, longest: int = limits.MARKDOWN_CHARACTERS) -> str:
    """One paragraph that keeps the line breaks."""
    kept = _LINE_ENDS.split(characters(text, longest).strip("\r\n"))
    return _HARD_BREAK.join(_line(line) for line in kept)


def _line(text: str) -> str:
    escaped = _ANYWHERE.sub(r"\\\g<0>", visible(defang(text)).strip())
    return _AT_START.sub(r"\1\\\2", escaped)
