"""`tocsin action …`: what people propose to do at systems, written as files for those who run them."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.node_options import AsJson, Authority, Node

if TYPE_CHECKING:
    from tocsin.cli.acting_answers import ActionRow, ActionTold

app = typer.Typer(
    help="Proposed actions: block, isolate, disable-account. Tocsin writes a file and touches no system.",
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(metavar="ID", help="The action, from `tocsin action list`.", show_default=False)]
_PERIOD = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_VALUES = 3  # of an action that a list names
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}


class What(StrEnum):
    """What can be proposed."""

    block = "block"
    isolate = "isolate"
    disable_account = "disable-account"


class As(StrEnum):
    """How it is written."""

    nftables = "nftables"
    rpz = "rpz"
    suricata = "suricata"
    text = "text"
    json = "json"


@app.command()
def propose(
    incident: Annotated[
        str, typer.Argument(metavar="INCIDENT", help="The incident that it is for.", show_default=False)
    ],
    what: Annotated[What, typer.Argument(metavar="WHAT", help="What is to be done.", show_default=False)],
    why: Annotated[str, typer.Option("--why", help="The reason; the node keeps it.")],
    expires: Annotated[str, typer.Option("--expires", help="After how long it ends: 30m, 12h, 7d; at most 90d.")],
    value: Annotated[
        list[str] | None,
        typer.Option("--value", help="An address, network or domain; a host; an account. May be repeated. "
                     "Default for block: what the incident's findings name."),
    ] = None,
    form: Annotated[
        As | None, typer.Option("--as", help="Default: nftables for addresses, rpz for domains, text for the others.")
    ] = None,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Propose an action: it is judged, and shown with what would break. Own ranges and DNS roots cannot be blocked.

    Example: [bold]tocsin action propose I-0123456789ab block --value 203.0.113.7 --expires 7d --why "beacon"[/bold]
    """
    from tocsin import limits
    from tocsin.cli.acting_answers import ActionTold
    from tocsin.cli.node_client import connect, segment
    from tocsin.sinks import json
    from tocsin.sinks.terminal import safe

    said: dict[str, object] = {"kind": what.value, "seconds": _seconds(expires), "why": why, "values": value or []}
    if form is not None:
        said["form"] = form.value
    with connect(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
        answer = client.post(f"/incidents/{segment(incident)}/actions", said)
    if as_json:
        typer.echo(json.dumps(answer.content))
        return
    told = _told(answer.content, ActionTold)
    for reason in told.left_out:
        typer.echo(f"tocsin: left out: {safe(reason)}", err=True)
    _print(told)
    typer.echo(f"tocsin: proposed. Next: tocsin action approve {told.action.id}", err=True)


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also what was withdrawn or undone.")] = False,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """List proposed actions: how far each is, and what waits for a second person or an undo.

    Example: [bold]tocsin action list[/bold]
    """
    from tocsin.cli.acting_answers import ActionRow
    from tocsin.cli.node_client import connect
    from tocsin.sinks import json

    with connect(node, ca) as client:
        answer = client.get("/actions", **({"all": "true"} if all_ else {}))
    if as_json:
        typer.echo(json.dumps(answer.content))
        return
    rows, people = answer.part("actions", list[ActionRow]), answer.part("people", dict[str, str])
    if not rows:
        typer.echo("No action is proposed.")
    for row in rows:
        typer.echo(_row(row, people))


@app.command()
def show(
    action: Id,
    artefact: Annotated[bool, typer.Option("--file", help="Only the file, as it would be written now.")] = False,
    undo_file: Annotated[bool, typer.Option("--undo", help="Only the file that takes it back.")] = False,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """The dry run: the file as it would be written, whom it would cut off, who has approved, and the undo.

    Example: [bold]tocsin action show A-0123456789ab[/bold]
    """
    from tocsin.cli.acting_answers import ActionTold
    from tocsin.cli.node_client import connect, segment
    from tocsin.sinks import json

    with connect(node, ca) as client:
        answer = client.get(f"/actions/{segment(action)}")
    told = _told(answer.content, ActionTold)
    if as_json:
        typer.echo(json.dumps(answer.content))
    elif artefact or undo_file:
        typer.echo(told.artefact if artefact else told.undo, nl=False)
    else:
        _print(told)


@app.command()
def approve(action: Id, node: Node = None, ca: Authority = None) -> None:
    """Say yes. What takes a system or an account away, and what many own hosts talked to, needs two people.

    Example: [bold]tocsin action approve A-0123456789ab[/bold]
    """
    told = _step(node, ca, action, "approve", None)
    left = told.needed - len(told.action.approvals)
    if left > 0:
        typer.echo(f"{action} has your yes; {left} more has to approve: {' '.join(told.needed_why)}")
        return
    typer.echo(f"{action} is approved. Hand it out: tocsin action write {action} --output FILE")


@app.command()
def withdraw(
    action: Id,
    why: Annotated[str, typer.Option("--why", help="The reason; the node keeps it.")],
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Take a proposal back that was not written yet.

    Example: [bold]tocsin action withdraw A-0123456789ab --why "it is a partner's scanner"[/bold]
    """
    _step(node, ca, action, "withdraw", {"why": why})
    typer.echo(f"{action} is withdrawn.")


@app.command()
def write(
    action: Id,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the file is written.")],
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Write the file of an approved action, judged once more. Loading it is for those who run the systems.

    Example: [bold]tocsin action write A-0123456789ab --output block.nft[/bold]
    """
    from tocsin.words.dates import utc

    told = _write(node, ca, action, "write", None, output)
    typer.echo(f"Written to {output}. It ends at {utc(told.action.until)}. Undo: tocsin action undo {action} …")
    if told.action.form in ("rpz", "suricata"):
        typer.echo("This form does not end by itself: load the undo at that time.")


@app.command()
def undo(
    action: Id,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the file is written.")],
    why: Annotated[str, typer.Option("--why", help="The reason; the node keeps it.")],
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Write the file that takes a written action back.

    Example: [bold]tocsin action undo A-0123456789ab --output undo.nft --why "cleaned"[/bold]
    """
    _write(node, ca, action, "undo", {"why": why}, output)
    typer.echo(f"The undo is written to {output}; {action} has ended once it is loaded.")


def _seconds(text: str) -> int:
    from tocsin.errors import UsageError

    found = _PERIOD.fullmatch(text)
    if found is None:
        raise UsageError(f"--expires: {text!r} is no period", "Write it like 30m, 12h or 7d.")
    return int(found[1]) * _SECONDS[found[2]]


def _told(content: object, kind: "type[ActionTold]") -> "ActionTold":
    from tocsin.cli.node_client import Answer

    return Answer({"told": content}).part("told", kind)


def _step(node: str | None, ca: Path | None, action: str, step: str, said: dict[str, object] | None) -> "ActionTold":
    from tocsin import limits
    from tocsin.cli.acting_answers import ActionTold
    from tocsin.cli.node_client import connect, segment

    with connect(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
        return _told(client.post(f"/actions/{segment(action)}/{step}", said).content, ActionTold)


def _write(
    node: str | None, ca: Path | None, action: str, step: str, said: dict[str, object] | None, output: Path
) -> "ActionTold":
    """The file is tried first: what was handed out and lost would count as written."""
    from tocsin.cli.values import check_writable

    check_writable(output)
    told = _step(node, ca, action, step, said)
    output.write_text(told.file, "utf-8")
    return told


def _print(told: "ActionTold") -> None:
    from rich.console import Console

    from tocsin.console.acting import print_action

    parts = (told.state, told.needed_why, told.artefact, told.undo, told.people)
    print_action(told.action, *parts, Console(highlight=False))


def _row(row: "ActionRow", people: dict[str, str]) -> str:
    from tocsin.sinks.defang import defang
    from tocsin.sinks.terminal import safe
    from tocsin.words.dates import utc
    from tocsin.words.messages import first_few

    waits = ""
    if row.state == "proposed":
        waits = f", {row.needed - row.approvals} more to approve"
    if row.undo_waits:
        waits = ", load its undo"
    told = f"{row.id} {row.state}{waits}: {row.kind} {first_few(row.values, _VALUES)} as {row.form}"
    return safe(defang(f"{told}; {row.incident}, {people.get(row.owner, row.owner)}, until {utc(row.until)}"))
