"""`tocsin source …`: what a source would give, the sources of a node, one more of them, one out of service."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli import source_add, source_list, source_retire

app = typer.Typer(
    help="Sources of telemetry: what one would give, those of a node, one more, one out of service.",
    no_args_is_help=True,
)
app.command("add")(source_add.add)
app.command("list")(source_list.list_)
app.command("retire")(source_retire.retire)
app.command("return")(source_retire.return_)

UNREADABLE = 1


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
    """Say which reader fits and why, how much of it parses, which fields no view maps, which rules and analytics
    become possible and which audit settings are missing. Nothing is stored. Exit 1 when nothing could be read.

    Example: [bold]tocsin source test /var/log/audit/audit.log[/bold]
    """
    from rich.console import Console

    from tocsin.cli.source_look import looks, show_look
    from tocsin.sinks.terminal import safe

    out, read = Console(highlight=False), 0
    for seen in looks(paths, rules, tz, reader):
        read += seen.records
        if as_json:
            typer.echo(json.dumps(asdict(seen), default=str, ensure_ascii=False))
        else:
            show_look(seen, out)
    if not read:
        typer.echo(f"tocsin: nothing could be read in {safe(', '.join(paths))}", err=True)
        raise typer.Exit(UNREADABLE)
