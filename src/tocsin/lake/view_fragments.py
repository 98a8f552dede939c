"""Parts that many views share: written once in `fragments.sql`, put in where a view is read.

Rules:
1. `name()` alone in a SELECT list stands for all columns of the fragment; `name(expression)` anywhere stands for the
   fragment's one expression, with `value` replaced. So a view with fragments is still SQL, and so is what comes out.
2. A call with the name of no fragment is left alone: it is a function of the engine.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from sqlglot import exp, parse_one

from tocsin.errors import LakeError

FILE = "fragments.sql"
_HEADER = re.compile(r"^-- fragment: (\w+): (.+)$", re.MULTILINE)
_PARAMETER = "value"


@dataclass(frozen=True)
class Fragment:
    """One part: its name, what it is for, and its SELECT."""

    name: str
    meaning: str
    select: exp.Select

    @property
    def columns(self) -> list[exp.Expression]:
        """Copies of its columns, for a SELECT list."""
        return [each.copy() for each in self.select.expressions]

    def applied(self, value: exp.Expression) -> exp.Expression:
        """Its one expression with the parameter replaced."""
        return exp.paren(self.select.expressions[0].copy().transform(lambda node: _replaced(node, value)))


@cache
def fragments() -> Mapping[str, Fragment]:
    """All fragments of the package, by name."""
    return parse_fragments(fragments_text())


@cache
def fragments_text() -> str:
    """All fragments as they are written."""
    return (resources.files("tocsin.lake") / FILE).read_text("utf-8")


def parse_fragments(text: str) -> dict[str, Fragment]:
    """Fragments from their text."""
    parts = _HEADER.split(text)[1:]
    found = {}
    for name, meaning, sql in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        select = parse_one(sql.strip().removesuffix(";"), dialect="duckdb")
        if not isinstance(select, exp.Select):
            raise LakeError(f"{FILE}: the fragment {name} is not a SELECT")
        found[name] = Fragment(name, meaning, select)
    return found


def with_columns(select: exp.Select) -> exp.Select:
    """A SELECT whose column fragments are put in."""
    items: list[exp.Expression] = []
    for item in select.expressions:
        fragment = _called(item)
        items += fragment.columns if fragment and not item.expressions else [item]
    return select.copy().select(*items, append=False)


def with_expressions(select: exp.Select) -> exp.Select:
    """A SELECT whose calls of fragments are put in."""
    expanded = select.copy()
    for node in reversed(list(expanded.find_all(exp.Anonymous))):  # the innermost calls first
        node.replace(_expanded(node))
    return expanded


def _expanded(node: exp.Expression) -> exp.Expression:
    fragment = _called(node)
    return fragment.applied(node.expressions[0]) if fragment and len(node.expressions) == 1 else node


def _replaced(node: exp.Expression, value: exp.Expression) -> exp.Expression:
    return value.copy() if isinstance(node, exp.Column) and node.name == _PARAMETER else node


def _called(node: exp.Expression) -> Fragment | None:
    return fragments().get(node.name.lower()) if isinstance(node, exp.Anonymous) else None
