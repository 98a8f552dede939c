"""`tocsin explain RULE EVENT`: why a rule fired on an event, or which test said no."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.lakes import LakeOption, LakeReason, LakeRescue, Use, reach
from tocsin.cli.places import cache_folder, rule_paths
from tocsin.cli.values import read_values
from tocsin.errors import UsageError

FIRED, DID_NOT = 0, 1


def explain(
    rule: Annotated[str, typer.Argument(help="The rule's id, or its title.", show_default=False)],
    event: Annotated[
        str, typer.Argument(help="The event's id, from --hits or the column event_id.", show_default=False)
    ],
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Sigma rules. Default: the baseline pack.")
    ] = None,
    lake: LakeOption = None,
    values: Annotated[Path | None, typer.Option(help="TOML file with values for rule placeholders.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a tree.")] = False,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Show every test of a rule against an event of the lake: field, wanted value, seen value, yes or no.

    Exit 0 when the rule fires on the event, 1 when it does not.

    Example, with an event id from the file of [bold]tocsin scan LOGS --hits hits.ndjson[/bold]:
    [bold]tocsin explain "Whoami as SYSTEM" 9c0d41f2-118[/bold]
    """
    from tocsin.console.explanation import explanation_json, print_explanation
    from tocsin.detect.sigma import explain as explain_rule
    from tocsin.detect.sigma import load_rules
    from tocsin.lake.catalog import Catalog
    from tocsin.lake.lookup import find_event

    loaded = load_rules(rule_paths(rules), cache_dir=cache_folder(), values=read_values(values))
    found = [info for info in loaded.rules if rule in (info.id, info.title)]
    if not found:
        raise UsageError(
            f"no loaded rule has the id or title {rule!r}", "`tocsin rules check DIR` lists what is loaded."
        )
    catalog = Catalog(reach(lake, "explain", Use.READ, rescue, reason))
    table, fields = find_event(catalog, event)
    catalog.close()
    explanation = explain_rule(loaded, found[0].id, table, fields)
    if as_json:
        typer.echo(explanation_json(explanation))
    else:
        print_explanation(found[0], event, explanation)
    raise typer.Exit(FIRED if explanation.matched else DID_NOT)
