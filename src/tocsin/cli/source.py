"""`tocsin source test`: what a source would give, before it is relied on."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.places import cache_folder, rule_paths
from tocsin.cli.values import read_zone

app = typer.Typer(help="Look at sources of telemetry.", no_args_is_help=True)

UNREADABLE = 1
_SHOWN = 12


@app.command("test")
def test_source(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or archives.", show_default=False)],
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Sigma rules. Default: the baseline pack.")
    ] = None,
    tz: Annotated[str, typer.Option("--tz", help="Zone of times that carry none.")] = "UTC",
    reader: Annotated[str | None, typer.Option(help="Try this reader instead of detecting one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
) -> None:
    """Say which reader fits and why, how much of it parses, which fields no view maps, which rules become possible
    and which audit settings are missing. Nothing is stored. Exit 1 when nothing could be read.

    Example: [bold]tocsin source test /var/log/audit/audit.log[/bold]
    """
    from tocsin.detect.sigma import load_rules
    from tocsin.node.onboarding import look
    from tocsin.sinks.terminal import safe

    loaded = load_rules(rule_paths(rules), cache_dir=cache_folder())
    read = 0
    with tempfile.TemporaryDirectory(prefix="tocsin-") as spool:
        for seen in look(paths, loaded, Path(spool), read_zone(tz), reader):
            read += seen.records
            if as_json:
                typer.echo(json.dumps(asdict(seen), default=str, ensure_ascii=False))
            else:
                _show(seen)
    if not read:
        typer.echo(f"tocsin: nothing could be read in {safe(', '.join(paths))}", err=True)
        raise typer.Exit(UNREADABLE)


def _show(seen: object) -> None:
    from rich.console import Console
    from rich.text import Text

    from tocsin.node.onboarding import Look
    from tocsin.sinks.terminal import safe

    assert isinstance(seen, Look)
    out = Console(highlight=False)

    def say(label: str, text: str) -> None:
        out.print(Text(f"  {label:<10}", style="dim").append(text, style="none"))

    out.print(Text(safe(seen.name), style="bold"))
    if not seen.reader:
        say("reader", f"none: {safe(seen.why)}")
        return
    say("reader", f"{seen.reader} ({seen.title}): {safe(seen.why)}")
    total = seen.records + seen.rejects
    share = seen.records / total if total else 0.0
    rate = seen.records / seen.seconds if seen.seconds else 0.0
    cut = ", first part only" if seen.cut else ""
    say("parsed", f"{seen.records:,} of {total:,} records ({share:.1%}), {rate:,.0f} a second{cut}")
    for reject in seen.rejected:
        say("reject", f"record {reject.position}: {safe(reject.reason)}")
    if seen.first and seen.last:
        say("times", f"{seen.first:%Y-%m-%d %H:%M:%S} to {seen.last:%Y-%m-%d %H:%M:%S} UTC")
    if seen.untimed:
        say("no time", f"{seen.untimed:,} records carry no readable time")
    for note in seen.notes:
        say("note", safe(note))
    for table in seen.tables:
        views = f", feeds {', '.join(table.views)}" if table.views else ", feeds no view: hunt the table itself"
        say("table", f"{table.name}: {table.rows:,} rows, {table.fields} fields{views}")
        if table.unmapped:
            more = f" and {len(table.unmapped) - _SHOWN} more" if len(table.unmapped) > _SHOWN else ""
            say("unmapped", safe(", ".join(table.unmapped[:_SHOWN])) + more)
    say("rules", f"{sum(entry.rules for entry in seen.possible):,} become possible")
    for entry in seen.possible[:_SHOWN]:
        say("", f"{entry.rules:>5}  {entry.logsource}")
    for entry in seen.absent[:_SHOWN]:
        say("missing", f"{entry.rules:>5}  {entry.logsource}  {entry.advice}")
