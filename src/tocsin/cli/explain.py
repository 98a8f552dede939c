"""`tocsin explain …`: why an incident, a finding, or a rule on an event says what it says.

Rules:
1. Incidents and findings are a node's; a rule on an event is asked of a lake here, or of a node's through its API.
2. A lake that is named is taken; else a node that is (`--node`, $TOCSIN_NODE_URL, $TOCSIN_NODE); else the own lake.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.lakes import LakeOption, LakeReason, LakeRescue, Use, reach
from tocsin.cli.node_address import asks_node
from tocsin.cli.node_options import Authority, Node
from tocsin.cli.places import cache_folder, rule_paths
from tocsin.cli.values import read_values
from tocsin.errors import NotFound, UsageError

if TYPE_CHECKING:
    from tocsin.node.explaining import Explained

FIRED, DID_NOT = 0, 1
INCIDENT = "I-"


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="INCIDENT|FINDING|RULE",
            help="An incident's or finding's id; or a rule's id or title, with EVENT.",
            show_default=False,
        ),
    ],
    event: Annotated[
        str | None,
        typer.Argument(help="With a rule: the event's id, from --hits or the column event_id.", show_default=False),
    ] = None,
    rules: Annotated[
        list[Path] | None, typer.Option("--rules", help="Sigma rules. Default: the baseline pack, or the node's.")
    ] = None,
    lake: LakeOption = None,
    values: Annotated[Path | None, typer.Option(help="TOML file with values for rule placeholders.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
    node: Node = None,
    ca: Authority = None,
    rescue: LakeRescue = False,
    reason: LakeReason = "",
) -> None:
    """Tell why: an incident (findings, joins, rank, doubts), a finding (its rule, test by test), a rule on an event.

    Of a rule on an event every test is shown: field, wanted value, seen value, yes or no; exit 0 when it fires, 1 when
    it does not. Incidents and findings are told by the node under your login.

    Example: [bold]tocsin explain I-0123456789ab[/bold]

    Example, with an event id from the file of [bold]tocsin scan LOGS --hits hits.ndjson[/bold]:
    [bold]tocsin explain "Whoami as SYSTEM" 9c0d41f2-118[/bold]
    """  # fmt: skip
    if node is not None and lake is not None:
        raise UsageError("--lake and --node are two places", "Name one of them.")
    if event is None:
        if lake is not None or rules or values or rescue:
            raise UsageError(
                f"{what} is explained by the node that found it",
                "A scan's report tells why its incidents are. A rule needs an event: tocsin explain RULE EVENT.",
            )
        (_incident if what.startswith(INCIDENT) else _finding)(what, node, ca, as_json=as_json)
        return
    if asks_node(node, lake, rescue or bool(rules)):
        found = _of_node(what, event, node, ca)
    else:
        found = _of_lake(what, event, rules, values, lambda: reach(lake, "explain", Use.READ, rescue, reason))
    raise typer.Exit(_say(found, event, as_json=as_json))


def _incident(incident: str, node: str | None, ca: Path | None, *, as_json: bool) -> None:
    from rich.console import Console

    from tocsin.cli.incident_reading import case_of
    from tocsin.cli.node_client import connect, segment
    from tocsin.console.reasons import print_incident
    from tocsin.sinks import json

    with connect(node, ca) as client:
        answer = client.get(f"/incidents/{segment(incident)}")
    if as_json:
        typer.echo(json.dumps(answer.content))
    else:
        print_incident(case_of(answer), answer.part("found_ids", list[str]), Console(highlight=False))


def _finding(finding: str, node: str | None, ca: Path | None, *, as_json: bool) -> None:
    from rich.console import Console

    from tocsin import limits
    from tocsin.cli.node_client import connect, segment
    from tocsin.console.reasons import print_finding
    from tocsin.model import Finding
    from tocsin.node.explaining import Explained
    from tocsin.sinks import json

    path = f"/findings/{segment(finding)}"
    with connect(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
        try:
            answer = client.get(path)
        except NotFound as error:
            raise NotFound(str(error), f"{error.advice()} A rule needs an event: tocsin explain RULE EVENT.") from error
        why = client.post(f"{path}/explain", {})
    if as_json:
        typer.echo(json.dumps({**answer.content, **why.content}))
        return
    told = answer.part("finding", Finding)
    incident, gone = answer.part("incident", str), answer.part("gone", bool)
    print_finding(finding, told, incident, why.part("explained", Explained), Console(highlight=False), gone=gone)


def _of_node(rule: str, event: str, node: str | None, ca: Path | None) -> "Explained":
    from tocsin import limits
    from tocsin.cli.node_client import connect
    from tocsin.node.explaining import Explained

    with connect(node, ca, limits.CLIENT_ERRAND_SECONDS) as client:
        return client.post("/explain", {"rule": rule, "event": event}).part("explained", Explained)


def _of_lake(
    rule: str, event: str, rules: list[Path] | None, values: Path | None, lake: Callable[[], Path]
) -> "Explained":  # fmt: skip
    """The rule is looked for first, so that a wrong one is told where there is no lake yet."""
    from tocsin.detect.analytics import load_analytics
    from tocsin.detect.sigma import load_rules
    from tocsin.lake.catalog import Catalog
    from tocsin.node.explaining import names_rule, of_rule, on_event, unknown

    analytics = load_analytics(())
    if rule in analytics.analytics:
        with closing(Catalog(lake())) as catalog:
            return on_event(catalog, analytics, rule, event)
    loaded = load_rules(rule_paths(rules), cache_dir=cache_folder(), values=read_values(values))
    if not names_rule(loaded, rule):
        raise unknown(rule)
    with closing(Catalog(lake())) as catalog:
        found = of_rule(catalog, loaded, rule, [event], strict=True)
    assert found is not None, "it was there"
    return found


def _say(found: "Explained", event: str, *, as_json: bool) -> int:
    """Write it; the exit code says whether it fires."""
    from rich.console import Console

    from tocsin.console.explanation import explanation_json, print_explanation
    from tocsin.console.reasons import explained_json, print_explained

    one = found.events[0].explanation if found.kind == "sigma" else None
    if as_json:
        typer.echo(explanation_json(one) if one else explained_json(found))
    elif one is not None:
        print_explanation(one.rule, event, one)
    else:
        print_explained(found, Console(highlight=False))
    told = [each.explanation for each in found.events if each.explanation is not None]
    return FIRED if found.fires or any(each.matched for each in told) else DID_NOT
