"""The condition language of the reference evaluator (Sigma rules specification, "Condition").

Precedence from least to most binding: `or`, `and`, `not`, `1/all of …`, brackets. A condition becomes a tree of
tuples: ("or", a, b), ("and", a, b), ("not", a), ("name", identifier).
"""

import re
from collections.abc import Iterable

from reference_values import Unsupported

Tree = tuple[object, ...]
TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
QUANTIFIERS = {"1": "or", "any": "or", "all": "and"}


def parse_condition(text: str, names: Iterable[str]) -> Tree:
    """The tree of one condition string over the given search identifiers."""
    if "|" in text:
        raise Unsupported("aggregation by pipe is not part of Sigma 2")
    tokens = TOKEN.findall(text)
    tree, rest = _either(tokens, tuple(names))
    if rest:
        raise Unsupported(f"condition goes on with {rest[0]!r}")
    return tree


def _either(tokens: list[str], names: tuple[str, ...]) -> tuple[Tree, list[str]]:
    left, tokens = _both(tokens, names)
    while tokens and tokens[0].lower() == "or":
        right, tokens = _both(tokens[1:], names)
        left = ("or", left, right)
    return left, tokens


def _both(tokens: list[str], names: tuple[str, ...]) -> tuple[Tree, list[str]]:
    left, tokens = _negated(tokens, names)
    while tokens and tokens[0].lower() == "and":
        right, tokens = _negated(tokens[1:], names)
        left = ("and", left, right)
    return left, tokens


def _negated(tokens: list[str], names: tuple[str, ...]) -> tuple[Tree, list[str]]:
    if tokens and tokens[0].lower() == "not":
        inner, tokens = _negated(tokens[1:], names)
        return ("not", inner), tokens
    return _atom(tokens, names)


def _atom(tokens: list[str], names: tuple[str, ...]) -> tuple[Tree, list[str]]:
    if not tokens:
        raise Unsupported("condition ends too early")
    if tokens[0] == "(":
        inner, tokens = _either(tokens[1:], names)
        if tokens[:1] != [")"]:
            raise Unsupported("condition misses a closing bracket")
        return inner, tokens[1:]
    if len(tokens) >= 3 and tokens[0].lower() in QUANTIFIERS and tokens[1].lower() == "of":
        return _selector(QUANTIFIERS[tokens[0].lower()], tokens[2], names), tokens[3:]
    if tokens[0] not in names:
        raise Unsupported(f"condition names {tokens[0]!r}, which is not defined")
    return ("name", tokens[0]), tokens[1:]


def _selector(operator: str, pattern: str, names: tuple[str, ...]) -> Tree:
    """`1 of` and `all of`: identifiers that begin with an underscore are left out by convention."""
    shape = "*" if pattern.lower() == "them" else pattern
    wanted = re.compile(".*".join(re.escape(part) for part in shape.split("*")))
    chosen = [name for name in names if wanted.fullmatch(name) and (shape.startswith("_") or not name.startswith("_"))]
    if not chosen:
        raise Unsupported(f"no search identifier matches {pattern!r}")
    return (operator, *(("name", name) for name in chosen))
