"""Writes `docs/views.md` from the views' SQL: `python -m tocsin.lake.views_docs [FILE]`. A test compares the two."""

import sys
from collections.abc import Iterator
from pathlib import Path

from tocsin.lake.view_files import COMMON, DIALECT, Branch, View, ViewColumn, load_views

DOCUMENT = Path("docs/views.md")

_HEAD = """\
# Views: one form for all formats

The lake keeps every source's own fields in native tables (`windows`, `zeek_conn`, `eve_alert`, …). These views show
them under one set of names, those of [OCSF](https://schema.ocsf.io) with underscores for dots. Use them with
`tocsin hunt "SELECT …"`; `tocsin hunt --views` says which of them hold something in your lake.

- A view exists on every lake; without data it has its columns and no rows.
- A column that a source does not have is NULL. Native tables have every field that was read: `event_id` leads back.
- Filter on `time` or `time_us` first: files whose days do not fit are not read.
- `number_or_hex(…)` reads digits, or 0x and hexadecimal digits (`src/tocsin/lake/fragments.sql`).
- Numbers that a source wrote in a form that is no number are NULL here and unchanged in the native table.

This page is made from the SQL by `python -m tocsin.lake.views_docs`; the SQL is in `src/tocsin/lake/views/`.
"""


def document() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_common(), *(line for view in load_views() for line in _view(view))]).rstrip() + "\n"


def _common() -> Iterator[str]:
    yield "## Columns of every view\n"
    yield from _columns(COMMON)


def _columns(columns: tuple[ViewColumn, ...]) -> Iterator[str]:
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in columns:
        yield f"| `{column.name}` | {column.type} | {_cell(column.meaning)} |"
    yield ""


def _view(view: View) -> Iterator[str]:
    yield f"## {view.name}: {view.title}\n"
    yield f"OCSF {view.ocsf_class}. {view.about}\n"
    yield from _columns(view.own_columns)
    for branch in view.branches:
        yield from _branch(branch)


def _branch(branch: Branch) -> Iterator[str]:
    yield f"### {view_source(branch)}\n"
    where = branch.written.args.get("where")
    if where:
        yield f"Rows: `{_code(where.this.sql(DIALECT))}`\n"
    yield "| column | from |"
    yield "|---|---|"
    for item in branch.written.expressions:
        yield f"| `{item.alias}` | `{_code(item.unalias().sql(DIALECT, normalize_functions=False))}` |"
    yield ""


def view_source(branch: Branch) -> str:
    """The heading of a branch."""
    return f"from `{branch.table}`: {branch.title}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return _cell(" ".join(text.split()))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENT
    target.write_text(document(), "utf-8")
