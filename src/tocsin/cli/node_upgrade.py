"""`tocsin node upgrade`, `node migrate` and `node uninstall`: versions of Tocsin on this machine."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import clock
from tocsin.cli.places import node_folder
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.node.upkeep.installation import Installation

USUAL = Path("/var/lib/tocsin")

NodeOption = Annotated[
    Path | None,
    typer.Option("--node", help=f"The node's folder; default $TOCSIN_NODE, or {USUAL}.", show_default=False),
]
NoNodeOption = Annotated[bool, typer.Option("--no-node", help="This machine has Tocsin, but no node with data.")]


def upgrade(
    bundle: Annotated[Path, typer.Argument(help="The directory that `make bundle` made.", show_default=False)],
    key: Annotated[
        Path | None, typer.Option(help="Public key (PEM) of who makes bundles. Default: the one kept at installation.")
    ] = None,
    node: NodeOption = None,
    no_node: NoNodeOption = False,
    allow_downgrade: Annotated[bool, typer.Option("--allow-downgrade", help="Take an older version too.")] = False,
) -> None:
    """Upgrade this installation from a signed bundle, without a network: check, back up, install beside, migrate,
    switch, look whether it is healthy. When a step fails, everything is as before. Stop the node first.

    Example: [bold]tocsin node upgrade /media/usb/tocsin-bundle-0.2.0[/bold]
    """
    from tocsin.node.upkeep.installation import this_installation
    from tocsin.node.upkeep.upgrade import Wish
    from tocsin.node.upkeep.upgrade import upgrade as run

    place = this_installation()
    wish = Wish(place, bundle, key or _trusted(place), _chosen(node, no_node), allow_downgrade)
    version = run(wish, clock.now(), _tell)
    typer.echo(f"Version {version} counts. Start the node: systemctl daemon-reload && systemctl start tocsin")


def migrate(
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The node's folder; default $TOCSIN_NODE.", show_default=False)
    ] = None,
    set_aside: Annotated[
        Path | None,
        typer.Option("--set-aside", metavar="FILE", help="Only write the state to a new file.", show_default=False),
    ] = None,
    put_back: Annotated[
        Path | None,
        typer.Option(
            "--put-back", metavar="FILE", help="Only put that state in place of the present one.", show_default=False
        ),
    ] = None,
) -> None:
    """Bring a node's state and lake to this version. An upgrade does so by itself, and sets a state database on a
    server aside before, with the old version.

    Example: [bold]tocsin node migrate /var/lib/tocsin[/bold]
    """
    from tocsin.node.upkeep.migrate import migrate as run
    from tocsin.node.upkeep.state_aside import put_state_back, set_state_aside

    if set_aside is not None and put_back is not None:
        raise UsageError("--set-aside and --put-back are two things", "Name one of them.")
    place = node_folder(folder).path
    if set_aside is not None:
        typer.echo(f"{set_state_aside(place, set_aside):,} rows are in {set_aside}.")
        return
    if put_back is not None:
        typer.echo(f"{put_state_back(place, put_back):,} rows are back in the state database.")
        return
    done = run(place)
    lake = "the lake is of this version" if done.lake else "there is no lake yet"
    typer.echo(f"State database: {done.before} → {done.after}; {lake}.")


def uninstall(
    node: NodeOption = None,
    no_node: NoNodeOption = False,
    data: Annotated[
        bool, typer.Option("--data", help="Remove the node's data too; asks for its folder's name.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove the installed versions, the command and the systemd unit, and say what stays. Data stays without --data.

    Example: [bold]tocsin node uninstall --dry-run[/bold]
    """
    from tocsin.node.upkeep.installation import this_installation
    from tocsin.node.upkeep.uninstall import plan_removal, remove
    from tocsin.sinks.terminal import safe

    chosen = _chosen(node, no_node)
    typed = typer.prompt("Name of the node's folder, to remove its data", err=True) if data else None
    plan = plan_removal(this_installation(), chosen, typed)
    for path in plan.removed:
        typer.echo(f"{'would remove' if dry_run else 'removing'} {safe(str(path))}")
    if not dry_run:
        remove(plan)
    for path in plan.kept:
        typer.echo(f"stays: {safe(str(path))} (the node's data, keys and configuration)")
    if plan.elsewhere:
        typer.echo("stays: the state database on its PostgreSQL server; drop it there if it is not needed")
    typer.echo("stays: backups on other media, the account of the service, drop-ins of the unit")


def _trusted(place: "Installation") -> Path:
    if not place.trust.is_file():
        raise UsageError(
            f"no key is kept at {place.trust}", "Name the public key of who makes bundles with --key FILE."
        )
    return place.trust


def _chosen(node: Path | None, no_node: bool) -> Path | None:
    """The node's folder; None where there is none. Raises UsageError rather than leave a node's data behind."""
    if node is not None and no_node:
        raise UsageError("--node and --no-node exclude each other")
    if no_node:
        return None
    if node is None and "TOCSIN_NODE" not in os.environ:
        if not USUAL.is_dir():
            raise UsageError("which node?", f"There is none at {USUAL}: say --node DIR, or --no-node if there is none.")
        node = USUAL
    return node_folder(node).path


def _tell(sentence: str) -> None:
    from tocsin.sinks.terminal import safe

    typer.echo(safe(sentence), err=True)
