"""`tocsin clock …`: what a law wants told to whom by when, and drafts of it."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.node_options import AsJson, Authority, Node

app = typer.Typer(
    help="Legal clocks of incidents: start them, see what is due, draft what is sent.", no_args_is_help=True
)

Incident = Annotated[
    str, typer.Argument(metavar="INCIDENT", help="The incident, from `tocsin incident list`.", show_default=False)
]
Kind = Annotated[
    str, typer.Argument(metavar="CLOCK", help="nis2, csirt-answer, gdpr or one of your own.", show_default=False)
]
Zone = Annotated[str, typer.Option("--tz", help="The time zone of a time that carries none.")]


@app.command("list")
def list_(
    incident: Annotated[
        str | None, typer.Option("--incident", help="Only this one, also what was stopped or done.")
    ] = None,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """List what is due on the clocks that run, the most urgent first.

    Example: [bold]tocsin clock list[/bold]
    """
    from rich.console import Console

    from tocsin import clock
    from tocsin.cli.node_client import connect
    from tocsin.console.acting import print_clocks
    from tocsin.sinks import json
    from tocsin.triage.clocks import Row, owed

    with connect(node, ca) as client:
        answer = client.get("/clocks", **({} if incident is None else {"incident": incident}))
    if as_json:
        typer.echo(json.dumps(answer.content))
        return
    rows = answer.part("rows", list[Row])
    print_clocks(rows if incident else owed(rows), clock.now(), Console(highlight=False))


@app.command()
def kinds(node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """List the clocks that can be started, and files of the node's folder that cannot be used.

    Example: [bold]tocsin clock kinds[/bold]
    """
    from tocsin.cli.acting_answers import ClockKind
    from tocsin.cli.node_client import connect
    from tocsin.sinks import json
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        answer = client.get("/clocks/kinds")
    if as_json:
        typer.echo(json.dumps(answer.content))
        return
    for each in answer.part("kinds", list[ClockKind]):
        typer.echo(f"{safe(each.clock)}: {safe(each.title)} ({safe(each.law)}). It starts when {safe(each.starts)}.")
        for step in each.steps:
            typer.echo(f"  {safe(step.step)}: {safe(step.title)}, {safe(step.source)}")
    for why in answer.part("refused", dict[str, str]).values():
        typer.echo(f"tocsin: not used: {safe(why)}", err=True)


@app.command()
def start(
    incident: Incident,
    kind: Kind,
    aware: Annotated[str, typer.Option("--aware", help="When somebody became aware, such as 2026-12-01T09:40.")],
    tz: Zone = "UTC",
    why: Annotated[str, typer.Option("--why", help="Who became aware of what; it stands beside the clock.")] = "",
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Let a clock run from the moment at which somebody became aware.

    Example: [bold]tocsin clock start I-0123456789ab nis2 --aware 2026-12-01T09:40 --tz Europe/Tirane[/bold]
    """
    from tocsin.cli.values import read_wall_time
    from tocsin.words.dates import machine

    said: dict[str, object] = {"clock": kind, "aware": machine(read_wall_time(aware, tz, "--aware")), "why": why}
    _change(node, ca, incident, "", said)


@app.command()
def done(
    incident: Incident,
    kind: Kind,
    step: Annotated[str, typer.Argument(metavar="STEP", help="The step, from `clock list`.", show_default=False)],
    at: Annotated[str | None, typer.Option("--at", help="When it was done. Default: now.")] = None,
    tz: Zone = "UTC",
    note: Annotated[str, typer.Option("--note", help="Such as the receipt of the authority.")] = "",
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Say that a step of a clock was done: that a report was sent.

    Example: [bold]tocsin clock done I-0123456789ab nis2 early-warning --note "receipt 2026-114"[/bold]
    """
    from tocsin.cli.node_client import segment
    from tocsin.cli.values import read_wall_time
    from tocsin.words.dates import machine

    said: dict[str, object] = {"step": step, "note": note}
    if at is not None:
        said["at"] = machine(read_wall_time(at, tz, "--at"))
    _change(node, ca, incident, f"/{segment(kind)}/done", said)


@app.command()
def stop(
    incident: Incident,
    kind: Kind,
    why: Annotated[str, typer.Option("--why", help="Why nothing is due any more; the node keeps it.")],
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Say that nothing is due on a clock any more, such as where the incident was not significant.

    Example: [bold]tocsin clock stop I-0123456789ab gdpr --why "no personal data was read"[/bold]
    """
    from tocsin.cli.node_client import segment

    _change(node, ca, incident, f"/{segment(kind)}/stop", {"why": why})


@app.command()
def draft(
    incident: Incident,
    kind: Kind,
    step: Annotated[str, typer.Argument(metavar="STEP", help="The step, from `clock list`.", show_default=False)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it there and not to stdout.")] = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Draft what is sent at a step, from what the node knows; what only you know says [to be filled in: …].

    Example: [bold]tocsin clock draft I-0123456789ab nis2 early-warning -o warning.txt[/bold]
    """
    from tocsin.cli.node_client import connect, segment
    from tocsin.cli.values import check_writable
    from tocsin.sinks.terminal import safe

    check_writable(output)
    with connect(node, ca) as client:
        text = client.get(f"/incidents/{segment(incident)}/clocks/{segment(kind)}/draft", step=step).part("draft", str)
    text = "".join(f"{safe(line)}\n" for line in text.splitlines())
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text, "utf-8")
    typer.echo(f"tocsin: written to {output}. Nothing was sent.", err=True)


def _change(node: str | None, ca: Path | None, incident: str, rest: str, said: dict[str, object]) -> None:
    """One change, and how the clock stands then."""
    from rich.console import Console

    from tocsin import clock
    from tocsin.cli.node_client import connect, segment
    from tocsin.console.acting import print_clocks
    from tocsin.triage.clocks import Row

    with connect(node, ca) as client:
        answer = client.post(f"/incidents/{segment(incident)}/clocks{rest}", said)
    print_clocks(answer.part("rows", list[Row]), clock.now(), Console(highlight=False))
