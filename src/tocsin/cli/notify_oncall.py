"""`tocsin notify oncall …`: the list of people who are told of incidents, and when."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin import limits
from tocsin.cli.node_files import text_of
from tocsin.cli.node_options import AsJson, Authority, Node
from tocsin.errors import TocsinError, UsageError

if TYPE_CHECKING:
    from tocsin.cli.node_client import Answer
    from tocsin.triage.on_call import Duty

app = typer.Typer(help="Who is on call, and when.", no_args_is_help=True)

_COLUMNS = ("name", "mail", "step", "days", "begins", "ends", "zone", "first", "last")
_NEEDED = ("name", "mail")


@app.command("list")
def list_(node: Node = None, ca: Authority = None, as_json: AsJson = False) -> None:
    """Show the on-call list, and who is on call now at each step.

    Example: [bold]tocsin notify oncall list[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.sinks import json

    with connect(node, ca) as client:
        answer = client.get("/notify/oncall")
    if as_json:
        typer.echo(json.dumps(dict(answer.content)))
    else:
        _print(answer)


@app.command("set")
def set_(
    name: Annotated[str, typer.Argument(help="The person's name.", show_default=False)],
    mail: Annotated[str, typer.Option("--mail", help="Where mail goes to.")] = "",
    step: Annotated[int, typer.Option("--step", help="1 is told first, 2 when 1 did not acknowledge …")] = 1,
    days: Annotated[str, typer.Option("--days", help="Such as mon-fri or sat,sun. Default: every day.")] = "",
    begins: Annotated[str, typer.Option("--from", help="Hour in that zone.")] = "00:00",
    ends: Annotated[str, typer.Option("--until", help="Hour; one before --from is over midnight.")] = "24:00",
    zone: Annotated[str, typer.Option("--zone", help="Time zone, such as Europe/Tirane.")] = "UTC",
    first: Annotated[str, typer.Option("--first", help="First day, such as 2026-12-24.")] = "",
    last: Annotated[str, typer.Option("--last", help="Last day.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the person off the list.")] = False,
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Put a person on call, in the place of all duties that the person had; or off. For a lead or admin.

    Example: [bold]tocsin notify oncall set "Ana Kola" --mail ana@cert.example --days mon-fri --from 08:00 --until 18:00
    --zone Europe/Tirane[/bold]
    """
    from tocsin.cli.node_client import connect
    from tocsin.triage.on_call import Duty, checked

    if bool(mail) == remove:
        raise UsageError("say --mail, or --remove", "A person on call needs an address.")
    duties = [] if remove else [checked(Duty(name, mail, step, days, begins, ends, zone, first, last))]
    with connect(node, ca) as client:
        _print(client.post("/notify/oncall", {"duties": [_told(each) for each in duties], "person": name}))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV with a header; - is stdin.", show_default=False)],
    node: Node = None,
    ca: Authority = None,
) -> None:
    """Put a list from a CSV file in the place of the on-call list. For a lead or admin.

    Columns: name, mail; and where wanted step, days, begins, ends, zone, first, last as with `set`. One line a duty:
    a rota has a line for each week. Nothing is changed where a line is wrong.

    Example: [bold]tocsin notify oncall import rota.csv[/bold]
    """
    from tocsin.cli.node_client import connect

    duties = read_duties(file)
    with connect(node, ca) as client:
        _print(client.post("/notify/oncall", {"duties": [_told(each) for each in duties]}))


def read_duties(file: Path) -> "list[Duty]":
    """The duties of a CSV file. Raises UsageError with file and line."""
    from tocsin.triage.on_call import checked

    rows = csv.DictReader(text_of(file, limits.CALL_FILE_BYTES).splitlines(), strict=True)
    found = []
    try:
        unknown = set(rows.fieldnames or ()) - set(_COLUMNS)
        if unknown or not set(_NEEDED) <= set(rows.fieldnames or ()):
            raise UsageError(f"the header is not {', '.join(_COLUMNS)}", "name and mail have to be there.")
        for row in rows:
            found.append(checked(_duty(row)))
    except (TocsinError, csv.Error) as error:
        advice = error.advice() if isinstance(error, TocsinError) else "Quote fields that hold a comma."
        raise UsageError(f"{file}:{rows.line_num}: {error}", advice) from error
    return found


def _duty(row: Mapping[str | None, object]) -> "Duty":
    from tocsin.triage.on_call import Duty

    if None in row or None in row.values():
        raise UsageError("the line has more or fewer fields than the header", "Quote fields that hold a comma.")
    said = {str(name): str(value).strip() for name, value in row.items() if str(value).strip()}
    step = said.pop("step", "1")
    if not (step.isascii() and step.isdecimal() and len(step) == 1):
        raise UsageError(f"{step[:10]!r} is no step", f"Steps are 1 to {limits.CALL_STEPS}.")
    return Duty(said.pop("name", ""), said.pop("mail", ""), int(step), **said)


def _told(duty: "Duty") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(duty)


def _print(answer: "Answer") -> None:
    from rich.console import Console
    from rich.table import Table

    from tocsin.sinks.terminal import plain, safe
    from tocsin.triage.on_call import Duty

    duties = answer.part("duties", list[Duty])
    if not duties:
        typer.echo("Nobody is on the list: `tocsin notify oncall set NAME --mail …`")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Step", "Name", "Mail", "When", "Zone"):
        table.add_column(heading, overflow="fold")
    for each in sorted(duties, key=lambda one: one.step):
        when = plain(f"{each.days or 'every day'} {each.begins}-{each.ends}")
        if each.first or each.last:
            when.append("\n").append_text(plain(f"{each.first or '…'} to {each.last or '…'}"))
        table.add_row(plain(str(each.step)), plain(each.name), plain(each.mail), when, plain(each.zone))
    Console(highlight=False).print(table)
    for step, names in sorted(answer.part("now", dict[str, list[str]]).items()):
        typer.echo(safe(f"On call now, step {step}: {', '.join(names) or 'nobody'}"))
