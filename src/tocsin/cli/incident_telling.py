"""`tocsin incident mark` and `tell`: what constituents are told, shown first, released by a second person."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.incident_changes import Id, Reason
from tocsin.cli.node_options import AsJson, Authority, Node
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.cli.node_client import Answer, NodeClient
    from tocsin.node.store.tellings import Asked
    from tocsin.triage.telling import Mail

_RULE = "-" * 72


def mark(
    incident: Id,
    marking: Annotated[
        list[str], typer.Argument(metavar="TLP [PAP]", help="Such as TLP:AMBER+STRICT PAP:RED.", show_default=False)
    ],
    why: Reason = "",
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Mark an incident more strictly than its node and rules do; the strictest counts. `undo` takes it back.

    Example: [bold]tocsin incident mark I-0123456789ab TLP:RED --why "an investigation runs"[/bold]
    """
    from tocsin.cli.node_client import connect, segment
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        version = client.post(f"/incidents/{segment(incident)}/mark", {"marking": " ".join(marking), "why": why}).part(
            "version", int
        )
    typer.echo(
        f"{safe(incident)} is at version {version}. To take it back: tocsin incident undo {safe(incident)} {version}"
    )


def tell(
    incident: Id,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show the mails. This is what happens without an option.")
    ] = False,
    request: Annotated[
        str | None, typer.Option("--request", metavar="DIGEST", help="Ask that just what was shown be sent.")
    ] = None,
    approve: Annotated[
        str | None,
        typer.Option("--approve", metavar="DIGEST", help="Let just this go out: a releaser who did not ask."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="DIR", help="With --approve: write .eml files, send nothing.")
    ] = None,
    why: Reason = "",
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Tell each affected constituent by mail what was seen at theirs, and nothing of others.

    First look at the mails, then ask by their digest; a releaser, another person, looks at the same and approves the
    same digest. They are marked (TLP, PAP) and in the constituent's language (docs/constituents.md, docs/sharing.md).

    Example: [bold]tocsin incident tell I-0123456789ab[/bold]
    """
    from tocsin.cli.node_client import connect

    if sum((preview, request is not None, approve is not None)) > 1 or (output is not None and approve is None):
        raise UsageError(
            "--preview, --request and --approve are three steps, and --output belongs to --approve", "Do one at a time."
        )
    with connect(node, ca) as client:
        if request is not None:
            _ask(client, incident, request, why)
        elif approve is not None:
            _release(client, incident, approve, output)
        else:
            _show(client, incident, as_json)


def _show(client: "NodeClient", incident: str, as_json: bool) -> None:
    from tocsin.cli.node_client import segment
    from tocsin.node.store.tellings import Asked
    from tocsin.sinks import json

    answer = client.get(f"/incidents/{segment(incident)}/telling")
    if as_json:
        typer.echo(json.dumps(answer.content))
        return
    digest = answer.part("digest", str)
    _show_fresh(answer, incident, digest)
    for each in answer.part("asked", list[Asked]):
        _show_asked(each, incident, each.digest == digest)


def _show_fresh(answer: "Answer", incident: str, digest: str) -> None:
    """What would be told now, and what is to be said beside it."""
    from tocsin.sinks.terminal import safe
    from tocsin.triage.telling import Telling

    telling = answer.part("telling", Telling)
    _show_mails(telling.mails)
    for each in telling.refusals:
        some = f" {each.rows:,} of its findings" if each.rows else ""
        typer.echo(f"Not told: {safe(each.constituent)}{some}. {safe(each.reason)}")
    told = [
        (telling.unclaimed, "findings belong to no constituent and are told to nobody."),
        (telling.disputed, "findings are claimed by two constituents and are told to nobody."),
        (answer.part("left_out", int), "findings were not looked through: the gravest are."),
    ]
    for count, sentence in told:
        if count:
            typer.echo(f"{count:,} {sentence}", err=True)
    before = answer.part("told", list[str])
    if before:
        typer.echo(f"Told of it before: {safe(', '.join(before))}.", err=True)
    if telling.mails:
        typer.echo(f"{_count(telling.mails)}. Digest: {digest}")
        typer.echo(f"To ask for them: tocsin incident tell {safe(incident)} --request {digest}", err=True)
    else:
        typer.echo("There is nobody to tell.")


def _show_asked(asked: "Asked", incident: str, same: bool) -> None:
    """A request that waits: what it would send where that is no longer what would be told now."""
    from tocsin.sinks.terminal import safe
    from tocsin.words.dates import utc

    if not same:
        typer.echo(f"\nAsked for at {utc(asked.asked)}, before something changed:")
        _show_mails(asked.mails)
    typer.echo(f"Waits for a releaser since {utc(asked.asked)}: digest {asked.digest}")
    typer.echo(f"To let them go: tocsin incident tell {safe(incident)} --approve {asked.digest}", err=True)


def _show_mails(mails: "Sequence[Mail]") -> None:
    from tocsin.sinks.terminal import safe

    for mail in mails:
        typer.echo(_RULE)
        typer.echo(f"To: {safe(', '.join(mail.to))}")
        typer.echo(f"Subject: {safe(mail.subject)}")
        for name, value in sorted(mail.headers.items()):
            typer.echo(f"{safe(name)}: {safe(value)}")
        typer.echo()
        for line in mail.text.split("\n"):
            typer.echo(safe(line))
    if mails:
        typer.echo(_RULE)


def _ask(client: "NodeClient", incident: str, digest: str, why: str) -> None:
    from tocsin.cli.node_client import segment
    from tocsin.node.store.tellings import Asked
    from tocsin.sinks.terminal import safe

    asked = client.post(f"/incidents/{segment(incident)}/telling", {"digest": digest, "why": why}).part("asked", Asked)
    typer.echo(f"You asked to send {_count(asked.mails)}. A releaser looks and lets them go within 72 hours:")
    typer.echo(f"tocsin incident tell {safe(incident)} --approve {asked.digest}")


def _release(client: "NodeClient", incident: str, digest: str, output: Path | None) -> None:
    from tocsin.cli.eml_files import check_folder, write_mails
    from tocsin.cli.node_client import segment
    from tocsin.triage.telling import Mail

    if output is not None:
        check_folder(output)
    said = {"digest": digest, "by": "mail" if output is None else "file"}
    mails = client.post(f"/incidents/{segment(incident)}/telling/release", said).part("mails", list[Mail])
    if output is None:
        typer.echo(f"On their way: {_count(mails)}.")
        return
    for path in write_mails(output, mails):
        typer.echo(path)
    typer.echo(f"Released: {_count(mails)}. Send the files; the node has sent nothing.", err=True)


def _count(mails: "Sequence[Mail]") -> str:
    from tocsin.words.messages import say_many

    return say_many("{n} mail", "{n} mails", len(mails))
