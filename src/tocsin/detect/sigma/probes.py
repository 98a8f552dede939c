"""From witnesses to something that one pass over a column can find.

Rules:
1. A probe finds every value that passes its test, and perhaps more: the test itself is asked afterwards.
2. Bytes are matched without ASCII case. A literal is cut to its longest run of characters that have one byte form:
   ASCII, and characters without case. Values that hold `K` (Kelvin) or `ſ`, which fold into ASCII, are looked at
   separately.
3. A leaf with a test that has no such run of three characters is `slow`: it is asked for every distinct value.
"""

from dataclasses import dataclass

from tocsin.detect.sigma.predicates import Wild, glob_tokens
from tocsin.detect.sigma.program import Leaf, Test
from tocsin.detect.sigma.regexes import required_literals
from tocsin.detect.sigma.texts import fold

SPECIAL = ("\u212a", "\u017f")  # Kelvin sign, long s: all that folds into ASCII
LITERAL_BYTES = 3  # a shorter literal would match nearly everywhere
AT_START = 1
AT_END = 2


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that a passing value holds, lower-cased, and whether it begins or ends with them."""

    text: bytes
    where: int  # AT_START and AT_END, or 0


@dataclass(frozen=True, slots=True)
class Probe:
    """How candidates of a leaf are found. A slow leaf has neither literals nor exact texts."""

    literals: tuple[Literal, ...] = ()
    exact: tuple[str, ...] = ()  # folded
    slow: bool = False
    regex: bool = False  # may match special characters where the literal is ASCII


def probe(leaf: Leaf) -> Probe:
    """The probe of a leaf."""
    literals: list[Literal] = []
    exact: list[str] = []
    for test in leaf.tests:
        if test.operator == "exact" and leaf.field is not None:
            exact.append(fold(test.value))
            continue
        found = _literals(test)
        if not found:
            return Probe(slow=True)
        literals += found
    regex = any(test.operator == "re" for test in leaf.tests)
    return Probe(tuple(dict.fromkeys(literals)), tuple(dict.fromkeys(exact)), False, regex)


def _literals(test: Test) -> list[Literal]:
    """Literals of which a passing value holds at least one; empty if there is no good one."""
    if test.operator == "re":
        texts = required_literals(test.value) or ()
        found = [_cut(fold(text), 0) for text in texts]
    elif test.operator == "glob":
        found = [_best_of_glob(test.value)]
    elif test.operator in WHERE:
        found = [_cut(fold(test.value), WHERE[test.operator])]
    else:
        return []
    return [literal for literal in found if literal] if all(found) else []


WHERE = {"contains": 0, "startswith": AT_START, "endswith": AT_END, "exact": AT_START | AT_END}


def _best_of_glob(pattern: str) -> Literal | None:
    tokens = glob_tokens(fold(pattern))
    found: list[Literal] = []
    for index, token in enumerate(tokens):
        if not isinstance(token, Wild):
            where = (AT_START if index == 0 else 0) | (AT_END if index == len(tokens) - 1 else 0)
            literal = _cut(token, where)
            found += [literal] if literal else []
    return max(found, key=lambda literal: len(literal.text), default=None)


def _cut(text: str, where: int) -> Literal | None:
    """The longest run of plain characters, None if all are too short."""
    best_start = best_end = start = 0
    for end in range(len(text) + 1):
        if end == len(text) or not is_plain(text[end]):
            if end - start > best_end - best_start:
                best_start, best_end = start, end
            start = end + 1
    run = text[best_start:best_end].encode()
    if len(run) < LITERAL_BYTES:
        return None
    kept = (where & AT_START if best_start == 0 else 0) | (where & AT_END if best_end == len(text) else 0)
    return Literal(run, kept)


def is_plain(character: str) -> bool:
    """Whether a folded character has the same bytes in every value that folds to it, apart from ASCII case."""
    if character.isascii():
        return True
    return character.casefold() == character.lower() == character == character.upper()
