"""`tocsin evidence …`: keep what an incident rests on, and hand it over so that others can check it."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin import limits
from tocsin.cli.node_options import Authority, Node
from tocsin.cli.rescue import DirOption, ReasonOption, RescueOption, is_rescue, rescued, through_api

app = typer.Typer(help="Keep what an incident rests on, and hand it over.", no_args_is_help=True)

IncidentArgument = Annotated[str, typer.Argument(help="The incident's id, from `tocsin incident list`.")]
WhyOption = Annotated[str, typer.Option("--why", help="The reason; it stays with the hold.")]


@app.command("list")
def listed(
    node: Node = None,
    ca: Authority = None,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """List the holds: which incident, since when, why, and which were released.

    Example: [bold]tocsin evidence list[/bold]
    """
    from tocsin.node.store.holds import Hold, holds
    from tocsin.sinks.terminal import safe
    from tocsin.words.dates import utc

    if is_rescue(rescue, reason, folder):
        with rescued(folder, "evidence list", reason) as opened, opened.store.read() as connection:
            found = holds(connection)
    else:
        with through_api(node, ca) as client:
            found = client.get("/evidence").part("holds", list[Hold])
    for each in found:
        state = "held" if each.released is None else f"released {utc(each.released)}"
        typer.echo(safe(f"{each.incident}  since {utc(each.time)}  {state}  {each.why}"))


@app.command("hold")
def hold_it(
    incident: IncidentArgument,
    why: WhyOption,
    node: Node = None,
    ca: Authority = None,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """Keep what an incident rests on, whatever retention or a request for erasure says.

    Example: [bold]tocsin evidence hold I-0c5d2e9a81f3 --why "reported to the police"[/bold]
    """
    from tocsin import clock
    from tocsin.cli.node_client import segment
    from tocsin.node.store.holds import Hold, hold
    from tocsin.node.upkeep.shell import shell_actor

    if is_rescue(rescue, reason, folder):
        with rescued(folder, "evidence hold", reason) as opened:
            made = opened.store.transact(lambda c: hold(c, incident, shell_actor(), why, clock.now()))
    else:
        with through_api(node, ca) as client:
            made = client.post(f"/evidence/{segment(incident)}/hold", {"why": why}).part("hold", Hold)
    typer.echo(f"{made.incident} is held ({made.id}).")


@app.command("release")
def release_it(
    incident: IncidentArgument,
    why: WhyOption,
    node: Node = None,
    ca: Authority = None,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """No longer keep what an incident rests on.

    Example: [bold]tocsin evidence release I-0c5d2e9a81f3 --why "the case is closed"[/bold]
    """
    from tocsin import clock
    from tocsin.cli.node_client import segment
    from tocsin.node.store.holds import Hold, release
    from tocsin.node.upkeep.shell import shell_actor

    if is_rescue(rescue, reason, folder):
        with rescued(folder, "evidence release", reason) as opened:
            gone = opened.store.transact(lambda c: release(c, incident, shell_actor(), why, clock.now()))
    else:
        with through_api(node, ca) as client:
            gone = client.post(f"/evidence/{segment(incident)}/release", {"why": why}).part("hold", Hold)
    typer.echo(f"{gone.incident} is no longer held.")


@app.command("export")
def export_it(
    incident: IncidentArgument,
    to: Annotated[Path, typer.Option("--to", help="The folder to write: empty, or not there yet.")],
    node: Node = None,
    ca: Authority = None,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """Write the original lines behind an incident, with hashes, custody and a signature that openssl checks.

    Example: [bold]tocsin evidence export I-0c5d2e9a81f3 --to /mnt/case-17[/bold]
    """
    from tocsin import clock
    from tocsin.cli.evidence_receiving import check_empty, events_in, unpack
    from tocsin.cli.node_client import segment
    from tocsin.node.upkeep.evidence import export_evidence
    from tocsin.node.upkeep.shell import shell_actor

    check_empty(to)
    if is_rescue(rescue, reason, folder):
        with rescued(folder, "evidence export", reason) as opened:
            export_evidence(opened, incident, to, shell_actor(), clock.now())
    else:
        path, most = f"/evidence/{segment(incident)}/export", limits.CLIENT_EVIDENCE_BYTES
        with through_api(node, ca, limits.CLIENT_ERRAND_SECONDS) as client, client.receive("POST", path, most) as parts:
            unpack(parts, to)
    events, originals = events_in(to)
    typer.echo(f"{to} holds {events:,} events, {originals:,} with their original line.")
    typer.echo(f"{to / 'README.txt'} has the commands that check it.")
