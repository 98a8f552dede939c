"""How texts are compared: one folding for rules and values, one for column names, and the elements of lists.

Rules:
1. `fold` is the only way to ignore case, on both sides. It is Python's lower-casing made free of context:
   `fold(a + b) == fold(a) + fold(b)`, so that a part of a value folds like the whole.
2. Hence the final sigma `ς` equals `σ` (Python lowers `Σ` by its place in the word), and `İ` folds to
   `i` + U+0307, so it equals neither `i` nor `ı`.
3. Column names compare folded and without spaces: `Process Name` is `ProcessName`.
4. A list matches if any of its elements does. Numbers and booleans in it count as their JSON text, null not at all.
"""

import msgspec

FINAL_SIGMA = "ς"
SIGMA = "σ"


def fold(text: str) -> str:
    """The text as it is compared when case does not matter."""
    lowered = text.lower()
    return lowered if lowered.isascii() else lowered.replace(FINAL_SIGMA, SIGMA)


def column_key(name: str) -> str:
    """The form in which a rule's field finds its column.

    >>> column_key("Process Name") == column_key("processname")
    True
    """
    return name.replace(" ", "").lower()


def list_elements(text: str) -> list[str]:
    """The texts of a JSON array's elements; of text that is no array, the text itself."""
    try:
        elements = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return [text]
    if not isinstance(elements, list):
        return [text]
    return [_element_text(element) for element in elements if element is not None]


def _element_text(element: object) -> str:
    return element if isinstance(element, str) else msgspec.json.encode(element).decode()
