"""A look at sources, and what it says, in lines."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tocsin.cli.places import cache_folder, rule_paths
from tocsin.cli.values import read_zone
from tocsin.detect.analytics import load_analytics
from tocsin.detect.sigma import load_rules
from tocsin.node.onboarding import Look, TableLook, look
from tocsin.sinks.terminal import safe

SHOWN = 12  # fields, log sources, analytics of one look; more are counted


def looks(paths: list[str], rules: list[Path] | None, tz: str, reader: str | None) -> Iterator[Look]:
    """A look at each source below the paths, with Tocsin's own rules where none are given."""
    loaded = load_rules(rule_paths(rules), cache_dir=cache_folder())
    analytics = tuple(load_analytics().analytics.values())
    with tempfile.TemporaryDirectory(prefix="tocsin-") as spool:
        yield from look(paths, loaded, Path(spool), read_zone(tz), reader, analytics)


def show_look(seen: Look, out: Console) -> None:
    """One source: reader, share that parses, times, tables with their unmapped fields, what becomes possible."""
    out.print(Text(safe(seen.name), style="bold"))
    if not seen.reader:
        _say(out, "reader", f"none: {safe(seen.why)}")
        return
    _say(out, "reader", f"{seen.reader} ({seen.title}): {safe(seen.why)}")
    _show_reading(seen, out)
    for table in seen.tables:
        _show_table(table, out)
    _show_possible(seen, out)


def _show_reading(seen: Look, out: Console) -> None:
    total = seen.records + seen.rejects
    share = seen.records / total if total else 0.0
    rate = seen.records / seen.seconds if seen.seconds else 0.0
    cut = ", first part only" if seen.cut else ""
    _say(out, "parsed", f"{seen.records:,} of {total:,} records ({share:.1%}), {rate:,.0f} a second{cut}")
    for reject in seen.rejected:
        _say(out, "reject", f"record {reject.position}: {safe(reject.reason)}")
    if seen.first and seen.last:
        _say(out, "times", f"{seen.first:%Y-%m-%d %H:%M:%S} to {seen.last:%Y-%m-%d %H:%M:%S} UTC")
    if seen.untimed:
        _say(out, "no time", f"{seen.untimed:,} records carry no readable time")
    for note in seen.notes:
        _say(out, "note", safe(note))


def _show_table(table: TableLook, out: Console) -> None:
    views = f", feeds {', '.join(table.views)}" if table.views else ", feeds no view: hunt the table itself"
    _say(out, "table", f"{table.name}: {table.rows:,} rows, {table.fields} fields{views}")
    if table.unmapped:
        _say(out, "unmapped", safe(", ".join(table.unmapped[:SHOWN])) + _more(len(table.unmapped)))


def _show_possible(seen: Look, out: Console) -> None:
    _say(out, "rules", f"{sum(entry.rules for entry in seen.possible):,} become possible")
    for entry in seen.possible[:SHOWN]:
        _say(out, "", f"{entry.rules:>5}  {entry.logsource}")
    listed = ": " + ", ".join(seen.analytics[:SHOWN]) + _more(len(seen.analytics)) if seen.analytics else ""
    _say(out, "analytics", f"{len(seen.analytics)} become possible{listed}")
    for entry in seen.absent[:SHOWN]:
        _say(out, "missing", f"{entry.rules:>5}  {entry.logsource}  {entry.advice}")


def _say(out: Console, label: str, text: str) -> None:
    out.print(Text(f"  {label:<10}", style="dim").append(text, style="none"))


def _more(number: int) -> str:
    return f" and {number - SHOWN} more" if number > SHOWN else ""
