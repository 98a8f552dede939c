"""`tocsin incident …`: the node's incidents, and what people decide about them."""

from typing import Annotated

import typer

from tocsin.cli import incident_changes, incident_export, incident_life, incident_telling
from tocsin.cli.node_options import AsJson, Authority, Node
from tocsin.errors import UsageError

app = typer.Typer(help="The node's incidents: list them, look at one, decide.", no_args_is_help=True)
app.command("new")(incident_life.new)
app.command("acknowledge")(incident_life.acknowledge)
app.command("close")(incident_life.close)
app.command("reopen")(incident_life.reopen)
app.command("merge")(incident_life.merge)
app.command("split")(incident_life.split)
app.command("export")(incident_export.export)
app.command("assign")(incident_changes.assign)
app.command("status")(incident_changes.status)
app.command("note")(incident_changes.note)
app.command("restrict")(incident_changes.restrict)
app.command("undo")(incident_changes.undo)
app.command("mark")(incident_telling.mark)
app.command("tell")(incident_telling.tell)

STATUSES = ("open", "investigating", "contained", "closed")
_CLOSED = STATUSES[-1]


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also what is weak, routine, told once, or closed.")] = False,
    status: Annotated[
        list[str] | None, typer.Option("--status", help=f"Only these: {', '.join(STATUSES)}; may be repeated.")
    ] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only what is given to you.")] = False,
    unacknowledged: Annotated[
        bool, typer.Option("--unacknowledged", help="Only what nobody has acknowledged yet.")
    ] = False,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """List what waits for people, the most urgent first; what is stopped (`tocsin stop`) is told on standard error.

    Example: [bold]tocsin incident list --unacknowledged[/bold]
    """
    from rich.console import Console

    from tocsin import clock
    from tocsin.cli.incident_reading import read_queue
    from tocsin.cli.node_answers import Switch
    from tocsin.cli.node_client import connect
    from tocsin.cli.node_switches import stopped
    from tocsin.console.queue import print_queue
    from tocsin.sinks import json

    _check(status or [])
    wanted = {"status": ",".join(status or []), "owner": "me" if mine else "",
              "acknowledged": "false" if unacknowledged else ""}  # fmt: skip
    with connect(node, ca) as client:
        listed = read_queue(client, wanted)
        switches = client.get("/switches").part("switches", list[Switch])
    for line in stopped(switches):
        typer.echo(line, err=True)
    shown = [row for row in listed.rows if all_ or (row.queued and (status or row.status != _CLOSED))]
    if as_json:
        ids = {row.id for row in shown}
        typer.echo(json.dumps([each for each in listed.told if each.get("id") in ids]))
        return
    print_queue(shown, listed.people, len(listed.rows) - len(shown), Console(highlight=False), clock.now())
    if listed.cut:
        typer.echo("tocsin: there are more incidents; narrow the list with --status.", err=True)


@app.command()
def show(
    incident: incident_changes.Id,
    history: Annotated[bool, typer.Option("--history", help="Also who changed what, when and why.")] = False,
    joins: Annotated[
        bool, typer.Option("--joins", help="Also what joins its findings, with the two sides of each.")
    ] = False,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Tell one incident like a scan does: what happened, why it matters, what speaks against it, what to do next.

    Example: [bold]tocsin incident show I-0123456789ab --history[/bold]
    """
    from rich.console import Console

    from tocsin.cli.incident_acting import print_acting
    from tocsin.cli.incident_reading import case_of
    from tocsin.cli.node_client import connect, segment
    from tocsin.console.case import print_case
    from tocsin.console.joining import print_joins
    from tocsin.sinks import json

    with connect(node, ca) as client:
        answer = client.get(f"/incidents/{segment(incident)}")
        changes = client.get(f"/incidents/{segment(incident)}/history") if history else None
        acting = client.get(f"/incidents/{segment(incident)}/acting")
    if as_json:
        typer.echo(json.dumps({**answer.content, **(changes.content if changes else {}), "acting": acting.content}))
        return
    case, console = case_of(answer, changes), Console(highlight=False)
    print_case(case, console)
    print_acting(acting, console)
    if joins:
        print_joins(case.incident.findings, console)


def _check(statuses: list[str]) -> None:
    for each in statuses:
        if each not in STATUSES:
            raise UsageError(f"--status: there is no status {each!r}", f"It is one of: {', '.join(STATUSES)}.")
