"""`tocsin evidence …`: keep what an incident rests on, and hand it over so that others can check it."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.node_place import NodeOption, node_path

app = typer.Typer(help="Keep what an incident rests on, and hand it over.", no_args_is_help=True)

IncidentArgument = Annotated[str, typer.Argument(help="The incident's id, from `tocsin incident list`.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason; it stays with the hold.")]


@app.command("list")
def listed(node: NodeOption = None) -> None:
    """List the holds: which incident, since when, why, and which were released.

    Example: [bold]tocsin evidence list --node /srv/tocsin[/bold]
    """
    from tocsin.node.store.holds import holds
    from tocsin.node.upkeep.shell import open_node
    from tocsin.sinks.terminal import safe
    from tocsin.words.dates import utc

    with open_node(node_path(node)) as opened, opened.store.read() as connection:
        found = holds(connection)
    for each in found:
        state = "held" if each.released is None else f"released {utc(each.released)}"
        typer.echo(safe(f"{each.incident}  since {utc(each.time)}  {state}  {each.why}"))


@app.command("hold")
def hold_it(incident: IncidentArgument, why: WhyOption, node: NodeOption = None) -> None:
    """Keep what an incident rests on, whatever retention or a request for erasure says.

    Example: [bold]tocsin evidence hold I-0c5d2e9a81f3 --why "reported to the police"[/bold]
    """
    from tocsin import clock
    from tocsin.node.store.holds import hold
    from tocsin.node.upkeep.shell import open_node, shell_actor

    with open_node(node_path(node)) as opened:
        made = opened.store.transact(lambda c: hold(c, incident, shell_actor(), why, clock.now()))
    typer.echo(f"{made.incident} is held ({made.id}).")


@app.command("release")
def release_it(incident: IncidentArgument, why: WhyOption, node: NodeOption = None) -> None:
    """No longer keep what an incident rests on.

    Example: [bold]tocsin evidence release I-0c5d2e9a81f3 --why "the case is closed"[/bold]
    """
    from tocsin import clock
    from tocsin.node.store.holds import release
    from tocsin.node.upkeep.shell import open_node, shell_actor

    with open_node(node_path(node)) as opened:
        gone = opened.store.transact(lambda c: release(c, incident, shell_actor(), why, clock.now()))
    typer.echo(f"{gone.incident} is no longer held.")


@app.command("export")
def export_it(
    incident: IncidentArgument,
    to: Annotated[Path, typer.Option("--to", help="The folder to write: empty, or not there yet.")],
    node: NodeOption = None,
) -> None:
    """Write the original lines behind an incident, with hashes, custody and a signature that openssl checks.

    Example: [bold]tocsin evidence export I-0c5d2e9a81f3 --to /mnt/case-17[/bold]
    """
    from tocsin import clock
    from tocsin.node.upkeep.evidence import export_evidence
    from tocsin.node.upkeep.shell import open_node, shell_actor

    with open_node(node_path(node)) as opened:
        done = export_evidence(opened, incident, to, shell_actor(), clock.now())
    typer.echo(f"{to} holds {done.events:,} events, {done.originals:,} with their original line.")
    typer.echo(f"{to / 'README.txt'} has the commands that check it.")
