"""`tocsin asset …`: what your hosts are, whose, and how much depends on them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import limits
from tocsin.cli.lakes import LakeOption, LakeReason, LakeRescue, Use, reach
from tocsin.cli.node_address import asks_node
from tocsin.cli.node_options import AsJson, Authority, Node
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.node.upkeep.asset_list import Told

app = typer.Typer(help="Your assets: owner, domain, mission, criticality, role.", no_args_is_help=True)

_SHOWN = 20  # changes of each kind that are told on the terminal
_COLUMNS = ("key", "owner", "domain", "mission", "criticality", "role")


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV with a header.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    lake: LakeOption = None,
    node: Node = None,
    ca: Authority = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Take a list of assets in: key (host name or address), owner, domain, mission, criticality, role.

    domain is land, sea, air, space or cyber; criticality is low, medium, high or vital. A newer file of the same name
    takes the place of the older. A faulty file is refused with all its lines that are wrong. With --node, or where
    $TOCSIN_NODE_URL or $TOCSIN_NODE names one and --lake none, it goes to the node under your login. Example:
    [bold]tocsin asset import assets.csv --dry-run[/bold]
    """
    from tocsin.cli.node_files import line_by_line

    with line_by_line():
        if asks_node(node, lake, rescue):
            told = _into_node(node, ca, path, dry_run)
        else:
            told = _into_lake(reach(lake, "asset import", Use.CHANGE, rescue, reason), path, dry_run)
    _tell(told, dry_run)


@app.command("list")
def list_(
    lake: LakeOption = None,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """List the assets, of the node under your login or of a --lake.

    Example: [bold]tocsin asset list --lake ./lake[/bold]
    """
    if asks_node(node, lake, rescue):
        assets = _of_node(node, ca)
    else:
        from tocsin.lake.facts import Facts

        kept = Facts(reach(lake, "asset list", Use.READ, rescue, reason)).assets()
        assets = [kept[key] for key in sorted(kept)]
    if as_json:
        from tocsin.sinks import json as harmless

        typer.echo(harmless.dumps(assets))
    elif assets:
        _show(assets)
    else:
        typer.echo("No assets are known. Import a list: tocsin asset import assets.csv")


def _into_node(node: str | None, ca: Path | None, path: Path, dry_run: bool) -> "Told":
    from tocsin.cli.node_files import text_of
    from tocsin.cli.rescue import through_api
    from tocsin.node.upkeep.asset_list import Told

    said = {"name": path.name, "text": text_of(path, limits.API_ASSETS_BYTES), "dry_run": dry_run}
    with through_api(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
        return client.post("/assets", said).part("assets", Told)


def _into_lake(lake: Path, path: Path, dry_run: bool) -> "Told":
    from tocsin.lake.catalog import Catalog
    from tocsin.lake.facts import import_assets
    from tocsin.node.upkeep.asset_list import told

    if not path.is_file():
        raise UsageError(f"there is no file {path}", "Name a CSV with a header.")
    catalog = Catalog(lake, create=True)
    try:
        with catalog.writing():
            return told(import_assets(catalog.lake, path, dry_run=dry_run))
    finally:
        catalog.close()


def _of_node(node: str | None, ca: Path | None) -> list[dict[str, str | None]]:
    from tocsin.cli.rescue import through_api

    found: list[dict[str, str | None]] = []
    with through_api(node, ca) as client:
        while True:
            answer = client.get("/assets", most=limits.API_PAGE_ROWS, skip=len(found))
            page = answer.part("assets", list[dict[str, str | None]])
            found += page
            if len(page) < limits.API_PAGE_ROWS:
                return found


def _tell(told: "Told", dry_run: bool) -> None:
    from tocsin.sinks.terminal import safe

    for key in told.added[:_SHOWN]:
        typer.echo(f"+ {safe(key)}")
    for each in told.changed[:_SHOWN]:
        before, after = (safe(text) or "nothing" for text in (each.before, each.after))
        typer.echo(f"~ {safe(each.key)}: {each.column}: {before} → {after}")
    for key in told.removed[:_SHOWN]:
        typer.echo(f"- {safe(key)}")
    left = sum(max(count - _SHOWN, 0) for count in told.counts.values())
    if left:
        typer.echo(f"… and {left:,} more.")
    counts = ", ".join(f"{count:,} {what}" for what, count in told.counts.items())
    typer.echo(f"{'Nothing was written; it would be' if dry_run else 'Taken in'}: {told.rows:,} assets; {counts}.")


def _show(assets: "Sequence[dict[str, str | None]]") -> None:
    from rich.console import Console
    from rich.table import Table

    from tocsin.sinks.terminal import safe

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in _COLUMNS:
        table.add_column(column)
    for asset in assets:
        table.add_row(*(safe(asset.get(column) or "") for column in _COLUMNS))
    Console(highlight=False, markup=False).print(table)
