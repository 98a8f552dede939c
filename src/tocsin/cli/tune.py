"""`tocsin tune …`: exceptions drawn from an incident, with what each would have hidden, an owner and an end."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Context
from typer.core import TyperGroup

from tocsin.cli.node_options import AsJson, Authority, Node, Why
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.cli.node_client import Answer
    from tocsin.console.tuning import ExceptionTold

DRAW = "draw"
_DAY = timedelta(days=1)


class _DrawByDefault(TyperGroup):
    """`tocsin tune I-…` is `tocsin tune draw I-…`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer hides its click
        """Put the command in front of an incident."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [DRAW, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_DrawByDefault,
    help="Exceptions: what need not be looked at for a while. `tocsin tune I-…` draws one from an incident.",
    no_args_is_help=True,
)
Id = Annotated[str, typer.Argument(metavar="ID", help="The exception, from `tocsin tune list`.", show_default=False)]


@app.command(DRAW)
def draw(
    incident: Annotated[
        str, typer.Argument(metavar="INCIDENT", help="The incident, from `tocsin incident list`.", show_default=False)
    ],
    choose: Annotated[
        int | None, typer.Option("--choose", min=1, metavar="N", help="Write the exceptions of choice N.")
    ] = None,
    owner: Annotated[
        str, typer.Option("--owner", help="With --choose: an analyst or lead who answers for it, or `me`.")
    ] = "",
    expires: Annotated[
        str, typer.Option("--expires", metavar="DAY", help="With --choose: its last day, at most a year from now.")
    ] = "",
    why: Why = "",
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Show which exceptions would cover an incident and what each would have hidden in the last 30 days; write one.

    Nothing is deleted: what an exception covers is folded, says so, and comes back when the exception ends. It never
    hides an attack that people confirmed. What hides findings of level high or stronger counts once a second person
    has agreed. `tocsin tune INCIDENT` is the same.

    Example: [bold]tocsin tune I-0123456789ab[/bold]

    Example: [bold]tocsin tune I-0123456789ab --choose 1 --owner me --expires 2027-01-31 --why "nightly backup"[/bold]
    """
    from rich.console import Console

    from tocsin.cli.node_client import connect, segment
    from tocsin.console.tuning import OfferTold, print_offers, written
    from tocsin.sinks import json

    path = f"/incidents/{segment(incident)}/exceptions"
    with connect(node, ca) as client:
        answer = client.get(path)
        offers = answer.part("choices", list[OfferTold])
        if choose is not None:
            chosen = next((each for each in offers if each.number == choose), None)
            if chosen is None:
                raise UsageError(f"there is no choice {choose}", answer.part("why", str) or "Leave --choose out first.")
            owner = _owner(client.get("/me") if owner == "me" else None, owner)
            said: dict[str, object] = {"choice": chosen.key, "owner": owner, "expires": _end_of(expires), "why": why}
            answer = client.post(path, said)
    if as_json:
        typer.echo(json.dumps(answer.content))
    elif choose is None:
        print_offers(incident, offers, answer.part("why", str), answer.part("days", int), Console(highlight=False))
    else:
        for line in written(_exceptions(answer)):
            typer.echo(line)


@app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """List the exceptions, the next to run out first; those that end within 14 days are marked.

    Example: [bold]tocsin tune list[/bold]
    """
    from rich.console import Console

    from tocsin import clock
    from tocsin.cli.node_client import connect
    from tocsin.console.tuning import STANDING, print_exceptions
    from tocsin.sinks import json

    with connect(node, ca) as client:
        answer = client.get("/exceptions")
    found = _exceptions(answer)
    shown = [each for each in found if all_ or each.state in STANDING]
    if as_json:
        wanted = {each.id for each in shown}
        told = answer.part("exceptions", list[dict[str, object]])
        typer.echo(json.dumps([each for each in told if each.get("id") in wanted]))
        return
    print_exceptions(shown, len(found) - len(shown), clock.now(), Console(highlight=False))


@app.command()
def confirm(id: Id, node: Node = None, ca: Authority = None) -> None:
    """Agree as the second person to an exception that hides findings of level high or stronger.

    Example: [bold]tocsin tune confirm X-01234567[/bold]
    """
    from tocsin.cli.node_client import connect, segment
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        client.post(f"/exceptions/{segment(id)}/confirm", {})
    typer.echo(f"{safe(id)} is in force. To end it: tocsin tune end {safe(id)} --why TEXT")


@app.command()
def end(id: Id, why: Why = "", node: Node = None, ca: Authority = None) -> None:
    """End an exception before its time: what it hid comes back.

    Example: [bold]tocsin tune end X-01234567 --why "the backup has moved"[/bold]
    """
    from tocsin.cli.node_client import connect, segment
    from tocsin.sinks.terminal import safe

    with connect(node, ca) as client:
        client.post(f"/exceptions/{segment(id)}/end", {"why": why})
    typer.echo(f"{safe(id)} has ended: what it hid comes back.")


def _owner(me: "Answer | None", named: str) -> str:
    from tocsin.cli.node_answers import Person

    if me is not None:
        return me.part("user", Person).name
    if not named:
        raise UsageError("an exception needs an owner", "Name an analyst or lead with --owner, or `me`.")
    return named


def _end_of(day: str) -> str:
    """The end of a day in UTC, as the node takes it. UsageError for what is no day."""
    try:
        return (datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) + _DAY).isoformat()
    except (ValueError, OverflowError) as error:
        raise UsageError("an exception needs an end", "Name its last day: --expires 2027-01-31.") from error


def _exceptions(answer: "Answer") -> "list[ExceptionTold]":
    from tocsin.console.tuning import ExceptionTold

    return answer.part("exceptions", list[ExceptionTold])
