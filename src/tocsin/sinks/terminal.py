"""Foreign text on a terminal: no escape sequence, no bidirectional trick, no rich markup, one line.

`safe` gives plain text for any output; `plain` gives the same as a rich Text, which rich never reads as markup.
"""

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tocsin.sinks.characters import visible
from tocsin.sinks.cut import CUT


def safe(text: str, width: int | None = None) -> str:
    """One harmless line, cut to `width` terminal cells when given (the cut shows as `…`)."""
    line = visible(text)
    if width is None or cell_len(line) <= width:
        return line
    return set_cell_size(line, max(width - 1, 0)) + CUT if width > 0 else ""


def plain(text: str, style: str = "", width: int | None = None) -> Text:
    """`safe` as a rich Text: square brackets stay what they are."""
    return Text(safe(text, width), style=style)
