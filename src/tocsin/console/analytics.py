"""Analytics in words: the list in the terminal, and the page of one analytic made from its header."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tocsin.detect.analytics import Analytic, Threshold
from tocsin.sinks.terminal import safe
from tocsin.words.attack import technique_name

if TYPE_CHECKING:
    from rich.table import Table


def print_analytics(analytics: Sequence[Analytic]) -> None:
    """A table of all analytics on stdout."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("analytic", "level", "finds", "techniques"):
        table.add_column(column)
    _fill(table, analytics)
    Console(highlight=False, markup=False).print(table)


def _fill(table: "Table", analytics: Sequence[Analytic]) -> None:
    for each in analytics:
        table.add_row(*map(safe, (each.id, each.info.level, each.info.title, " ".join(each.info.attack))))


def page(analytic: Analytic, tuned: Mapping[str, float] | None = None) -> str:
    """One analytic as Markdown: docs/analytics/<id>.md and `tocsin analytics show` are this text."""
    return "\n".join(_lines(analytic, tuned or {})) + "\n"


def _lines(analytic: Analytic, tuned: Mapping[str, float]) -> Iterator[str]:
    info = analytic.info
    yield f"# {info.title}"
    yield ""
    named = ((each, technique_name(each)) for each in info.attack)
    techniques = ", ".join(each if name == each else f"{each} {name}" for each, name in named) or "none"
    tactics = ", ".join(info.tactics)
    yield f"`{analytic.id}` · level {info.level} · {info.status} · ATT&CK and ATLAS: {techniques} · {tactics}"
    yield ""
    yield analytic.about
    if analytic.thresholds:
        yield from ("", "## Thresholds", "", "| name | value | why, and the source |", "|---|---|---|")
        yield from (_threshold(each, each.name in tuned) for each in analytic.tuned(tuned))
    yield from _section("What speaks against it", analytic.against)
    yield from _section("What it misses", analytic.misses)
    yield from _section("How it was tested", analytic.tested)
    yield from _section("What to do next", analytic.next_steps)
    yield from ("", "## SQL", "", "```sql", analytic.sql, "```")


def _threshold(threshold: Threshold, tuned: bool) -> str:
    value = f"{threshold.value:,g} {threshold.unit}".strip()
    return f"| `{threshold.name}` | {value}{' (tuned here)' if tuned else ''} | {threshold.why.replace('|', '/')} |"


def _section(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield from ("", f"## {title}", "", *(f"- {sentence}" for sentence in sentences))
