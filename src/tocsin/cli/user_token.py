"""`tocsin user token …`: what sensors and collectors show the node."""

import re
from typing import Annotated

import typer

from tocsin.cli.node_options import AsJson, Authority, Node
from tocsin.errors import UsageError

app = typer.Typer(help="Machine tokens: what sensors and collectors show the node.", no_args_is_help=True)

_SPAN = re.compile(r"([1-9][0-9]{0,5})([dh])")
_SECONDS = {"d": 86_400, "h": 3_600}


@app.command("list")
def list_(node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """Name every machine token: what it may, whose data it brings, when it ends. For admins and auditors.

    Example: [bold]tocsin user token list[/bold]
    """
    from tocsin.cli.node_answers import Token
    from tocsin.cli.node_client import connect
    from tocsin.cli.people_tables import print_tokens
    from tocsin.sinks import json

    with connect(node, ca) as client:
        answer = client.get("/tokens")
    if as_json:
        typer.echo(json.dumps(answer.content["tokens"]))
    else:
        print_tokens(answer.part("tokens", list[Token]))


@app.command()
def add(
    label: Annotated[str, typer.Argument(help="What people call it.", show_default=False)],
    scopes: Annotated[
        list[str],
        typer.Option("--scope", help="push, otlp, read:incidents, read:status, tickets or partner; may be repeated."),
    ],
    organisation: Annotated[str, typer.Option("--organisation", help="Whose data it brings or reads.")],
    network: Annotated[str, typer.Option("--network", help="The network that the data is of.")],
    sensor: Annotated[str, typer.Option("--sensor", help="The sensor's name.")],
    lifetime: Annotated[str, typer.Option("--for", help="How long it lives: 90d, 12h; at most 400d.")] = "90d",
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Make a machine token. It is shown once. Nothing that it sends can say another organisation, network or sensor.

    Example: [bold]tocsin user token add s1 --scope push --organisation "CERT" --network office --sensor s1[/bold]
    """
    from tocsin.cli.node_client import connect

    said = {
        "label": label, "scopes": scopes, "organisation": organisation, "network": network, "sensor": sensor,
        "seconds": read_span(lifetime),
    }  # fmt: skip
    with connect(node, ca) as client:
        answer = client.post("/tokens", said)
    typer.echo(answer.part("secret", str))
    typer.echo("The token is shown once. Keep it in a file that only the sender may read.", err=True)


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Its id, from `tocsin user token list`.", show_default=False)],
    node: Node = None,
    ca: Authority = None,
) -> None:
    """End a machine token for ever.

    Example: [bold]tocsin user token revoke 0123456789abcdef[/bold]
    """
    from tocsin.cli.node_client import connect, segment

    with connect(node, ca) as client:
        client.post(f"/tokens/{segment(token)}/revoke")
    typer.echo("It is revoked.")


def read_span(text: str) -> int:
    """A life in seconds; UsageError for what is none.

    >>> read_span("90d")
    7776000
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(f"--for: {text!r} is no length of time", "Write it like 90d or 12h.")
    return int(found[1]) * _SECONDS[found[2]]
