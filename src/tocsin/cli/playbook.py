"""`tocsin playbook …`: checklists in CACAO 2.0, and how far people are with them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.node_options import AsJson, Authority, Node

if TYPE_CHECKING:
    from tocsin.cli.node_client import Answer
    from tocsin.node.store.playbook_runs import Run

app = typer.Typer(
    help="Playbooks: checklists for incidents, in CACAO 2.0. Put your own into `playbooks/` of the node's folder.",
    no_args_is_help=True,
)
Incident = Annotated[
    str, typer.Argument(metavar="INCIDENT", help="The incident, from `tocsin incident list`.", show_default=False)
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="From `tocsin playbook list`.", show_default=False)]


@app.command("list")
def list_(node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """List the playbooks, and files of the node's folder that cannot be used, each with the reason.

    Example: [bold]tocsin playbook list[/bold]
    """
    from tocsin.sinks import json
    from tocsin.sinks.terminal import safe

    answer = _get(node, ca, "/playbooks")
    if as_json:
        typer.echo(json.dumps(answer.content))
        return
    _print_rows(answer)
    for why in answer.part("refused", dict[str, str]).values():
        typer.echo(f"tocsin: not used: {safe(why)}", err=True)


@app.command("for")
def for_(incident: Incident, node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """List the playbooks that fit an incident, the best first, and why.

    Example: [bold]tocsin playbook for I-0123456789ab[/bold]
    """
    from tocsin.cli.node_client import segment
    from tocsin.sinks import json

    answer = _get(node, ca, f"/incidents/{segment(incident)}/playbooks")
    if as_json:
        typer.echo(json.dumps(answer.content))
        return
    if not _print_rows(answer):
        typer.echo("No playbook fits by itself; choose one: tocsin playbook list")


@app.command()
def show(name: Name, node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """Show a playbook with all of its steps.

    Example: [bold]tocsin playbook show wiper[/bold]
    """
    from rich.console import Console

    from tocsin.cli.node_client import segment
    from tocsin.console.acting import print_playbook
    from tocsin.sinks import json
    from tocsin.triage.playbooks import Playbook

    answer = _get(node, ca, f"/playbooks/{segment(name)}")
    if as_json:
        typer.echo(json.dumps(answer.content))
        return
    print_playbook(answer.part("playbook", Playbook), Console(highlight=False))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CACAO 2.0 document.", show_default=False)],
) -> None:
    """Read a playbook of your own and say what is wrong with it; needs no node.

    Example: [bold]tocsin playbook check playbooks/ours.json[/bold]
    """
    from rich.console import Console

    from tocsin import limits
    from tocsin.console.acting import print_playbook
    from tocsin.node.data_files import text_of
    from tocsin.triage.playbooks import parse_playbook

    print_playbook(parse_playbook(str(file), text_of(file, limits.PLAYBOOK_FILE_BYTES)), Console(highlight=False))


@app.command()
def start(incident: Incident, name: Name, node: Node = None, ca: Authority = None) -> None:
    """Begin a playbook for an incident.

    Example: [bold]tocsin playbook start I-0123456789ab wiper[/bold]
    """
    from rich.console import Console

    from tocsin.console.acting import print_run

    run, people = _change(node, ca, incident, "", {"playbook": name})
    print_run(run, people, Console(highlight=False))


@app.command()
def step(
    incident: Incident,
    number: Annotated[int, typer.Argument(metavar="STEP", min=1, help="Its number.", show_default=False)],
    done: Annotated[bool, typer.Option("--done", help="It was done.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="It does not fit here; say why with --note.")] = False,
    note: Annotated[str, typer.Option("--note", help="What came of it.")] = "",
    playbook: Annotated[str, typer.Option("--playbook", help="Which, where several were begun.")] = "",
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Say that a step was done, or is skipped; the next one is shown.

    Example: [bold]tocsin playbook step I-0123456789ab 2 --done --note "memory of WS-7 saved"[/bold]
    """
    from tocsin.errors import UsageError

    if done is skip:
        raise UsageError("a step is done or skipped", "Give --done, or --skip with --note.")
    from rich.console import Console

    from tocsin.console.acting import print_progress

    said: dict[str, object] = {"step": number, "skipped": skip, "note": note, "playbook": playbook}
    run, people = _change(node, ca, incident, "/step", said)
    print_progress(run, number, people, Console(highlight=False))


def _get(node: str | None, ca: Path | None, path: str) -> "Answer":
    from tocsin.cli.node_client import connect

    with connect(node, ca) as client:
        return client.get(path)


def _print_rows(answer: "Answer") -> bool:
    """A line for each playbook; whether there was one."""
    from tocsin.cli.acting_answers import PlaybookRow
    from tocsin.sinks.terminal import safe

    rows = answer.part("playbooks", list[PlaybookRow])
    for row in rows:
        more = row.why or f"{row.steps} steps"
        typer.echo(safe(f"{row.name}: {row.title} ({more})"))
    return bool(rows)


def _change(
    node: str | None, ca: Path | None, incident: str, rest: str, said: dict[str, object]
) -> "tuple[Run, dict[str, str]]":
    from tocsin.cli.node_client import connect, segment
    from tocsin.node.store.playbook_runs import Run

    with connect(node, ca) as client:
        answer = client.post(f"/incidents/{segment(incident)}/playbooks{rest}", said)
    return answer.part("run", Run), answer.part("people", dict[str, str])
