"""`tocsin notify …`: who is on call, what waits to be told, and a test of every way out."""

import time
from typing import Annotated

import typer
from msgspec import Struct

from tocsin.cli import notify_oncall
from tocsin.cli.node_options import AsJson, Authority, Node
from tocsin.errors import NodeUnreachable

app = typer.Typer(help="Who is told of incidents: mail, webhook, tickets, on call.", no_args_is_help=True)
app.add_typer(notify_oncall.app, name="oncall")

_TEST_SECONDS, _LOOK_SECONDS = 30.0, 1.0
_WAITING, _SENT = "waiting", "sent"


class Told(Struct, frozen=True):
    """A message on its way, without what it says."""

    id: int
    destination: str
    kind: str
    fate: str
    created: str
    due: str
    tries: int
    error: str
    person: str = ""
    incidents: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = ", ".join((*([self.person] if self.person else []), *self.incidents))
        return f"{self.destination}, {self.kind}{f' ({about})' if about else ''}"


@app.command("list")
def list_(node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """List the messages that wait, and those that were given up, with the reason.

    Example: [bold]tocsin notify list[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.sinks import json
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        answer = client.get("/notify/messages")
    if as_json:
        typer.echo(json.dumps(dict(answer.content)))
        return
    found = answer.part("messages", list[Told])
    if not found:
        typer.echo("Nothing waits, and nothing was given up.")
    for each in found:
        why = f": {each.error}" if each.error else ""
        when = f"next try {each.due[:19]}Z" if each.fate == _WAITING else each.fate
        typer.echo(safe(f"{each.id}  {each}, tried {each.tries} times, {when}{why}"))


@app.command()
def test(
    to: Annotated[str, typer.Option("--to", help="Who of the on-call list. Default: whoever is on call now.")] = "",
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Send a test by every way that is configured, and say what arrived. For a lead or admin.

    Example: [bold]tocsin notify test --to "Ana Kola"[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        ids = client.post("/notify/test", {"person": to}).part("ids", list[int])
        end = time.monotonic() + _TEST_SECONDS
        while True:
            answer = client.get("/notify/messages", ids=",".join(map(str, ids)))
            found = answer.part("messages", list[Told])
            if all(_settled(each) for each in found) or time.monotonic() > end:
                break
            time.sleep(_LOOK_SECONDS)
    for each in sorted(found, key=lambda one: one.id):
        typer.echo(safe(f"{each}: {_outcome(each)}"))
    if any(each.fate != _SENT for each in found):
        raise NodeUnreachable("not every test arrived", "Repair what is told above; then test again.")


def _settled(each: Told) -> bool:
    return each.fate != _WAITING or bool(each.error)


def _outcome(each: Told) -> str:
    if each.fate == _SENT:
        return "arrived"
    return each.error or "still waits; does the node run?"
