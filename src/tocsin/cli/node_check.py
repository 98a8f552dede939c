"""`tocsin node check`: whether a node is in order, line by line."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.places import node_folder

if TYPE_CHECKING:
    from tocsin.node.upkeep.check import Line

FAILED = 1


class CheckFormat(StrEnum):
    """What is written to stdout."""

    text = "text"
    json = "json"


def check(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="The node's folder; default $TOCSIN_NODE.", show_default=False),
    ] = None,
    output: Annotated[CheckFormat, typer.Option("--format", help="`json` is signed by the node.")] = CheckFormat.text,
) -> None:
    """Say whether a node is in order: each line with what was seen and what to do. Exit 1 when a line fails.

    Clock, TLS, keys, retention, roles, versions, disk, rejects, sensors, backup, witness, permissions, and whom the
    node may connect to. Example: [bold]tocsin node check /srv/tocsin --format json[/bold]
    """
    from tocsin import clock
    from tocsin.node.upkeep.check import fails, judged
    from tocsin.node.upkeep.check_gather import gather
    from tocsin.node.upkeep.check_signed import signed_lines

    place = node_folder(folder)
    now = clock.now()
    lines = judged(gather(place, now))
    if output is CheckFormat.json:
        typer.echo(signed_lines(place, lines, now).decode(), nl=False)
    else:
        _tell(lines)
    if fails(lines):
        raise typer.Exit(FAILED)


def _tell(lines: "tuple[Line, ...]") -> None:
    from tocsin.sinks.terminal import safe

    for line in lines:
        typer.echo(safe(f"{line.result.upper():<4}  {line.name}: {line.seen}"))
        if line.advice:
            typer.echo(safe(f"      → {line.advice}"))
