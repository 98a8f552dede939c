"""What `tocsin indicator` writes: what an import did, lists, one value. Values are foreign: they pass the sinks."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
import typer

from tocsin.sinks import csv, json
from tocsin.sinks.defang import defang
from tocsin.sinks.terminal import safe
from tocsin.words.messages import grouped, say, say_many

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

    from tocsin.node.indicator_import import Imported
    from tocsin.node.indicator_list import Listed, Listing

CSV_COLUMNS = (
    "indicator", "type", "source", "valid_from", "valid_until", "tlp", "confidence", "attack", "comment", "reference",
)  # fmt: skip
SEEN_SHOWN = 20  # findings of the past that a terminal shows; JSON has more
EXAMPLES_SHOWN = 3


def show_import(done: "Imported", *, dry_run: bool, as_json: bool) -> None:
    """What was taken and what not, and where it had been seen."""
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(done)))
        return
    kinds = ", ".join(f"{grouped(number)} {kind}" for kind, number in sorted(done.kinds.items())) or "none"
    told = {
        "form": done.form, "taken": grouped(done.taken), "kinds": kinds, "new": grouped(done.new),
        "sources": ", ".join(done.sources) or say("nobody"),
    }  # fmt: skip
    if dry_run:
        typer.echo(safe(say("{form}: {taken} would be taken ({kinds}), {new} new, from {sources}.", **told)))
    else:
        typer.echo(safe(say("{form}: {taken} taken ({kinds}), {new} new, from {sources}.", **told)))
    for left in done.left:
        examples = ", ".join(defang(each) for each in left.examples[:EXAMPLES_SHOWN])
        sentence = say(
            "  left out {count}: {why} ({examples})", count=grouped(left.count), why=left.why, examples=examples
        )
        typer.echo(safe(sentence))
    if dry_run:
        return
    typer.echo(say_many("The lake keeps {n} indicator.", "The lake keeps {n} indicators.", done.kept))
    if not done.new:
        typer.echo(say("None is new, so nothing was looked for in the past."))
        return
    _show_past(done)


def show_listing(found: "Listing", *, as_json: bool) -> None:
    """The indicators, and the sources."""
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(found)))
        return
    _print(_table(found.rows))
    if len(found.rows) < found.total:
        _say(
            f"the first {len(found.rows):,} of {found.total:,}; --csv and --json write all, --kind and --source narrow"
        )
    for each in found.sources:
        late = say_many(" {n} of them has expired.", " {n} of them have expired.", each.expired) if each.expired else ""
        counted = say_many("{n} indicator.", "{n} indicators.", each.count)
        _say(f"{each.source}: {counted}{late}")
    if not found.kept:
        _say("no indicators yet: `tocsin indicator import FILE`")


def write_csv(found: "Listing") -> None:
    """All of them as a CSV that an import reads."""
    for line in csv_lines(found.rows):
        sys.stdout.write(line)


def csv_lines(rows: "Sequence[Listed]") -> "list[str]":
    """The header, and a line for each indicator."""
    lines = [csv.line(CSV_COLUMNS)]
    for each in rows:
        confidence = "" if each.confidence is None else str(each.confidence)
        lines.append(
            csv.line(
                (each.value, each.kind, each.source, _iso(each.valid_from), _iso(each.valid_until), each.marking,
                 confidence, " ".join(each.attack), each.note, each.reference)
            )
        )  # fmt: skip
    return lines


def show_one(value: str, found: "Listing", seen: "pa.Table", *, as_json: bool) -> None:
    """Who warned about a value, and where it was seen."""
    from tocsin.cli.hunt_output import plain_value, write_rows

    if as_json:
        rows = [{name: plain_value(cell) for name, cell in row.items()} for row in seen.to_pylist()]
        typer.echo(json.dumps({"warned": [msgspec.to_builtins(each) for each in found.rows], "seen": rows}))
        return
    if found.rows:
        _print(_table(found.rows))
    else:
        _say(f"nobody warned about {defang(value)}")
    write_rows(seen, "table", None)


def _show_past(done: "Imported") -> None:
    seconds = f"{done.seconds_back:.1f}"
    if not done.seen:
        typer.echo(say("None of the new ones was seen before ({seconds} s).", seconds=seconds))
        return
    told = say_many(
        "{n} finding from the past ({seconds} s):",
        "{n} findings from the past ({seconds} s):",
        done.seen,
        seconds=seconds,
    )
    typer.echo(told)
    for each in done.past[:SEEN_SHOWN]:
        typer.echo(safe(f"  {each['host'] or 'unknown'}: {defang(str(each['message']))}"))
    if done.seen > SEEN_SHOWN:
        typer.echo(f"  and {done.seen - SEEN_SHOWN:,} more: --json, or `tocsin incident list`")


def _table(rows: "Sequence[Listed]") -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("kind", "value", "source", "level", "until", "marking", "note"):
        table.add_column(column, overflow="fold")
    for each in rows:
        until = _iso(each.valid_until)[:10]
        cells = (each.kind, defang(each.value), each.source, each.level, until, each.marking, defang(each.note))
        table.add_row(*map(safe, cells))
    return table


def _print(table: "Table") -> None:
    from rich.console import Console

    Console(highlight=False, markup=False).print(table)


def _iso(time: datetime | None) -> str:
    return time.isoformat() if time else ""


def _say(text: str) -> None:
    typer.echo(f"tocsin: {safe(text)}", err=True)
