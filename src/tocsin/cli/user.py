"""`tocsin user …`: the accounts of a node, for its admins; everybody's own one-time codes."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli import user_token
from tocsin.cli.node_options import AsJson, Authority, Node

if TYPE_CHECKING:
    from tocsin.cli.node_answers import Person
    from tocsin.cli.node_client import Answer, NodeClient

app = typer.Typer(help="Accounts of a node, and machine tokens.", no_args_is_help=True)
app.add_typer(user_token.app, name="token")

Name = Annotated[str, typer.Argument(help="The account's name.", show_default=False)]
RoleName = Annotated[
    str,
    typer.Argument(
        metavar="ROLE", help="analyst, lead, releaser, auditor, admin, leader or partner.", show_default=False
    ),
]


@app.command("list")
def list_(node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """Name every account with its role and state. For admins and auditors.

    Example: [bold]tocsin user list[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.cli.people_tables import print_people
    from tocsin.sinks import json

    with connect(node, ca) as client:
        answer = client.get("/users")
    if as_json:
        typer.echo(json.dumps(answer.content["users"]))
    else:
        print_people(_people(answer))


@app.command()
def add(
    name: Name,
    role: RoleName,
    organisation: Annotated[
        str, typer.Option("--organisation", help="The only organisation whose incidents it sees.")
    ] = "",
    external_id: Annotated[
        str, typer.Option("--external-id", help="How the OpenID Connect issuer names the person.")
    ] = "",
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Add an account. Its first password is shown once and has to be changed at the first login, within 72 hours.

    Example: [bold]tocsin user add anna analyst[/bold]
    """
    from tocsin.cli.node_client import connect

    said = {"name": name, "role": role, "organisation": organisation, "external_id": external_id}
    with connect(node, ca) as client:
        _show_given(client.post("/users", said))


@app.command()
def role(name: Name, role: RoleName, node: Node = None, ca: Authority = None) -> None:
    """Give an account another role.

    Example: [bold]tocsin user role anna lead[/bold]
    """
    _change(node, ca, name, "role", {"role": role})
    typer.echo(f"{name} is {role} now.")


@app.command()
def disable(name: Name, node: Node = None, ca: Authority = None) -> None:
    """Close an account and end its sessions.

    Example: [bold]tocsin user disable anna[/bold]
    """
    _change(node, ca, name, "disable")
    typer.echo(f"{name} is closed.")


@app.command()
def enable(name: Name, node: Node = None, ca: Authority = None) -> None:
    """Open a closed account again.

    Example: [bold]tocsin user enable anna[/bold]
    """
    _change(node, ca, name, "enable")
    typer.echo(f"{name} is open again.")


@app.command()
def reset(name: Name, node: Node = None, ca: Authority = None) -> None:
    """Give an account a new first password, shown once, and take its one-time codes away.

    Example: [bold]tocsin user reset anna[/bold]
    """
    _show_given(_change(node, ca, name, "reset"))


@app.command()
def logout(name: Name, node: Node = None, ca: Authority = None) -> None:
    """End all sessions of an account, such as when a computer of its owner is gone. It may log in again.

    Example: [bold]tocsin user logout anna[/bold]
    """
    _change(node, ca, name, "logout")
    typer.echo(f"All sessions of {name} are ended.")


@app.command()
def sessions(
    end: Annotated[bool, typer.Option("--end", help="End all of them but this one; asks for a one-time code.")] = False,
    code: Annotated[str | None, typer.Option("--code", help="With --end: the code, instead of a prompt.")] = None,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """List your own sessions, or end the others.

    Example: [bold]tocsin user sessions --end[/bold]
    """
    from tocsin.cli.node_answers import Session
    from tocsin.cli.node_client import connect
    from tocsin.cli.people_tables import print_sessions
    from tocsin.sinks import json

    with connect(node, ca) as client:
        if end:
            shown = typer.prompt("One-time code", err=True) if code is None else code
            ended = client.post("/sessions/end", {"code": shown.strip()}).part("ended", int)
            typer.echo(f"{ended} other sessions are ended.")
            return
        answer = client.get("/sessions")
    if as_json:
        typer.echo(json.dumps(answer.content["sessions"]))
    else:
        print_sessions(answer.part("sessions", list[Session]))


@app.command()
def totp(
    code: Annotated[
        str | None, typer.Option("--code", help="A code of the present device, instead of a prompt.")
    ] = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Set up one-time codes of your own anew, for another device. The old ones end when a new one is shown.

    Example: [bold]tocsin user totp[/bold]
    """
    from tocsin.cli.enrolment import set_up_codes
    from tocsin.cli.node_client import connect

    with connect(node, ca) as client:
        present = typer.prompt("A code of the present device", err=True) if code is None else code
        set_up_codes(client, present.strip())


def _change(
    node: str | None, ca: Path | None, name: str, what: str, said: Mapping[str, object] | None = None
) -> "Answer":
    """Let the node change an account."""
    from tocsin.cli.node_client import connect

    with connect(node, ca) as client:
        return client.post(f"/users/{_id_of(client, name)}/{what}", said)


def _people(answer: "Answer") -> "list[Person]":
    from tocsin.cli.node_answers import Person

    return answer.part("users", list[Person])


def _id_of(client: "NodeClient", name: str) -> str:
    """The id of the account of that name. NotFound where there is none."""
    from tocsin.errors import NotFound

    for person in _people(client.get("/users")):
        if person.name == name:
            return person.id
    raise NotFound(f"there is no account {name}", "List them with `tocsin user list`.")


def _show_given(answer: "Answer") -> None:
    from tocsin.cli.node_answers import Person
    from tocsin.sinks.terminal import safe

    person = answer.part("user", Person)
    typer.echo(f"account {safe(person.name)} ({person.role}), account {person.id}")
    if "password" in answer.content:
        typer.echo(f"password {safe(answer.part('password', str))}")
        typer.echo("It is shown once. Hand it over in person; `tocsin login` asks for another.", err=True)
