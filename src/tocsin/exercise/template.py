"""Texts with slots, as they stand in the data files: `C:\\Users\\{user}\\report-{n4}.docx`.

A slot is `{name}` in lower-case letters, digits and underscores. Given names come first, then the generators:
`{n4}` four digits, `{hex8}` eight hexadecimal digits, `{guid}`, `{word}` a pronounceable word, `{letter}`.
Anything else in braces stays as it is, so PowerShell needs no escaping.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from tocsin.exercise.chance import Chance

_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_SYLLABLES = ("ba", "ko", "lem", "ri", "tan", "ves", "mo", "dri", "sul", "pe", "nor", "ga", "lin", "shu", "ter", "vi")
_GENERATED = re.compile(r"(n|hex)(\d{1,3})|guid|word|letter")

Maker = Callable[[Chance], str]


def _digits(count: int) -> Maker:
    low, high = 10 ** (count - 1), 10**count - 1
    return lambda chance: str(chance.whole(low, high))


def _word(chance: Chance) -> str:
    return "".join(chance.pick(_SYLLABLES) for _ in range(3))


def _maker(name: str) -> Maker | None:
    match = _GENERATED.fullmatch(name)
    if match is None:
        return None
    if match[1]:
        count = int(match[2])
        return _digits(count) if match[1] == "n" else lambda chance: chance.hexadecimal(count)
    return {
        "guid": Chance.guid,
        "word": _word,
        "letter": lambda chance: chance.pick("abcdefghijklmnopqrstuvwxyz"),
    }[name]


class Template:
    """One text with slots, parsed once."""

    __slots__ = ("_parts", "constant", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        pieces = _SLOT.split(text)
        self.constant = len(pieces) == 1
        self._parts: list[tuple[str, str, Maker | None]] = []
        for index in range(1, len(pieces), 2):
            self._parts.append((pieces[index - 1], pieces[index], _maker(pieces[index])))
        self._parts.append((pieces[-1], "", None))

    def fill(self, names: Mapping[str, str], chance: Chance) -> str:
        """The text with its slots filled; an unknown slot stays as written."""
        if self.constant:
            return self.text
        out: list[str] = []
        for before, slot, maker in self._parts:
            out.append(before)
            if slot:
                known = names.get(slot)
                out.append(known if known is not None else maker(chance) if maker else "{" + slot + "}")
        return "".join(out)


@lru_cache(maxsize=4096)
def template(text: str) -> Template:
    """The parsed template of a text; texts of the data files repeat."""
    return Template(text)
