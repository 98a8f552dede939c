"""`tocsin node`: make a node, run it, see how it is."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli import node_upgrade
from tocsin.cli.node_backup import backup, restore
from tocsin.cli.node_check import check
from tocsin.cli.places import folder_of, node_folder

app = typer.Typer(
    name="node",
    help="A node runs day and night: it follows logs, takes what sensors send, finds attacks, keeps state.\n\n"
    "Start with: tocsin node init DIR && tocsin node run DIR. docs/node.md tells the rest on one page.",
    no_args_is_help=True,
)
app.command("upgrade")(node_upgrade.upgrade)
app.command("migrate")(node_upgrade.migrate)
app.command("uninstall")(node_upgrade.uninstall)
app.command("check")(check)
app.command("backup")(backup)
app.command("restore")(restore)
Folder = Annotated[
    Path | None,
    typer.Argument(metavar="DIR", help="The node's folder; default $TOCSIN_NODE.", show_default=False),
]


@app.command("init")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False)],
    name: Annotated[str, typer.Option("--name", help="What the node is called.")] = "tocsin",
    organisation: Annotated[str, typer.Option("--organisation", help="Whose logs it sees.")] = "",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Of the API on 127.0.0.1; 0: any.")] = 8765,
    state: Annotated[str, typer.Option("--state", help="PostgreSQL URL; empty: SQLite in the folder.")] = "",
) -> None:
    """Make a node: one commented configuration, keys, a state database, and the first two accounts.

    The passwords and the recovery key are shown once. Example: tocsin node init /var/lib/tocsin --organisation "CERT"
    """
    from tocsin.node.service.beginning import begin
    from tocsin.sinks.terminal import safe

    begun = begin(folder, name, organisation, port, state)
    typer.echo(f"A node is in {safe(str(folder))}. What follows is shown once:")
    typer.echo()
    for each in begun.accounts:
        typer.echo(f"  account {each.account.name} ({each.account.role}), password {each.password}")
    typer.echo(f"  recovery key {begun.recovery_key}")
    typer.echo()
    typer.echo("Give each account to another person; both change the password at `tocsin login`.")
    typer.echo("The recovery key opens backups when everything else is lost: keep it on paper, away from here.")
    typer.echo(f"Next: look at {safe(str(begun.folder.config))}, then: tocsin node run {safe(str(folder))}")


@app.command("run")
def run(
    folder: Folder = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="The node's tocsin.toml, in place of its folder.", show_default=False),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="End by itself after this time.", show_default=False)
    ] = None,
) -> None:
    """Run the node until Ctrl-C or SIGTERM. contrib/tocsin.service runs it under systemd."""
    from tocsin.node.service.supervisor import Supervisor

    place = node_folder(folder if config is None else folder_of(config, folder))
    typer.echo(f"tocsin: the node in {place.path} starts; Ctrl-C ends it in good order.", err=True)
    seconds = None if minutes is None else 60 * minutes
    raise typer.Exit(Supervisor(place, lambda text: typer.echo(f"tocsin: {text}", err=True), seconds).run())


@app.command("status")
def status(
    folder: Folder = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """What the node's processes tell of themselves: what is dropped or refused comes first. Exit 3: it does not run."""
    import msgspec

    from tocsin.cli.node_status import told
    from tocsin.node.service.part import PARTS, read_state
    from tocsin.node.service.supervisor import is_running

    place = node_folder(folder)
    running = is_running(place)
    states = {name: read_state(place, name) for name in (*PARTS, "supervisor")}
    if as_json:
        typer.echo(msgspec.json.encode({"running": running, "parts": states}).decode())
    else:
        for line in told(running, states):
            typer.echo(line)
    if not running:
        raise typer.Exit(3)
