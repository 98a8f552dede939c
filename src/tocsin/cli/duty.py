"""`tocsin handover` and `tocsin report`: the daily work as a whole."""

from enum import StrEnum
from typing import Annotated

import typer

from tocsin.cli.incident_export import Force, Output
from tocsin.cli.node_options import AsJson, Authority, Node


class By(StrEnum):
    """What divides the counts."""

    CLASS = "class"
    CONSTITUENT = "constituent"
    RULE = "rule"
    ANALYST = "analyst"


def handover(
    since: Annotated[str | None, typer.Option("--since", help="From when on. Default: twelve hours ago.")] = None,
    output: Output = None,
    force: Force = False,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Write the hand-over of a shift: what came, what was decided and why, what is open and whose, what waits for whom.

    Example: [bold]tocsin handover --since 2026-11-30T18:00 --output handover.md[/bold]
    """
    from tocsin.cli.node_answers import Switch
    from tocsin.cli.node_client import connect
    from tocsin.cli.values import read_time
    from tocsin.cli.written import check_new, write_text
    from tocsin.console.duty import Off, as_markdown, as_text, handover_sections, handover_title, silent_line
    from tocsin.node.duty.handover import Handover
    from tocsin.sinks import json

    check_new(output, force=force)
    begin = read_time(since, "--since")
    with connect(node, ca) as client:
        answer = client.get("/handover", **({"since": begin.isoformat()} if begin else {}))
    if as_json:
        write_text([json.dumps(dict(answer.content)) + "\n"], output, force=force)
        return
    told, people = answer.part("handover", Handover), answer.part("people", dict[str, str])
    off = [Off(each.switch, each.time, each.why, each.request.actor if each.request else "")
           for each in answer.part("switches", list[Switch])]  # fmt: skip
    silent = [silent_line(each) for each in answer.part("silent", list[dict[str, object]])]
    form = as_text if output is None else as_markdown
    write_text(form(handover_title(told), handover_sections(told, people, off, silent)), output, force=force)


def report(
    since: Annotated[str | None, typer.Option("--since", help="From when on. Default: seven days ago.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Until when; a day alone counts whole.")] = None,
    by: Annotated[By, typer.Option("--by", help="What divides the counts.")] = By.CLASS,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV instead of text; times in seconds.")] = False,
    output: Output = None,
    force: Force = False,
    node: Node = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Count incidents: what came, how fast people were, what it was, what is open.

    Example: [bold]tocsin report --since 2026-11-01 --until 2026-11-30 --by constituent[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.cli.values import read_period
    from tocsin.cli.written import check_new, write_text
    from tocsin.console.duty import as_markdown, as_text, report_csv, report_sections, report_title
    from tocsin.errors import UsageError
    from tocsin.node.duty.report import Report
    from tocsin.sinks import json

    if as_csv and as_json:
        raise UsageError("this asks for CSV and JSON", "Choose one of --csv and --json.")
    check_new(output, force=force)
    first, last = read_period(since, until)
    period = {name: moment.isoformat() for name, moment in (("since", first), ("until", last)) if moment}
    with connect(node, ca) as client:
        answer = client.get("/report", by=str(by), **period)
    told, people = answer.part("report", Report), answer.part("people", dict[str, str])
    if as_json:
        lines = iter([json.dumps(dict(answer.content)) + "\n"])
    elif as_csv:
        lines = report_csv(told, people)
    else:
        form = as_text if output is None else as_markdown
        lines = form(report_title(told), report_sections(told, str(by), people))
    write_text(lines, output, force=force)
