"""`tocsin rules update`: what another set of rules would have raised, then that set in the place of the present one."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.node_place import NodeOption, node_path

if TYPE_CHECKING:
    from tocsin.node.conductor import Observe as Tallied
    from tocsin.node.rule_review import Raised, Review, RuleReview
    from tocsin.node.upkeep.rule_update import RuleSets
    from tocsin.node.upkeep.shell import OpenNode

DAYS = 30
SHOWN = 40  # rules in a text; JSON has all


def update(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new set: Sigma rules.", show_default=False)],
    node: NodeOption = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How far to look back.")] = DAYS,
    yes: Annotated[bool, typer.Option("--yes", help="Put the set in place without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Show it as JSON.")] = False,
) -> None:
    """Show what another set of rules would have raised in the last 30 days, then ask, and put it in the node's place.

    The set is copied into the node's folder and named in tocsin.toml in one step; a running node reads it by itself.
    A set of which a rule is refused is not taken. The ledger keeps who did it.

    Example: [bold]tocsin rules update ./sigma/rules --dry-run[/bold]
    """
    from tocsin.node.upkeep.rule_update import load_sets, put_in_place
    from tocsin.node.upkeep.shell import open_node, shell_actor

    with open_node(node_path(node)) as opened:
        sets = load_sets(opened, folder)
        if sets.before == sets.after:
            typer.echo("These are the rules that the node has already.", err=True)
        found = _reviewed(opened, sets, days)
        _show(found, days, as_json)
        if dry_run or not (yes or typer.confirm("Put the new set in place?", err=True)):
            typer.echo("The old set stays in use.", err=True)
            return
        place = put_in_place(opened, sets, shell_actor(), {str(name): n for name, n in found.changes.items()})
    typer.echo(f"The new set is in {place}; a running node reads it within seconds.", err=True)


def _reviewed(node: "OpenNode", sets: "RuleSets", days: int) -> "Review":
    from contextlib import closing

    from tocsin import clock
    from tocsin.cli.progress import progress
    from tocsin.lake.catalog import Catalog
    from tocsin.node.pipeline import Stage
    from tocsin.node.rule_review import review

    with closing(Catalog(node.folder.lake)) as catalog, progress(quiet=False) as observe:

        def telling(name: str) -> "Tallied":
            return lambda tally: observe(Stage(f"evaluating {name}", tally, "events"))

        return review(catalog, sets.present, sets.offered, clock.now() - timedelta(days=days), telling)


def _show(found: "Review", days: int, as_json: bool) -> None:
    from dataclasses import asdict

    from tocsin.sinks import json
    from tocsin.sinks.terminal import safe

    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    for line in _lines(found, days):
        typer.echo(safe(line))


def _lines(found: "Review", days: int) -> Iterator[str]:
    changes = {str(change): number for change, number in found.changes.items()}
    counted = ", ".join(f"{changes.get(name, 0):,} {name}" for name in ("new", "changed", "gone", "same"))
    yield f"Rules: {counted}."
    yield (
        f"Over the {found.events:,} events of the last {days} days the queue would have "
        f"{found.incidents_after:,} incidents by rules, and has {found.incidents_before:,}."
    )
    raising = [rule for rule in found.rules if rule.before != rule.after]
    for rule in raising[:SHOWN]:
        yield from _rule(rule)
    if len(raising) > SHOWN:
        yield f"{len(raising) - SHOWN:,} more rules raise something else: --json"
    silent = len(found.rules) - len(raising)
    if silent:
        yield f"{silent:,} rules that are new, changed or gone would have raised the same as now, most of them nothing."


def _rule(rule: "RuleReview") -> Iterator[str]:
    yield f"{rule.change:<8}{rule.level or '-':<14}{rule.title}: {_counts(rule.before)} → {_counts(rule.after)}"
    yield from (f"          {example}" for example in rule.after.examples or rule.before.examples)


def _counts(raised: "Raised") -> str:
    return f"{raised.hits:,} hits, {raised.incidents:,} incidents"
