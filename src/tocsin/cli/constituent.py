"""`tocsin constituent …`: whom the node serves: their networks, domains, contacts, language, marking limit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tocsin import limits
from tocsin.cli.node_options import AsJson, Authority, Node

app = typer.Typer(help="The node's constituents: whom it serves and tells.", no_args_is_help=True)

_SHOWN = 20  # changes of each kind that are told


class Listed(msgspec.Struct, frozen=True):
    """A constituent as the node tells it."""

    id: str
    name: str
    organisations: tuple[str, ...] = ()
    netblocks: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    language: str = ""
    sector: str = ""
    limit: str = ""


class Changes(msgspec.Struct, frozen=True):
    """What a list changes, by id."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV with a header.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove those that the file does not hold any more.")
    ] = False,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Put a list of constituents in the place of the present one.

    Its columns: id, name, organisations, netblocks, domains, contacts, language, sector, limit. Several values in a
    cell are parted by |. Of netblocks inside each other the longest counts; the same one twice is refused with both
    lines. A faulty file is refused with all its lines that are wrong (docs/constituents.md).

    Example: [bold]tocsin constituent import constituents.csv --dry-run[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.cli.node_files import line_by_line, text_of

    text = text_of(path, limits.API_CONSTITUENTS_BYTES)
    with line_by_line(), connect(node, ca) as client:
        said = {"name": path.name, "text": text, "dry_run": dry_run, "remove": remove}
        answer = client.post("/constituents", said)
    changes, count = answer.part("changes", Changes), answer.part("count", int)
    for sign, ids in (("+", changes.added), ("~", changes.changed), ("-", changes.removed)):
        for id in ids[:_SHOWN]:
            typer.echo(f"{sign} {id}")
        if len(ids) > _SHOWN:
            typer.echo(f"{sign} … and {len(ids) - _SHOWN:,} more")
    how = "Nothing was written; it would be" if dry_run else "Taken in"
    typer.echo(f"{how}: {count:,} constituents; {len(changes.added):,} added, {len(changes.changed):,} changed, "
               f"{len(changes.removed):,} removed.")  # fmt: skip


@app.command("list")
def list_(node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """List them with networks, domains and language.

    Example: [bold]tocsin constituent list[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.sinks import json

    found: list[Listed] = []
    with connect(node, ca) as client:
        while True:
            page = client.get("/constituents", most=limits.API_PAGE_ROWS, skip=len(found)).part(
                "constituents", list[Listed]
            )
            found += page
            if len(page) < limits.API_PAGE_ROWS:
                break
    if as_json:
        typer.echo(json.dumps([msgspec.to_builtins(each) for each in found]))
    elif found:
        _show(found)
    else:
        typer.echo("There are no constituents. Import a list: tocsin constituent import constituents.csv")


@app.command()
def show(
    constituent: Annotated[
        str, typer.Argument(metavar="ID", help="From `tocsin constituent list`.", show_default=False)
    ],
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of one.

    Example: [bold]tocsin constituent show ministry-a[/bold]
    """
    from tocsin.cli.node_client import connect, segment
    from tocsin.sinks import json
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        answer = client.get(f"/constituents/{segment(constituent)}")
    if as_json:
        typer.echo(json.dumps(answer.content["constituent"]))
        return
    for name, value in msgspec.structs.asdict(answer.part("constituent", Listed)).items():
        typer.echo(f"{name}: {safe(value if isinstance(value, str) else ', '.join(value))}")


def _show(found: Sequence[Listed]) -> None:
    from rich.console import Console
    from rich.table import Table

    from tocsin.sinks.terminal import safe

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "name", "netblocks", "domains", "language", "limit"):
        table.add_column(column)
    for each in found:
        told = (each.id, each.name, " ".join(each.netblocks), " ".join(each.domains), each.language, each.limit)
        table.add_row(*map(safe, told))
    Console(highlight=False, markup=False).print(table)
