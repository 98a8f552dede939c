"""`tocsin rules update`: what another set of rules would have raised, then that set in the place of the present one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import limits
from tocsin.cli.node_options import Authority, Node
from tocsin.cli.rescue import DirOption, ReasonOption, RescueOption, is_rescue, rescued, through_api

if TYPE_CHECKING:
    from tocsin.cli.node_client import NodeClient
    from tocsin.node.conductor import Observe as Tallied
    from tocsin.node.upkeep.rule_offers import Reviewed
    from tocsin.node.upkeep.rule_update import RuleSets
    from tocsin.node.upkeep.shell import OpenNode

_MINUTE = 60


def update(
    rules: Annotated[Path, typer.Argument(metavar="DIR", help="The new set: Sigma rules.", show_default=False)],
    node: Node = None,
    ca: Authority = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=limits.RULE_REVIEW_DAYS, help="How far to look back.")
    ] = limits.RULE_REVIEW_DAYS_USUAL,
    yes: Annotated[bool, typer.Option("--yes", help="Put the set in place without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show.")] = False,
    without_refused: Annotated[
        bool, typer.Option("--without-refused", help="Leave out the files of refused rules, and take the rest.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Show it as JSON.")] = False,
    rescue: RescueOption = False,
    reason: ReasonOption = "",
    folder: DirOption = None,
) -> None:
    """Show what another set of rules would have raised in the last 30 days, then ask, and put it in the node's place.

    The files go to the node, which says so under your login, and takes the set that it reviewed; it reads it by itself.
    A set of which a rule is refused is not taken, unless --without-refused leaves that out. The ledger has who did it.

    Example: [bold]tocsin rules update ./sigma/rules --dry-run[/bold]
    """
    from tocsin.cli.rules_review import show

    def decided(found: "Reviewed") -> bool:
        """Show it, and ask where that is not said yet."""
        if found.before == found.after:
            typer.echo("These are the rules that the node has already.", err=True)
        show(found, days, as_json)
        if dry_run or not (yes or typer.confirm("Put the new set in place?", err=True)):
            typer.echo("The old set stays in use.", err=True)
            return False
        return True

    if is_rescue(rescue, reason, folder):
        with rescued(folder, "rules update", reason) as opened:
            sets, found = _look(opened, rules, days, without_refused)
            place = _put(opened, sets, found) if decided(found) else ""
    else:
        with through_api(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
            found = _ask(client, rules, days, without_refused)
            place = _place(client, found) if decided(found) else ""
    if place:
        typer.echo(f"The new set is in {place}; a running node reads it within seconds.", err=True)


def _ask(client: "NodeClient", rules: Path, days: int, without_refused: bool) -> "Reviewed":
    """The node's review of the files, which go there."""
    from rich.console import Console

    from tocsin.node.upkeep.rule_offers import Reviewed
    from tocsin.node.upkeep.rule_parcel import parcel_of

    files = parcel_of(rules)
    typer.echo(
        f"The node evaluates {len(files):,} files of rules beside its own over the last {days} days. "
        f"It has {limits.ERRAND_SECONDS // _MINUTE} minutes for that.",
        err=True,
    )
    said = {"files": files, "days": days, "without_refused": without_refused}
    with Console(stderr=True).status("waiting for the node"):
        return client.post("/rules/review", said).part("reviewed", Reviewed)


def _place(client: "NodeClient", found: "Reviewed") -> str:
    """Where the node has put the reviewed set, below its folder."""
    from tocsin.node.upkeep.rule_offers import Placed

    said = client.post("/rules", {"before": found.before, "after": found.after})
    return said.part("placed", Placed).place


def _look(node: "OpenNode", rules: Path, days: int, without_refused: bool) -> "tuple[RuleSets, Reviewed]":
    """The same on the node's folder."""
    from tocsin.cli.progress import progress
    from tocsin.node.pipeline import Stage
    from tocsin.node.upkeep.rule_offers import reviewed
    from tocsin.node.upkeep.rule_update import load_sets

    sets = load_sets(node, rules, without_refused=without_refused)
    with progress(quiet=False) as observe:

        def telling(name: str) -> "Tallied":
            return lambda tally: observe(Stage(f"evaluating {name}", tally, "events"))

        return sets, reviewed(node, sets, days, telling)


def _put(node: "OpenNode", sets: "RuleSets", found: "Reviewed") -> str:
    from tocsin.node.upkeep.rule_update import put_in_place
    from tocsin.node.upkeep.shell import shell_actor

    return str(put_in_place(node, sets.offer, shell_actor(), found.changes))
