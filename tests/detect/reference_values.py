"""Values of the slow reference evaluator: escapes, wildcards, case, numbers, encodings.

Written from the Sigma 2 specification alone (rules: "String Wildcard", "Escaping", "Placeholders"; modifiers
appendix 2.1), row by row and without cleverness, so that the fast engine has something independent to agree with.

- `*` is any number of characters, `?` exactly one; `\\*`, `\\?` and `\\\\` are the plain characters, a backslash
  before anything else is itself.
- Letters compare without regard to case by Unicode's *simple* case folding: one character stays one character,
  so `?` still means one character of the event and a text always matches itself.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import count, product


class Unsupported(Exception):
    """The rule uses something that the specification does not define; the message is the reason."""


class Wild(Enum):
    ANY = "*"
    ONE = "?"


@dataclass(frozen=True)
class Placeholder:
    name: str


Token = str | Wild | Placeholder  # a str is one character
Tokens = tuple[Token, ...]
ANY, ONE = Wild.ANY, Wild.ONE


def parse_text(text: str) -> Tokens:
    """One Sigma string as single characters and wildcards, escapes resolved."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        here, after = text[at], text[at + 1 : at + 2]
        if here == "\\" and after in ("\\", "*", "?"):
            tokens.append(after)
            at += 1
        elif here in "*?":
            tokens.append(Wild(here))
        else:
            tokens.append(here)
        at += 1
    return tuple(tokens)


def plain(tokens: Tokens, purpose: str) -> str:
    """The text of tokens that hold no wildcard."""
    if any(not isinstance(token, str) for token in tokens):
        raise Unsupported(f"wildcards cannot be used with {purpose}")
    return "".join(str(token) for token in tokens)


def find_placeholders(tokens: Tokens) -> Tokens:
    """`%name%` becomes a placeholder, `\\%` a plain percent character."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at : at + 2] == ("\\", "%"):
            found.append("%")
            at += 2
            continue
        name = _name_at(tokens, at) if tokens[at] == "%" else ""
        found.append(Placeholder(name) if name else tokens[at])
        at += len(name) + 2 if name else 1
    return tuple(found)


def _name_at(tokens: Tokens, at: int) -> str:
    rest = "".join(token if isinstance(token, str) else "\0" for token in tokens[at + 1 :])
    name = re.match(r"(\w+)%", rest)
    return name.group(1) if name else ""


def fill_placeholders(tokens: Tokens, values: Mapping[str, Sequence[object]]) -> list[Tokens]:
    """Every combination of placeholder values; a value may hold wildcards itself."""
    choices: list[list[Tokens]] = []
    for token in tokens:
        if isinstance(token, Placeholder):
            if token.name not in values:
                raise Unsupported(f"no values for placeholder %{token.name}%")
            choices.append([parse_text(str(value)) for value in values[token.name]])
        else:
            choices.append([(token,)])
    return [tuple(t for part in combination for t in part) for combination in product(*choices)]


DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")


def windash(tokens: Tokens) -> list[Tokens]:
    """Every permutation of the dash characters that begin a parameter.

    A dash begins a parameter when a letter, digit or underscore follows it and none stands before it. Only `-` and
    `/` are recognised in the rule's own text, as pySigma does; the specification names no position.
    """
    choices: list[tuple[Token, ...]] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1] if at else None
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        begins = token in ("-", "/") and _is_word(after) and not _is_word(before)
        choices.append(DASHES if begins else (token,))
    return list(product(*choices))


def _is_word(token: Token | None) -> bool:
    return isinstance(token, str) and re.fullmatch(r"\w", token) is not None


def base64_offsets(data: bytes) -> list[str]:
    """The characters of base64 that depend on nothing but `data`, for the three possible shifts (6 bits each)."""
    forms = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data + b"\0\0").decode()
        first, end = -(-8 * shift // 6), 8 * (shift + len(data)) // 6
        forms.append(encoded[first:end])
    return forms


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """`text` without case: Unicode simple folding, character by character."""
    return text.lower() if text.isascii() else "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


ANSWERS_KEPT = 2_000_000
_ANSWERS: dict[tuple[int, str], bool] = {}
_NUMBERS = count()

Piece = str | tuple[str | None, ...]  # a text, or characters of which None is `?`


@dataclass(frozen=True)
class Pattern:
    """A text with wildcards. `pieces` are what stands between the `*`, in order, folded unless `cased`."""

    pieces: tuple[Piece, ...]
    cased: bool
    number: int  # of this pattern among all, to remember its answers by

    def matches(self, text: str) -> bool:
        """Whether the whole text fits; telemetry repeats itself, so answers are remembered."""
        key = (self.number, text)
        answer = _ANSWERS.get(key)
        if answer is None:
            if len(_ANSWERS) >= ANSWERS_KEPT:
                _ANSWERS.clear()
            answer = _ANSWERS[key] = self._matches(text if self.cased else fold(text))
        return answer

    def _matches(self, text: str) -> bool:
        if len(self.pieces) == 1:
            return len(text) == len(self.pieces[0]) and _fits(self.pieces[0], text, 0)
        first, *middle, last = self.pieces
        at, end = len(first), len(text) - len(last)
        if end < at or not _fits(first, text, 0) or not _fits(last, text, end):
            return False
        for piece in middle:
            at = _find(piece, text, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True


def make_pattern(tokens: Tokens, cased: bool) -> Pattern:
    pieces: list[list[str | None]] = [[]]
    for token in tokens:
        if token is ANY:
            pieces.append([])
        elif token is ONE:
            pieces[-1].append(None)
        elif isinstance(token, str):
            pieces[-1].append(token if cased else fold(token))
        else:
            raise Unsupported("a placeholder without the expand modifier")
    return Pattern(tuple(tuple(p) if None in p else "".join(c or "" for c in p) for p in pieces), cased, next(_NUMBERS))


def _fits(piece: Piece, text: str, at: int) -> bool:
    if isinstance(piece, str):
        return text.startswith(piece, at)
    return at + len(piece) <= len(text) and all(c is None or text[at + i] == c for i, c in enumerate(piece))


def _find(piece: Piece, text: str, start: int, end: int) -> int:
    if isinstance(piece, str):
        return text.find(piece, start, end)
    return next((at for at in range(start, end - len(piece) + 1) if _fits(piece, text, at)), -1)


NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*", re.ASCII)


HEXADECIMAL = re.compile(r"\s*0[xX]([0-9a-fA-F]+)\s*")


def number_of(value: object) -> Decimal | None:
    """The number that an event value is or spells, exactly; None for anything else.

    Decimal or `0x…`: the specification speaks of "numeric values" only, and Windows writes ids and masks in both ways.
    """
    spelled = NUMBER.fullmatch(text_of(value))
    if spelled:
        return Decimal(spelled.group(1))
    spelled = HEXADECIMAL.fullmatch(text_of(value))
    return Decimal(int(spelled.group(1), 16)) if spelled else None


def text_of(value: object) -> str:
    """An event or rule value as text: numbers in their own spelling, booleans as JSON writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?")


def time_parts(text: str) -> Iterator[tuple[str, int]]:
    """The parts of a time as written (ISO 8601, no zone conversion); nothing if it is no such time."""
    import datetime  # only here

    found = TIME.match(text)
    if not found:
        return
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    try:
        week = datetime.date(year, month, day).isocalendar().week
    except ValueError:
        return
    yield from (("year", year), ("month", month), ("day", day), ("week", week))
    if found.group(4):
        yield from (("hour", int(found.group(4))), ("minute", int(found.group(5))))
