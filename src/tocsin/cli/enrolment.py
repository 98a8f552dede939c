"""What an account needs before it is usable, step by step: a password of its own, then one-time codes.

Rules:
1. Passwords are typed hidden and twice; they are never shown.
2. The secret of the codes is shown once, as text and as the address that authenticator apps read.
3. What the node refuses is told and asked again, a few times.
"""

from collections.abc import Callable
from pathlib import Path

import typer

from tocsin import limits
from tocsin.cli.node_answers import Person
from tocsin.cli.node_client import NodeClient
from tocsin.errors import Denied, TocsinError, TooManyTries, UsageError

TRIES = 3
_PASSWORD, _SECOND_FACTOR = "password", "second factor"  # stages of an account (docs/api.md)


def make_ready(client: NodeClient, person: Person, password: str) -> Person:
    """Go through what is missing; the account as it is then."""
    if person.stage == _PASSWORD:
        typer.echo("Your password was given to you: choose your own now.", err=True)
        _repeatedly(lambda: _change_password(client, password))
        person = client.get("/me").part("user", Person)
    if person.stage == _SECOND_FACTOR:
        set_up_codes(client, "")
        person = client.get("/me").part("user", Person)
    return person


def set_up_codes(client: NodeClient, code: str) -> None:
    """Offer one-time codes and make them count; `code` is one of the present codes, empty without any."""
    offered = client.post("/totp/enrol", {"code": code})
    typer.echo("Add this to your authenticator app. It is shown once:")
    typer.echo()
    typer.echo(f"  {offered.part('uri', str)}")
    typer.echo(f"  or by hand: secret {offered.part('secret', str)}, 6 digits, 30 seconds, SHA-1")
    typer.echo()
    _repeatedly(lambda: _confirm(client))
    typer.echo("One-time codes are set up. A login asks for one from now on.", err=True)


def one_line(path: Path) -> str:
    """The first line of a file that holds a secret. UsageError where there is none."""
    try:
        with path.open("rb") as file:
            text = file.read(limits.CLIENT_FILE_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}", "Name a file that you may read.") from error
    line = text.partition("\n")[0].rstrip("\r")
    if not line:
        raise UsageError(f"{path} has no first line", "Write the password there and nothing else.")
    return line


def _change_password(client: NodeClient, old: str) -> None:
    new = typer.prompt("New password", hide_input=True, confirmation_prompt=True, err=True)
    client.post("/password", {"old": old, "new": new})


def _confirm(client: NodeClient) -> None:
    code = typer.prompt("A code that the app shows now", err=True)
    client.post("/totp/confirm", {"code": code.strip()})


def _repeatedly(step: Callable[[], None]) -> None:
    """Rule 3; the last refusal is raised."""
    for left in reversed(range(TRIES)):
        try:
            return step()
        except TooManyTries:
            raise
        except (Denied, UsageError) as error:
            if not left:
                raise
            typer.echo(f"{_sentence(error)} {error.advice()}", err=True)
    return None


def _sentence(error: TocsinError) -> str:
    from tocsin.sinks.terminal import safe

    text = safe(str(error))
    return f"{text[:1].upper()}{text[1:]}."
