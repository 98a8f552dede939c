"""`tocsin privacy …`: where a person's value is, and removing it."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import limits
from tocsin.cli.node_options import AsJson, Authority, Node
from tocsin.cli.rescue import DirOption, ReasonOption, RescueOption, is_rescue, rescued, through_api
from tocsin.errors import UsageError

if TYPE_CHECKING:
    from tocsin.node.upkeep.privacy import Sought

app = typer.Typer(help="Find a person's data in everything that a node keeps, and erase it.", no_args_is_help=True)

ValueArgument = Annotated[str, typer.Argument(help="An address, a name, an account: as it stands in the logs.")]


@app.command("find")
def find_it(
    value: ValueArgument,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """Say where a value is: lake, rollups, original lines, findings, incidents, messages, constituents, backups.

    Changes nothing. That somebody looked is entered in the ledger, with a keyed digest of the value.
    Example: [bold]tocsin privacy find anna.k@example.org[/bold]
    """
    from tocsin import clock
    from tocsin.node.upkeep.privacy import Sought, find
    from tocsin.node.upkeep.shell import shell_actor

    if is_rescue(rescue, reason, folder):
        with rescued(folder, "privacy find", reason) as opened:
            found = find(opened, value, shell_actor(), clock.now())
    else:
        with through_api(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
            found = client.post("/privacy/find", {"value": value}).part("sought", Sought)
    _tell(found, as_json, "is in")


@app.command("erase")
def erase_it(
    value: ValueArgument,
    why: Annotated[str, typer.Option("--why", help="The reason, such as the number of the request.")],
    node: Node = None,
    ca: Authority = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase; without it nothing is changed.")] = False,
    as_json: AsJson = False,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """Remove what holds a value, for good. What a hold keeps stays, and is said.

    The node takes in what was sent, then pauses for it: senders are still heard, and nothing is analysed meanwhile.
    With --rescue the node has to be stopped. Example:
    [bold]tocsin privacy erase anna.k@example.org --why "request 17" --yes[/bold]
    """
    from tocsin import clock
    from tocsin.node.service.supervisor import is_running
    from tocsin.node.upkeep.privacy import Sought, erase
    from tocsin.node.upkeep.shell import shell_actor

    if not yes:
        raise UsageError(
            "what is erased cannot be brought back", "Look with `tocsin privacy find` first, then add --yes."
        )
    if not is_rescue(rescue, reason, folder):
        with through_api(node, ca, limits.CLIENT_ERASE_SECONDS) as client:
            erased = client.post("/privacy/erase", {"value": value, "why": why}).part("sought", Sought)
    else:
        with rescued(folder, "privacy erase", reason) as opened:
            if is_running(opened.folder):
                raise UsageError("the node runs", "Erase through it, without --rescue; or stop it first.")
            erased = erase(opened, value, why, shell_actor(), clock.now())
    _tell(erased, as_json, "was erased from")


def _tell(sought: "Sought", as_json: bool, how: str) -> None:
    from tocsin.node.upkeep.privacy import told

    if as_json:
        typer.echo(json.dumps(told(sought), indent=2))
        return
    lake, state = sought.lake, sought.state
    places = [(f"rows of {name}", count) for name, count in sorted(lake.tables.items())]
    places += [(f"rows of rollup {name}", count) for name, count in sorted(lake.rollups.items())]
    places += [("hits", lake.hits), ("samples of bad lines", lake.rejects), ("original lines", sought.lines)]
    places += [("spellings of indicators", sought.indicators)]
    places += [("findings", state.findings), ("incidents", state.incidents), ("messages", state.messages)]
    places += [("playbooks, actions and legal clocks", state.papers)]
    places += [("constituents", state.constituents), ("mails to constituents", state.tellings)]
    places += [("lines of the on-call list", state.duties)]
    places += [("reasons of holds, switches and rescues", state.reasons)]
    for name, count in places:
        if count:
            typer.echo(f"It {how} {count:,} {name}.")
    if not sought.found:
        typer.echo("Nothing that can be erased holds it.")
    _tell_rest(sought)


def _tell_rest(sought: "Sought") -> None:
    kept = sought.lake.kept + sought.lines_kept + sought.state.kept
    if kept:
        typer.echo(f"A hold keeps {kept:,} more: `tocsin evidence list` says which and why.")
    if sought.state.accounts:
        typer.echo(f"{sought.state.accounts:,} accounts have such a name: an admin disables them.")
    if sought.journal:
        told = "bytes in the journal were not looked through: they are on their way into the lake"
        typer.echo(f"{sought.journal:,} {told}. Look again later.")
    if sought.backups:
        typer.echo(f"Backups are not changed and may hold it: {', '.join(sought.backups)}. Delete them when you may.")
    typer.echo("Logs outside the node's folder are not looked through, nor what a published table still names.")
