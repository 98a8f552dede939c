"""Decisions about one incident, each on the version that the person saw.

Without `--version` a decision is made on the version that stands when the command runs; with it, the node refuses the
decision when somebody has changed the incident since, and tells who did what.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.node_options import Authority, Node

if TYPE_CHECKING:
    from tocsin.cli.node_client import NodeClient

Id = Annotated[str, typer.Argument(metavar="ID", help="The incident, from `tocsin incident list`.", show_default=False)]
Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID...", help="The incidents, from `tocsin incident list`.", show_default=False),
]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="The version that you saw. Default: the present one.")
]
Reason = Annotated[str, typer.Option("--why", help="The reason; it stands in the history.")]


def assign(
    incident: Id,
    owner: Annotated[
        str, typer.Argument(metavar="OWNER", help="An account's name, `me`, or `nobody`.", show_default=False)
    ],
    why: Reason = "",
    version: Version = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Give an incident to an analyst or lead, or to nobody.

    Example: [bold]tocsin incident assign I-0123456789ab me[/bold]
    """
    from tocsin.cli.node_answers import Person
    from tocsin.cli.node_client import connect

    if owner == "me":
        with connect(node, ca) as client:
            owner = client.get("/me").part("user", Person).name
    decide(node, ca, incident, "assign", {"owner": "" if owner == "nobody" else owner, "why": why}, version)


def status(
    incident: Id,
    new: Annotated[
        str, typer.Argument(metavar="STATUS", help="open, investigating, contained or closed.", show_default=False)
    ],
    ruling: Annotated[
        str | None,
        typer.Option("--ruling", help="With closed: attack, harmless, 'false alarm' or undecided."),
    ] = None,
    why: Reason = "",
    version: Version = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Say how far people are with an incident.

    Example: [bold]tocsin incident status I-0123456789ab closed --ruling harmless --why "the yearly test"[/bold]
    """
    said: dict[str, object] = {"status": new, "why": why}
    decide(node, ca, incident, "status", said if ruling is None else {**said, "ruling": ruling}, version)


def note(
    incident: Id,
    text: Annotated[str, typer.Argument(help="What to write down; - reads it from the input.", show_default=False)],
    version: Version = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Write something down at an incident.

    Example: [bold]tocsin incident note I-0123456789ab "called the owner of PC-7"[/bold]
    """
    decide(node, ca, incident, "note", {"text": written(text)}, version)


def restrict(
    incident: Id,
    readers: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="The accounts; you are always among them.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Open it again to everybody.")] = False,
    why: Reason = "",
    version: Version = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Let only named people see an incident; admins cannot be named, and machines never see it. For leads.

    Name two people at least: whose password is reset by an admin sees it no more, until another of them restricts it
    anew.

    Example: [bold]tocsin incident restrict I-0123456789ab anna boris --why "a person of ours is in it"[/bold]
    """
    from tocsin.cli.node_answers import Person
    from tocsin.cli.node_client import connect
    from tocsin.errors import UsageError

    if bool(readers) is everybody:
        raise UsageError("this names nobody, or somebody and everybody", "Name the readers, or give --everybody.")
    named = list(readers or [])
    if named:
        with connect(node, ca) as client:
            named.append(client.get("/me").part("user", Person).name)
    said: dict[str, object] = {"readers": sorted(set(named)), "why": why}
    decide(node, ca, incident, "restrict", said, version)


def undo(
    incident: Id,
    change: Annotated[
        int, typer.Argument(metavar="CHANGE", min=1, help="Its number in the history.", show_default=False)
    ],
    why: Reason = "",
    version: Version = None,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Make an earlier decision not count; an undo can be undone as well.

    Example: [bold]tocsin incident undo I-0123456789ab 4 --why "wrong incident"[/bold]
    """
    decide(node, ca, incident, "undo", {"version": change, "why": why}, version)


def decide(
    node: str | None,
    ca: Path | None,
    incident: str,
    what: str,
    said: Mapping[str, object],
    version: int | None,
) -> None:
    """Make a decision, and tell how it is taken back: in the incident that the answer is about."""
    from tocsin.cli.node_client import connect

    with connect(node, ca) as client:
        typer.echo(_decided(client, incident, what, said, version))


def decide_each(
    node: str | None,
    ca: Path | None,
    incidents: Sequence[str],
    what: str,
    said: Mapping[str, object],
    version: int | None,
) -> None:
    """Make one decision about each of several incidents. A refusal is told and holds up no other; the exit says so."""
    from tocsin.cli.node_client import connect
    from tocsin.errors import Conflict, Denied, NotFound, UsageError
    from tocsin.sinks.terminal import safe

    wanted = list(dict.fromkeys(incidents))
    if len(wanted) == 1:
        return decide(node, ca, wanted[0], what, said, version)
    if version is not None:
        raise UsageError("--version belongs to one incident", "Name one, or leave --version out.")
    code = 0
    with connect(node, ca) as client:
        for incident in wanted:
            try:
                typer.echo(_decided(client, incident, what, said, None))
            except (Conflict, Denied, NotFound, UsageError) as error:
                typer.echo(f"tocsin: {safe(incident)}: {safe(str(error))}", err=True)
                code = code or error.exit_code
    if code:
        raise typer.Exit(code)
    return None


def _decided(client: "NodeClient", incident: str, what: str, said: Mapping[str, object], version: int | None) -> str:
    from tocsin.cli.node_client import segment
    from tocsin.node.store.incident_state import IncidentState
    from tocsin.sinks.terminal import safe

    path = f"/incidents/{segment(incident)}"
    seen = version if version is not None else client.get(path, most=0).version
    state = client.post(f"{path}/{what}", said, version=seen).part("incident", IncidentState)
    told = f"{safe(state.id)} is at version {state.version}."
    if state.split_from == incident:  # the decision stands in what it was split from, next after what was seen
        return f"{told} It was split off. To take it back: tocsin incident undo {safe(incident)} {seen + 1}"
    return f"{told} To take it back: tocsin incident undo {safe(state.id)} {state.version}"


def written(text: str) -> str:
    """A text as it was given, or from the input where it is `-`."""
    from tocsin import limits

    return typer.get_text_stream("stdin").read(limits.NOTE_CHARACTERS + 1).strip() if text == "-" else text
