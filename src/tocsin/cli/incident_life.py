"""The life of an incident: opened by hand, acknowledged, closed, opened again, merged, split."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.incident_changes import Id, Ids, Reason, Version, decide, decide_each
from tocsin.cli.node_options import AsJson, Authority, Node

Other = Annotated[str, typer.Argument(metavar="OTHER", help="The incident that stays.", show_default=False)]


class Level(StrEnum):
    """How grave it is, by Sigma's levels."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class CloseReason(StrEnum):
    """What people found out."""

    TRUE = "true"
    BENIGN = "benign"
    FALSE = "false"
    DUPLICATE = "duplicate"


def new(
    title: Annotated[str, typer.Option("--title", help="What it is, in one line.", show_default=False)],
    level: Annotated[Level, typer.Option("--level", help="How grave it seems.")] = Level.MEDIUM,
    host: Annotated[list[str] | None, typer.Option("--host", help="A host that it is about; may be repeated.")] = None,
    user: Annotated[list[str] | None, typer.Option("--user", help="An account; may be repeated.")] = None,
    note: Annotated[str, typer.Option("--note", help="What else was said; - reads it from the input.")] = "",
    organisation: Annotated[
        str, typer.Option("--organisation", help="Whose it is. Default: your own, where you belong to one.")
    ] = "",
    why: Reason = "",
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Open an incident by hand, such as a report by phone. It is in the queue like any other.

    Example: [bold]tocsin incident new --title "Anna's screen shows a ransom note" --host PC-7 --level high[/bold]
    """
    from tocsin.cli.incident_changes import written
    from tocsin.cli.node_client import connect
    from tocsin.node.store.incident_state import IncidentState
    from tocsin.sinks import json

    said = {"title": title, "level": str(level), "hosts": host or [], "users": user or [], "note": written(note),
            "organisation": organisation, "why": why}  # fmt: skip
    with connect(node, ca) as client:
        answer = client.post("/incidents", said)
    made = answer.part("incident", IncidentState)
    typer.echo(
        json.dumps(answer.content) if as_json else f"{made.id} is open. Take it: tocsin incident assign {made.id} me"
    )


def acknowledge(
    incidents: Ids, why: Reason = "", version: Version = None, node: Node = None, ca: Authority = None
) -> None:
    """Say that you have seen incidents; the first one counts. Who takes one, or moves it on, says so as well.

    Example: [bold]tocsin incident acknowledge I-0123456789ab I-ba9876543210[/bold]
    """
    decide_each(node, ca, incidents, "acknowledge", {"why": why}, version)


def close(
    incidents: Ids,
    reason: Annotated[
        CloseReason,
        typer.Option(
            "--reason",
            help="true: an attack. benign: it happened and was allowed. false: it did not happen. "
            "duplicate: it is a part of --of.",
            show_default=False,
        ),
    ],
    of: Annotated[str, typer.Option("--of", help="With duplicate: the incident that stays.")] = "",
    why: Reason = "",
    version: Version = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Close incidents and say what people found out; several that are one case are closed at once, each on its own.

    A refusal of one is told and holds up no other; the exit code is then that of the first refusal.

    Example: [bold]tocsin incident close I-0123456789ab --reason benign --why "the yearly test"[/bold]
    """
    decide_each(node, ca, incidents, "close", {"reason": str(reason), "of": of, "why": why}, version)


def reopen(incident: Id, why: Reason = "", version: Version = None, node: Node = None, ca: Authority = None) -> None:
    """Go on with a closed incident; one that is a part of another stands alone again.

    Example: [bold]tocsin incident reopen I-0123456789ab --why "it came back"[/bold]
    """
    decide(node, ca, incident, "reopen", {"why": why}, version)


def merge(
    incident: Id, into: Other, why: Reason = "", version: Version = None, node: Node = None, ca: Authority = None
) -> None:
    """Tell an incident as a part of another from now on; what comes later goes to that one.

    Notes, holds and findings of both are shown there. It keeps its owner and acknowledgement, or takes the other's.

    Example: [bold]tocsin incident merge I-0123456789ab I-ba9876543210 --why "the same intruder"[/bold]
    """
    decide(node, ca, incident, "merge", {"into": into, "why": why}, version)


def split(
    incident: Id,
    finding: Annotated[
        list[str] | None, typer.Option("--finding", metavar="F", help="A finding's id; may be repeated.")
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option("--host", help="All findings of this host; may be repeated.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", help="All findings of this rule, by id or title; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go where.")] = False,
    why: Reason = "",
    version: Version = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Make some findings of an incident one of their own. The node never joins the two again; `undo` takes it back.

    Example: [bold]tocsin incident split I-0123456789ab --host PC-7 --dry-run[/bold]
    """
    from tocsin.errors import UsageError

    if not (finding or host or rule):
        raise UsageError("this names no finding", "Choose some with --finding, --host or --rule.")
    said = {"findings": finding or [], "hosts": host or [], "rules": rule or [], "dry_run": dry_run, "why": why}
    if dry_run:
        _preview(node, ca, incident, said)
    else:
        decide(node, ca, incident, "split", said, version)


def _preview(node: str | None, ca: Path | None, incident: str, said: dict[str, object]) -> None:
    from rich.console import Console

    from tocsin.cli.node_client import connect, segment
    from tocsin.console.splitting import Moved, Parting, print_parting

    with connect(node, ca) as client:
        answer = client.post(f"/incidents/{segment(incident)}/split", said)
    parting = Parting(
        answer.part("going", list[Moved]),
        answer.part("staying", list[Moved]),
        answer.part("reasons", list[dict[str, str]]),
    )
    print_parting(parting, Console(highlight=False))
