"""`tocsin login`, `logout`, `whoami`: the person at this machine and the node."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.node_options import AsJson, Authority, Node


def login(
    name: Annotated[
        str | None, typer.Argument(help="The account. Asked for when left out.", show_default=False)
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="File whose first line is the password, instead of a prompt.")
    ] = None,
    code: Annotated[
        str | None, typer.Option("--code", help="The one-time code, instead of a prompt; '' while there are none.")
    ] = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Begin a session at the node. A given password is changed and one-time codes are set up on the way.

    The session is kept in $XDG_CONFIG_HOME/tocsin/sessions.json, which nobody else may read. It ends after 12 hours,
    after 30 minutes without use, or by `tocsin logout`.

    Example: [bold]tocsin login anna --node https://tocsin.example:8765[/bold]
    """
    from tocsin.cli.enrolment import make_ready, one_line
    from tocsin.cli.node_address import node_url
    from tocsin.cli.node_answers import Person
    from tocsin.cli.node_client import NodeClient
    from tocsin.cli.node_sessions import Kept, keep, session_at
    from tocsin.sinks.terminal import safe

    url = node_url(node)
    old = session_at(url)
    name = name or typer.prompt("Account", err=True)
    typed = one_line(password_file) if password_file else typer.prompt("Password", hide_input=True, err=True)
    shown = _asked_code() if code is None else code
    with NodeClient(url, old.token if old else "", ca) as client:
        answer = client.post("/login", {"name": name, "password": typed, "code": shown})
        token = answer.part("token", str)
        client.carry(token)
        keep(url, Kept(name, token))
        person = make_ready(client, answer.part("user", Person), typed)
    typer.echo(f"Logged in to {url} as {safe(person.name)} ({person.role}).")


def logout(node: Node = None, ca: Authority = None) -> None:
    """End the session at the node, and forget it here.

    Example: [bold]tocsin logout[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.cli.node_sessions import forget
    from tocsin.errors import Denied

    with connect(node, ca) as client:
        try:
            client.post("/logout")
        except Denied:
            typer.echo("The session had ended already.", err=True)
        finally:
            forget(client.url)
        typer.echo(f"Logged out of {client.url}.")


def whoami(node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """Say who is logged in at the node, and what is left to set up.

    Example: [bold]tocsin whoami[/bold]
    """
    from tocsin.cli.node_answers import Person
    from tocsin.cli.node_client import connect
    from tocsin.sinks import json
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        answer = client.get("/me")
    person = answer.part("user", Person)
    if as_json:
        typer.echo(json.dumps({"node": client.url, "user": answer.content["user"]}))
        return
    of = f", sees {safe(person.organisation)} only" if person.organisation else ""
    typer.echo(f"{safe(person.name)} ({person.role}{of}) at {client.url}, account {person.id}")
    if person.stage != "ready":
        typer.echo(f"Still to set up: {person.stage}. `tocsin login` goes through it.")


def _asked_code() -> str:
    text: str = typer.prompt("One-time code (empty while you have none)", default="", show_default=False, err=True)
    return text.strip()
