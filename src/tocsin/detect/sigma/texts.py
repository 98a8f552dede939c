"""How texts are compared: one folding for rules and values, one for column names, and the elements of lists.

Rules:
1. `fold` is the only way to ignore case, on both sides: Unicode's simple case folding, character by character, so
   that a part of a value folds like the whole and a text keeps its number of characters.
2. Hence the final sigma `ς` equals `σ`, the long s `ſ` equals `s`, and `İ` equals only itself: its foldings have two
   characters.
3. Column names compare folded and without spaces: `Process Name` is `ProcessName`.
4. A list matches if any of its elements does, also those of lists inside it. Numbers and booleans count as their JSON
   text, null not at all.
5. `a.b` is also what the objects of a list `a` hold under `b`.
6. Values without a column of their own (telemetry.builder keeps them as one JSON object) count one by one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

NON_ASCII = re.compile(r"[^\x00-\x7f]+")


class _Folds(dict[str, str]):
    """Non-ASCII character → folded character, filled as characters are met."""

    def __missing__(self, character: str) -> str:
        ways = (character.casefold(), character.lower(), character)
        folded = self[character] = next(way for way in ways if len(way) == 1)
        return folded


_FOLDS = _Folds()


def fold(text: str) -> str:
    """The text as it is compared when case does not matter."""
    if text.isascii():
        return text.lower()
    folded = NON_ASCII.sub(lambda run: "".join([_FOLDS[character] for character in run[0]]), text)
    return folded.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")  # ASCII only, in C


def column_key(name: str) -> str:
    """The form in which a rule's field finds its column.

    >>> column_key("Process Name") == column_key("processname")
    True
    """
    return name.replace(" ", "").lower()


def list_elements(text: str) -> list[str]:
    """The texts of a JSON array's elements; of text that is no array, the text itself."""
    return list(_texts(_decoded(text)))


def leaf_texts(text: str) -> list[str]:
    """The texts in a JSON array at any depth, without the names of its objects: what keywords search."""
    return [leaf for element in _decoded(text) for leaf in _texts(list(_leaves(element)))]


def _decoded(text: str) -> list[object]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return [text]
    return found if isinstance(found, list) else [text]


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value


def inner_texts(text: str, path: Sequence[str]) -> list[str]:
    """What a JSON array's objects hold under a path of folded names, through further lists; nothing if they do not."""
    try:
        found = [msgspec.json.decode(text)]
    except (msgspec.DecodeError, RecursionError):
        return []
    for step in path:
        objects = [each for each in _flat(found) if isinstance(each, dict)]
        found = [value for each in objects for name, value in each.items() if column_key(name) == step]
    return list(_texts(found))


def _flat(values: Iterable[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def kept_values(text: str) -> list[str]:
    """The values of a JSON object of texts, without their names; of other text, the text itself."""
    try:
        values = msgspec.json.decode(text, type=dict[str, str]).values()
    except (msgspec.DecodeError, RecursionError):
        return [text]
    return [element for value in values for element in list_elements(value)]


def _texts(elements: list[object]) -> Iterator[str]:
    for element in _flat(elements):
        if element is not None:
            yield element if isinstance(element, str) else msgspec.json.encode(element).decode()


def prefixes(key: str) -> Iterator[tuple[str, list[str]]]:
    """A dotted key as a shorter key and the path behind it, the longest first.

    >>> list(prefixes("a.b.c"))
    [('a.b', ['c']), ('a', ['b', 'c'])]
    """
    parts = key.split(".")
    for end in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:end]), parts[end:]
