"""`tocsin incident export`: one incident as a file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.incident_changes import Id
from tocsin.cli.node_options import Authority, Node


class ExportFormat(StrEnum):
    """What is written."""

    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"


Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write there and not to the output.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")]


def export(
    incident: Id,
    form: Annotated[
        ExportFormat,
        typer.Option("--format", help="json: everything, with the history. markdown: for a report. csv: the evidence."),
    ] = ExportFormat.MARKDOWN,
    output: Output = None,
    force: Force = False,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Write one incident for people or programs elsewhere. Restricted ones too: whoever may see it may export it.

    Example: [bold]tocsin incident export I-0123456789ab --format markdown --output case.md[/bold]
    """
    from tocsin import clock
    from tocsin.cli.incident_acting import markdown
    from tocsin.cli.incident_reading import case_of
    from tocsin.cli.node_client import connect, segment
    from tocsin.cli.written import check_new, write_text
    from tocsin.console.case_files import case_csv, case_json, case_markdown

    check_new(output, force=force)
    with connect(node, ca) as client:
        answer = client.get(f"/incidents/{segment(incident)}")
        history = client.get(f"/incidents/{segment(incident)}/history")
        acting = client.get(f"/incidents/{segment(incident)}/acting")
    case = case_of(answer, history)
    people = {**answer.part("people", dict[str, str]), **history.part("people", dict[str, str])}
    told = {
        **answer.content, "history": history.content["history"], "people": people, "acting": acting.content,
    }  # fmt: skip
    lines = {
        ExportFormat.JSON: lambda: case_json(told),
        ExportFormat.MARKDOWN: lambda: case_markdown(case, clock.now(), markdown(acting)),
        ExportFormat.CSV: lambda: case_csv(case),
    }
    write_text(lines[form](), output, force=force)
