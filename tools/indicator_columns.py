"""Writes detect/indicators/columns.toml: which native columns hold which kinds of indicators, read from the views.

`python tools/indicator_columns.py` writes it, `… --check` only compares. A view's column that holds addresses (names,
hashes, …: lake.sightings) is made of native columns; these are what new events are matched in. What an expression only
asks (the condition of a CASE) holds nothing. A URL is put together of columns for host and path, or stands in one.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from sqlglot import exp

from tocsin.lake.sightings import view_places
from tocsin.lake.view_files import load_view, load_views

PLACE = Path(__file__).parents[1] / "src/tocsin/detect/indicators/columns.toml"
_HEAD = "# Made from the views by `python tools/indicator_columns.py`: change the views, not this file.\n"
_NO_VALUES = frozenset({"type", "userIdentity.type", "message", "MESSAGE"})
_IN_MESSAGES = frozenset({"ip"})  # in a sentence only an address is told from a word
_URL_FIELDS = {"host": "http_request_url_hostname", "path": "http_request_url_path", "url": "http_request_url_text"}


def made() -> str:
    """The file's text."""
    found: dict[str, dict[str, set[str]]] = {}
    for table, kind, column in (*_columns(), *_url_columns()):
        if column not in _NO_VALUES or (kind in _IN_MESSAGES and column.lower() == "message"):
            found.setdefault(table, {}).setdefault(kind, set()).add(column)
    lines = [_HEAD]
    for table, kinds in sorted(found.items()):
        lines.append(f"\n[{table}]\n")
        lines += [f"{kind} = [{', '.join(map(_quoted, sorted(kinds[kind])))}]\n" for kind in sorted(kinds)]
    return "".join(lines)


def _columns() -> Iterator[tuple[str, str, str]]:
    for place in view_places():
        if place.kind != "uri":
            yield from ((table, place.kind, name) for table, name in _native(place.table, place.field))


def _url_columns() -> Iterator[tuple[str, str, str]]:
    for view in load_views():
        if any(column.name == _URL_FIELDS["path"] for column in view.columns):
            for part, field in _URL_FIELDS.items():
                yield from ((table, part, name) for table, name in _native(view.name, field))


def _native(view: str, field: str) -> Iterator[tuple[str, str]]:
    for branch in load_view(view).branches:
        if field in branch.fields:
            yield from ((branch.table, column) for column in _values(branch.fields[field]))


def _values(expression: exp.Expression) -> Iterator[str]:
    """The columns whose text may become the value."""
    if isinstance(expression, exp.Column):
        yield expression.name
    skipped = expression.this if isinstance(expression, exp.If) else None
    for child in expression.iter_expressions():
        if child is not skipped:
            yield from _values(child)


def _quoted(name: str) -> str:
    return f'"{name}"'


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if PLACE.read_text("utf-8") == made() else f"{PLACE} is not what the views say: run this tool")
    PLACE.write_text(made(), "utf-8")
