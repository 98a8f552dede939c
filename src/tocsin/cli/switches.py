"""`tocsin stop` and `tocsin start`: the two switches, `ai` and `sharing`."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import clock, limits
from tocsin.cli.node_options import Authority, Node, Why

if TYPE_CHECKING:
    from tocsin.cli.node_answers import Asked, Person


class What(StrEnum):
    """What can be stopped."""

    ai = "ai"
    sharing = "sharing"


Chosen = Annotated[What, typer.Argument(help="`ai`: all learned scorers. `sharing`: all that leaves.")]


def stop(what: Chosen, why: Why, node: Node = None, ca: Authority = None) -> None:
    """Stop all AI, or all sharing, at once. It stays stopped, also after a restart, until two people start it.

    Example: [bold]tocsin stop sharing --why "a partner's key may be stolen"[/bold]
    """
    from tocsin.cli.node_answers import Switch
    from tocsin.cli.node_client import connect

    with connect(node, ca) as client:
        client.post(f"/switches/{what}/stop", {"why": why}).part("switch", Switch)
    typer.echo(f"{what} is stopped. Two people start it again, each with: tocsin start {what} --why …")


def start(what: Chosen, why: Why, node: Node = None, ca: Authority = None) -> None:
    """Start again what was stopped: the first person asks, a second one confirms with the same command.

    Two people are two accounts with one-time codes, of which neither made or reset the other within 24 hours,
    and nobody made or reset both.

    Example: [bold]tocsin start sharing --why "the key was changed"[/bold]
    """
    from tocsin.cli.node_answers import Person, Switch
    from tocsin.cli.node_client import connect
    from tocsin.sinks.terminal import safe
    from tocsin.words.dates import utc

    with connect(node, ca) as client:
        me = client.get("/me").part("user", Person)
        found = client.get("/switches").part("switches", list[Switch])
        state = next(each for each in found if each.switch == what)
        if state.request and waits_for(state.request, me, clock.now()):
            typer.echo(f"Asked for at {utc(state.request.time)}: {safe(state.request.why)}", err=True)
            client.post(f"/switches/{what}/confirm")
            typer.echo(f"{what} is started again.")
            return
        client.post(f"/switches/{what}/request", {"why": why})
    typer.echo(f"You asked to start {what}. A second person confirms within 24 hours: tocsin start {what} --why …")


def waits_for(request: "Asked", me: "Person", now: datetime) -> bool:
    """Whether somebody else has asked not too long ago, so that this call is the second one."""
    age = abs(now - request.time)
    return request.actor != f"account:{me.id}" and age <= timedelta(seconds=limits.SWITCH_REQUEST_SECONDS)
